"""Which language a message is written in, when it is surely not English.

Made for the short messages of a support chat, where a general detector misfires on names, slang and order numbers:
the script decides where it can, else common words and letters that English does not have. The words are counted for
English too, and a message has to be clearly more of another language than of English. No model, microseconds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from bot.domain.language_words import ALONE, ENDINGS, ENGLISH, LETTERS, NAMES, NAMES_OF_OTHERS, WORDS

OTHER = "other"
"""A script that we can name no language for, e.g. Greek or Thai."""
LANGUAGES = ("ar", "de", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "tr", "zh")

_LONGEST = 400
_ENOUGH = 2.0
"""Evidence from which a message is foreign: two common words, or one and a letter that only that language has."""
_AGAINST = 1.5
"""How much more evidence than for English there must be."""
_SHARE = 0.4
_NOISE = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\b[a-z]{0,3}[-–]?\d[\w-]*|[:;]-?[a-z)(]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "ARABIC": "ar", "CYRILLIC": "ru", "HIRAGANA": "ja", "KATAKANA": "ja", "CJK": "zh",
    "GREEK": OTHER, "HEBREW": OTHER, "HANGUL": OTHER, "THAI": OTHER, "DEVANAGARI": OTHER, "BENGALI": OTHER,
    "TAMIL": OTHER, "GEORGIAN": OTHER, "ARMENIAN": OTHER,
}  # fmt: skip
_LANGUAGE = rf"(?P<language>{'|'.join((*NAMES, *sorted(NAMES_OF_OTHERS)))})"
_ASKS_LANGUAGE = re.compile(
    r"\b(?:do|does|can|could|may|would|is|are|any(?:one|body)|some(?:one|body)|who|you|u)\b[^.?!]{0,30}"
    r"\b(?:speaks?|talk|write|chat|understand|answer|reply|continue|go on|switch)\b(?: \w+){0,3}? (?:in |to )?"
    rf"{_LANGUAGE}\b",
    re.IGNORECASE,
)
_NAMES_LANGUAGE = re.compile(
    rf"(?:(?:in|auf|en|please|pls|only) )*{_LANGUAGE}(?: (?:please|pls|bitte|only|por favor|svp))*\W*", re.IGNORECASE
)
_INDEX: dict[str, dict[str, float]] = {}
for _language, _groups in WORDS.items():
    for _weight, _words in _groups:
        for _word in _words.split():
            _INDEX.setdefault(_word, {})[_language] = _weight


def foreign_language(text: str) -> str | None:
    """The code of LANGUAGES (or OTHER) that the message is surely written in; None for English and for any doubt."""
    plain = _NOISE.sub(" ", unicodedata.normalize("NFC", text[:_LONGEST]))
    if len(plain.split()) < 2 and (alone := ALONE.get(plain.strip(" \t\n.,!?").lower())):
        return alone
    if plain.isascii() and len(plain.split()) < 2:
        return None
    return _by_script(plain) or _by_words(plain.lower())


def asked_language(text: str) -> str | None:
    """The language in which an English message asks to be spoken to, "do you speak German?"; None without such a wish.

    OTHER for one that we have no words in.
    """
    plain = text.replace("\u2019", "'").strip()
    match = _ASKS_LANGUAGE.search(plain) or _NAMES_LANGUAGE.fullmatch(plain)
    return NAMES.get(match["language"].lower(), OTHER) if match else None


def _by_script(plain: str) -> str | None:
    if plain.isascii():
        return None
    counts: dict[str, int] = {}
    letters = 0
    for character in plain:
        if not character.isalpha():
            continue
        letters += 1
        if ord(character) > 0x2FF:
            script = unicodedata.name(character, "?").split(" ")[0]
            language = _SCRIPTS.get(script)
            if language is not None:
                counts[language] = counts.get(language, 0) + 1
    found = sum(counts.values())
    if found < 2 or found < _SHARE * letters:
        return None
    if "ja" in counts:
        return "ja"  # Japanese has Chinese characters as well, never the other way round
    return max(counts, key=lambda language: counts[language])


def _by_words(lower: str) -> str | None:
    scores = dict.fromkeys(WORDS, 0.0)
    english = 0.0
    words = _WORD.findall(lower)
    if len(words) < 2:
        return None
    for word in words:
        if word in ENGLISH:
            english += 1
        _add(scores, _INDEX.get(word, {}))
        for ending, languages in ENDINGS.items():
            if len(word) > len(ending) + 2 and word.endswith(ending):
                _add(scores, languages)
    for letter, languages in LETTERS.items():
        if letter in lower:
            _add(scores, languages)
    best = max(scores, key=lambda language: scores[language])
    if scores[best] < _ENOUGH or scores[best] < _AGAINST * english:
        return None
    return best


def _add(scores: dict[str, float], more: Mapping[str, float]) -> None:
    for language, weight in more.items():
        scores[language] += weight
