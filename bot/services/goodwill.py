"""The goodwill ledger: reserve within the budget, take the customer's yes, give it at the shop, note it as granted.

Every reservation holds the lock of policy version 0 (SQLite: the write transaction), so that the sums it was decided by
are still true when it commits, and a budget is never overspent. A gesture is one row for an order and reason, and the
shop is asked with the row's id as key: asking, answering or failing twice gives nothing twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, select

from bot.adapters.shop import Order, ShopRefused, Voucher
from bot.domain.goodwill import (
    GestureKind,
    GoodwillPolicy,
    GoodwillReason,
    LedgerState,
    Refusal,
    check_limits,
    choose_gesture,
    customer_period_start,
    month_of,
)
from bot.jobs.queue import Lease, enqueue
from bot.services.app import App
from bot.services.blinding import blind
from bot.services.goodwill_policy import lock_policy, total
from bot.services.money import money
from bot.services.timeline import append_message
from bot.store.engine import Tx
from bot.store.tables import Goodwill

HOLD = timedelta(hours=24)
"""An offer without an answer is taken back after this."""
JOB_AFTER = timedelta(seconds=60)
"""The turn that said yes tries first; the job is for when it could not."""
WORDS = {GoodwillReason.LATE_ORDER.value: "Late order"}
"""What the shop notes beside it."""
DECLINED = "declined"
EXPIRED = "expired"


class GestureShop(Protocol):
    """What granting needs of the shop; `bot.adapters.shop.ShopClient` documents each."""

    async def give_voucher(self, number: str, amount_cents: int, reason: str, key: str) -> Voucher: ...
    async def credit(self, number: str, amount_cents: int, reason: str, key: str) -> Order: ...


@dataclass(frozen=True)
class Grievance:
    """What went wrong with which order; `beneficiary` is the shop's customer."""

    reason: GoodwillReason
    order_number: str
    beneficiary: str
    days_late: int
    order_value: int
    currency: str
    customer_id: str | None = None
    conversation_id: str | None = None
    case_id: str | None = None


async def reserve(app: App, grievance: Grievance) -> Goodwill | Refusal:
    """The gesture for this order and reason, with its money held; the first one again when it was asked before.

    A row that was declined or granted is returned as it is: nothing is offered twice. One that ran out is decided anew.
    """
    if grievance.currency.upper() != app.settings.currency.upper():
        return Refusal.CURRENCY
    async with app.write() as tx:
        version, policy = await lock_policy(tx, app.now())
        row = (
            await tx.execute(
                select(Goodwill).where(
                    # Whose ledger row was made anonymous is not given the same again.
                    Goodwill.subject.in_([grievance.order_number, blind(app.settings, grievance.order_number)]),
                    Goodwill.reason == grievance.reason.value,
                )
            )
        ).scalar_one_or_none()
        if row is not None and not _ran_out(row):
            return row
        gesture = choose_gesture(policy, grievance.reason, grievance.days_late, grievance.order_value)
        if isinstance(gesture, Refusal):
            return gesture
        refused = await _limits(tx, app.now(), policy, grievance.beneficiary, gesture.amount)
        if refused is not None:
            return refused
        if row is None:
            row = Goodwill(subject=grievance.order_number, reason=grievance.reason.value)
            tx.add(row)
        row.beneficiary, row.customer_id = grievance.beneficiary, grievance.customer_id
        row.conversation_id, row.case_id = grievance.conversation_id, grievance.case_id
        row.kind, row.amount, row.currency = gesture.kind.value, gesture.amount, app.settings.currency.upper()
        row.days_late, row.order_value, row.policy_version = grievance.days_late, grievance.order_value, version
        _hold(row, app.now())
        await tx.flush()
        return row


async def accept(app: App, goodwill_id: str) -> Goodwill | Refusal:
    """The customer said yes: the gesture is owed now, and a job sees to it should the turn not. Raises LookupError.

    An offer that ran out is given all the same while the budget allows.
    """
    async with app.write() as tx:
        _, policy = await lock_policy(tx, app.now())
        row = await _row(tx, goodwill_id)
        if row.state == LedgerState.GRANTED.value or row.accepted_at is not None:
            return row
        if row.state == LedgerState.RELEASED.value:
            refused = await _limits(tx, app.now(), policy, row.beneficiary, row.amount)
            if refused is not None:
                return refused
            _hold(row, app.now())
        row.accepted_at = app.now()
        await enqueue(
            tx, app.now(), "goodwill", {"goodwill": row.id}, key=f"goodwill:{row.id}:{row.reserved_at.timestamp():.0f}",
            run_at=app.now() + JOB_AFTER, max_attempts=1_000_000,
        )  # fmt: skip
        return row


async def decline(app: App, goodwill_id: str) -> None:
    """The customer does not want it: the money is free again and it is not offered again. Raises LookupError."""
    async with app.write() as tx:
        await lock_policy(tx, app.now())
        row = await _row(tx, goodwill_id)
        if row.state == LedgerState.RESERVED.value and row.accepted_at is None:
            _release(row, app.now(), DECLINED)


async def grant(app: App, shop: GestureShop, goodwill_id: str) -> Goodwill:
    """Give an accepted gesture at the shop and note it. Repeating gives the same.

    Raises LookupError, ShopUnavailable (it is still owed; the job goes on), ShopRefused (it is released).
    """
    async with app.read() as tx:
        row = await _row(tx, goodwill_id)
    if row.state != LedgerState.RESERVED.value:
        return row
    code = await _give(app, shop, row)
    async with app.write() as tx:
        fresh = await _row(tx, goodwill_id, lock=True)
        _settle(fresh, app.now(), code)
        return fresh


async def run_goodwill(app: App, shop: GestureShop, lease: Lease) -> None:
    """The job: give what is owed since the turn could not, and tell the customer. Raises ShopUnavailable: try again."""
    async with app.read() as tx:
        row = await _row(tx, lease.payload["goodwill"])
    try:
        code = await _give(app, shop, row) if row.state == LedgerState.RESERVED.value else None
    except ShopRefused:
        code = None
    async with app.write() as tx:
        fresh = await _row(tx, row.id, lock=True)
        if code is not None and _settle(fresh, app.now(), code) and fresh.conversation_id:
            await append_message(
                tx, app.now(), fresh.conversation_id, case_id=fresh.case_id, author="system", text=told(fresh)
            )
        await lease.finish(tx, app.now())


def told(row: Goodwill) -> str:
    """The sentence about a granted gesture."""
    amount = money(row.amount, row.currency)
    if row.kind == GestureKind.VOUCHER.value:
        return f"Your voucher over {amount} is ready: {row.code}. Enter it at your next order."
    return f"{amount} of order {row.subject} are on their way back to you."


async def release_unanswered(app: App) -> None:
    """Take back offers that nobody answered within `HOLD`."""
    async with app.read() as tx:
        query = select(Goodwill.id).where(*_unanswered(app.now()))
        waiting: Sequence[str] = (await tx.execute(query)).scalars().all()
    if not waiting:
        return
    async with app.write() as tx:
        await lock_policy(tx, app.now())
        rows = await tx.execute(select(Goodwill).where(Goodwill.id.in_(waiting), *_unanswered(app.now())))
        for row in rows.scalars():
            _release(row, app.now(), EXPIRED)


async def _limits(tx: Tx, now: datetime, policy: GoodwillPolicy, beneficiary: str, amount: int) -> Refusal | None:
    held = Goodwill.state != LedgerState.RELEASED.value
    since = customer_period_start(policy, now)
    by_customer = await total(tx, held, Goodwill.beneficiary == beneficiary, Goodwill.reserved_at > since)
    this_month = await total(tx, held, Goodwill.month == month_of(now))
    return check_limits(policy, amount, by_customer, this_month)


async def _row(tx: Tx, goodwill_id: str, *, lock: bool = False) -> Goodwill:
    query = select(Goodwill).where(Goodwill.id == goodwill_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if row is None:
        raise LookupError(f"There is no gesture {goodwill_id}.")
    return row


async def _give(app: App, shop: GestureShop, row: Goodwill) -> str:
    """The voucher's code, or an empty string for money back."""
    key, words = f"goodwill:{row.id}", WORDS[row.reason]
    try:
        if row.kind == GestureKind.VOUCHER.value:
            return (await shop.give_voucher(row.subject, row.amount, words, key)).code
        await shop.credit(row.subject, row.amount, words, key)
        return ""
    except ShopRefused as refused:
        async with app.write() as tx:
            fresh = await _row(tx, row.id, lock=True)
            if fresh.state == LedgerState.RESERVED.value:
                _release(fresh, app.now(), f"refused: {refused.code}"[:60])
        raise


def _hold(row: Goodwill, now: datetime) -> None:
    row.state, row.why, row.month = LedgerState.RESERVED.value, None, month_of(now)
    row.reserved_at, row.accepted_at, row.released_at = now, None, None


def _settle(row: Goodwill, now: datetime, code: str) -> bool:
    """Whether this call was the one that granted it."""
    if row.state != LedgerState.RESERVED.value:
        return False
    row.state, row.code, row.granted_at = LedgerState.GRANTED.value, code or None, now
    return True


def _release(row: Goodwill, now: datetime, why: str) -> None:
    row.state, row.why, row.released_at = LedgerState.RELEASED.value, why, now


def _ran_out(row: Goodwill) -> bool:
    return row.state == LedgerState.RELEASED.value and row.why == EXPIRED


def _unanswered(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Goodwill.state == LedgerState.RESERVED.value,
        Goodwill.accepted_at.is_(None),
        Goodwill.reserved_at < now - HOLD,
    )
