"""The words around a copy of a chat: every language has them all, with the same blanks."""

import re

import pytest
import yaml

from bot.services.texts import LANGUAGES, TEXTS_PATH, language_of

BLANK = re.compile(r"\{(\w+)\}")


def _copy_words(language: str) -> dict[str, str]:
    table = yaml.safe_load(TEXTS_PATH.with_name(f"{language}.yml").read_text(encoding="utf-8"))
    return {key: text for key, text in table.items() if key.startswith("transcript_")}


def test_the_files_are_those_that_are_named() -> None:
    assert {path.stem for path in TEXTS_PATH.parent.glob("*.yml")} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_all_of_a_copy_with_the_blanks_of_english(language: str) -> None:
    english, theirs = _copy_words("en"), _copy_words(language)
    assert list(theirs) == list(english)
    for key, text in theirs.items():
        assert set(BLANK.findall(text)) == set(BLANK.findall(english[key])), key
    assert len(theirs["transcript_weekdays"].split(", ")) == 7
    assert len(theirs["transcript_months"].split(", ")) == 12


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de-AT", "de"), ("FR_ca", "fr"), ("ar", "ar"), ("nl", "en"), ("", "en"), (None, "en"), ("../de", "en")],
)
def test_a_tag_means_one_of_our_languages_or_english(locale: str | None, language: str) -> None:
    assert language_of(locale) == language
