"""Corrections: "no, the other order", "I meant the lamp", "sorry, wrong number: LH-100234", "not that one".

What was just answered or done is done again with the other value; where several could be meant the customer is asked.
"""

from __future__ import annotations

import re

from actions.base import Option, Turn
from actions.following import look_up_together, question_before, take_offered_deed
from actions.options import NEVER_MIND, NONE_OF_THESE, PERSON, near_matches, order_option
from actions.order_card import order_title
from actions.order_lookup import orders_named, recent_orders, spoken_of
from actions.order_words import without_denied
from actions.pending import Pending, read_pending
from actions.picking import picked_instead, take
from actions.support import ask_back, give_answer
from actions.understanding import understand_one
from bot.adapters.shop import Order, ShopUnavailable

LONGEST = 16
"""Words; in a longer message "no" and "I meant" are part of a story."""
SHORT = 5
_LONGEST_SAME = 7
ORDER_ACTIONS = frozenset(
    {
        "action_order",
        "order_form",
        "action_affirm",
        "action_deny",
        "action_cancel_order",
        "action_change_address",
        "action_change_items",
        "action_choose_return",
    }
)
"""Actions whose answer is about the order of the slots."""
_LEAD = re.compile(
    r"^\W*(?:(?:no|nope|nah|sorry|oops|wait|hang on|actually|my mistake|my bad|pardon|oh"
    r"|not(?= (?:the|my|that|this)\b))\b[\s,.!:;–-]*)+",
    re.IGNORECASE,
)
_SAME_FOR = re.compile(
    r"^\W*(?:(?:ok|okay|thanks|thank you|great|cool)\b[\s,.!]*)?(?:and|what about|how about|(?:the )?same for|also)\b",
    re.IGNORECASE,
)
""" "And the lock one?": what was just told or done, now for another thing."""
_OTHER_WISH = re.compile(
    r"\b(?:cancel|return|refund|invoice|change|track|cost|costs|price|stock|how|when|why|can|do|does|is|are|will)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:the|my) (?:other|second|older|newer|previous|different) (?:one|order|parcel|delivery)\b"
    r"|\b(?:a|an)(?:other| different) (?:one|order)\b",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"\b(?:wrong (?:one|order|number|item|product|parcel)|(?:not|isn'?t|wasn'?t) (?:that|this|the right)"
    r"(?: (?:one|order|number|item|product|parcel|answer))?)\b",
    re.IGNORECASE,
)
_MEANT = re.compile(
    r"\bi (?:actually |really )?(?:meant|mean|was (?:asking|talking) about|am (?:asking|talking) about)\b"
    r"|\bi'm (?:asking|talking) about\b|\bi said\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.!?;]\s*")
_ARTICLE = re.compile(r"^\W*(?:the|my|a|an|about|for|is|it was|it's)\s+", re.IGNORECASE)


async def take_correction(turn: Turn) -> bool:
    """Redo what was just done with what is meant; True when the message was a correction."""
    text = turn.context.text.replace("\u2019", "'")
    if len(text.split()) > LONGEST or not turn.earlier_texts():
        return False
    lead, other, wrong, meant = _LEAD.match(text), _OTHER.search(text), _WRONG.search(text), _MEANT.search(text)
    number = turn.context.entity("order_number")
    about_order = bool(turn.slot("order_task")) and _order_was_last(turn)
    if about_order and number is not None and (lead or wrong or meant):
        return await _redo_order(turn, str(number))
    plain = without_denied(text)
    rest = _ARTICLE.sub("", _beside(plain, _MEANT.search(plain)) if meant else _LEAD.sub("", plain)).strip(" .!,:?")
    instead = picked_instead(turn, rest) if lead or meant or _SAME_FOR.search(text) else None
    if instead is not None:
        return await take(turn, instead)
    names_other = other and (lead or meant or len(text.split()) <= SHORT)
    if about_order and (names_other or (wrong and not meant)):
        return await _other_order(turn)
    if about_order and _SAME_FOR.search(text) and len(text.split()) <= _LONGEST_SAME and not _OTHER_WISH.search(text):
        return await _same_for_other(turn)
    if lead and about_order and other is None and len(text.split()) <= _LONGEST_SAME and await _same_for_other(turn):
        return True
    if meant or (lead and other is None and _names_product(turn)):
        return await _meant(turn, rest, about_order)
    if wrong and not about_order and turn.slot("articles_shown") and len(text.split()) <= SHORT:
        return await _other_answer(turn)
    return False


def _beside(text: str, meant: re.Match[str] | None) -> str:
    """What is meant: the words after "I mean", or the clause before it, "you said that. To Finland I mean"."""
    if meant is None:
        return text
    after = text[meant.end() :].strip(" .!,:?")
    return after or _LEAD.sub("", _CLAUSE_END.split(text[: meant.start()].strip(" ,"))[-1])


def other_than(text: str) -> bool:
    """Whether a wish names "the other order"."""
    return _OTHER.search(text) is not None


def _names_product(turn: Turn) -> bool:
    return turn.context.entity("product") is not None


def _order_was_last(turn: Turn) -> bool:
    """The last answer was about an order: it showed one, asked about one, or a question about one stands."""
    if read_pending(turn.slot("pending"))[0] in {
        Pending.CANCEL,
        Pending.RETURN,
        Pending.ITEMS,
        Pending.ADDRESS,
    }:
        return True
    if spoken_of(turn, exchanges=1):
        return True
    for event in turn.tracker.events[::-1]:
        if event.get("event") == "action" and event.get("name") not in {None, "action_listen"}:
            return str(event["name"]) in ORDER_ACTIONS
    return False


async def _redo_order(turn: Turn, number: str) -> bool:
    # The intent of "sorry, wrong number" is a guess; the task stays what it was.
    turn.take_as(turn.context.as_understood("choose_order", entities={"order_number": number}))
    await turn.run_other("action_order")
    return True


def _current_number(turn: Turn) -> str:
    kind, arguments = read_pending(turn.slot("pending"))
    if kind in {Pending.CANCEL, Pending.RETURN} and arguments:
        return arguments[0]
    return str(turn.slot("order_number") or "")


async def other_orders(turn: Turn, task: str) -> list[Order]:
    """A signed-in customer's recent orders that the task can be about, or any, but for the one spoken of.

    Raises ShopUnavailable.
    """
    current = _current_number(turn)
    for wanted in (task, ""):
        orders = [order for order in await recent_orders(turn, wanted) if order.number != current]
        if orders:
            return orders
    return []


async def _other_order(turn: Turn) -> bool:
    try:
        orders = await other_orders(turn, str(turn.slot("order_task") or ""))
    except ShopUnavailable:
        orders = []
    if await _redo_one_of(turn, orders):
        return True
    if turn.context.external_id:
        turn.say("no_other_order", options=[PERSON])
    else:
        turn.set(order_number=None)
        turn.take_as(turn.context.as_understood("choose_order"))
        await turn.run_other("action_order")
    return True


def _choices(orders: list[Order]) -> list[Option]:
    return [order_option(order_title(order), order.number) for order in orders[:4]]


async def _same_for_other(turn: Turn) -> bool:
    """The same for the order that is named by what was in it; False when none is."""
    try:
        orders = await orders_named(turn, str(turn.slot("order_task") or ""))
    except ShopUnavailable:
        orders = []
    return await _redo_one_of(turn, orders)


async def _redo_one_of(turn: Turn, orders: list[Order]) -> bool:
    """Do it with the only one of them, or ask which; False when there is none."""
    if len(orders) == 1:
        return await _redo_order(turn, orders[0].number)
    if orders:
        turn.say("which_order", options=[*_choices(orders), NEVER_MIND])
    return bool(orders)


async def _meant(turn: Turn, rest: str, about_order: bool) -> bool:
    product = turn.context.entity("product")
    if about_order and product is not None and await _same_for_other(turn):
        return True
    if not rest:
        turn.say("meant_what", options=[PERSON])
        return True
    meant = await understand_one(turn, rest)
    before, last = question_before(turn), (turn.slot("articles_shown") or [""])[-1]
    article = await turn.runtime.knowledge.article(str(last))
    if meant is not None and not (article is not None and meant.intent in article.intents):
        turn.take_as(meant.context(turn.context))
        await turn.run_other(turn.runtime.routes[meant.intent])
        return True
    if article is not None and meant is not None and await take_offered_deed(turn):
        return True
    if article is not None and await look_up_together(turn, before, rest, article):
        return True
    return await _ask_again_about(turn, f"{before} {rest}", rest)


async def _ask_again_about(turn: Turn, *questions: str) -> bool:
    """The last question, now about what was meant, or that alone; a deed when the right thing was answered already."""
    shown = turn.slot("articles_shown") or []
    found = await turn.runtime.knowledge.answer(questions[0])
    for text in questions:
        found = await turn.runtime.knowledge.answer(text)
        if found.article is None:
            continue
        if found.article.id in shown[-1:] and await take_offered_deed(turn):
            return True
        give_answer(turn, found, found.article)
        return True
    ask_back(turn, found, key="not_understood")
    return True


async def _other_answer(turn: Turn) -> bool:
    question = next(reversed(turn.earlier_texts()))
    found = await turn.runtime.knowledge.answer(question)
    near = near_matches(turn, found.suggestions)
    turn.miss()
    turn.say("near_matches", options=[*near.options, NONE_OF_THESE, PERSON])
    turn.note_effort(missed=True)
    return True
