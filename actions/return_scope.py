"""Which pieces of an order go back: one of two, another article than the one understood, one more, or all of it.

While "shall I open the return?" stands, a few words such as "no, the plugs", "the plugs too" or "just one of them"
say what is meant. Nothing goes back that was not named in the question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import structlog

from actions.base import Turn
from actions.order_words import without_denied
from bot.adapters.shop import Order, OrderLine, ShopRefused, ShopUnavailable
from bot.domain.spoken_choice import NUMBER_WORDS

log = structlog.get_logger()

Scope = Mapping[str, int | None]
"""How many of each article, by its sku; None for all of a line. Nothing in it means the whole order."""

EVERYTHING = "everything"
_NUMBERS = "|".join((*NUMBER_WORDS, r"\d{1,2}"))
_PIECES = re.compile(
    rf"\b(?:(?:only|just) (?P<only>{_NUMBERS})\b(?! (?:day|week|month|year|minute|hour|star)s?\b)"
    rf"|(?P<of>{_NUMBERS}) of (?:the|them|these|those|my|it)\b)",
    re.IGNORECASE,
)
_HALF = re.compile(r"\bhalf\b", re.IGNORECASE)
_ALL = re.compile(
    r"\W*(?:(?:no|yes|ok|okay|and|actually|well|sorry|i|meant|mean|want|would|like|to|return|send|back)\b[\s,.!]*)*"
    r"(?:both|all|everything|the (?:whole|entire|complete) (?:order|thing|lot|parcel))"
    r"(?:[\s,.!]+(?:of|it|them|please|back|then|in|the|order))*\W*",
    re.IGNORECASE,
)
_MORE = re.compile(r"\b(?:too|also|as well|plus|both|add)\b|^\W*and\b", re.IGNORECASE)
_BESIDE = frozenset(
    """no not nope yes yeah ok okay and also too as well plus both the a an my only just actually please sorry oops wait
    i i'm i'd meant mean want would like to return send back instead rather one ones of it them these those that this
    but then after all half add in for with all""".split()  # noqa: SIM905 -- reads as words
) | frozenset(NUMBER_WORDS)
_WORD = re.compile(r"[a-z']+")
_LONGEST = 12


def pack(scope: Scope) -> str:
    """The scope as an argument of the open question."""
    return "+".join(sku if count is None else f"{sku}*{count}" for sku, count in scope.items()) or EVERYTHING


def unpack(argument: str) -> dict[str, int | None]:
    """What `pack` wrote."""
    if argument == EVERYTHING:
        return {}
    parts = (part.partition("*") for part in argument.split("+"))
    return {sku: int(count) if count else None for sku, _, count in parts}


def for_colleagues(scope: Scope) -> str:
    """The scope by its article numbers, as a person at the desk finds them."""
    return " and ".join(sku if count is None else f"{count} × {sku}" for sku, count in scope.items()) or EVERYTHING


def in_words(order: Order, scope: Scope) -> str:
    """ "Nook Camera and 2 × Tap Smart Plug"."""
    lines = [line for line in order.items if line.sku in scope] if scope else order.items
    return " and ".join(pieces(line, scope.get(line.sku)) for line in lines)


def pieces(line: OrderLine, count: int | None = None) -> str:
    """A line's article with how many of it, unless it is one."""
    number = line.quantity if count is None else count
    return line.name if number == 1 else f"{number} × {line.name}"


def said_pieces(text: str, line: OrderLine) -> int | None:
    """How many of a line's several pieces the words mean; None when they say nothing of it, or all of them."""
    if line.quantity < 2:
        return None
    match = _PIECES.search(text)
    if match is not None:
        word = (match["only"] or match["of"]).lower()
        count = int(word) if word.isdigit() else NUMBER_WORDS.index(word) + 1
    elif _HALF.search(text) and line.quantity % 2 == 0:
        count = line.quantity // 2
    else:
        return None
    return count if 0 < count < line.quantity else None


async def other_scope(turn: Turn, number: str, asked: str) -> tuple[Order, dict[str, int | None]] | None:
    """What is meant to go back instead of `asked`, with the order; None when the words do not say that."""
    text = turn.context.text.replace("\u2019", "'").lower()
    words = _WORD.findall(text)
    if "?" in text or not words or len(words) > _LONGEST:
        return None
    if not (_ALL.fullmatch(text) or _PIECES.search(text) or _HALF.search(text) or set(words) - _BESIDE):
        return None
    try:
        order = await turn.runtime.shop.order(number)
    except (ShopUnavailable, ShopRefused) as error:
        log.warning("return_scope.no_order", case=turn.context.case_id, why=str(error))
        return None
    scope = None if order is None else _meant(order, unpack(asked), text)
    return None if order is None or scope is None else (order, scope)


def names_only_pieces(order: Order, text: str) -> list[OrderLine]:
    """The lines that a message names which says nothing else: "only the plug"; empty for any other."""
    plain = text.lower().replace("\u2019", "'")
    return [] if set(_WORD.findall(plain)) - _BESIDE - _telling(order) else _named(order, without_denied(plain))


def _meant(order: Order, asked: dict[str, int | None], text: str) -> dict[str, int | None] | None:
    if _ALL.fullmatch(text):
        return {}
    named = _named(order, without_denied(text))
    if set(_WORD.findall(text)) - _BESIDE - _telling(order):
        return None  # it says something else beside
    if not named:
        lines = [line for line in order.items if line.sku in asked]
        count = said_pieces(text, lines[0]) if len(lines) == 1 else None
        return {lines[0].sku: count} if count is not None else None
    scope = {line.sku: said_pieces(text, line) for line in named}
    return {**asked, **scope} if asked and _MORE.search(text) else scope


def _named(order: Order, text: str) -> list[OrderLine]:
    said = {_singular(word) for word in _WORD.findall(text)}
    own = {line.sku: {_singular(word) for word in _WORD.findall(line.name.lower())} for line in order.items}
    found = []
    for line in order.items:
        others = set().union(*(words for sku, words in own.items() if sku != line.sku))
        if (own[line.sku] - others) & said:
            found.append(line)
    return found


def _telling(order: Order) -> set[str]:
    names = " ".join(line.name.lower() for line in order.items)
    singular = {_singular(word) for word in _WORD.findall(names)}
    return singular | {f"{word}s" for word in singular}


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
