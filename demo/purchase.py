"""From a basket to an order: the quote the customer sees, and the one transaction that makes it real."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from demo import delivery as parcels
from demo.events import canonical_email, enqueue, keyed_hash, person
from demo.orders import normalise_email
from demo.problems import ShopError
from demo.settings import Settings
from demo.store import Customer, Line, Order, Product, Status

MOST_PIECES = 20
REF_PATTERN = re.compile(r"[A-Za-z0-9_-]{4,64}")
PAYMENTS = {"card": "Card", "paypal": "PayPal", "invoice": "Pay by invoice"}


@dataclass(frozen=True)
class Row:
    """A product and how many of it."""

    product: Product
    quantity: int

    @property
    def cents(self) -> int:
        """What the row costs."""
        return self.product.price_cents * self.quantity


@dataclass(frozen=True)
class Quote:
    """What a basket costs; all in cents, VAT included."""

    rows: tuple[Row, ...]
    subtotal: int
    discount: int
    shipping: int

    @property
    def total(self) -> int:
        """What is paid."""
        return self.subtotal - self.discount + self.shipping


@dataclass(frozen=True)
class Wish:
    """A checked checkout form. `checkout_id` makes a twice-sent form one order."""

    checkout_id: str
    name: str
    email: str
    phone: str
    address: dict[str, str]
    delivery: str
    payment: str
    code: str | None


async def quote(session: AsyncSession, basket: dict[str, int], *, delivery: str, offer: int) -> Quote:
    """Price `basket`; products that vanished are left out. Discount = min(subtotal, `offer`), in cents."""
    found = await session.scalars(select(Product).where(Product.id.in_(basket)).order_by(Product.position))
    rows = tuple(Row(product, basket[product.id]) for product in found)
    subtotal = sum(row.cents for row in rows)
    discount = min(subtotal, offer)
    return Quote(rows, subtotal, discount, parcels.cost(delivery, subtotal - discount) if rows else 0)


async def has_ordered(session: AsyncSession, email: str) -> bool:
    """Whether this mailbox, under any alias, has an order that was not cancelled."""
    mailbox = canonical_email(email)
    used = await session.scalars(select(Order.email).where(Order.status != Status.CANCELLED).distinct())
    return any(canonical_email(address) == mailbox for address in used)


async def find_or_make_customer(
    session: AsyncSession, *, name: str, email: str, guest: bool, now: datetime
) -> Customer:
    """The customer with this e-mail, made if there is none."""
    address = normalise_email(email)
    known = await session.scalar(select(Customer).where(Customer.email == address))
    if known is not None:
        return known
    customer = Customer(
        id=f"cus_{secrets.token_hex(6)}",
        name=name,
        email=address,
        locale="en",
        phone=None,
        address={},
        payment_ref=f"pay-{secrets.token_hex(8)}",
        guest=guest,
        sample=False,
        note="",
        created_at=now,
    )
    session.add(customer)
    await session.flush()
    return customer


async def report_sign_up(session: AsyncSession, settings: Settings, customer: Customer, code: str) -> None:
    """Owe Rapport `referral.signed_up`, once for each code and customer."""
    data = {"code": code, **person(settings.shop_secret, customer.id, customer.email)}
    await enqueue(
        session,
        kind="referral.signed_up",
        key=f"{code}/{customer.id}",
        stream=customer.id,
        data=data,
        now=settings.clock(),
    )


async def place_order(
    session: AsyncSession, settings: Settings, basket: dict[str, int], wish: Wish, customer: Customer | None
) -> Order:
    """Create the order, take the stock, and owe the referral's events, in the caller's transaction.

    The same `checkout_id` again gives the same order.
    Raises ShopError: 409 `basket_empty`, `sold_out` or `offer_not_for_you`.
    """
    again = await session.scalar(select(Order).where(Order.checkout_id == wish.checkout_id))
    if again is not None:
        return again
    now = settings.clock()
    if wish.code and await has_ordered(session, wish.email):
        raise ShopError(
            409,
            "offer_not_for_you",
            "The friend's offer is for first orders",
            "This e-mail address has ordered before, so the price below is without the friend's offer.",
        )
    priced = await quote(session, basket, delivery=wish.delivery, offer=settings.friend_reward if wish.code else 0)
    if not priced.rows:
        raise ShopError(409, "basket_empty", "The basket is empty", "Put something into the basket first.")
    for row in priced.rows:
        if row.quantity > row.product.stock:
            left = f"only {row.product.stock} left" if row.product.stock else "sold out"
            raise ShopError(
                409, "sold_out", "Not enough in stock", f"{row.product.name}: {left}. Please change the basket."
            )
        row.product.stock -= row.quantity
    buyer = customer or await find_or_make_customer(session, name=wish.name, email=wish.email, guest=True, now=now)
    if customer is not None and not buyer.address:
        buyer.address = wish.address
    order = Order(
        number=await _next_number(session),
        customer_id=buyer.id,
        email=normalise_email(wish.email),
        name=wish.name,
        status=Status.PLACED,
        placed_at=now,
        expected_on=parcels.expected_day(wish.delivery, now),
        address=wish.address,
        delivery=wish.delivery,
        payment=wish.payment,
        subtotal_cents=priced.subtotal,
        discount_cents=priced.discount,
        shipping_cents=priced.shipping,
        total_cents=priced.total,
        referral_code=wish.code,
        checkout_id=wish.checkout_id,
        lines=[
            Line(
                product_id=row.product.id,
                sku=row.product.sku,
                name=row.product.name,
                quantity=row.quantity,
                unit_cents=row.product.price_cents,
            )
            for row in priced.rows
        ],
    )
    session.add(order)
    await session.flush()
    if wish.code:
        await report_sign_up(session, settings, buyer, wish.code)
        await _report_first_order(session, settings, order, buyer, wish.phone)
    return order


async def _report_first_order(
    session: AsyncSession, settings: Settings, order: Order, buyer: Customer, phone: str
) -> None:
    secret = settings.shop_secret
    data = {
        "code": order.referral_code,
        "order": order.number,
        **person(secret, order.customer_id, order.email),
        "total": order.total_cents / 100,
        "total_cents": order.total_cents,
        "currency": "EUR",
        "payment_hash": keyed_hash(secret, f"payment:{order.payment}:{buyer.payment_ref}"),
    }
    digits = "".join(character for character in phone if character.isdigit())
    if len(digits) >= 6:
        data["phone_hash"] = keyed_hash(secret, f"phone:{digits}")
    await enqueue(
        session, kind="referral.ordered", key=order.number, stream=order.customer_id, data=data, now=settings.clock()
    )


async def _next_number(session: AsyncSession) -> str:
    # Writers are one at a time (store.py), so the highest number cannot be taken twice.
    newest = await session.scalar(select(func.max(Order.number)))
    return f"LH-{max(int(newest.removeprefix('LH-')) if newest else 0, 100300) + 1}"
