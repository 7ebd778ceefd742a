"""Taking back what was just done: "no wait, undo that", "un-cancel it", "cancel the return", "put it back".

What the shop can turn round is proposed once more, with the values from before, and waits for its yes; of the rest it
is said honestly what still holds and what helps instead.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import structlog

from actions.base import Turn
from actions.options import PERSON
from actions.order_changes import UNDO, propose_address, propose_again, propose_items
from actions.order_lookup import find_order, spoken_of
from actions.pending import Pending, read_pending
from actions.second_thoughts import COUNT_INSTEAD
from bot.adapters.shop import Order, ShopRefused, ShopUnavailable

log = structlog.get_logger()

_LONGEST = 12
_LOOKS_BACK = 3
"""Exchanges since the order was named: later "undo that" may mean anything."""
_DONE = ("cancelled", "changed", "address_changed", "return_opened")
_JUST_SAID = 6
_NUMBER = re.compile(r"(?<=order )[\w-]*\d\b")
_NOTHING_WAITS = frozenset({"", Pending.HELPED, Pending.SOLVED, Pending.ALL_DONE, Pending.PERSON_OFFER})
_IT = (
    r"(?:it|that|this|them|everything|all|(?:my|the|that|this) (?:\w+ )?"
    r"(?:order|cancell?ation|change|return|address|purchase))"
)
_END = (
    r"(?:[\s,.!]*\b(?:please|pls|now|again|then|after all|today|sorry|thanks|thank you|for me|instead|if possible))*"
    r"\W*$"
)
_WANTS = re.compile(
    rf"\b(?:undo|un-?cancel|undone|revert|reinstate|restore|revoke)(?: {_IT})?{_END}"
    rf"|\b(?:undo|un-?cancel|revert|reinstate|restore|revoke) {_IT}\b"
    r"|\b(?:reverse|roll back|take back|get back|take (?:it|that|this) back) ?(?:it|that|this|the cancellation)?\W*$"
    r"|(?<!n't )(?<!nt )(?<!not )\b(?:want|get|have|bring|need) (?:it|them|(?:my|the|that) order) back\W*$"
    r"|\bcan i (?:still )?keep (?:it|them|(?:my|the|that) order)\W*$"
    r"|(?<!n't )(?<!nt )(?<!not )(?<!never )\b(?:cancel|stop|withdraw|drop|forget) (?:the|that|my|this) return\b"
    r"|\b(?:put|change|set) (?:it|that) back\W*$"
    r"|\b(?:put|change|set) (?:it |that )?(?:back )?(?:to )?the (?:old|former|previous) (?:address|one)(?: back)?\W*$"
    rf"|\b(?:i|we)(?:'ve| have)? changed my mind(?: about {_IT})?(?:{_END}|\b.{{0,40}}\bkeep (?:it|them)\W*$)"
    r"|\b(?:didn'?t|did not) (?:mean|want) (?:to (?:cancel|change|return|do)\b|(?:to|that|it|this)\W*$)",
    re.IGNORECASE,
)
_ASKS_ELSE = re.compile(
    r"^\W*(?:(?:and|so|but|ok|okay|well|then)\b[\s,]*)*(?:when|where|why|what|which|who|do|does|did|will|should"
    r"|how (?!(?:can|do|could) (?:i|we|you) (?:undo|reverse|revert|un-?cancel)\b))\b",
    re.IGNORECASE,
)
""" "When do I get it back?" is about the money."""


async def take_undo(turn: Turn) -> bool:
    """Turn round what was done to the order just spoken of, or say why not; False when nothing there can be meant."""
    text = turn.context.text.replace("\u2019", "'")
    count = COUNT_INSTEAD.fullmatch(text)
    wants = _WANTS.search(text) is not None and not _ASKS_ELSE.search(text)
    if len(text.split()) > _LONGEST or not (count or wants) or turn.context.entity("order_number"):
        return False
    if read_pending(turn.slot("pending"))[0] not in _NOTHING_WAITS or not spoken_of(turn, exchanges=_LOOKS_BACK):
        return False
    if count is not None:
        # "Make that twelve" after the change was made is another change.
        made = (turn.slot("order_change") or {}).get("kind") == UNDO
        return made and await propose_again(turn, str(turn.slot("order_number")), count["count"])
    told_of, done = turn.slot("order_number"), _order_of_last_deed(turn)
    if done is not None:
        turn.set(order_number=done)
    try:
        order = (await find_order(turn, str(turn.slot("order_task") or "track_order"))).order
        if order is not None and await _turn_round(turn, order):
            return True
    except (ShopUnavailable, ShopRefused) as error:
        log.warning("undoing.no_order", case=turn.context.case_id, why=str(error))
    turn.set(order_number=told_of)
    return False


def _order_of_last_deed(turn: Turn) -> str | None:
    """The order something was done to lately; another may have been told of since."""
    texts = turn.runtime.texts
    for event in islice(turn.bot_events(), _JUST_SAID):
        said = str(event.get("text") or "")
        if any(texts.said(key, said) is not None for key in _DONE) and (number := _NUMBER.search(said)):
            return number[0]
    return None


async def _turn_round(turn: Turn, order: Order) -> bool:
    change: dict[str, Any] = turn.slot("order_change") or {}
    before = change.get("before") if change.get("kind") == UNDO and change.get("number") == order.number else None
    if order.cancelled_at is not None:
        turn.say("cancel_no_undo", number=order.number, options=[PERSON])
    elif order.returns and order.refund is None and order.returned_at is None:
        turn.say("return_undo", number=order.number, return_number=order.returns[-1].number, options=[PERSON])
    elif before and "line1" in before and order.can_change_address:
        propose_address(turn, order, before)
    elif before and "line1" not in before and order.can_change:
        await propose_items(turn, order, before)
    else:
        return False
    return True
