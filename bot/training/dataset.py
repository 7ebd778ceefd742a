"""What a model is made from: the assistant's files and what people taught in the studio, as one versioned folder.

The version has two halves, of the files and of the taught examples, so that a start of the product can tell whether
the *files* changed without caring for what was taught since.
"""

import hashlib
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from bot.adapters.assistant_files import domain_intents, phrases_by_intent
from bot.settings import ROOT
from bot.store.engine import Tx
from bot.store.tables import Example, TaughtIntent

FOLDERS = ("data/nlu", "data/rules", "data/stories")
FILES = ("domain.yml", "config.yml")
CODE = ("bot/rasa_runtime/components", "bot/rasa_runtime/understanding")
LOCK = "bot/rasa_runtime/requirements.lock"
MIN_EXAMPLES = 5
"""An intent with fewer phrases than this is guesswork."""

_HALF = 32
_SPACES = re.compile(r"\s+")


class DatasetRefused(Exception):
    """The data cannot be trained on; one sentence says what to add or put right."""


@dataclass(frozen=True)
class Taught:
    """What people taught: (text, intent) pairs in a fixed order, and the new intents with their answers."""

    examples: tuple[tuple[str, str], ...] = ()
    intents: dict[str, str | None] = field(default_factory=dict)


def files_version(root: Path = ROOT) -> str:
    """Hash over everything below `root` that a model depends on: data, domain, pipeline, and the components' code."""
    digest = hashlib.sha256()
    paths = [root / name for name in (*FILES, LOCK)]
    for folder in FOLDERS:
        paths += sorted((root / folder).rglob("*.yml"))
    for folder in CODE:
        paths += sorted((root / folder).rglob("*.py"))
    for path in paths:
        if path.is_file():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_HALF]


def taught_version(taught: Taught) -> str:
    """Hash over what was taught; zeros when nothing was."""
    if not taught.examples and not taught.intents:
        return "0" * _HALF
    return hashlib.sha256(repr((taught.examples, sorted(taught.intents.items()))).encode()).hexdigest()[:_HALF]


def data_version(taught: Taught, root: Path = ROOT) -> str:
    """64 hex digits: the files' half, then the taught half."""
    return files_version(root) + taught_version(taught)


def is_of_files(version: str, files: str) -> bool:
    """Whether a model's data version was made from these files."""
    return version.startswith(files)


def short_version(version: str) -> str:
    """Eight characters that differ whenever either half does; for names and pages."""
    return hashlib.sha256(version.encode()).hexdigest()[:8]


async def load_taught(tx: Tx) -> Taught:
    """The examples in force. The same words twice count once; the later decision wins."""
    rows = await tx.execute(
        select(Example.text, Example.intent)
        .where(Example.removed_at.is_(None))
        .order_by(Example.created_at, Example.id)
    )
    latest = {plain(text).casefold(): (plain(text), intent) for text, intent in rows if plain(text)}
    intents = await tx.execute(select(TaughtIntent.name, TaughtIntent.answer).where(TaughtIntent.removed_at.is_(None)))
    return Taught(tuple(sorted(latest.values())), {row.name: row.answer for row in intents})


def plain(text: str) -> str:
    """A customer's words as one training phrase: one line, and nothing that Rasa's markup would read as an entity."""
    words = _SPACES.sub(" ", text).strip().lstrip("/").strip()
    return words.translate({ord("["): "(", ord("]"): ")", ord("{"): "(", ord("}"): ")"})


def check_taught(taught: Taught, root: Path = ROOT) -> None:
    """Raises DatasetRefused for what could not be trained, in words for the person who taught it."""
    for finding in _unfinished(taught, root).values():
        raise DatasetRefused(finding)


def leave_out_unfinished(taught: Taught, root: Path = ROOT) -> tuple[Taught, list[str]]:
    """What can be trained already, and why the rest cannot; a start of the product must not fail on it."""
    unfinished = _unfinished(taught, root)
    finished = Taught(
        tuple(example for example in taught.examples if example[1] not in unfinished),
        {name: answer for name, answer in taught.intents.items() if name not in unfinished},
    )
    return finished, list(unfinished.values())


def _unfinished(taught: Taught, root: Path) -> dict[str, str]:
    """Why an intent cannot be trained, by its name."""
    if not taught.examples and not taught.intents:
        return {}  # the files alone are Rasa's to judge, with its own message and line
    phrases = phrases_by_intent(root)
    known = {*domain_intents(root), *taught.intents}
    count = Counter(intent for _, intent in taught.examples)
    findings = {}
    for intent in sorted({*count, *taught.intents}):
        total = count[intent] + len(phrases.get(intent, ()))
        if intent not in known:
            findings[intent] = (
                f"Messages were taught as '{intent}', but domain.yml has no such intent any more; "
                "teach them as another intent in the studio's inbox."
            )
        elif total < MIN_EXAMPLES:
            has = f"{total} example{'s' if total != 1 else ''}"
            findings[intent] = (
                f"The intent '{intent}' has {has} and needs at least {MIN_EXAMPLES}; "
                "teach it more messages in the studio's inbox, or take it back."
            )
    return findings


def write_folder(target: Path, taught: Taught, root: Path = ROOT) -> list[str]:
    """Snapshot everything to train on into `target`; returns the trainer's arguments, relative to `target`.

    The folder has the same names as the checkout, so that what Rasa says about a file is true of the checkout too.
    Raises OSError, and DatasetRefused when what was taught cannot be trained.
    """
    check_taught(taught, root)
    for name in FOLDERS:
        if (root / name).is_dir():
            shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("*.md"))
    for name in FILES:
        if (root / name).is_file():
            shutil.copyfile(root / name, target / name)
    data = [name for name in FOLDERS if any((target / name).rglob("*.yml"))]
    if taught.intents:
        # What an admin has moved into the files since is theirs to answer.
        known = set(domain_intents(root))
        taught = Taught(taught.examples, {name: a for name, a in taught.intents.items() if name not in known})
    domain = "domain.yml"
    if taught.examples:
        _write_yaml(target / "data" / "taught" / "examples.yml", examples_yaml(taught))
        data.append("data/taught")
    if taught.intents:
        _write_yaml(target / "data" / "taught" / "rules.yml", _rules(taught))
        # Rasa merges the files of a folder into one domain.
        domain = "domain"
        (target / domain).mkdir()
        (target / "domain.yml").replace(target / domain / "domain.yml")
        _write_yaml(target / domain / "taught.yml", _domain(taught))
    return ["--domain", domain, "--config", "config.yml", "--data", *data]


def examples_yaml(taught: Taught) -> dict[str, Any]:
    """The taught examples as Rasa's training data; also what an export writes."""
    by_intent: dict[str, list[str]] = {}
    for text, intent in taught.examples:
        by_intent.setdefault(intent, []).append(text)
    return {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
            for intent, texts in sorted(by_intent.items())
        ],
    }


def _rules(taught: Taught) -> dict[str, Any]:
    return {
        "version": "3.1",
        "rules": [
            {
                "rule": f"The taught intent {name} gets its answer",
                "steps": [
                    {"intent": name},
                    {"action": f"utter_{name}" if answer else "action_answer_question"},
                ],
            }
            for name, answer in sorted(taught.intents.items())
        ],
    }


def _domain(taught: Taught) -> dict[str, Any]:
    return {
        "version": "3.1",
        "intents": sorted(taught.intents),
        "responses": {f"utter_{name}": [{"text": answer}] for name, answer in sorted(taught.intents.items()) if answer},
    }


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000), encoding="utf-8")
