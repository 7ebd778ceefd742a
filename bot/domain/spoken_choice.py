"""Which of several offered things a reply in words means: "the second one", "number 2", "the lamp"."""

from __future__ import annotations

import re
from collections.abc import Sequence


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_LONGEST = 8
_FILLERS = _split(
    """the a an my i i'd i'll it its it's is was be that this these please pls one ones number no nr option choice
    answer order item article take want meant mean think say choose pick guess um uh ok okay and for of with in on to
    about yes yeah yep nope thanks thank you let's go rather would like from"""
)
_TOKEN = re.compile(r"[a-z0-9']+(?:-[a-z0-9]+)*", re.IGNORECASE)


def said_position(text: str, count: int) -> int | None:
    """The place, from 0, in a list of `count` things that a short reply names; None when it names none.

    Ordinals and numbers, spelled or in digits, and "the last one" count; the reply may hold nothing else but fillers.
    """
    words = [word.lower() for word in _TOKEN.findall(text.replace("\u2019", "'"))]
    if not words or len(words) > _LONGEST:
        return None
    if words == ["one"] or (
        len(words) > 1 and words[-1] == "one" and words[-2] in {"number", "option", "answer", "nr"}
    ):
        return 0 if count else None
    left = [word for word in words if word not in _FILLERS]
    if len(left) != 1:
        return None
    place = _place(left[0], count)
    return place if place is not None and 0 <= place < count else None


def _place(word: str, count: int) -> int | None:
    if word in {"last", "bottom"}:
        return count - 1
    if word == "top":
        return 0
    for names in (_ORDINALS, NUMBER_WORDS):
        if word in names:
            return names.index(word)
    digits = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", word)
    return int(digits[1]) - 1 if digits else None


def said_title(text: str, titles: Sequence[str]) -> int | None:
    """The only title that has all the telling words of a short reply; None when none or several have them."""
    wanted = {word for word in _words(text) if word not in _FILLERS}
    if not wanted or len(_TOKEN.findall(text)) > _LONGEST:
        return None
    hits = [index for index, title in enumerate(titles) if wanted <= _words(title)]
    return hits[0] if len(hits) == 1 else None


def _words(text: str) -> set[str]:
    return {_singular(word.lower()) for word in _TOKEN.findall(text.replace("\u2019", "'"))}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
