"""The sets on which understanding is measured. Public ones are read from where they lie and are no part of the project.

BANKING77 (PolyAI, CC BY 4.0): banking77_train.csv and banking77_test.csv, columns text and category.
CLINC150 (Larson et al. 2019, CC BY 3.0): clinc150_full.json, parts of [text, intent] pairs.
"""

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench._roughened import ROUGHENINGS

ROOT = Path(__file__).resolve().parent.parent
OUT_OF_SCOPE = "out_of_scope"
_PER_INTENT = 10
_COURTESIES = frozenset({"greet", "goodbye", "thank", "affirm", "deny"})
_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Example:
    """A text and its intent."""

    text: str
    intent: str


@dataclass(frozen=True)
class Task:
    """One training and one test. `choose_*` belong to the training side: a bar may be chosen on them."""

    train: list[Example]
    test: list[Example]
    test_out_of_scope: list[str]
    choose: list[Example]
    choose_out_of_scope: list[str]


class SetError(ValueError):
    """The set cannot be read; the message says what is missing."""


def _banking(folder: Path, part: str) -> list[Example]:
    with _existing(folder / f"banking77_{part}.csv").open(encoding="utf-8", newline="") as file:
        return [Example(" ".join(row["text"].split()), row["category"]) for row in csv.DictReader(file)]


def _banking_full(folder: Path, draws: int) -> Iterator[Task]:
    yield Task(_banking(folder, "train"), _banking(folder, "test"), [], [], [])


def _banking_ten(folder: Path, draws: int) -> Iterator[Task]:
    """`draws` trainings, each with ten phrases an intent drawn by its own seed."""
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in _banking(folder, "train"):
        by_intent[example.intent].append(example)
    for seed in range(draws):
        chance = random.Random(seed)
        drawn = [example for intent in sorted(by_intent) for example in chance.sample(by_intent[intent], _PER_INTENT)]
        yield Task(drawn, _banking(folder, "test"), [], [], [])


def _clinc(folder: Path, *, with_out_of_scope: bool) -> Iterator[Task]:
    parts = json.loads(_existing(folder / "clinc150_full.json").read_text(encoding="utf-8"))
    examples = {name: [Example(text, intent) for text, intent in rows] for name, rows in parts.items()}
    train = examples["train"]
    if with_out_of_scope:
        train = train + [Example(example.text, OUT_OF_SCOPE) for example in examples["oos_train"]]
    yield Task(
        train,
        examples["test"],
        [example.text for example in examples["oos_test"]],
        examples["val"],
        [example.text for example in examples["oos_val"]],
    )


def _own(folder: Path, draws: int) -> Iterator[Task]:
    yield Task(_phrases(ROOT / "data" / "nlu"), _phrases(ROOT / "tests" / "nlu"), [], [], [])


def _strangers(folder: Path, draws: int) -> Iterator[Task]:
    """Our training phrases, and held-out phrases in the voices of other kinds of author."""
    yield Task(_phrases(ROOT / "data" / "nlu"), _phrases(ROOT / "tests" / "nlu" / "strangers"), [], [], [])


def _roughened(how: str) -> Iterator[Task]:
    """`own` and `strangers` together, but for what is a courtesy itself, each phrase roughened once."""
    chance = random.Random(how)
    held_out = [each for part in ("", "strangers") for each in _phrases(ROOT / "tests" / "nlu" / part)]
    wishes = [example for example in held_out if example.intent not in _COURTESIES]
    test = [Example(ROUGHENINGS[how](example.text, chance), example.intent) for example in wishes]
    yield Task(_phrases(ROOT / "data" / "nlu"), test, [], [], [])


def _phrases(folder: Path) -> list[Example]:
    found = []
    for path in sorted(folder.glob("*.yml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = item["examples"].splitlines() if "intent" in item else []
            found += [Example(_ANNOTATION.sub(r"\1", line.removeprefix("- ")), item["intent"]) for line in lines]
    return found


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise SetError(f"There is no {path.name} in {path.parent}; name the folder that holds it with --data.")
    return path


SETS: dict[str, Callable[[Path, int], Iterator[Task]]] = {
    "banking77": _banking_full,
    "banking77-10": _banking_ten,
    "clinc150": lambda folder, draws: _clinc(folder, with_out_of_scope=False),
    "clinc150-oos": lambda folder, draws: _clinc(folder, with_out_of_scope=True),
    "own": _own,
    "strangers": _strangers,
    "slips": lambda folder, draws: _roughened("slips"),
    "courtesies": lambda folder, draws: _roughened("courtesies"),
}
"""By name: a function of the data folder and the number of draws that gives the tasks of which the mean is reported."""
