"""`./rapport guides`: whether every troubleshooting guide can be walked to an end, told with file and line."""

from pathlib import Path

import yaml
from rich.console import Console
from rich.markup import escape

from bot.knowledge.guide_check import examine_guides
from bot.knowledge.guides import Guide
from bot.knowledge.marked_yaml import KnowledgeFileError
from bot.settings import ROOT

FOLDER = ROOT / "data" / "knowledge" / "guides"

console = Console(highlight=False, soft_wrap=True)


def guides(folder: Path = FOLDER, domain: Path = ROOT / "domain.yml") -> int:
    """One line for each sound guide and each mistake; exit code 1 when there is one."""
    sound, mistakes = check_guides(folder, domain)
    for guide in sound.values():
        pictures = sum(step.picture is not None for step in guide.steps)
        console.print(f"ok      {guide.id}: {len(guide.steps)} steps, {pictures} with a picture")
    for line in told(mistakes):
        console.print(f"WRONG   {escape(line)}")
    return 1 if mistakes else 0


def check_guides(
    folder: Path = FOLDER, domain: Path = ROOT / "domain.yml"
) -> tuple[dict[str, Guide], list[KnowledgeFileError]]:
    """The sound guides and all mistakes, also of a folder that is not there and of intents nobody understands."""
    intents = {str(each) for each in yaml.safe_load(domain.read_text(encoding="utf-8"))["intents"]}
    try:
        return examine_guides(folder, intents)
    except FileNotFoundError as error:
        return {}, [KnowledgeFileError(str(folder), 1, str(error))]


def told(mistakes: list[KnowledgeFileError]) -> list[str]:
    """The mistakes as lines, by file and line, with paths as one types them."""
    inside = f"{ROOT}/"
    return [str(mistake).replace(inside, "") for mistake in sorted(mistakes, key=lambda each: (each.file, each.line))]
