"""Reads what the assistant's own files say about intents: their names and their training phrases."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT


class AssistantFilesBroken(Exception):
    """A file is missing or is not YAML; the text names it, with the line."""


def phrases_by_intent(root: Path = ROOT) -> dict[str, list[str]]:
    """The training phrases of `data/nlu`, by intent, with entity marks as written. Raises AssistantFilesBroken."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / "data" / "nlu").rglob("*.yml")):
        for intent, phrases in _phrases(path, root, path.stat().st_mtime_ns):
            found.setdefault(intent, []).extend(phrases)
    return found


def domain_intents(root: Path = ROOT) -> list[str]:
    """The intents named in the domain. Raises AssistantFilesBroken."""
    intents = _read(root / "domain.yml", root).get("intents") or []
    return [next(iter(item)) if isinstance(item, dict) else str(item) for item in intents]


@lru_cache(maxsize=256)
def _phrases(path: Path, root: Path, _stamp: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    items = _read(path, root).get("nlu") or []
    return tuple(
        (str(item["intent"]), tuple(line[2:].strip() for line in _lines(item.get("examples")) if line[:2] == "- "))
        for item in items
        if isinstance(item, dict) and item.get("intent")
    )


def _lines(examples: Any) -> list[str]:
    return [line.strip() for line in examples.splitlines()] if isinstance(examples, str) else []


def _read(path: Path, root: Path) -> dict[str, Any]:
    name = path.relative_to(root)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AssistantFilesBroken(f"{name} is missing.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else str(name)
        raise AssistantFilesBroken(f"{place}: {getattr(error, 'problem', None) or error}") from error
    return found if isinstance(found, dict) else {}
