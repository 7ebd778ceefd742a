"""An offered option taken in words: "the second one", "number 2", "the one from last Tuesday", "the lamp"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from actions.base import Turn
from actions.guide_words import FORM
from actions.order_lookup import order_of_day, orders_named
from actions.pending import Pending, read_pending
from bot.adapters.shop import ShopUnavailable
from bot.domain.spoken_choice import said_position, said_title

log = structlog.get_logger()

ANSWERS = frozenset(
    {
        "affirm",
        "contact_human_agent",
        "deny",
        "issue_resolved",
        "never_mind",
        "no_number",
        "none_of_these",
        "not_helpful",
    }
)
"""Options that are no items of a list; nobody says "the third one" and means "no"."""
ITEMS = frozenset({"choose_article", "choose_line", "choose_order", "choose_return", "guide_reply"})
"""Options that may be taken by a word of their title."""
ORDER_FORM = "order_form"
NEEDS_ORDER = frozenset({"cancel_order", "start_return", "return_item", "get_invoice", "track_refund"})
"""Wishes that may stand in the same words as the day of the order they are about."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One option as it was shown."""

    title: str
    intent: str
    entities: dict[str, Any]


def offered_last(turn: Turn) -> list[Offered]:
    """The options of the newest message that had any, if it was the answer to the message before this one."""
    for event in turn.bot_events():
        buttons = (event.get("data") or {}).get("buttons") or []
        if buttons:
            return [_read(button) for button in buttons]
    return []


def _read(button: dict[str, Any]) -> Offered:
    intent, brace, rest = str(button["payload"]).removeprefix("/").partition("{")
    return Offered(str(button["title"]), intent, json.loads(brace + rest) if brace else {})


def picked(turn: Turn) -> Offered | None:
    """The option of the last list that the message names; None when there was no list or none is named."""
    if turn.slot("survey") is not None or read_pending(turn.slot("pending"))[0] == Pending.RATING:
        return None  # a number is a rating then
    return _named(turn.context.text, offered_last(turn))


def picked_instead(turn: Turn, text: str) -> Offered | None:
    """The option that `text` names of the newest list, even when something was said since: "I meant the first one"."""
    for event in turn.bot_events():
        offered = [_read(button) for button in (event.get("data") or {}).get("buttons") or []]
        if sum(option.intent in ITEMS for option in offered) > 1:
            return _named(text, offered)
    return None


def _named(text: str, offered: Sequence[Offered]) -> Offered | None:
    items = [option for option in offered if option.intent not in ANSWERS]
    if len(items) < 2:
        return None
    place = said_position(text, len(items))
    if place is not None:
        return items[place]
    named = [option for option in items if option.intent in ITEMS]
    place = said_title(text, [option.title for option in named])
    return named[place] if place is not None else None


async def take_option(turn: Turn) -> bool:
    """Do what the named option means; True when there was one."""
    option = picked(turn)
    return option is not None and await take(turn, option)


async def take(turn: Turn, option: Offered) -> bool:
    """Do what a tap on the option would do; False for one that nothing answers any more."""
    action = turn.runtime.routes.get(option.intent)
    if action is None:
        return False
    turn.take_as(turn.context.as_understood(option.intent, text=option.title, entities=option.entities))
    await turn.run_other(action)
    return True


async def take_in_form(turn: Turn) -> None:
    """Let a form see the option that was named, or the order whose day or article was, as if it had been tapped."""
    asks_number = turn.slot("requested_slot") == "order_number"
    if turn.loop == ORDER_FORM and turn.context.entity("order_number") is None:
        number = await _order_of_day(turn) or (await _order_of_article(turn) if asks_number else None)
        if number is not None:
            # "Return what came on 2/11" names the order and wants something of it.
            context = turn.context
            intent = context.intent if context.intent in NEEDS_ORDER else "choose_order"
            turn.take_as(
                context.as_understood(intent, confidence=context.confidence, entities={"order_number": number})
            )
            return
    if turn.loop == FORM:
        return  # a guide reads its answers itself, and knows a "not" before a title
    option = picked(turn)
    if option is not None and option.intent in ITEMS:
        turn.take_as(turn.context.as_understood(option.intent, text=option.title, entities=option.entities))


async def _order_of_day(turn: Turn) -> str | None:
    try:
        order = await order_of_day(turn)
    except ShopUnavailable as error:
        log.warning("picking.shop_unavailable", case=turn.context.case_id, why=str(error))
        return None
    return order.number if order else None


async def _order_of_article(turn: Turn) -> str | None:
    """The only order that has what is named, among those the task can be about; None without such a one."""
    try:
        orders = await orders_named(turn, str(turn.slot("order_task") or ""))
    except ShopUnavailable as error:
        log.warning("picking.shop_unavailable", case=turn.context.case_id, why=str(error))
        return None
    return orders[0].number if len(orders) == 1 else None
