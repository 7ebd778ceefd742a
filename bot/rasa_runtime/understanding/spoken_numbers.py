"""Order numbers in words: "one zero zero two three eight", "one hundred thousand two hundred thirty-eight".

Who reads a number out types it so; a long run of number words is nothing else that a shop is told.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Tuple

_DIGITS = {"zero": 0, "oh": 0, "o": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
           "seven": 7, "eight": 8, "nine": 9}  # fmt: skip
_TEENS = {"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
          "seventeen": 17, "eighteen": 18, "nineteen": 19}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SIZES = {"hundred": 100, "thousand": 1000}
_WORDS = "|".join(sorted([*_DIGITS, *_TEENS, *_TENS, *_SIZES], key=len, reverse=True))
_RUN = re.compile(rf"\b(?:{_WORDS})(?:(?:[\s,-]+|\s+and\s+)(?:{_WORDS}))+\b", re.IGNORECASE)
_COUNTS = re.compile(r"\s+(?:\w+s|km|euro|people)\b", re.IGNORECASE)
"""After the words: they count something, "two hundred thousand hours"."""
PLACES = 6
"""Digits of a number that is said digit by digit, and of the smallest one that is said as a whole."""


def spoken_numbers(text: str) -> Iterator[Tuple[str, int, int]]:
    """Digits, start and end of each number of `PLACES` digits that is written out in words."""
    for match in _RUN.finditer(text):
        words = [word for word in re.split(r"[\s,-]+", match.group().lower()) if word != "and"]
        digits = _one_by_one(words) or _as_a_whole(words)
        if digits is not None and not _COUNTS.match(text, match.end()):
            yield digits, match.start(), match.end()


def _one_by_one(words: List[str]) -> Optional[str]:
    if len(words) != PLACES or not all(word in _DIGITS for word in words):
        return None
    return "".join(str(_DIGITS[word]) for word in words)


def _as_a_whole(words: List[str]) -> Optional[str]:
    total, group = 0, 0
    for word in words:
        if word == "hundred":
            group = (group or 1) * _SIZES[word]
        elif word == "thousand":
            total, group = total + (group or 1) * _SIZES[word], 0
        else:
            group += _DIGITS.get(word, 0) + _TEENS.get(word, 0) + _TENS.get(word, 0)
    digits = str(total + group)
    return digits if "thousand" in words and len(digits) == PLACES else None
