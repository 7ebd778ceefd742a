"""Dates as people type them in a chat: "last Tuesday", "11th of March", "on the 3rd", "3/11", "in two weeks".

Gives every day that may be meant: "3/11" is the third of November to some and the eleventh of March to others, and
whoever asked can try both or ask back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from bot.domain.spoken_choice import NUMBER_WORDS

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sep sept", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DAYS = {
    name: number
    for number, names in enumerate(
        ("monday mon", "tuesday tue tues", "wednesday wed", "thursday thu thurs", "friday fri", "saturday sat",
         "sunday sun")
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY = "(" + "|".join(sorted(_DAYS, key=len, reverse=True)) + r")\b"
_NTH = r"(\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s*(20\d\d))?"
_COUNT = r"(\d{1,3}|an?|a couple of|a few|" + "|".join(NUMBER_WORDS) + r")"
_UNIT = r"(day|week|month)s?"
_NTH_ALONE = re.compile(
    rf"\b(?:on|since|from|by|until|till|before|after) the (\d{{1,2}})(?:st|nd|rd|th)\b(?! (?:of )?{_MONTH})",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b(20\d\d)-(\d{1,2})-(\d{1,2})\b")
_DAY_MONTH = re.compile(rf"\b(?:the )?{_NTH}\s+(?:of\s+)?{_MONTH}{_YEAR}", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_NTH}\b{_YEAR}", re.IGNORECASE)
_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})(?:\2(20\d\d|\d\d))?(?![\d/-])")
_NAMED = re.compile(r"\b(today|yesterday|tomorrow|(?:the )?day (?:before yesterday|after tomorrow))\b", re.IGNORECASE)
_WEEKDAY = re.compile(rf"\b(?:(last|this|next|on|past)\s+)?{_DAY}(?:\s+(last week|next week))?", re.IGNORECASE)
_AGO = re.compile(rf"\b{_COUNT}\s+{_UNIT}\s+ago\b", re.IGNORECASE)
_IN = re.compile(rf"\b(?:in|after)\s+{_COUNT}\s+{_UNIT}\b", re.IGNORECASE)
_NAMED_OFFSETS = {
    "today": 0, "yesterday": -1, "tomorrow": 1, "day before yesterday": -2, "day after tomorrow": 2,
}  # fmt: skip
_WEEK = 7
_ABOUT_A_MONTH = 30


def said_dates(text: str, today: date, *, past: bool = True) -> list[date]:
    """The days a message may mean, likeliest first, no day twice; empty when it names none.

    `past`: a date without a year, or a bare weekday, is the nearest before or on `today`, else on or after it.
    """
    found: list[date] = []
    for day in _all(text, today, past):
        if day not in found:
            found.append(day)
    return found


def _all(text: str, today: date, past: bool) -> Iterator[date]:
    for match in _ISO.finditer(text):
        yield from _day(int(match[1]), int(match[2]), int(match[3]))
    for match in _DAY_MONTH.finditer(text):
        yield from _yearly(int(match[1]), _MONTHS[match[2].lower()], match[3], today, past)
    for match in _MONTH_DAY.finditer(text):
        yield from _yearly(int(match[2]), _MONTHS[match[1].lower()], match[3], today, past)
    for match in _NTH_ALONE.finditer(text):
        yield from _monthly(int(match[1]), today, past)
    if not _ISO.search(text):
        yield from _numeric(text, today, past)
    for match in _NAMED.finditer(text):
        yield today + timedelta(days=_NAMED_OFFSETS[match[1].lower().removeprefix("the ")])
    for match in _AGO.finditer(text):
        yield _shift(today, -1, match[1], match[2])
    for match in _IN.finditer(text):
        yield _shift(today, 1, match[1], match[2])
    for match in _WEEKDAY.finditer(text):
        yield _weekday(match, today, past)


def _numeric(text: str, today: date, past: bool) -> Iterator[date]:
    for match in _NUMERIC.finditer(text):
        first, second, sign, year = int(match[1]), int(match[3]), match[2], match[4]
        if sign != "/" and year is None and sign == "-":
            continue  # "2-3 days" is no date
        year = f"20{year}" if year and len(year) == 2 else year
        # Day first, as most of the world writes; the other way round is the second guess.
        yield from _yearly(first, second, year, today, past)
        yield from _yearly(second, first, year, today, past)


def _yearly(day: int, month: int, year: str | None, today: date, past: bool) -> Iterator[date]:
    if year is not None:
        yield from _day(int(year), month, day)
        return
    years = range(today.year, today.year - 5, -1) if past else range(today.year, today.year + 5)
    for candidate in years:
        for found in _day(candidate, month, day):
            if (found <= today) if past else (found >= today):
                yield found
                return


def _monthly(day: int, today: date, past: bool) -> Iterator[date]:
    """The nearest month that has this day on the asked side of `today`."""
    for away in range(12):
        month = today.month - 1 + (-away if past else away)
        for found in _day(today.year + month // 12, month % 12 + 1, day):
            if (found <= today) if past else (found >= today):
                yield found
                return


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


def _shift(today: date, sign: int, count: str, unit: str) -> date:
    word = count.lower()
    number = int(word) if word.isdigit() else NUMBER_WORDS.index(word) + 1 if word in NUMBER_WORDS else 1
    number = {"a couple of": 2, "a few": 3}.get(word, number)
    days = {"day": 1, "week": _WEEK, "month": _ABOUT_A_MONTH}[unit.lower()]
    return today + timedelta(days=sign * number * days)


def _weekday(match: re.Match[str], today: date, past: bool) -> date:
    which, later = (match[1] or "").lower(), (match[3] or "").lower()
    ahead = (_DAYS[match[2].lower()] - today.weekday()) % _WEEK
    if later == "last week":
        return today - timedelta(days=today.weekday() + _WEEK) + timedelta(days=_DAYS[match[2].lower()])
    if which == "next" or later == "next week":
        return today + timedelta(days=ahead or _WEEK)
    if which in {"last", "past"} or (which != "this" and past):
        back = (-ahead) % _WEEK
        return today - timedelta(days=back or (_WEEK if which in {"last", "past"} else 0))
    return today + timedelta(days=ahead)
