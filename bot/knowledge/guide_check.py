"""Everything that must hold before a guide is shown to a customer, and reading a folder of guides.

A mistake in a guide strands a customer half-way, so a file with a missing target, a step nobody reaches, an answer
given twice, a picture that is not there or a loop without a way out to a person is refused when it is loaded, with the
line to look at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import ValidationError

from bot.knowledge.guide_words import normalise
from bot.knowledge.guides import ENDINGS, HANDOFF, SOLVED, Guide, Step
from bot.knowledge.marked_yaml import KnowledgeFileError, MarkedYaml, read_marked_yaml
from bot.knowledge.marked_yaml import Path as KeyPath
from bot.knowledge.placeholders import PLACEHOLDERS, unknown_placeholders

# At the start of a line any of these would make Rasa read the file as training data.
FORBIDDEN_KEYS = frozenset({"nlu", "rules", "stories", "responses", "intents", "entities", "slots", "forms", "actions"})
PICTURES = "pictures"
"""The folder beside the guides that holds their pictures."""
LARGEST_PICTURE = 60_000
"""Bytes; a customer on a weak mobile connection waits for every one of them."""
# An SVG opened by itself is a page: it must run and load nothing.
_ACTIVE_SVG = re.compile(
    r"<script|<foreignobject|\son[a-z]+\s*=|(?:href|src)\s*=\s*[\"'](?!#)|@import|url\((?!#)", re.I
)


def parse_guide(text: str, file: str, name: str | None = None, pictures: Path | None = None) -> Guide:
    """Read and check one guide; `name` is what its key `guide` must say, `pictures` the folder of its pictures.

    Raises KnowledgeFileError, with file and line, for the first mistake of `examine_guide`.
    """
    guide, mistakes = examine_guide(text, file, name, pictures)
    if guide is None or mistakes:
        raise mistakes[0]
    return guide


def examine_guide(
    text: str, file: str, name: str | None = None, pictures: Path | None = None
) -> tuple[Guide | None, list[KnowledgeFileError]]:
    """The guide (None when it cannot be read) and all mistakes in it; what causes others comes first.

    Found are: YAML errors, unknown or missing keys, wrong types, a target that is no step, a step nobody can reach, a
    step from which no way leads to a person, an answer given twice, a missing or unfit picture, unknown placeholders.
    """
    try:
        marked = read_marked_yaml(text, file)
    except KnowledgeFileError as error:
        return None, [error]
    mistakes = [
        marked.error((key,), f"'{key}' at the top level would make Rasa read this file as training data")
        for key in marked.data
        if key in FORBIDDEN_KEYS
    ]
    for number, line in enumerate(text.splitlines(), 1):
        for placeholder in unknown_placeholders(line):
            known = ", ".join(sorted(PLACEHOLDERS))
            mistakes.append(
                KnowledgeFileError(file, number, f"unknown placeholder {{{placeholder}}}; known are {known}")
            )
    guide = None
    if not mistakes:
        try:
            guide = Guide.model_validate(marked.data)
        except ValidationError as error:
            mistakes = marked.validation_errors(error)
            return None, mistakes
        if name is not None and guide.id != name:
            mistakes.append(marked.error(("guide",), f"the guide calls itself '{guide.id}', its file '{name}'"))
        mistakes += _names(guide, marked)
        mistakes += _ways(guide, marked) if not mistakes else []
        mistakes += _answers(guide, marked)
        mistakes += _pictures(guide, marked, pictures) if pictures is not None else []
    return guide, mistakes


def _targets(step: Step, number: int) -> Iterator[tuple[str, KeyPath]]:
    for position, option in enumerate(step.options):
        yield option.next, ("steps", number, "options", position, "next")
    if step.different:
        yield step.different, ("steps", number, "different")
    if step.skip:
        yield step.skip, ("steps", number, "skip")
    if step.check:
        yield step.check.yes, ("steps", number, "check", "yes")
        yield step.check.no, ("steps", number, "check", "no")
        if step.check.partly:
            yield step.check.partly, ("steps", number, "check", "partly")


def _names(guide: Guide, marked: MarkedYaml) -> Iterator[KnowledgeFileError]:
    """Steps called twice or like an ending, and targets that are no step."""
    seen: set[str] = set()
    for number, step in enumerate(guide.steps):
        if step.id in ENDINGS:
            yield marked.error(("steps", number, "id"), f"'{step.id}' is an ending and cannot be a step's id")
        if step.id in seen:
            yield marked.error(("steps", number, "id"), f"a second step is called '{step.id}'")
        seen.add(step.id)
    if guide.first not in seen:
        yield marked.error(("first",), f"'first' names '{guide.first}', which is no step")
    for number, step in enumerate(guide.steps):
        for target, path in _targets(step, number):
            if target not in seen and target not in ENDINGS:
                yield marked.error(path, f"step '{step.id}' leads to '{target}', which is no step")
        for position, option in enumerate(step.options):
            if option.later and option.next in ENDINGS:
                path = ("steps", number, "options", position, "later")
                yield marked.error(path, f"the answer '{option.id}' pauses, so it needs a step to go on with")


def _ways(guide: Guide, marked: MarkedYaml) -> Iterator[KnowledgeFileError]:
    """Steps nobody reaches, and loops without an exit."""
    leads_to = {step.id: {target for target, _ in _targets(step, number)} for number, step in enumerate(guide.steps)}
    reached = _closure(guide.first, leads_to)
    for number, step in enumerate(guide.steps):
        if step.id not in reached:
            yield marked.error(("steps", number), f"no answer leads to the step '{step.id}'")
        if HANDOFF not in _closure(step.id, leads_to):
            yield marked.error(("steps", number), f"from the step '{step.id}' no way leads to a person")
    if SOLVED not in reached:
        yield marked.error(("first",), "no way through this guide ends with 'solved'")


def _closure(start: str, leads_to: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += leads_to.get(current, ())
    return seen


def _answers(guide: Guide, marked: MarkedYaml) -> Iterator[KnowledgeFileError]:
    """The same words given to two answers of a step: what is typed could not be told apart."""
    for number, step in enumerate(guide.steps):
        taken: dict[str, str] = {}
        for position, option in enumerate(step.choices()):
            place: KeyPath = ("steps", number, "options", position)
            said = [((*place, "label"), option.label), *(((*place, "means", i), m) for i, m in enumerate(option.means))]
            for path, phrase in said:
                other = taken.setdefault(normalise(phrase), option.id)
                if other != option.id:
                    where = path if position < len(step.options) else ("steps", number)
                    yield marked.error(where, f"'{phrase}' means '{other}' already, not '{option.id}' too")


def _pictures(guide: Guide, marked: MarkedYaml, folder: Path) -> Iterator[KnowledgeFileError]:
    for number, step in enumerate(guide.steps):
        if step.picture is None:
            continue
        problem = _unfit(folder / step.picture)
        if problem:
            yield marked.error(("steps", number, "picture"), f"the picture '{step.picture}' {problem}")


def _unfit(path: Path) -> str | None:
    if not path.is_file():
        return f"is not in {path.parent}"
    size = path.stat().st_size
    if size > LARGEST_PICTURE:
        return f"has {size // 1000} kB; at most {LARGEST_PICTURE // 1000} are allowed"
    if path.suffix == ".svg" and _ACTIVE_SVG.search(path.read_text(encoding="utf-8", errors="replace")):
        return "must not run scripts or load anything"
    return None


def examine_guides(
    folder: Path, intents: Collection[str] | None = None
) -> tuple[dict[str, Guide], list[KnowledgeFileError]]:
    """All sound guides of `folder` by id and the mistakes in all files.

    `intents`: those that the assistant knows; a guide for another one would never begin. Two guides for one intent are
    a mistake. Raises FileNotFoundError when there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder of guides at {folder}")
    guides: dict[str, Guide] = {}
    mistakes: list[KnowledgeFileError] = []
    for path in sorted(folder.glob("*.yml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        guide, found = examine_guide(text, str(path), path.stem, folder / PICTURES)
        mistakes += found
        if guide is None:
            continue
        line = next((number for number, each in enumerate(text.splitlines(), 1) if each.startswith("intent:")), 1)
        rival = next((other.id for other in guides.values() if other.intent == guide.intent), None)
        if rival:
            mistakes.append(
                KnowledgeFileError(str(path), line, f"the guide '{rival}' is for the intent {guide.intent} too")
            )
        elif intents is not None and guide.intent not in intents:
            mistakes.append(KnowledgeFileError(str(path), line, f"there is no intent called '{guide.intent}'"))
        elif not found:
            guides[guide.id] = guide
    return guides, mistakes


def load_guides(folder: Path) -> dict[str, Guide]:
    """Read every `*.yml` of `folder` by guide id.

    Raises KnowledgeFileError for the first mistake of `examine_guides`, FileNotFoundError without such a folder.
    """
    guides, mistakes = examine_guides(folder)
    if mistakes:
        raise mistakes[0]
    return guides
