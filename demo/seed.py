"""Fills an empty shop with customers and orders in every state: always the same, dated back from its first start."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from demo.catalogue import CATALOGUE
from demo.delivery import CARRIER, cost, usual_way
from demo.samples import PEOPLE, SAMPLES, Person, Sample
from demo.store import Customer, Database, Line, Meta, Order, Product, Refund, Return, Status


async def seed(database: Database, now: datetime) -> bool:
    """Put the sample data in, once. Returns False (and changes nothing) when the shop was seeded before."""
    async with database.write() as session:
        if await session.get(Meta, "seeded_at"):
            return False
        session.add(Meta(key="seeded_at", value=now.isoformat()))
        _add_products(session)
        await _add_people(session, now)
        await session.flush()
        for sample in SAMPLES:
            session.add(_order(sample, now))
    return True


def _add_products(session: AsyncSession) -> None:
    for position, item in enumerate(CATALOGUE):
        session.add(
            Product(
                id=item.id,
                sku=item.sku,
                position=position,
                name=item.name,
                tagline=item.tagline,
                description=item.description,
                category=item.category,
                tone=item.tone,
                price_cents=item.price_cents,
                stock=item.stock,
                bestseller=item.bestseller,
                features=list(item.features),
                specs=dict(item.specs),
            )
        )


async def _add_people(session: AsyncSession, now: datetime) -> None:
    known = set(await session.scalars(select(Customer.id)))
    for index, person in enumerate(PEOPLE):
        if person.id in known:
            continue
        session.add(
            Customer(
                id=person.id,
                name=person.name,
                email=person.email,
                locale=person.locale,
                phone=person.phone,
                address=_address(person),
                payment_ref=f"card-sample-{index + 1}",
                sample=True,
                note=person.note,
                created_at=now - timedelta(days=380 - 40 * index),
            )
        )


def _address(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "line1": person.street,
        "line2": "",
        "postcode": person.postcode,
        "city": person.city,
        "country": person.country,
    }


def _order(sample: Sample, now: datetime) -> Order:
    person = next(person for person in PEOPLE if person.id == sample.who)
    items = {item.id: item for item in CATALOGUE}
    number = f"LH-{sample.number}"
    # The minutes differ from order to order, so that a list sorted by time is never ambiguous.
    placed = now - timedelta(days=sample.placed, minutes=sample.number % 240)
    delivered = now - timedelta(days=sample.delivered, minutes=sample.number % 90) if sample.delivered else None
    went = sample.status in {Status.SHIPPED, Status.DELIVERED, Status.RETURNED}
    subtotal = sum(items[key].price_cents * count for key, count in sample.items)
    way = usual_way(person.country)
    shipping = cost(way, subtotal)
    expected = (now + timedelta(days=sample.due)) if sample.due is not None else (delivered or placed)
    order = Order(
        number=number,
        customer_id=person.id,
        email=person.email,
        name=person.name,
        status=sample.status,
        placed_at=placed,
        packed_at=placed + timedelta(hours=20) if went or sample.status is Status.PACKED else None,
        shipped_at=placed + timedelta(hours=30) if went else None,
        delivered_at=delivered,
        cancelled_at=placed + timedelta(hours=5) if sample.status is Status.CANCELLED else None,
        returned_at=delivered + timedelta(days=4) if sample.status is Status.RETURNED and delivered else None,
        expected_on=expected.date(),
        delay_reason=sample.delay,
        cancel_reason="Changed my mind" if sample.status is Status.CANCELLED else None,
        carrier=CARRIER if went else None,
        tracking=tracking_number(number) if went else None,
        address=_address(person),
        delivery=way,
        payment="card",
        subtotal_cents=subtotal,
        discount_cents=0,
        shipping_cents=shipping,
        total_cents=subtotal + shipping,
        referral_code=None,
        checkout_id=f"sample-{sample.number}",
        lines=[
            Line(
                product_id=key,
                sku=items[key].sku,
                name=items[key].name,
                quantity=count,
                unit_cents=items[key].price_cents,
            )
            for key, count in sample.items
        ],
    )
    _add_money_back(order, sample, now)
    return order


def _add_money_back(order: Order, sample: Sample, now: datetime) -> None:
    asked = order.cancelled_at or (order.delivered_at + timedelta(days=2) if order.delivered_at else order.placed_at)
    if sample.returned:
        order.returns = [
            Return(
                reason=sample.returned,
                status="received" if order.returned_at else "requested",
                items=[{"sku": line.sku, "name": line.name, "quantity": line.quantity} for line in order.lines],
                amount_cents=order.subtotal_cents,
                created_at=asked,
                received_at=order.returned_at,
            )
        ]
    if sample.refund:
        base = order.returned_at or asked
        paid = base + timedelta(days=4) if sample.refund == "paid" else None
        order.refund = Refund(
            amount_cents=order.subtotal_cents if sample.returned else order.total_cents,
            status=sample.refund,
            reason="return" if sample.returned else "cancellation",
            created_at=base,
            expected_on=(paid or now + timedelta(days=3)).date(),
            paid_at=paid,
        )


def tracking_number(number: str) -> str:
    """The parcel's public number: not guessable from the order's, so that it may stand in a link. Deterministic."""
    digest = hashlib.sha256(f"lumen-hearth parcel {number}".encode()).hexdigest()
    return "LP" + "".join(str(int(character, 16) % 10) for character in digest[:11])
