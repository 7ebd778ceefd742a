"""What can be done with an order that is proven to be the customer's: look, cancel, return, refund, invoice.

Anything that changes an order is confirmed first and carries an Idempotency-Key made of the message and the action.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable

import structlog

from actions.base import Option, RapportAction, Turn
from actions.handoff import escalate
from actions.options import CONTINUE_GUIDE, DID_IT_HELP, PERSON, SOMETHING_ELSE, THATS_ALL
from actions.order_card import day, order_card, status_words
from actions.pending import Pending, pending, read_pending
from actions.support import offer_person
from bot.adapters.shop import Order, ShopRefused, ShopUnavailable

log = structlog.get_logger()

Deed = Callable[[Turn, Order], Awaitable[None]]
EVERYTHING = "everything"
GUIDE_FORM = "guide_form"


def _is_that_all(turn: Turn) -> None:
    """After something was done for the customer: "did that help?" would be an odd question then."""
    if turn.loop == GUIDE_FORM:
        return
    turn.say("is_that_all", options=[THATS_ALL, SOMETHING_ELSE])
    turn.set(pending=pending(Pending.ALL_DONE))


def _did_it_help(turn: Turn) -> None:
    if turn.loop == GUIDE_FORM:
        return  # the guide shows its step again, and one question at a time is enough
    left = [CONTINUE_GUIDE] if turn.slot("guide_state") else []
    turn.say("did_that_help", options=[*left, *DID_IT_HELP])
    turn.set(pending=pending(Pending.HELPED))


async def track(turn: Turn, order: Order) -> None:
    """Where the order is, in words and as a card."""
    key = f"track_{order.status}" if f"track_{order.status}" in turn.runtime.texts else "track_other"
    if order.late:
        key = "track_late"
    text = turn.text(
        key, number=order.number, status=status_words(order.status), eta=day(order.expected_delivery),
        carrier=order.carrier or "the carrier", delivered=day(order.delivered_at), cancelled=day(order.cancelled_at),
        days=_days(order.days_late), why=f" {order.delay_reason.rstrip('.')}." if order.delay_reason else "",
    )  # fmt: skip
    turn.utter(text, card=order_card(order))
    if order.late and turn.loop != GUIDE_FORM:
        look = Option("Yes, please look into it", "contact_human_agent")
        turn.say("late_offer", options=[look, Option("I'll wait", "deny")])
        turn.set(pending=pending(Pending.PERSON_OFFER))
    else:
        _did_it_help(turn)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


async def ask_cancel(turn: Turn, order: Order) -> None:
    """Say what cancelling means and ask; or why it is too late, and what helps instead."""
    if order.cancelled_at:
        text = turn.text("already_cancelled", number=order.number, cancelled=day(order.cancelled_at))
        turn.utter(text, card=order_card(order))
        _did_it_help(turn)
    elif order.can_cancel:
        # A "yes" must mean the cancelling; a guide that was left can be taken up again.
        turn.leave_loop()
        text = turn.text("cancel_confirm", number=order.number, total=order.total_text)
        turn.utter(
            text,
            card=order_card(order),
            options=[Option("Yes, cancel it", "affirm"), Option("No, keep it", "deny")],
        )
        turn.set(pending=pending(Pending.CANCEL, order.number))
    else:
        turn.utter(
            turn.text("cancel_too_late", number=order.number, status=status_words(order.status)),
            card=order_card(order),
            options=[Option("Start a return", "start_return"), PERSON],
        )


async def refund(turn: Turn, order: Order) -> None:
    """Where the money is."""
    given = order.refund
    if given is None or given.status == "none":
        waiting = next((entry for entry in order.returns if entry.status == "requested"), None)
        key = "refund_return_waiting" if waiting else "refund_none"
        turn.say(key, number=order.number, return_number=waiting.number if waiting else "")
    elif given.status == "paid":
        turn.say("refund_paid", number=order.number, amount=given.amount_text, paid=day(given.paid_at))
    else:
        turn.say("refund_pending", number=order.number, amount=given.amount_text, expected=day(given.expected_by))
    _did_it_help(turn)


async def choose_return(turn: Turn, order: Order) -> None:
    """Which article? With one only, straight to the confirmation."""
    if not order.can_return:
        _refuse_return(turn, order)
        return
    if len(order.items) == 1:
        confirm_return(turn, order.number, order.items[0].sku, order.items[0].name)
        return
    options = [
        Option(line.name, "choose_return", (("sku", line.sku), ("order_number", order.number))) for line in order.items
    ]
    every = Option("Everything", "choose_return", (("sku", EVERYTHING), ("order_number", order.number)))
    turn.utter(turn.text("return_which", number=order.number), options=[*options[:6], every])


def _refuse_return(turn: Turn, order: Order) -> None:
    """Say which of the reasons it is: a customer should not have to guess."""
    if order.delivered_at is None:
        turn.say("return_not_delivered", number=order.number, status=status_words(order.status), options=[PERSON])
    elif order.return_until is not None and order.return_until < turn.runtime.app.now().date():
        offer_person(turn, "return_window_closed", number=order.number)
    elif order.returns or order.returned_at:
        offer_person(turn, "return_already", number=order.number)
    else:
        offer_person(turn, "return_refused", number=order.number)


async def report(turn: Turn, order: Order) -> None:
    """Damaged, missing or wrong: a person arranges the replacement."""
    turn.utter(None, card=order_card(order))
    offer_person(turn, "report_problem", number=order.number)


def confirm_return(turn: Turn, number: str, sku: str, name: str) -> None:
    """Ask before a return is opened."""
    turn.leave_loop()
    turn.say(
        "return_confirm", number=number, item=name,
        options=[Option("Yes, return it", "affirm"), Option("No", "deny")],
    )  # fmt: skip
    turn.set(pending=pending(Pending.RETURN, number, sku))


async def invoice(turn: Turn, order: Order) -> None:
    """The invoice's link."""
    try:
        found = await turn.runtime.shop.invoice(order.number)
    except ShopRefused as refused:
        raise ShopUnavailable(f"no invoice: {refused.code}") from refused
    turn.say("invoice", number=found.number, order=order.number, total=found.total_text, url=found.url)
    _is_that_all(turn)


DEEDS: dict[str, Deed] = {
    "track_order": track,
    "order_delayed": track,
    "cancel_order": ask_cancel,
    "track_refund": refund,
    "return_item": choose_return,
    "get_invoice": invoice,
    "report_problem": report,
}


class _ShopDeed(RapportAction):
    """A change at the shop, with honest words when the shop cannot be reached."""

    async def handle(self, turn: Turn) -> None:
        try:
            await self.do(turn)
        except ShopUnavailable as error:
            log.warning("shop.unavailable", case=turn.context.case_id, action=self.name(), why=str(error))
            turn.say("shop_down_deed")
            wanted = str(turn.slot("pending") or "").replace(":", " ")
            escalate(turn, "shop_unavailable", f"Make sure that this is done exactly once and say so: {wanted}")

    @abstractmethod
    async def do(self, turn: Turn) -> None:
        """The change itself. Raises ShopUnavailable."""

    def key(self, turn: Turn) -> str:
        """The same for a repeated turn, another for every other message."""
        return f"{turn.context.message_id}:{self.name()}"


class CancelOrder(_ShopDeed):
    """Runs only on a yes to "shall I cancel it?"."""

    def name(self) -> str:
        return "action_cancel_order"

    async def do(self, turn: Turn) -> None:
        kind, arguments = read_pending(turn.slot("pending"))
        if kind != Pending.CANCEL:
            turn.say("yes_to_what")
            return
        number = arguments[0]
        try:
            order = await turn.runtime.shop.cancel(number, "Cancelled by the customer in the chat", self.key(turn))
        except ShopRefused:
            # It left the warehouse while the question stood.
            turn.say("cancel_refused", number=number, options=[Option("Start a return", "start_return"), PERSON])
            return
        amount = order.refund.amount_text if order.refund else order.total_text
        expected = day(order.refund.expected_by) if order.refund and order.refund.expected_by else "the next few days"
        turn.utter(
            turn.text("cancelled", number=order.number, amount=amount, expected=expected), card=order_card(order)
        )
        _is_that_all(turn)


class ChooseReturn(RapportAction):
    """The article to return was chosen."""

    def name(self) -> str:
        return "action_choose_return"

    async def handle(self, turn: Turn) -> None:
        number = str(turn.slot("order_number") or "")
        sku = str(turn.context.entity("sku") or EVERYTHING)
        name = "everything" if sku == EVERYTHING else turn.context.text
        confirm_return(turn, number, sku, name)


class OpenReturn(_ShopDeed):
    """Runs only on a yes to "shall I start the return?"."""

    def name(self) -> str:
        return "action_open_return"

    async def do(self, turn: Turn) -> None:
        kind, arguments = read_pending(turn.slot("pending"))
        if kind != Pending.RETURN:
            turn.say("yes_to_what")
            return
        number, sku = arguments[0], arguments[1]
        try:
            opened = await turn.runtime.shop.open_return(
                number, None if sku == EVERYTHING else sku, "Returned by the customer in the chat", self.key(turn)
            )
        except ShopRefused as refused:
            known = {"already_returned": "return_already", "return_window_closed": "return_window_closed"}
            offer_person(turn, known.get(refused.code, "return_refused"), number=number)
            return
        turn.say(
            "return_opened", number=number, return_number=opened.opened.number, amount=opened.opened.amount_text,
            label_url=opened.label_url or opened.order.url or "",
        )  # fmt: skip
        _is_that_all(turn)
