"""The widget's words: every language says everything, and no word for people stands in the code."""

import json
import re
from pathlib import Path

import pytest

from bot.gateway.words import LOCALES, launcher_words, with_words, words
from bot.widget_build import STATIC

LATER = LOCALES.parent / "later"
"""The words of what is fetched when it is first wanted: the conversation, cards, ratings, the menu."""
OWN_DATA = LOCALES.parent / "mydata"
"""The words of the page about one's own data, which are loaded with it."""
EN = words(LOCALES / "en.mjs")
LANGUAGES = sorted(path.stem for path in LOCALES.glob("*.mjs"))
FORMS = {
    "ar": {"zero", "one", "two", "few", "many", "other"},
    "de": {"one", "other"},
    "en": {"one", "other"},
    "es": {"one", "many", "other"},
    "fr": {"one", "many", "other"},
}
"""The plural forms of each language, as the Unicode CLDR names them; what browsers' Intl.PluralRules answers."""

FORMATS = re.compile(r"\b(?:PNG|JPEG|WebP|GIF|PDF)\b")
"""Names that are written the same in every language."""
BLANK = re.compile(r"\{(\w+)\}")
WIDGET = STATIC / "widget"
CODE = [STATIC / "widget.js", *sorted(path for path in WIDGET.glob("*.mjs"))]


each = pytest.mark.parametrize("folder", [LOCALES, LATER, OWN_DATA], ids=lambda folder: folder.name)


def _sentences(table: dict[str, str | dict[str, str]]) -> dict[str, str]:
    """Every sentence of a table, those of a plural under `key.form`."""
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, str):
            flat[key] = value
        else:
            flat |= {f"{key}.{form}": text for form, text in value.items()}
    return flat


def test_the_five_promised_languages_are_there() -> None:
    assert set(LANGUAGES) >= {"ar", "de", "en", "es", "fr"}
    assert set(LANGUAGES) == set(FORMS), "say in FORMS which plural forms the new language has"


@each
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_has_exactly_the_sentences_of_english_in_their_order(folder: Path, lang: str) -> None:
    assert list(words(folder / f"{lang}.mjs")) == list(words(folder / "en.mjs"))


@each
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_has_all_its_plural_forms(folder: Path, lang: str) -> None:
    table, english = words(folder / f"{lang}.mjs"), words(folder / "en.mjs")
    for key, value in table.items():
        assert isinstance(value, dict) == isinstance(english[key], dict), key
        if isinstance(value, dict):
            assert set(value) == FORMS[lang], key


@each
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_is_empty_and_each_fills_in_what_english_fills_in(folder: Path, lang: str) -> None:
    english = {key: set(BLANK.findall(text)) for key, text in _sentences(words(folder / "en.mjs")).items()}
    for key, text in _sentences(words(folder / f"{lang}.mjs")).items():
        assert text.strip() == text != "", key
        name, _, form = key.partition(".")
        blanks, wanted = set(BLANK.findall(text)), english.get(key) or english[f"{name}.other" if form else name]
        # "One message" and "two messages" need no figure where the word itself is the number.
        assert blanks == wanted or (form in {"zero", "one", "two"} and blanks == wanted - {"n"}), key


@each
@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_hardly_a_sentence_is_left_in_english(folder: Path, lang: str) -> None:
    # Some words are the same in two languages.
    theirs, english = words(folder / f"{lang}.mjs"), words(folder / "en.mjs")
    same = {key for key, text in theirs.items() if text == english[key]}
    assert len(same) <= 5, same


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
def test_a_suggestion_says_what_is_sent_in_the_assistants_language(lang: str) -> None:
    theirs = words(LOCALES / f"{lang}.mjs")
    starters = [key for key in EN if key.startswith("starter_")]
    assert len(starters) == 3
    for key in starters:
        title, _, sent = str(theirs[key]).partition("=")
        assert title not in {"", EN[key]}
        assert sent == EN[key]


@each
def test_arabic_is_written_in_arabic_letters(folder: Path) -> None:
    for key, text in _sentences(words(folder / "ar.mjs")).items():
        read = text.partition("=")[0] if key.startswith("starter_") else text
        assert not re.search(r"[A-Za-z]", FORMATS.sub("", BLANK.sub("", read))), key


def test_the_launcher_brings_its_own_words_in_every_language() -> None:
    script = with_words((STATIC / "widget.js").read_bytes()).decode()
    assert "RAPPORT_WORDS" not in script
    assert launcher_words().keys() == set(LANGUAGES)
    assert next(iter(launcher_words())) == "en"
    for said in launcher_words().values():
        assert json.dumps(said, ensure_ascii=False, separators=(",", ":")) in script


def _without_comments(code: str) -> str:
    return re.sub(r"(?m)(^|\s)//.*$", r"\1", re.sub(r"/\*.*?\*/", "", code, flags=re.S))


def _first() -> set[str]:
    """The modules that come with the chat: what main.mjs imports, and what that does."""
    found, ahead = set(), ["main.mjs"]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += re.findall(r"from '\./(\w+\.mjs)'", (WIDGET / name).read_text())
    return found


def test_no_sentence_stands_in_two_files_of_a_language() -> None:
    assert set(words(LOCALES / "en.mjs")).isdisjoint(words(LATER / "en.mjs"))


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_every_sentence_that_the_code_asks_for_is_there_when_it_asks(path: Path) -> None:
    asked = set(re.findall(r"\bt\('(\w+)'", _without_comments(path.read_text())))
    have = set(words((OWN_DATA if path.stem == "mydata" else LOCALES) / "en.mjs"))
    if path.stem != "mydata" and path.name not in _first() | {"teaser.mjs", "widget.js"}:
        have |= set(words(LATER / "en.mjs"))
    assert asked <= have


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.name)
def test_no_word_for_people_stands_in_the_code(path: Path) -> None:
    code = _without_comments(path.read_text())
    # Between two tags, and in the attributes that are read out or shown.
    shown = re.findall(r">([^<>`${}=;()]*)<(?=[/$a-z])", code)
    shown += re.findall(
        r"(?:aria-label|aria-description|aria-roledescription|title|placeholder|alt)=\"([^\"$]*)\"", code
    )
    shown += re.findall(r"'aria-label': '([^']*)'", code)
    # A literal with a blank between two words of letters, or one that begins like a sentence.
    shown += [text for text in re.findall(r"'([^'\n]*)'", code) if re.match(r"[A-Z][a-z]+( [a-z]|[.!?…]$)", text)]
    found = [text for text in shown if re.search(r"[A-Za-z]{2}", text)]
    assert found == []
