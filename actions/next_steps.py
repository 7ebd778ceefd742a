"""What comes after a deed: "what happens now?", "when do I get it?", "was it really cancelled?", "can you mail it?".

Such a sentence points back to the order that was just spoken of, and is answered from that order as it is now.
"""

from __future__ import annotations

import re

import structlog

from actions.base import Turn
from actions.deed import did_it_help
from actions.options import PERSON
from actions.order_card import order_card, status_words
from actions.order_deeds import DEEDS
from actions.order_lookup import find_order, orders_named, spoken_of
from actions.order_words import asks_where, says_late
from actions.orders import TASKS
from actions.pending import asked_about
from actions.support import offer_person
from actions.trouble import TROUBLES
from bot.adapters.shop import Order, ShopUnavailable
from bot.domain.address import names_address

log = structlog.get_logger()

_LONGEST = 11
_NICE = frozenset({"issue_resolved", "praise", "thank"})
"""What "loved paying for a lamp that never comes" only resembles."""
_LOOKS_BACK = 2
"""Exchanges: "thanks" in between does not change the subject."""
_LEAD = r"^\W*(?:(?:so|ok|okay|and|well|but|hm+|alright|right|great|thanks|cool|fine)\b[\s,.!]*)*"
_NEXT = re.compile(
    _LEAD + r"(?:what (?:happens|now|next)\b|what(?:'s| is| are| will be)? (?:the |my )?next\b|now what\b|and now\b"
    r"|what (?:else )?(?:can|do|should|must|could|shall|will) (?:i|we|you|happen)(?: \w+){0,3}"
    r"\s*(?:(?:now|then|next|instead|about it)\b|\?*\s*$)"
    r"|what are my options|how does (?:it|this|that) (?:go on|continue|work now)\b|what do i (?:have|need) to do\b)",
    re.IGNORECASE,
)
_WHEN = re.compile(
    _LEAD
    + r"(?:by |until )?(?:when (?:do|will|can|should|would|might) (?:i|it|that|this|the (?:money|refund|parcel))\b"
    r"|when (?:is|does) (?:it|that|the (?:money|refund|parcel))\b"
    r"|how (?:long|soon|quickly|fast) (?:does|do|will|would|can|until|till|before|is) "
    r"(?:that|it|this|i|the (?:money|refund))\b"
    r"|when(?: exactly| then)?\W*$"
    r"|(?:an )?(?:is|so|will) (?:it|that) (?:be |come |arrive )?(?:by |on )?"
    r"(?:today|tom+or+ow|this week|next week|\w{3,6}day)\b)",
    re.IGNORECASE,
)
_NEW_SUBJECT = re.compile(
    r"\b(?:deliver(?:y|ies)|ship(?:ping)?|express|standard|charge|battery|updates?)\b", re.IGNORECASE
)
_STATE = re.compile(
    r"\b(?:was|is|has|have|were)\b.{0,30}\b(?:cancell?ed|cancellation|refunded|returned|changed)\b"
    r"|\bdid\b.{0,20}\b(?:cancel|refund|change)\b"
    r"|\b(?:did|has) (?:it|that|this) (?:really |actually )?(?:go(?:ne)? through|work(?:ed)?|been done|happen(?:ed)?)\b"
    r"|\bis (?:it|that) (?:really |actually )?(?:done|confirmed|final|gone|off|through)\b",
    re.IGNORECASE,
)
_SENT_BACK = re.compile(r"\b(?:cancell?ed|returned|sent (?:\w+ ){0,3}back|gave (?:\w+ ){0,2}back)\b", re.IGNORECASE)
_NO_MONEY = re.compile(
    r"\b(?:no|not|never|still|where|when|yet|haven'?t|hasn'?t|didn'?t|waiting)\b"
    r".{0,40}\b(?:money|refund|refunded|paid back)\b"
    r"|\b(?:money|refund)\b.{0,40}\b(?:not|never|yet|still|hasn'?t|didn'?t|missing)\b",
    re.IGNORECASE,
)
_NAMES_ORDER = re.compile(
    r"\W*(?:(?:it'?s|it is|it was|that'?s|for|about|on|with|in|sorry|well)\b[\s,]*)*(?:the|my|our) (?:\w+ ){1,3}"
    r"(?P<order>order|one|purchase|parcel)\W*",
    re.IGNORECASE,
)
ASKED_FOR_BY_ANSWERS = frozenset({"report_problem", "check_payment"})
"""Tasks of articles that say "tell me your order number"."""
_SURE_OF_ELSEWHERE = 0.75
_WISH = re.compile(r"\b(?:can|could|possible|too late|want|need|would|please|why)\b", re.IGNORECASE)
_MAIL = re.compile(
    r"\b(?:e-?mail|mail|send) (?:it|that|this|me (?:it|that|the invoice)|the invoice)\b"
    r"|\b(?:by|via|per|as an?) e-?mail\b"
    r"|\bto my (?:e-?mail|inbox|mailbox)\b",
    re.IGNORECASE,
)
ADDRESS_REFUSED = ("address_on_its_way", "address_too_late")
_BACK_TO_ORDER = frozenset({"get_invoice", "send_invoice"})


async def take_follow_up(turn: Turn) -> bool:
    """Answer a short sentence that points back to the order just spoken of; True when it was one."""
    text = turn.context.text.replace("\u2019", "'")
    number, task = turn.slot("order_number"), turn.slot("order_task")
    if not number or not task or len(text.split()) > _LONGEST or turn.context.entity("product") is not None:
        return False
    if turn.context.entity("order_number") is not None or not spoken_of(turn, exchanges=_LOOKS_BACK):
        return False
    if task in _BACK_TO_ORDER and _MAIL.search(text):
        turn.take_as(turn.context.as_understood("send_invoice", entities=dict(turn.context.entities)))
        await turn.run_other("action_order")
        return True
    state, asks = _STATE.search(text), _NEXT.search(text) or _WHEN.search(text)
    if state and _WISH.search(text):
        state = None
    if not (state or asks) or _NEW_SUBJECT.search(text):
        return False
    try:
        order = (await find_order(turn, str(task))).order
    except ShopUnavailable as error:
        log.warning("next_steps.shop_unavailable", case=turn.context.case_id, why=str(error))
        return False
    if order is None:
        return False
    if state:
        await _tell_state(turn, order)
    else:
        await _tell_next(turn, order, str(task), when=_NEXT.search(text) is None)
    return True


async def take_late_address(turn: Turn) -> bool:
    """An address that is typed although it was too late to change it: say what can still be done with it."""
    texts = turn.runtime.texts
    if turn.slot("order_task") != "change_address" or not names_address(turn.context.text):
        return False
    refused = turn.messages_since(
        lambda event: any(texts.said(key, str(event.get("text") or "")) is not None for key in ADDRESS_REFUSED)
    )
    if refused is None or refused > _LOOKS_BACK:
        return False
    try:
        order = (await find_order(turn, "change_address")).order
    except ShopUnavailable as error:
        log.warning("next_steps.shop_unavailable", case=turn.context.case_id, why=str(error))
        return False
    if order is None or order.can_change_address:
        return False
    under_way = order.shipped_at is not None and order.delivered_at is None and order.cancelled_at is None
    key = "late_address_redirect" if under_way else "late_address"
    turn.say(key, number=order.number, status=status_words(order.status), options=[PERSON])
    return True


async def take_order_by_name(turn: Turn) -> bool:
    """ "The thermostat order" is one of theirs; "the thermostat one" only below an answer that asks for the order."""
    match = _NAMES_ORDER.fullmatch(turn.context.text)
    task = turn.slot("order_task")
    asked = asked_about(turn.slot("pending")) is not None and task in ASKED_FOR_BY_ANSWERS
    if match is None or not (asked or match["order"].lower() != "one"):
        return False
    try:
        orders = await orders_named(turn, str(task or ""))
    except ShopUnavailable as error:
        log.warning("next_steps.shop_unavailable", case=turn.context.case_id, why=str(error))
        return False
    if not orders:
        return False
    turn.set(order_number=orders[0].number if len(orders) == 1 else None, order_task=task or "track_order")
    turn.take_as(turn.context.as_understood("choose_order"))
    await turn.run_other("action_order")
    return True


async def take_missing_money(turn: Turn) -> bool:
    """ "I cancelled an order last week and no money has arrived" asks where the refund is, whatever it resembles."""
    context = turn.context
    unsure = context.intent not in TASKS and context.confidence < _SURE_OF_ELSEWHERE
    if not unsure or not _SENT_BACK.search(context.text) or not _NO_MONEY.search(context.text):
        return False
    turn.take_as(context.as_understood("track_refund", entities=dict(context.entities)))
    await turn.run_other("action_order")
    return True


async def take_where(turn: Turn) -> bool:
    """ "Where is my smoke detector" of a known customer whose order has one on its way is about that order.

    What resembles a device's trouble by the thing's name alone, "the thermostat is a week late", is about an order too,
    and so is praise for a thing that never came.
    """
    context = turn.context
    asks, late = asks_where(context.text), says_late(context.text)
    if context.entity("product") is None or not (asks or late) or context.intent in TASKS:
        return False
    misread = context.intent in TROUBLES or (late and context.intent in _NICE)
    if misread and len(context.text.split()) <= _LONGEST:
        turn.take_as(context.as_understood("order_delayed" if late else "track_order", entities=dict(context.entities)))
        await turn.run_other("action_order")
        return True
    if not asks:
        return False
    try:
        under_way = [order for order in await orders_named(turn, "order_delayed") if order.delivered_at is None]
    except ShopUnavailable as error:
        log.warning("next_steps.shop_unavailable", case=context.case_id, why=str(error))
        return False
    if len(under_way) != 1 or under_way[0].cancelled_at is not None or len(context.text.split()) > _LONGEST:
        return False
    turn.take_as(context.as_understood("track_order", entities={"order_number": under_way[0].number}))
    await turn.run_other("action_order")
    return True


async def _tell_state(turn: Turn, order: Order) -> None:
    """How the order really stands, whatever was said before."""
    if order.cancelled_at is None and not order.returns and order.refund is None:
        text = turn.text("state_unchanged", number=order.number, status=status_words(order.status))
        turn.utter(text, card=order_card(order))
        did_it_help(turn)
        return
    await _task(turn, order, "track_order" if order.cancelled_at else "track_refund")


async def _tell_next(turn: Turn, order: Order, task: str, *, when: bool) -> None:
    if task in {"report_problem", "check_payment"}:
        offer_person(turn, "next_report" if task == "report_problem" else "payment_problem")
    elif order.cancelled_at is not None or order.refund is not None or order.returned_at is not None:
        await _task(turn, order, "track_refund")
    elif order.returns:
        turn.say("next_return", return_number=order.returns[0].number, number=order.number)
        did_it_help(turn)
    elif task in {"cancel_order", "change_order", "change_address"} and order.shipped_at and not order.can_return:
        text = turn.text(
            "next_on_its_way", number=order.number, status=status_words(order.status),
            days=turn.runtime.settings.return_days,
        )  # fmt: skip
        turn.utter(text, options=[PERSON])
    elif order.can_return and task in {"cancel_order", "change_order", "change_address"} and not when:
        await _task(turn, order, "return_item")
    else:
        await _task(turn, order, "track_order")


async def _task(turn: Turn, order: Order, task: str) -> None:
    await DEEDS[task](turn, order)
