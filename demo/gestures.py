"""What a customer is given or asked for beside the order itself: vouchers, part of the money back, the newsletter."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from demo.orders import owe
from demo.problems import ShopError, not_found
from demo.store import Customer, Order, Subscription, Voucher

VOUCHER_LIFETIME = timedelta(days=365)
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without the letters and digits that are read for one another."""


def give_voucher(session: AsyncSession, order: Order, amount: int, reason: str, now: datetime) -> Voucher:
    """A voucher over `amount` cents for who placed `order`."""
    voucher = Voucher(
        code="THANKS-" + "".join(secrets.choice(ALPHABET) for _ in range(10)),
        customer_id=order.customer_id,
        order_number=order.number,
        amount_cents=amount,
        reason=reason,
        created_at=now,
        expires_on=(now + VOUCHER_LIFETIME).date(),
    )
    session.add(voucher)
    return voucher


async def vouchers_of(session: AsyncSession, number: str) -> list[Voucher]:
    """The vouchers given for an order, oldest first."""
    return list(
        await session.scalars(select(Voucher).where(Voucher.order_number == number).order_by(Voucher.created_at))
    )


async def vouchers_of_customer(session: AsyncSession, customer: str) -> list[Voucher]:
    """All vouchers a customer was given, newest first."""
    return list(
        await session.scalars(
            select(Voucher).where(Voucher.customer_id == customer).order_by(Voucher.created_at.desc())
        )
    )


def credit(order: Order, amount: int, reason: str, now: datetime) -> None:
    """Owe `amount` cents of the order's price. Raises ShopError 409 `too_much`."""
    owed = order.refund.amount_cents if order.refund else 0
    if owed + amount > order.total_cents:
        raise ShopError(
            409, "too_much", "More than the order cost", f"At most {order.total_cents - owed} cents can be given back."
        )
    owe(order, amount, reason, now)


async def set_newsletter(session: AsyncSession, customer: str, subscribed: bool, now: datetime) -> None:
    """Subscribe or unsubscribe. Raises ShopError 404."""
    if await session.get(Customer, customer) is None:
        raise not_found("such customer")
    row = await session.get(Subscription, customer)
    if row is None:
        session.add(Subscription(customer_id=customer, subscribed=subscribed, changed_at=now))
    else:
        row.subscribed, row.changed_at = subscribed, now
