"""How we speak to customers: every sentence of the texts file is short, plain and never blames."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
import yaml

from bot.services.texts import TEXTS_PATH, company_words, say, texts_of
from bot.services.wordings import TextMissing, Texts
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXTS = texts_of(Settings())
EVERY = [(key, wording) for key in sorted(TEXTS.names()) for wording in TEXTS.wordings(key)]
MOST_WORDS = 45
LONGER = {"greet_first": 60, "ticket_mail": 60}
"""Said once, and read at leisure."""
OTHER_LANGUAGES = "other_language_"
SOURCES = "\n".join(
    path.read_text("utf-8") for folder in ("actions", "bot/services") for path in sorted((ROOT / folder).glob("*.py"))
)
FIXED = {*company_words(Settings()), "reply_time"}
BANNED = re.compile(
    r"\b(?:unfortunately|kindly|as an ai|language model|valued customer|dear customer|we regret|inconvenience|"
    r"please be advised|at your earliest convenience|do not hesitate|assist you|utili[sz]e|invalid|failed to|"
    r"you (?:failed|forgot|must|have to)|illegal|incorrect|as per|aforementioned|reach out|touch base|oops|whoops)\b",
    re.IGNORECASE,
)
SAMPLE = re.compile(r"lumen|hearth", re.IGNORECASE)


@pytest.mark.parametrize(("key", "wording"), EVERY, ids=[f"{key}-{index}" for index, (key, _) in enumerate(EVERY)])
def test_sentence_is_short_plain_and_kind(key: str, wording: str) -> None:
    assert BANNED.search(wording) is None
    assert SAMPLE.search(wording) is None, "names of the company are settings"
    if not key.startswith(OTHER_LANGUAGES):
        assert len(wording.split()) <= LONGER.get(key, MOST_WORDS), len(wording.split())
    assert "  " not in wording and wording.count("!") <= 2


@pytest.mark.parametrize(("key", "wording"), EVERY, ids=[f"{key}-{index}" for index, (key, _) in enumerate(EVERY)])
def test_sentence_has_only_blanks_that_somebody_fills(key: str, wording: str) -> None:
    blanks = {name for _, name, _, _ in Formatter().parse(wording) if name}
    assert [name for name in blanks - FIXED if not re.search(rf"\b{name}=", SOURCES)] == []


def test_sample_companys_name_stands_nowhere_but_in_its_setting() -> None:
    found = []
    for folder in ("actions", "bot", "data/texts", "data/knowledge", "data/rules", "data/stories"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".yml", ".md", ".html", ".mjs"} and path != ROOT / "bot" / "settings.py":
                text = path.read_text(encoding="utf-8")
                found += [f"{path.relative_to(ROOT)}: {m[0]}" for m in re.finditer(r"Lumen (?:&|and) Hearth", text)]
    assert found == []


def test_wording_that_was_used_last_is_not_used_again_and_a_repeated_turn_says_the_same() -> None:
    texts = Texts({"bye": ["Bye.", "See you.", "Take care, {name}."]}, {"name": "Mira"})
    for seed in map(str, range(40)):
        first = texts.say("bye", seed)
        last = texts.said("bye", first)
        assert last is not None and texts.say("bye", seed) == first
        assert texts.say("bye", seed + "x", unlike=last) != first


def test_wording_is_recognised_whatever_fills_its_blanks() -> None:
    texts = Texts({"hi": ["Hi {name}!", "Hello {name}."]}, {})
    assert (texts.said("hi", "Hello Mira."), texts.said("hi", "Hi *Mira*!"), texts.said("hi", "Good day")) == (
        1,
        0,
        None,
    )


def test_unknown_sentence_or_blank_without_a_value_is_named() -> None:
    with pytest.raises(TextMissing, match="no_such_sentence"):
        say(Settings(), "no_such_sentence")
    with pytest.raises(TextMissing, match="agent"):
        say(Settings(), "agent_joined")


def test_company_is_put_in_from_the_settings() -> None:
    settings = Settings(company="Acme", support_email="help@acme.example", opening_hours="Mon-Sun 00:00-24:00")
    assert "Acme" in say(settings, "referral_landing", who="Ann", offer="a gift")
    assert company_words(settings)["support_hours"] == "around the clock, every day"


def test_texts_file_is_plain_yaml_of_sentences() -> None:
    raw = yaml.safe_load(TEXTS_PATH.read_text(encoding="utf-8"))
    assert all(isinstance(value, str | list) for value in raw.values())


def test_titles_of_options_stand_in_the_texts_file_and_not_in_the_code() -> None:
    """An option's title is a key of the file; only the words of data (articles, products, guides) come as they are."""
    written = []
    for path in sorted((ROOT / "actions").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Option" and node.args:
                title = node.args[0]
                if isinstance(title, ast.Constant) and title.value not in TEXTS:
                    written.append(f"{path.name}:{node.lineno}: {title.value!r}")
    assert written == [], "write the words into data/texts/en.yml as option_… and name the key here"
