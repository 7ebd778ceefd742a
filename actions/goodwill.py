"""A gesture for an order that came late: offered within the budget, given on a yes, never twice."""

from __future__ import annotations

import structlog

from actions.base import Option, RapportAction, Turn
from actions.deed import ShopDeed, is_that_all
from actions.handoff import escalate
from actions.options import PERSON
from actions.pending import Pending, pending, read_pending
from actions.support import offer_person
from bot.adapters.shop import Order, ShopRefused, ShopUnavailable
from bot.domain.goodwill import GestureKind, GoodwillReason, LedgerState, Refusal
from bot.services.goodwill import Grievance
from bot.services.money import money
from bot.store.tables import Goodwill

log = structlog.get_logger()


async def offer_goodwill(turn: Turn, order: Order) -> bool:
    """Offer what the policy allows for a late order; False when nothing was asked of the customer."""
    beneficiary = order.customer or order.email
    if not beneficiary:
        return False
    row = await turn.runtime.desk.reserve(
        Grievance(
            reason=GoodwillReason.LATE_ORDER,
            order_number=order.number,
            beneficiary=beneficiary,
            days_late=order.days_late,
            order_value=order.total_cents,
            currency=order.currency,
            customer_id=turn.context.customer_id,
            conversation_id=turn.context.conversation_id,
            case_id=turn.context.case_id,
        )
    )
    if isinstance(row, Refusal):
        log.info("goodwill.refused", case=turn.context.case_id, why=row.value)
        return False
    amount = money(row.amount, row.currency)
    if row.state == LedgerState.GRANTED.value:
        turn.say("goodwill_given_before", what=_what(row), number=order.number)
    elif row.accepted_at is not None:
        turn.say("goodwill_underway", amount=amount)
    elif row.state == LedgerState.RESERVED.value:
        turn.leave_loop()
        key = "goodwill_offer_voucher" if row.kind == GestureKind.VOUCHER.value else "goodwill_offer_refund"
        turn.say(
            key,
            amount=amount,
            options=[Option("option_yes_please", "affirm"), Option("option_no_thanks", "deny"), PERSON],
        )
        turn.set(pending=pending(Pending.GOODWILL, row.id))
        return True
    return False


def _what(row: Goodwill) -> str:
    amount = money(row.amount, row.currency)
    return f"a voucher over {amount}, {row.code}" if row.code else f"{amount} back"


class TakeGoodwill(ShopDeed):
    """Runs only on a yes to the gesture that was offered."""

    kind = Pending.GOODWILL

    def name(self) -> str:
        return "action_take_goodwill"

    def wanted(self, turn: Turn, arguments: list[str]) -> str:
        return f"the gesture of goodwill {arguments[0]}, which is also tried again by itself"

    async def do(self, turn: Turn, arguments: list[str]) -> None:
        owed = await turn.runtime.desk.accept(arguments[0])
        if isinstance(owed, Refusal):
            offer_person(turn, "goodwill_gone")
            return
        amount = money(owed.amount, owed.currency)
        try:
            row = await turn.runtime.desk.grant(owed.id)
        except ShopRefused as refused:
            turn.say("goodwill_failed", amount=amount)
            escalate(turn, "goodwill_refused", f"Promised {amount} for order {owed.subject}: {refused.code}")
            return
        except ShopUnavailable:
            turn.say("goodwill_later", amount=amount)
            wanted = f"{amount} for order {owed.subject} are promised and tried again by themselves (see Goodwill)"
            escalate(turn, "shop_unavailable", wanted)
            return
        if row.state != LedgerState.GRANTED.value:
            offer_person(turn, "goodwill_gone")
        elif row.kind == GestureKind.VOUCHER.value:
            turn.say("goodwill_voucher", amount=amount, code=row.code or "")
            is_that_all(turn)
        else:
            turn.say("goodwill_refund", amount=amount)
            is_that_all(turn)


class DeclineGoodwill(RapportAction):
    """No, thanks: the money is free for somebody else, and it is not offered again."""

    def name(self) -> str:
        return "action_decline_goodwill"

    async def handle(self, turn: Turn) -> None:
        kind, arguments = read_pending(turn.slot("pending"))
        if kind == Pending.GOODWILL:
            await turn.runtime.desk.decline(arguments[0])
        turn.say("goodwill_declined", options=[Option("option_look_into_it", "contact_human_agent")])
