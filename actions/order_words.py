"""Which of a customer's orders a message means: by the words for what was in it, and by when it was.

"The camera I got last week" is a complete answer to "which order?", so nobody is asked who has said it already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from actions.base import Turn
from bot.adapters.shop import Order
from bot.domain.spoken_dates import said_dates

_WORD = re.compile(r"[a-z]{3,}")
_TELLS_NOTHING = frozenset({"smart", "set", "the", "and", "for", "with", "pack", "table", "home"})
"""Words of a line's name that are said of many things."""
_OWN = re.compile(
    r"\b(?:my|the|this|that|these|those|mine|you (?:sent|delivered|shipped)|arrived|came"
    r"|i(?:'ve| have|'d)? (?:just |only |already )?(?:got|bought|ordered|received|paid|purchased))\b",
    re.IGNORECASE,
)
_HOW_TO = re.compile(r"^\W*(?:so |and |hi,? |hello,? )?(?:how|what if|do you|does|is there|are there)\b", re.IGNORECASE)
_LATE = re.compile(
    r"\b(?:days?|weeks?|fortnight) (?:\w+ )?(?:late|overdue|behind)\b"
    r"|\b(?:is|are|was|were|'s) (?:\w+ ){0,4}(?:overdue|delayed)\b"
    r"|\b(?:never|not|\w+n't|still no) (?:\w+ ){0,2}(?:arrived?|delivered|shipped|turned up)\b"
    r"|\bnever (?:\w+ )?(?:comes?|came|arrives?|shows? up|showed up|turns up)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\bwhere(?:'s|s| is| are)\b[^.?!]{0,12}\b(?:my|the)\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:not|instead of|rather than)\s+(?:for |about )?(?:the|my|that|this|a|an)\s+[^,.;:!?]{1,40}?"
    r"(?=[,.;:!?]|\s+(?:but|the|my)\b|$)",
    re.IGNORECASE,
)
"""What is said not to be meant: "not the lamp, the dials", "the plug instead of the bulb"."""
_YEAR = 365
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 2)}
_PERIOD = re.compile(
    r"\b(?:(?P<rel>this|last|past|the other|a few) (?P<unit>week|weeks|month|months|year|days?)"
    r"|(?:in|from|since|last|this|over) (?:the )?(?P<season>spring|summer|autumn|fall|winter))\b",
    re.IGNORECASE,
)


def names_own_thing(text: str) -> bool:
    """Whether the message speaks of something the customer has, rather than asking how things are done here."""
    return _OWN.search(text) is not None and _HOW_TO.search(text) is None


def without_denied(text: str) -> str:
    """The message without the things that it says are not meant."""
    return _DENIED.sub(" ", text)


def says_late(text: str) -> bool:
    """Whether the message says that a thing is late, or has not come: "the thermostat is over a week late"."""
    return _LATE.search(text.replace("\u2019", "'")) is not None


def asks_where(text: str) -> bool:
    """Whether the message asks where a thing is."""
    return _WHERE.search(text.replace("\u2019", "'")) is not None


def named_orders(turn: Turn, orders: Sequence[Order]) -> list[Order]:
    """The orders that the typed message names by their articles, those that fit its day or time first of all.

    Empty when it names none: a time alone ("it should be here since last week") is no name.
    """
    if not turn.context.typed:
        return []
    # Both, because "smoke detector" is our smoke alarm, and "pendant light" is more than a light.
    products = [str(value) for name, value in turn.context.entities if name == "product"]
    said = _words(" ".join([without_denied(turn.context.text), *products]))
    scored = [(len(said & telling_words(order)), order) for order in orders]
    best = max((score for score, _ in scored), default=0)
    hits = [order for score, order in scored if score == best and best]
    return in_time(turn, hits)


def in_time(turn: Turn, orders: list[Order]) -> list[Order]:
    """Those of the orders that were placed, sent or delivered when the message says; all of them when none was."""
    spans = said_spans(turn.context.text, turn.runtime.app.now().date())
    fitting = [order for order in orders if any(begin <= day <= end for day in _days(order) for begin, end in spans)]
    return fitting or orders


_ONLY_NAMES = re.compile(
    r"\W*(?:(?:it'?s|it was|they'?re|from|in|yes|ok|well)\b[\s,]*)*(?:the|my|that|this) (?:\w+ ){0,2}"
    r"(?:one|order|parcel|package|box|shipment)(?: (?:with|from|of|that had|for) [^?]{1,40})?\W*",
    re.IGNORECASE,
)


def only_names_order(text: str) -> bool:
    """Whether a message names an order and says nothing of what is wanted: "the parcel with the camera"."""
    return _ONLY_NAMES.fullmatch(text) is not None


_ORDERED = re.compile(r"\b(?:order(?:ed)?|bought|placed|made|purchased|from|of)\b", re.IGNORECASE)
_CAME = re.compile(r"\b(?:came|come|arrived|delivered|got|received)\b", re.IGNORECASE)
_EXPECTED = re.compile(
    r"\b(?:should|supposed|expected|promised|due|by|until|before|late|since|still|will|was to)\b", re.IGNORECASE
)
"""Words that make a day one on which something is to happen, and no name of an order."""


def orders_of_day(text: str, today: date, orders: Sequence[Order]) -> list[Order]:
    """The orders that were placed, or came, on the very day by which a message names them: "what I bought on Monday".

    Empty when the day is told for another reason, such as the day it should have been here.
    """
    days = [] if _EXPECTED.search(text) else said_dates(text, today)
    came = _CAME.search(text) is not None
    if not days or not (came or _ORDERED.search(text)):
        return []
    moments = ("delivered_at",) if came and not re.search(r"\bordered\b", text, re.IGNORECASE) else ("placed_at",)
    for names in (moments, ("placed_at", "delivered_at", "shipped_at")):
        for day in days:
            hits = [order for order in orders if _on(order, names, day)]
            if hits:
                return hits
    return []


def _on(order: Order, moments: Sequence[str], day: date) -> bool:
    return any((at := getattr(order, name)) is not None and at.date() == day for name in moments)


def named_line(turn: Turn, order: Order) -> str | None:
    """The sku of the only line that the typed message names."""
    if not turn.context.typed:
        return None
    products = [str(value) for name, value in turn.context.entities if name == "product"]
    said = _words(" ".join([without_denied(turn.context.text), *products]))
    hits = [line.sku for line in order.items if said & (_words(line.name) - _TELLS_NOTHING)]
    return hits[0] if len(hits) == 1 else None


def telling_words(order: Order) -> frozenset[str]:
    """The words of all its lines that tell them from others."""
    return frozenset().union(*(_words(line.name) for line in order.items)) - _TELLS_NOTHING


def said_spans(text: str, today: date) -> list[tuple[date, date]]:
    """The times that a message names, loosely, as people remember them: "last week", "in spring", "on 3 March"."""
    spans = [(day, day) for day in said_dates(text, today)]
    for match in _PERIOD.finditer(text):
        if match["season"]:
            spans.append(_season(match["season"].lower(), today))
        else:
            spans.append(_around(match["rel"].lower(), match["unit"].lower().rstrip("s"), today))
    return spans


def _around(which: str, unit: str, today: date) -> tuple[date, date]:
    if unit == "year":
        return (date(today.year, 1, 1), today) if which == "this" else (
            date(today.year - 1, 1, 1),
            today - timedelta(days=_YEAR * 3 // 4),
        )  # fmt: skip
    near, far = {"day": (0, 6), "week": (2, 15), "month": (15, 62)}[unit]
    return today - timedelta(days=far), today if which == "this" else today - timedelta(days=near)


def _season(name: str, today: date) -> tuple[date, date]:
    first, last = _SEASONS[name]
    # One that has hardly begun is not the one remembered.
    year = today.year if date(today.year, first, 1) + timedelta(days=45) <= today else today.year - 1
    begin = date(year, first, 1)
    end = date(year + (last < first), last, 28)
    # Whoever says "in spring" does not count the days.
    return begin - timedelta(days=15), end + timedelta(days=35)


def _days(order: Order) -> list[date]:
    moments = (order.placed_at, order.shipped_at, order.delivered_at, order.cancelled_at)
    return [moment.date() for moment in moments if moment is not None]


def _words(text: str) -> frozenset[str]:
    return frozenset(_singular(word) for word in _WORD.findall(text.lower()))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
