"""Changing what is in an order that has not left yet: what it would cost then, and the change itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from demo.delivery import cost
from demo.orders import OPEN, owe
from demo.problems import ShopError
from demo.store import Line, Order, Product

MOST_OF_ONE = 99


@dataclass(frozen=True)
class Quote:
    """The order with its new quantities by sku; sums in cents."""

    quantities: dict[str, int]
    subtotal: int
    discount: int
    shipping: int

    @property
    def total(self) -> int:
        return self.subtotal - self.discount + self.shipping


async def quote_change(session: AsyncSession, order: Order, wanted: Any) -> Quote:
    """What `order` would cost with the quantities of `wanted` (`[{sku, quantity}]`; lines not named stay).

    Raises ShopError: 409 `not_changeable`, `nothing_left` or `sold_out`; 422 `invalid_items`.
    """
    if order.status not in OPEN:
        raise ShopError(
            409,
            "not_changeable",
            "This order can no longer be changed",
            f"Order {order.number} is {order.status.value}; only placed or packed orders can be changed.",
            reason=order.status.value,
        )
    quantities = {line.sku: line.quantity for line in order.lines} | _read(order, wanted)
    if not any(quantities.values()):
        raise ShopError(409, "nothing_left", "Nothing would be left", "Cancel the order instead.")
    for line in order.lines:
        product = await _product(session, line)
        more = quantities[line.sku] - line.quantity
        if more > 0 and (product is None or more > product.stock):
            left = product.stock if product else 0
            raise ShopError(
                409,
                "sold_out",
                "Not enough in stock",
                f"{line.name}: {left} more to be had.",
                name=line.name,
                left=left,
            )
    subtotal = sum(line.unit_cents * quantities[line.sku] for line in order.lines)
    discount = min(order.discount_cents, subtotal)
    return Quote(quantities, subtotal, discount, cost(order.delivery, subtotal - discount))


def _read(order: Order, wanted: Any) -> dict[str, int]:
    known = {line.sku for line in order.lines}
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= 50:
        raise _invalid("`items` must be a list of 1 to 50 objects with `sku` and `quantity`.")
    chosen: dict[str, int] = {}
    for item in wanted:
        sku, count = (item.get("sku"), item.get("quantity")) if isinstance(item, dict) else (None, None)
        if not isinstance(sku, str) or sku not in known:
            raise _invalid(f"{str(sku)[:40]!r} is not in order {order.number}.")
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_OF_ONE:
            raise _invalid(f"`quantity` must be a whole number from 0 to {MOST_OF_ONE}.")
        chosen[sku] = count
    return chosen


def _invalid(detail: str) -> ShopError:
    return ShopError(422, "invalid_items", "These items cannot be changed like this", detail, field="items")


async def _product(session: AsyncSession, line: Line) -> Product | None:
    return await session.scalar(select(Product).where(Product.sku == line.sku))


async def change_items(
    session: AsyncSession, order: Order, wanted: Any, expected_total: int | None, now: datetime
) -> None:
    """Carry the change out: stock, sums, and what is owed back when it became cheaper.

    Raises what `quote_change` raises, and 409 `total_changed` when it would cost something else than `expected_total`.
    """
    quote = await quote_change(session, order, wanted)
    if expected_total is not None and expected_total != quote.total:
        raise ShopError(
            409,
            "total_changed",
            "It would cost something else by now",
            f"The total would be {quote.total} cents.",
            total_cents=quote.total,
        )
    for line in list(order.lines):
        count = quote.quantities[line.sku]
        product = await _product(session, line)
        if product is not None:
            product.stock -= count - line.quantity
        line.quantity = count
        if count == 0:
            order.lines.remove(line)
            await session.delete(line)
    cheaper = order.total_cents - quote.total
    order.subtotal_cents, order.discount_cents = quote.subtotal, quote.discount
    order.shipping_cents, order.total_cents = quote.shipping, quote.total
    if cheaper > 0:
        owe(order, cheaper, "change", now)
