"""Messages that name an order of the customer: by its things, its day or "that one", where a question was expected."""

from __future__ import annotations

import re

from actions.base import Turn
from actions.options import NEVER_MIND, order_option
from actions.order_card import order_title
from actions.order_lookup import names_day, order_of_day, orders_named, recent_orders, spoken_of
from actions.order_words import names_own_thing, only_names_order
from bot.adapters.shop import ShopUnavailable

NAMED_ORDER = {
    "return_item": "return_item",
    "get_refund": "return_item",
    "check_invoice": "get_invoice",
    "check_cancellation_fee": "cancel_order",
    "set_up_shipping_address": "change_address",
    "order_damaged": "report_problem",
    "order_missing_item": "report_problem",
    "order_wrong_item": "report_problem",
}
"""Questions that are none when they name an order: "I want to send back the lamp from LH-100234"."""
OWN_ORDER = frozenset({"return_item", "get_refund", "order_damaged", "order_missing_item", "order_wrong_item"})
"""Likewise when a signed-in customer names what was in an order: "I want my money back for the lock"."""

_TASK_WORDS = {
    "return_item": re.compile(r"\b(?:return|send(?:ing)? (?:\w+ ){0,3}back|money back)\b", re.IGNORECASE),
    "cancel_order": re.compile(r"\bcancel\b", re.IGNORECASE),
    "get_invoice": re.compile(r"\b(?:invoice|receipt|bill)\b", re.IGNORECASE),
}
"""What is wanted of an order that is named by its day."""
_POINTED_AT = frozenset({"return_item", "get_refund"})
_POINTS_BACK = re.compile(
    r"\b(?:return|send back|refund|money back for|send) (?:that|this|it|them|those)(?: (?:one|order))?(?: back)?\b",
    re.IGNORECASE,
)
""" "Return that one", right after an order was spoken of."""


async def names_own_order(turn: Turn) -> bool:
    """A shop that is down makes it a question for the articles."""
    if turn.context.intent in _POINTED_AT and _POINTS_BACK.search(turn.context.text) and spoken_of(turn, exchanges=1):
        return True
    if turn.context.intent not in OWN_ORDER or turn.loop or not names_own_thing(turn.context.text):
        return False
    try:
        return bool(await orders_named(turn, NAMED_ORDER[turn.context.intent]) or await order_of_day(turn))
    except ShopUnavailable:
        return False


async def take_named_order(turn: Turn) -> bool:
    """Go on with an order's number, or its day, in words that mean nothing else; True when there was one."""
    try:
        order = None if turn.context.entity("order_number") else await order_of_day(turn)
        if order is None and only_names_order(turn.context.text) and names_day(turn):
            orders = await recent_orders(turn, str(turn.slot("order_task") or ""))
            options = [order_option(order_title(each), each.number) for each in orders[:4]]
            turn.say("no_order_that_day", options=[*options, NEVER_MIND])
            return True
    except ShopUnavailable:
        return False
    if order is not None:
        turn.set(order_number=order.number)
    elif not turn.context.entity("order_number"):
        return False
    task = next((task for task, words in _TASK_WORDS.items() if words.search(turn.context.text)), None)
    turn.set(order_task=task or turn.slot("order_task") or "track_order")
    await turn.run_other("action_order")
    return True
