"""Whoever asks what they get for their trouble: a late order has its gesture, anything more is a person's decision."""

from __future__ import annotations

import re

from actions.base import Turn
from actions.options import PERSON
from actions.order_lookup import orders_named, recent_orders
from actions.pending import Pending, read_pending
from actions.second_thoughts import takes_gesture
from actions.support import offer_person
from bot.adapters.shop import Order, ShopUnavailable
from bot.domain.mood import calls_for_person, is_low
from bot.domain.objections import finds_too_much

_ASKS = re.compile(
    r"\bcompensat\w*|\bgoodwill\b"
    r"|\b(?:for|with) (?:all )?(?:the|my|this|that|all this) (?:trouble|inconvenience|hassle)\b"
    r"|\b(?:something|anything) (?:back |nice )?for (?:the|my|this|that|all this|all that) (?:wait(?:ing)?|delay)\b"
    r"|\b(?:make|making) (?:it|this|that|things) up to me\b|\bmake up for (?:it|this|that|the)\b"
    r"|\b(?:some|any|a) (?:kind of )?(?:reimbursement|apology) for (?:it|this|that|the|being)\b"
    r"|\bwhat do i get for (?:it|this|that|the|waiting|all)\b",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|sorry|apologi[sz]e)(?: \w+){0,3} for (?:all )?(?:the|my|this|that) "
    r"(?:trouble|inconvenience|hassle)\b",
    re.IGNORECASE,
)
""" "Thank you for all the trouble you took" asks for nothing."""
_PERHAPS = re.compile(
    r"\b(?:some|any|a) (?:kind of )?(?:discount|voucher) for (?:it|this|that|the|being)\b", re.IGNORECASE
)
"""Asked after trouble it is a claim, and else a question about prices: "is there a discount for that"."""
_NAMES_GESTURE = re.compile(r"\b(?:voucher|discount|code)\b", re.IGNORECASE)
_TROUBLE_TASKS = frozenset({"order_delayed", "report_problem", "track_order"})
_ANYTHING = re.compile(r"\b(?:something|anything)\b(?!.*\b(?:more|better|enough)\b)", re.IGNORECASE)
_OBJECTS = re.compile(
    r"^\W*(?:but|(?:oh )?come on|seriously|really|even|please|what a (?:pity|shame)|not fair|too bad"
    r"|(?:well |oh )?that(?:'s| is) (?:so |really |just |totally )?(?:not fair|unfair|ridiculous|silly|stupid|nonsense"
    r"|absurd|a (?:pity|shame|joke)|too bad|sad|disappointing)"
    r"|i (?:never|didn't|only|just|haven't|have not|did not)"
    r"|it(?:'s| is) (?:only|just|still|not even|brand new|unused|unopened))\b",
    re.IGNORECASE,
)
_REFUSALS = ("return_window_closed", "return_warranty_over", "return_refused", "change_refused", "objection")
_LOOKS_BACK = 1
_ABOUT_AN_ANSWER = frozenset({"", Pending.HELPED, Pending.SOLVED, Pending.ALL_DONE, Pending.PERSON_OFFER})
"""Questions below which "too long" is said of the answer, and not of something that waits for its yes."""
UPSET = "upset"
"""Put into `order_task` when the form ends because a person is wanted more than an order."""


def asks_compensation(text: str) -> bool:
    """Whether the message asks for something in return for trouble, and not for the price of a thing."""
    return _ASKS.search(_THANKS.sub("", text)) is not None


async def take_compensation(turn: Turn) -> bool:
    """Lead to the gesture for the late order, or to a person where there is none or it was not enough."""
    text = turn.context.text
    troubled = turn.slot("order_task") in _TROUBLE_TASKS or is_low(turn.mood)
    taken = _NAMES_GESTURE.search(text) is not None and takes_gesture(text) is True and _offered_before(turn)
    if not asks_compensation(text) and not (troubled and _PERHAPS.search(text)) and not taken:
        return False
    # "OK, send me the voucher" after other things were spoken of: it is offered anew, to be taken by a yes.
    stands = taken or (read_pending(turn.slot("pending"))[0] == Pending.GOODWILL and _ANYTHING.search(text))
    order = None if _offered_before(turn) and not stands else await _late_order(turn)
    if order is None:
        offer_person(turn, "compensation_person")
        return True
    turn.take_as(turn.context.as_understood("order_delayed", entities={"order_number": order.number}))
    await turn.run_other("action_order")
    return True


async def take_objection(turn: Turn) -> bool:
    """ "But I never even opened it", "that's too long" to what was just told: understood, and a person's decision."""
    text = turn.context.text.replace("\u2019", "'")
    if finds_too_much(text) and read_pending(turn.slot("pending"))[0] in _ABOUT_AN_ANSWER:
        turn.calm = True
        offer_person(turn, "too_much")
        return True
    if read_pending(turn.slot("pending"))[0] != Pending.PERSON_OFFER or "?" in text or not _OBJECTS.search(text):
        return False
    texts = turn.runtime.texts
    since = turn.messages_since(
        lambda event: any(texts.said(key, str(event.get("text") or "")) is not None for key in _REFUSALS)
    )
    if since is None or since > _LOOKS_BACK:
        return False
    turn.calm = True
    offer_person(turn, "objection")
    return True


def _offered_before(turn: Turn) -> bool:
    """The gesture was offered or a person was: either was not enough, and the same again would be worse."""
    if read_pending(turn.slot("pending"))[0] == Pending.GOODWILL:
        return True
    texts = turn.runtime.texts
    keys = ("goodwill_offer_voucher", "goodwill_offer_refund", "compensation_person")
    return any(texts.said(key, str(event.get("text") or "")) is not None for event in turn.bot_events() for key in keys)


async def leave_form(turn: Turn) -> bool:
    """In the form: True when the reply is anger or a claim, which the same question again would only feed."""
    text = turn.context.text
    if turn.context.intent == PERSON.intent:
        return False  # whoever asks for a person gets one, without being asked back
    if not turn.context.typed or not (asks_compensation(text) or calls_for_person(turn.mood_in(text))):
        return False
    order = await _late_order(turn)
    if order is not None:
        turn.set(order_number=order.number, order_task="order_delayed", requested_slot=None, order_asks=0)
    else:
        turn.set(order_task=UPSET, requested_slot=None, order_asks=0)
    return True


async def _late_order(turn: Turn) -> Order | None:
    """The order spoken of or named, if it is late; else the one that waits longest. None when the shop is down."""
    try:
        orders = [order for order in await orders_named(turn, "") or await recent_orders(turn, "") if order.late]
    except ShopUnavailable:
        return None
    current = next((order for order in orders if order.number == turn.slot("order_number")), None)
    return current or max(orders, key=lambda order: order.days_late, default=None)
