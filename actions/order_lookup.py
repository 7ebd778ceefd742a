"""Whose order is it? An order is spoken about only to the customer it belongs to.

Proof is the identity the site's server signed, or order number and e-mail address together: three tries, counted in
the store for the whole conversation, then a person. Which of the two was wrong is told to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from actions.base import Turn
from actions.order_words import named_orders, orders_of_day
from bot.adapters.shop import Order, ShopRefused, ShopUnavailable
from bot.domain.spoken_dates import said_dates
from bot.services.order_proof import TRIES

CHOICES = 4
MOST_ORDERS = 20
_WRAPPING_WORDS = (
    "a about address again and be correct email e-mail er for have here hmm i i'm id is it it's its mail mean meant "
    "mine my no not number nr of one ok okay on oops order ordered please pls right s should so sorry sure thanks "
    "that the this to try typed typo under used was with wrong yes"
)
_WRAPPING = frozenset(_WRAPPING_WORDS.split())
"""Words that a customer puts around a number or an address without wanting anything else."""
# Letters apart from the digits count only when they are capitals: "it is 100234" names no shop.
_TYPED_NUMBER = re.compile(r"(?<![\w@.-])#?\s*(?:([A-Za-z]{2})[-–—_]?|([A-Z]{2})\s)?(\d{5,9})(?![\w@])")
USEFUL_FOR: dict[str, Callable[[Order], bool]] = {
    "cancel_order": lambda order: order.can_cancel,
    "change_order": lambda order: order.can_change,
    "change_address": lambda order: order.can_change_address,
    "return_item": lambda order: order.can_return,
    "track_refund": lambda order: order.refund is not None or bool(order.returns),
    "order_delayed": lambda order: order.delivered_at is None and order.cancelled_at is None,
    "report_problem": lambda order: order.delivered_at is not None,
}
"""Of a signed-in customer's orders those that the task can be about; a task without an entry can be about any."""


class Missing(StrEnum):
    """What has to be asked before an order may be spoken about."""

    NUMBER = "order_number"
    EMAIL = "email"
    CHOICE = "choice"
    NO_ORDERS = "no_orders"
    NO_MATCH = "no_match"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Found:
    """Either the order, proven to be the customer's, or what is missing."""

    order: Order | None = None
    missing: Missing | None = None
    choices: tuple[Order, ...] = ()


def typed_number(text: str) -> str | None:
    """An order number in a reply to "what is your order number?", where bare digits mean one too."""
    match = _TYPED_NUMBER.search(text)
    if match is None:
        return None
    letters = match[1] or match[2]
    return f"{letters.upper()}-{match[3]}" if letters else match[3]


def only_details(text: str) -> bool:
    """Nothing but a number or an address: such a message answers something and says nothing of what is wanted."""
    if not re.search(r"[\d@]", text):
        return False
    words = (word.strip(".,:;!?()'\"").replace("\u2019", "'").lower() for word in text.split())
    return not any(word.isalpha() and word not in _WRAPPING for word in words)


async def find_order(turn: Turn, task: str) -> Found:
    """The order the customer speaks of. Raises ShopUnavailable.

    Whether an order exists is told to nobody who has not proven that it is theirs.
    """
    named = await _named_instead(turn, task)
    if named is not None:
        return named
    number = turn.slot("order_number")
    if number and await _means_another(turn, task, str(number)):
        number = None
        turn.set(order_number=None)
    if not number:
        return await _own_orders(turn, task) if turn.context.external_id else Found(missing=Missing.NUMBER)
    order = await _signed(turn, str(number))
    if order is not None:
        return Found(order)
    proven = turn.slot("order_proven") or []
    if proven and proven[0] == str(number):
        # An address named later on ("send the invoice to ..") is no new claim of ownership.
        order = await _order(turn, str(number))
        return Found(order) if order else Found(missing=Missing.NO_MATCH)
    email = turn.slot("email") or turn.context.email
    if not email:
        return Found(missing=Missing.EMAIL)
    return await _prove(turn, str(number), str(email))


_MINE = re.compile(r"\bmy (?:order|money|refund|parcel|package|delivery)\b", re.IGNORECASE)
_THE_SAME = re.compile(r"\b(?:it|that|this|these|those|same)\b", re.IGNORECASE)


async def _means_another(turn: Turn, task: str, number: str) -> bool:
    """ "Where's my refund" after an invoice is not about the order of the invoice when only another has a refund."""
    fits, text = USEFUL_FOR.get(task), turn.context.text
    if fits is None or not turn.context.typed or not turn.context.external_id or turn.slot("order_detail") is not None:
        return False
    if turn.context.entity("order_number") is not None or not _MINE.search(text) or _THE_SAME.search(text):
        return False
    orders = await recent_orders(turn, "")
    current = next((order for order in orders if order.number == number), None)
    return current is not None and not fits(current) and any(fits(order) for order in orders)


async def _prove(turn: Turn, number: str, email: str) -> Found:
    conversation = turn.context.conversation_id or turn.context.case_id
    desk = turn.runtime.desk
    if await desk.proof_locked(conversation, number):
        return Found(missing=Missing.LOCKED)
    try:
        match = (await turn.runtime.shop.verify(number, email)).match
    except ShopRefused:
        match = False
    order = await _order(turn, number) if match else None
    if order is None:
        failed = await desk.note_failed_proof(conversation, number, turn.context.message_id)
        return Found(missing=Missing.LOCKED if failed >= TRIES else Missing.NO_MATCH)
    turn.set(order_proven=[order.number, email], order_number=order.number)
    return Found(order)


async def _order(turn: Turn, number: str) -> Order | None:
    try:
        return await turn.runtime.shop.order(number)
    except ShopRefused as refused:
        raise ShopUnavailable(f"the shop refused to show an order: {refused.code}") from refused


async def _signed(turn: Turn, number: str) -> Order | None:
    """The order when the signed identity alone proves that it is the customer's."""
    if not turn.context.external_id:
        return None
    order = await _order(turn, number)
    if order is None or order.customer != turn.context.external_id:
        return None
    turn.set(order_number=order.number)
    return order


async def recent_orders(turn: Turn, task: str) -> list[Order]:
    """A signed-in customer's orders that the task can be about, or all of them when it fits none."""
    if not turn.context.external_id:
        return []
    try:
        orders = await turn.runtime.shop.orders_of(turn.context.external_id, MOST_ORDERS)
    except ShopRefused as refused:
        raise ShopUnavailable(f"the shop refused to list orders: {refused.code}") from refused
    return _useful(orders, task)


def _useful(orders: list[Order], task: str) -> list[Order]:
    fits = USEFUL_FOR.get(task)
    return [order for order in orders if fits is None or fits(order)] or orders


async def orders_named(turn: Turn, task: str) -> list[Order]:
    """Of a signed-in customer's orders those that the message names by what was in them. Raises ShopUnavailable.

    An order the task cannot be about is among them only when no other is named: then the deed says why it cannot.
    """
    if not turn.context.external_id or not turn.context.typed:
        return []
    return _useful(named_orders(turn, await recent_orders(turn, "")), task)


def spoken_of(turn: Turn, *, exchanges: int) -> bool:
    """Whether the order of the slots was named in one of the last answers."""
    number, seen = str(turn.slot("order_number") or ""), 0
    for event in reversed(turn.tracker.events):
        seen += event.get("event") == "user"
        if not number or seen > exchanges:
            return False
        if event.get("event") == "bot" and number in str(event.get("text") or ""):
            return True
    return False


def names_day(turn: Turn) -> bool:
    """Whether a signed-in customer's message names a day."""
    today = turn.runtime.app.now().date()
    return turn.context.typed and turn.context.verified and bool(said_dates(turn.context.text, today))


async def order_of_day(turn: Turn) -> Order | None:
    """The only order of a signed-in customer that the message names by its day. Raises ShopUnavailable."""
    if not names_day(turn):
        return None
    hits = orders_of_day(turn.context.text, turn.runtime.app.now().date(), await recent_orders(turn, ""))
    return hits[0] if len(hits) == 1 else None


async def _named_instead(turn: Turn, task: str) -> Found | None:
    """What the message names, when that is another order than the one spoken of so far."""
    current = turn.slot("order_number")
    if turn.context.entity("order_number") is not None or turn.slot("order_detail") is not None:
        return None
    named = await orders_named(turn, task)
    of_day = None if named else await order_of_day(turn)
    named = [of_day] if of_day else named
    if not named or any(order.number == current for order in named):
        return None
    if len(named) == 1:
        turn.set(order_number=named[0].number)
        return Found(named[0])
    turn.set(order_number=None)
    return Found(missing=Missing.CHOICE, choices=tuple(named[:CHOICES]))


async def _own_orders(turn: Turn, task: str) -> Found:
    orders = await recent_orders(turn, task)
    if not orders:
        return Found(missing=Missing.NO_ORDERS)
    if len(orders) == 1:
        turn.set(order_number=orders[0].number)
        return Found(orders[0])
    return Found(missing=Missing.CHOICE, choices=tuple(orders[:CHOICES]))
