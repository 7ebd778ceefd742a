"""What can be done with an order that is proven to be the customer's.

Anything that changes an order is confirmed first and carries an Idempotency-Key made of the message and the action.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import islice

from actions.base import Option, Turn
from actions.deed import GUIDE_FORM, ShopDeed, did_it_help, is_that_all
from actions.goodwill import offer_goodwill
from actions.options import PERSON
from actions.order_card import day, order_card, status_words
from actions.order_changes import ask_address, choose_change
from actions.order_papers import check_payment, invoice, send_invoice
from actions.order_returns import choose_return, report
from actions.pending import Pending, pending
from bot.adapters.shop import Order, ShopRefused

_JUST_SAID = 3
"""Of the newest messages; the same order told of again word for word helps nobody."""
Deed = Callable[[Turn, Order], Awaitable[None]]


async def track(turn: Turn, order: Order) -> None:
    """Where the order is, in words and as a card; a late one with an apology, the reason, and what we offer for it."""
    key = f"track_{order.status}" if f"track_{order.status}" in turn.runtime.texts else "track_other"
    if order.late:
        key = "track_late"
    today = turn.runtime.app.now()
    text = turn.text(
        key, number=order.number, status=status_words(order.status), eta=day(order.expected_delivery, today),
        carrier=order.carrier or "the carrier", delivered=day(order.delivered_at, today),
        cancelled=day(order.cancelled_at, today),
        days=_days(order.days_late), why=f" {order.delay_reason.rstrip('.')}." if order.delay_reason else "",
    )  # fmt: skip
    if any(str(event.get("text") or "") == text for event in islice(turn.bot_events(), _JUST_SAID)):
        text = _again(turn, order, today)
    turn.utter(text, card=order_card(order))
    if not order.late or turn.loop == GUIDE_FORM:
        did_it_help(turn)
    elif not await offer_goodwill(turn, order):
        offer_search(turn)


def _again(turn: Turn, order: Order, today: datetime) -> str:
    """The order once more in other words, when it was told of a moment ago."""
    under_way = order.expected_delivery is not None and order.delivered_at is None and order.cancelled_at is None
    key = ("track_again_late" if order.late else "track_again_eta") if under_way else "track_again"
    eta = day(order.expected_delivery, today)
    return turn.text(key, number=order.number, status=status_words(order.status), eta=eta)


def offer_search(turn: Turn) -> None:
    """Somebody could ask the carrier where a late parcel is."""
    look = Option("option_yes_look_into_it", "contact_human_agent")
    turn.say("late_offer", options=[look, Option("option_wait", "deny")])
    turn.set(pending=pending(Pending.PERSON_OFFER))


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


async def ask_cancel(turn: Turn, order: Order) -> None:
    """Say what cancelling means and costs, and ask; or why it is too late, and what helps instead."""
    if order.cancelled_at:
        text = turn.text(
            "already_cancelled", number=order.number, cancelled=day(order.cancelled_at, turn.runtime.app.now())
        )
        turn.utter(text, card=order_card(order))
        did_it_help(turn)
    elif order.can_cancel:
        # A "yes" must mean the cancelling; a guide that was left can be taken up again.
        turn.leave_loop()
        if order.cancel_fee_cents:
            text = turn.text(
                "cancel_confirm_fee", number=order.number, total=order.total_text,
                fee=order.cancel_fee_text, back=order.cancel_refund_text,
            )  # fmt: skip
        else:
            text = turn.text("cancel_confirm", number=order.number, total=order.total_text)
        turn.utter(
            text,
            card=order_card(order),
            options=[Option("option_cancel_it", "affirm"), Option("option_keep_it", "deny")],
        )
        agreed = [str(order.cancel_fee_cents)] if order.cancel_fee_cents else []
        turn.set(pending=pending(Pending.CANCEL, order.number, *agreed))
    else:
        turn.utter(
            turn.text(
                "cancel_too_late", number=order.number, status=status_words(order.status),
                days=turn.runtime.settings.return_days,
            ),
            card=order_card(order),
            options=[Option("option_start_return", "start_return"), PERSON],
        )  # fmt: skip


async def refund(turn: Turn, order: Order) -> None:
    """Where the money is."""
    given = order.refund
    if given is None or given.status == "none":
        waiting = next((entry for entry in order.returns if entry.status == "requested"), None)
        key = "refund_return_waiting" if waiting else "refund_none"
        turn.say(key, number=order.number, return_number=waiting.number if waiting else "")
    elif given.status == "paid":
        turn.say(
            "refund_paid",
            number=order.number,
            amount=given.amount_text,
            paid=day(given.paid_at, turn.runtime.app.now()),
        )
    else:
        turn.say("refund_pending", number=order.number, amount=given.amount_text, expected=day(given.expected_by))
    did_it_help(turn)


async def send_back(turn: Turn, order: Order) -> None:
    """Open a return; an order whose money is on its way already has nothing to send back but that to tell."""
    if order.refund is not None and order.refund.status != "none" and (order.cancelled_at or order.returned_at):
        await refund(turn, order)
    else:
        await choose_return(turn, order)


DEEDS: dict[str, Deed] = {
    "track_order": track,
    "order_delayed": track,
    "cancel_order": ask_cancel,
    "change_order": choose_change,
    "change_address": ask_address,
    "track_refund": refund,
    "return_item": send_back,
    "get_invoice": invoice,
    "send_invoice": send_invoice,
    "report_problem": report,
    "check_payment": check_payment,
}


class CancelOrder(ShopDeed):
    """Runs only on a yes to "shall I cancel it?"."""

    kind = Pending.CANCEL

    def name(self) -> str:
        return "action_cancel_order"

    def wanted(self, turn: Turn, arguments: list[str]) -> str:
        return f"cancel order {arguments[0]}"

    async def do(self, turn: Turn, arguments: list[str]) -> None:
        number, fee = arguments[0], int(arguments[1]) if len(arguments) > 1 else 0
        try:
            order = await turn.runtime.shop.cancel(number, "Cancelled by the customer in the chat", fee, self.key(turn))
        except ShopRefused as refused:
            fresh = await turn.runtime.shop.order(number) if refused.code == "fee_changed" else None
            if fresh is not None:
                await ask_cancel(turn, fresh)
                return
            # It left the warehouse while the question stood.
            turn.say("cancel_refused", number=number, options=[Option("option_start_return", "start_return"), PERSON])
            return
        amount = order.refund.amount_text if order.refund else order.total_text
        expected = day(order.refund.expected_by) if order.refund and order.refund.expected_by else "the next few days"
        turn.utter(
            turn.text("cancelled", number=order.number, amount=amount, expected=expected), card=order_card(order)
        )
        is_that_all(turn)
