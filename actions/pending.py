"""The open question: what "yes" and "no" mean now.

The slot `pending` holds one word, or `word:argument`. An action that asks something sets it; every other action clears
it (see `RapportAction.run`), so that a "yes" can only mean the last question.
"""

from __future__ import annotations

from enum import StrEnum


class Pending(StrEnum):
    """The questions that can be open."""

    HELPED = "helped"
    PERSON_OFFER = "person_offer"
    CANCEL = "cancel"
    RETURN = "return"
    ITEMS = "items"
    ADDRESS = "address"
    GOODWILL = "goodwill"
    ACCOUNT = "account"
    SOLVED = "solved"
    ALL_DONE = "all_done"
    RATING = "rating"
    TESTIMONIAL = "testimonial"
    GUIDE = "guide"
    """Shall we go on with the steps?"""
    TROUBLE = "trouble"
    """Which device, and what does it do? The argument is what was said of it so far."""


def pending(kind: Pending, *arguments: str) -> str:
    """The slot's value, e.g. `cancel:LH-100234`."""
    return ":".join([kind.value, *arguments])


def is_it_solved(before: object) -> str:
    """The slot's value for "is it solved?", about the article that the open question `before` was about."""
    return pending(Pending.SOLVED, *map(str, asked_about(before) or ()))


def asked_about(value: object) -> tuple[str, int] | None:
    """The article, with its version, of which it was asked whether it helped."""
    kind, arguments = read_pending(value)
    if kind not in {Pending.HELPED, Pending.SOLVED} or len(arguments) != 2:
        return None
    return arguments[0], int(arguments[1])


def read_pending(value: object) -> tuple[str, list[str]]:
    """The word and its arguments; `("", [])` when nothing is open."""
    if not isinstance(value, str) or not value:
        return "", []
    kind, *arguments = value.split(":")
    return kind, arguments
