"""The phrase files are data that people edit by hand: these tests say what an edit must not break."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import yaml

_ROOT = Path(__file__).resolve().parents[2]
_TRAINED = _ROOT / "data" / "nlu"
_HELD_OUT = _ROOT / "tests" / "nlu"
_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\((\w+)\)|\{[^}]*\})")
_ENTITIES = {"order_number", "email", "product", "person_name", "delivery_city", "score"}
_FEWEST_TRAINED = 30
_FEWEST_HELD_OUT = 10


@cache
def _phrases(folder: Path) -> list[tuple[str, str]]:
    """(intent, phrase with its annotations) of every file of phrases in `folder` and below it."""
    found: list[tuple[str, str]] = []
    for path in sorted(path for path in folder.rglob("*.yml") if path.parent.name != "lookups"):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                assert line.startswith("- "), f"{path.name}, {block['intent']}: {line!r} does not begin with '- '"
                found.append((block["intent"], line[2:].strip()))
    return found


def _words(phrase: str) -> str:
    """The phrase without annotations, case and punctuation; symbols alone (an emoji) stay as they are."""
    plain = _ANNOTATION.sub(r"\1", phrase)
    return " ".join(re.findall(r"[\w']+", plain.lower())) or plain


def test_no_phrase_is_trained_for_two_intents() -> None:
    homes: dict[str, set[str]] = {}
    for intent, phrase in _phrases(_TRAINED):
        homes.setdefault(_words(phrase), set()).add(intent)
    assert {phrase: sorted(intents) for phrase, intents in homes.items() if len(intents) > 1} == {}


def test_no_phrase_is_written_twice() -> None:
    for folder in (_TRAINED, _HELD_OUT):
        counted = Counter(_words(phrase) for _, phrase in _phrases(folder))
        assert [phrase for phrase, times in counted.items() if times > 1] == []


def test_no_held_out_phrase_is_trained_on() -> None:
    trained = {_words(phrase) for _, phrase in _phrases(_TRAINED)}
    assert [phrase for _, phrase in _phrases(_HELD_OUT) if _words(phrase) in trained] == []


def test_every_intent_has_enough_phrases_of_both_kinds() -> None:
    trained = Counter(intent for intent, _ in _phrases(_TRAINED))
    held_out = Counter(intent for intent, _ in _phrases(_HELD_OUT))
    assert set(trained) == set(held_out)
    assert {intent: n for intent, n in trained.items() if n < _FEWEST_TRAINED} == {}
    assert {intent: n for intent, n in held_out.items() if n < _FEWEST_HELD_OUT} == {}


def test_system_intents_have_no_phrases_a_customer_could_type() -> None:
    assert [intent for intent, _ in _phrases(_TRAINED) if intent.startswith("EXTERNAL_")] == []


def test_annotations_name_known_entities() -> None:
    named = {
        match[2]
        for folder in (_TRAINED, _HELD_OUT)
        for _, phrase in _phrases(folder)
        for match in _ANNOTATION.finditer(phrase)
    }
    assert named - {None} <= _ENTITIES


def test_each_synonym_leads_to_a_name_of_a_lookup_table() -> None:
    names: set[str] = set()
    targets: set[str] = set()
    for path in sorted((_TRAINED / "lookups").glob("*.yml")):
        for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            if "lookup" in block:
                names |= {line[2:].strip() for line in block["examples"].splitlines()}
            elif "synonym" in block:
                targets.add(block["synonym"])
    assert targets <= names
