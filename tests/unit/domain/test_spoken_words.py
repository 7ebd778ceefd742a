"""Numbers, places and days as people type them; which language a message is in; what is only small talk."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.languages import LANGUAGES, asked_language, foreign_language
from bot.domain.small_talk import small_talk
from bot.domain.spoken_choice import said_position, said_title
from bot.domain.spoken_dates import said_dates

ROOT = Path(__file__).resolve().parents[3]
SENTENCES = yaml.safe_load((ROOT / "tests/languages/sentences.yml").read_text("utf-8"))
WEDNESDAY = date(2026, 3, 18)
ALLOWED_FALSE_ALARMS = 0.003
WANTED_RECALL = 0.95


def english_phrases() -> list[str]:
    """Every phrase of customers in the repository, those in other languages (out_of_scope) left out."""
    found = []
    for folder in ("data/nlu", "tests/nlu"):
        for path in sorted((ROOT / folder).glob("*.yml")):
            for block in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
                if block.get("intent") != "out_of_scope":
                    found += [line.removeprefix("- ") for line in (block.get("examples") or "").splitlines()]
    asked = yaml.safe_load((ROOT / "tests/knowledge/questions.yml").read_text("utf-8"))
    return [*found, *_strings(asked)]


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if " " in value else []
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for child in children for text in _strings(child)]


def test_english_is_hardly_ever_taken_for_another_language() -> None:
    phrases = english_phrases()
    assert len(phrases) > 3000
    wrong = {text: foreign_language(text) for text in phrases if foreign_language(text)}
    assert len(wrong) <= ALLOWED_FALSE_ALARMS * len(phrases), wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages_are_recognised(language: str) -> None:
    sentences = SENTENCES[language]
    missed = [text for text in sentences if foreign_language(text) is None]
    named = sum(foreign_language(text) == language for text in sentences)
    assert len(missed) <= (1 - WANTED_RECALL) * len(sentences) + 0.2, missed
    assert named >= 0.9 * len(sentences)


@pytest.mark.parametrize(
    "text",
    ["LH-100234", "hola", "ok", "café lamp", "José Núñez", "Zoë from Malmö", "naïve question", "wifi", "😡", "???", "",
     "my name is Jürgen Müller", "is the Ikea Trådfri bulb ok", "where is my pckage pls"],
)  # fmt: skip
def test_names_numbers_and_slips_are_no_other_language(text: str) -> None:
    assert foreign_language(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wo ist mein paket", "de"), ("hilfe bitte", "de"), ("ich brauche hilfe", "de"), ("Hilfe!", "de"),
        ("keine ahnung", "de"), ("ist da jemand", "de"), ("lampe kaputt", "de"), ("ayuda", "es"), ("está roto", "es"),
        ("au secours", "fr"), ("colis perdu", "fr"), ("j'ai besoin d'aide", "fr"), ("aiuto", "it"),
    ],
)  # fmt: skip
def test_few_foreign_words_are_enough(text: str, language: str) -> None:
    assert foreign_language(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("do you speak german?", "de"), ("hi, can we talk in French please", "fr"), ("deutsch bitte", "de"),
        ("is there anyone who speaks spanish", "es"), ("in Italian please", "it"),
        ("can you write in swedish", "other"),
        ("is there a french manual", None), ("a french door", None), ("can I speak to a person", None),
        ("do you deliver to the polish coast", None),
    ],
)  # fmt: skip
def test_wish_to_be_spoken_to_in_another_language_is_heard(text: str, language: str | None) -> None:
    assert asked_language(text) == language


def test_script_without_a_language_of_ours_is_still_not_english() -> None:
    assert foreign_language("πού είναι η παραγγελία μου") == "other"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the second one", 1), ("two", 1), ("2", 1), ("number 2", 1), ("option two please", 1), ("2nd", 1),
        ("the first", 0), ("one", 0), ("number one", 0), ("the last one", 2), ("I'd like the third", 2), ("3.", 2),
        ("four", None), ("0", None), ("no", None), ("that one", None), ("two weeks", None), ("second hand lamp", None),
        ("I have 2 lamps", None), ("", None),
    ],
)  # fmt: skip
def test_place_in_a_list_is_read_as_people_say_it(text: str, place: int | None) -> None:
    assert said_position(text, 3) == place


@pytest.mark.parametrize(
    ("text", "index"), [("the lamp", 0), ("plug one", 1), ("on its way", None), ("the hub", None), ("no", None)]
)
def test_title_is_named_by_its_telling_words(text: str, index: int | None) -> None:
    assert said_title(text, ["LH-1: Glow Lamp (on its way)", "LH-2: Tap Plug (on its way)"]) == index


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("yesterday", [date(2026, 3, 17)]),
        ("last Tuesday", [date(2026, 3, 17)]),
        ("last wednesday", [date(2026, 3, 11)]),
        ("on friday", [date(2026, 3, 13)]),
        ("tuesday last week", [date(2026, 3, 10)]),
        ("next monday", [date(2026, 3, 23)]),
        ("11th of March", [date(2026, 3, 11)]),
        ("the 1st march", [date(2026, 3, 1)]),
        ("March 11", [date(2026, 3, 11)]),
        ("December 24th", [date(2025, 12, 24)]),
        ("11 march 2025", [date(2025, 3, 11)]),
        ("3/11", [date(2025, 11, 3), date(2026, 3, 11)]),
        ("31/12/2025", [date(2025, 12, 31)]),
        ("2026-03-02", [date(2026, 3, 2)]),
        ("in two weeks", [date(2026, 4, 1)]),
        ("3 days ago", [date(2026, 3, 15)]),
        ("a couple of days ago", [date(2026, 3, 16)]),
        ("the day before yesterday", [date(2026, 3, 16)]),
        ("2-3 days", []),
        ("30/30", []),
        ("order LH-100234", []),
        ("waiting since last tuesday", [date(2026, 3, 17)]),
        ("the one that came on the 3rd", [date(2026, 3, 3)]),
        ("from the 20th", [date(2026, 2, 20)]),
        ("since the 31st", [date(2026, 1, 31)]),
        ("on the 3rd of March", [date(2026, 3, 3)]),
        ("on the 45th", []),
        ("it may be the lamp", []),
    ],
)
def test_days_are_read_as_people_type_them(text: str, days: list[date]) -> None:
    assert said_dates(text, WEDNESDAY) == days


def test_days_to_come_are_the_nearest_ahead() -> None:
    assert said_dates("friday", WEDNESDAY, past=False) == [date(2026, 3, 20)]
    assert said_dates("January 2nd", WEDNESDAY, past=False) == [date(2027, 1, 2)]
    assert said_dates("by the 31st", WEDNESDAY, past=False) == [date(2026, 3, 31)]
    assert said_dates("on the 2nd", WEDNESDAY, past=False) == [date(2026, 4, 2)]


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    said_dates(text, WEDNESDAY)
    said_title(text, ["a lamp"])
    small_talk(text)
    assert foreign_language(text) in {None, "other", *LANGUAGES}
    assert said_position(text, 3) in {None, 0, 1, 2}
