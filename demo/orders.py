"""The rules of an order after it was placed: who may still cancel, return, redirect it, and what that sets off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from demo.delivery import add_working_days, cost_without_surcharge, is_served, usual_way
from demo.problems import ShopError, bad_request, not_found
from demo.store import Order, Refund, Return, Status

RETURN_WINDOW = timedelta(days=30)
WARRANTY = timedelta(days=2 * 365)
REFUND_WORKING_DAYS = 5
OPEN = {Status.PLACED, Status.PACKED}
UNDERWAY = OPEN | {Status.SHIPPED}
ADDRESS_FIELDS = ("name", "line1", "line2", "postcode", "city", "country")


@dataclass(frozen=True)
class Allowed:
    """What an order's rules allow right now, and why not."""

    can_cancel: bool
    can_return: bool
    can_change_address: bool
    can_change: bool
    return_until: date | None
    warranty_until: date | None
    cancel_fee: int
    """What cancelling costs now, in cents."""


def normalise_number(raw: str) -> str:
    """`lh 100234`, `#100234` and `LH-100234` name the same order. Anything else is returned upper-cased."""
    found = re.fullmatch(r"\s*#?\s*(?:LH)?[\s\-–—_]*(\d{6,9})\s*", raw, re.IGNORECASE)
    return f"LH-{found[1]}" if found else raw.strip().upper()


def normalise_email(raw: str) -> str:
    """Trimmed and lower-cased: the form e-mail addresses are stored, compared and hashed in."""
    return raw.strip().lower()


async def find_order(session: AsyncSession, number: str) -> Order:
    """The order called `number` in any spelling. Raises ShopError 404."""
    order = await session.get(Order, normalise_number(number))
    if order is None:
        raise not_found(f"order {normalise_number(number)[:20]}")
    return order


async def customer_orders(
    session: AsyncSession, *, email: str | None, customer: str | None, limit: int, offset: int = 0
) -> list[Order]:
    """Orders of one e-mail address and/or customer id, newest first."""
    query = select(Order).order_by(Order.placed_at.desc(), Order.number.desc()).limit(limit).offset(offset)
    if email is not None:
        query = query.where(Order.email == normalise_email(email))
    if customer is not None:
        query = query.where(Order.customer_id == customer)
    return list(await session.scalars(query))


def is_late(order: Order, now: datetime) -> bool:
    """Still on its way after the promised day (UTC)."""
    return order.status in UNDERWAY and order.expected_on < now.date()


def allowed(order: Order, now: datetime, packed_fee: int = 0) -> Allowed:
    """What may be done with `order` at `now`; `packed_fee` is what cancelling a packed parcel costs, in cents."""
    until = (order.delivered_at + RETURN_WINDOW) if order.delivered_at else None
    left = any(count > 0 for count in returnable(order).values())
    return Allowed(
        can_cancel=order.status in OPEN,
        can_return=order.status is Status.DELIVERED and until is not None and now <= until and left,
        can_change_address=order.status in OPEN,
        can_change=order.status in OPEN,
        return_until=until.date() if until else None,
        warranty_until=(order.delivered_at + WARRANTY).date() if order.delivered_at else None,
        cancel_fee=min(packed_fee, order.total_cents) if order.status is Status.PACKED else 0,
    )


def returnable(order: Order) -> dict[str, int]:
    """Pieces by sku that no earlier return has claimed."""
    left: dict[str, int] = {}
    for line in order.lines:
        left[line.sku] = left.get(line.sku, 0) + line.quantity
    for earlier in order.returns:
        for item in earlier.items:
            left[item["sku"]] = left.get(item["sku"], 0) - int(item["quantity"])
    return left


def cancel_order(
    order: Order, reason: str, now: datetime, *, packed_fee: int = 0, expected_fee: int | None = None
) -> Refund:
    """Cancel an order that has not left yet, and owe its money back, less the fee.

    Raises ShopError: 409 `not_cancellable`; 409 `fee_changed` when another fee than `expected_fee` applies by now.
    """
    if order.status not in OPEN:
        raise ShopError(
            409,
            "not_cancellable",
            "This order can no longer be cancelled",
            f"Order {order.number} is {order.status.value}; only placed or packed orders can be cancelled.",
            reason=order.status.value,
            status_of_order=order.status.value,
        )
    fee = allowed(order, now, packed_fee).cancel_fee
    if expected_fee is not None and expected_fee != fee:
        raise ShopError(
            409, "fee_changed", "Cancelling costs something else by now", f"The fee is {fee} cents now.", fee_cents=fee
        )
    order.status = Status.CANCELLED
    order.cancelled_at = now
    order.cancel_reason = reason
    return owe(order, order.total_cents - fee, "cancellation", now)


def request_return(order: Order, wanted: Any, reason: str, now: datetime) -> Return:
    """Open a return for `wanted` (None = everything left; else skus, or objects with `sku`/`product`, `quantity`).

    Who sends the last piece back also gets the delivery cost, less the surcharge for express.
    Raises ShopError: 409 `not_delivered`, 409 `return_window_closed`, 409 `already_returned`, 422 `invalid_items`.
    """
    if order.status is Status.RETURNED:
        raise _already_returned(order)
    if order.status is not Status.DELIVERED or order.delivered_at is None:
        raise ShopError(
            409,
            "not_delivered",
            "Only delivered orders can be returned",
            f"Order {order.number} is {order.status.value}.",
            reason=order.status.value,
        )
    until = order.delivered_at + RETURN_WINDOW
    if now > until:
        raise ShopError(
            409,
            "return_window_closed",
            "The time for returns is over",
            f"Order {order.number} could be returned until {until.date().isoformat()}.",
            reason="window",
            return_until=until.date().isoformat(),
        )
    left = returnable(order)
    if not any(count > 0 for count in left.values()):
        raise _already_returned(order)
    chosen = _choose(order, wanted, left)
    prices = {line.sku: line for line in order.lines}
    gross = sum(prices[sku].unit_cents * count for sku, count in chosen.items())
    # A discount was shared by all pieces, so a returned piece gives its share of it back.
    share = order.discount_cents * gross // order.subtotal_cents if order.subtotal_cents else 0
    freight = 0
    if all(chosen.get(sku, 0) == count for sku, count in left.items()):
        goods = order.subtotal_cents - order.discount_cents
        freight = cost_without_surcharge(order.delivery, goods, order.shipping_cents)
    opened = Return(
        reason=reason,
        status="requested",
        amount_cents=gross - share + freight,
        created_at=now,
        received_at=None,
        items=[{"sku": sku, "name": prices[sku].name, "quantity": count} for sku, count in chosen.items()],
    )
    order.returns.append(opened)
    return opened


def _already_returned(order: Order) -> ShopError:
    return ShopError(
        409,
        "already_returned",
        "Everything in this order is already being returned",
        f"Each piece of order {order.number} has a return.",
        reason="already_returned",
    )


def _choose(order: Order, wanted: Any, left: dict[str, int]) -> dict[str, int]:
    if wanted is None:
        return {sku: count for sku, count in left.items() if count > 0}
    if not isinstance(wanted, list) or not wanted or len(wanted) > 50:
        raise _invalid_items("`items` must be a list of 1 to 50 products; leave it out to return everything.")
    names = {line.product_id: line.sku for line in order.lines} | {line.sku: line.sku for line in order.lines}
    chosen: dict[str, int] = {}
    for item in wanted:
        label = item.get("sku", item.get("product")) if isinstance(item, dict) else item
        sku = names.get(label) if isinstance(label, str) else None
        if sku is None:
            raise _invalid_items(f"{str(label)[:40]!r} is not in order {order.number}.")
        count = item.get("quantity", 1) if isinstance(item, dict) else left.get(sku, 0)
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise _invalid_items("`quantity` must be a whole number of at least 1.")
        chosen[sku] = chosen.get(sku, 0) + count
        if chosen[sku] > left.get(sku, 0):
            raise _invalid_items(f"Only {max(left.get(sku, 0), 0)} of {sku} can be returned.")
    return chosen


def _invalid_items(detail: str) -> ShopError:
    return ShopError(422, "invalid_items", "These items cannot be returned", detail, field="items")


def change_address(order: Order, address: dict[str, str]) -> None:
    """Send the parcel elsewhere while it is still here.

    Raises ShopError: 409 `address_locked`; 409 `not_served` for a country we do not deliver to; 409 `other_delivery`
    for one that another, differently priced way leads to.
    """
    if order.status not in OPEN:
        raise ShopError(
            409,
            "address_locked",
            "The address can no longer be changed",
            f"Order {order.number} is {order.status.value}; only placed or packed orders can be redirected.",
            reason=order.status.value,
        )
    if not is_served(address["country"]):
        raise ShopError(
            409, "not_served", "We do not deliver there", f"We do not deliver to {address['country']}.", field="country"
        )
    if usual_way(address["country"]) != usual_way(order.address.get("country", "")):
        raise ShopError(
            409,
            "other_delivery",
            "Another way of delivery is needed",
            f"A parcel to {address['country']} travels another way at another price.",
            field="country",
        )
    order.address = address


def check_address(raw: Any, *, name: str = "") -> dict[str, str]:
    """A complete, trimmed address from untrusted input. Raises ShopError 400 naming the field."""
    if not isinstance(raw, dict):
        raise bad_request("The address must be an object with line1, postcode, city and country.", "address")
    address: dict[str, str] = {}
    for field in ADDRESS_FIELDS:
        value = raw.get(field, name if field == "name" else "")
        if not isinstance(value, str) or len(value) > 120 or any(ord(c) < 32 or c == "\x7f" for c in value):
            raise bad_request(f"{field} must be one line of at most 120 characters.", field)
        address[field] = " ".join(value.split())
        if not address[field] and field != "line2":
            raise bad_request(f"{field} is missing.", field)
    return address


def receive_return(order: Order, now: datetime) -> bool:
    """The parcel is back: close its returns and owe the money. False when nothing was on its way back."""
    waiting = [entry for entry in order.returns if entry.status == "requested"]
    if not waiting:
        return False
    for entry in waiting:
        entry.status, entry.received_at = "received", now
    if all(count <= 0 for count in returnable(order).values()):
        order.status, order.returned_at = Status.RETURNED, now
    owe(order, sum(entry.amount_cents for entry in waiting), "return", now)
    return True


def owe(order: Order, amount: int, reason: str, now: datetime) -> Refund:
    """Note `amount` cents to be paid back, added to what is owed for this order already."""
    expected = add_working_days(now.date(), REFUND_WORKING_DAYS)
    if order.refund is None:
        order.refund = Refund(
            amount_cents=amount, status="pending", reason=reason, created_at=now, expected_on=expected, paid_at=None
        )
    else:
        order.refund.amount_cents += amount
        order.refund.status, order.refund.expected_on, order.refund.paid_at = "pending", expected, None
    return order.refund
