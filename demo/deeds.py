"""The API's deeds beside cancelling and returning: changing items, gestures and the newsletter."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from demo import amend, gestures, orders, views
from demo.idempotency import read_object
from demo.keys import DATABASE, SETTINGS
from demo.problems import bad_request

Answer = tuple[int, dict[str, Any]]


def cents(body: dict[str, Any], name: str) -> int | None:
    """A sum of a request's body, or None without one. Raises ShopError 400."""
    value = body.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**8):
        raise bad_request(f"{name} must be a whole number of cents.", name)
    return value


def some_cents(body: dict[str, Any], name: str) -> int:
    """A sum that must be there and more than nothing. Raises ShopError 400."""
    value = cents(body, name)
    if not value:
        raise bad_request(f"{name} must be a whole number of cents, 1 or more.", name)
    return value


def line_of(body: dict[str, Any], name: str, default: str | None = None) -> str:
    """One line of text of a request's body. Raises ShopError 400."""
    value = body.get(name, default)
    if not isinstance(value, str) or not value.strip() or len(value) > 500:
        raise bad_request(f"{name} must be a text of 1 to 500 characters.", name)
    return " ".join(value.split())


async def quote(request: web.Request) -> web.Response:
    """POST /api/orders/{number}/quote {items}: what a change would cost; nothing is changed."""
    body = await read_object(request)
    async with request.app[DATABASE].read() as session:
        order = await orders.find_order(session, request.match_info["number"])
        found = await amend.quote_change(session, order, body.get("items"))
    return web.json_response(
        {
            "order": order.number,
            "items": [{"sku": sku, "quantity": count} for sku, count in found.quantities.items()],
            **views.amount("shipping", found.shipping),
            **views.amount("total", found.total),
            **views.amount("difference", abs(found.total - order.total_cents)),
            "cheaper": found.total < order.total_cents,
            "dearer": found.total > order.total_cents,
        }
    )


async def change_items(request: web.Request, session: AsyncSession, body: dict[str, Any]) -> Answer:
    """POST /api/orders/{number}/items {items, expect_total_cents}"""
    settings = request.app[SETTINGS]
    order = await orders.find_order(session, request.match_info["number"])
    await amend.change_items(session, order, body.get("items"), cents(body, "expect_total_cents"), settings.clock())
    await session.flush()
    return 200, views.order_view(order, settings)


async def credit(request: web.Request, session: AsyncSession, body: dict[str, Any]) -> Answer:
    """POST /api/orders/{number}/credit {amount_cents, reason}"""
    settings = request.app[SETTINGS]
    order = await orders.find_order(session, request.match_info["number"])
    gestures.credit(order, some_cents(body, "amount_cents"), line_of(body, "reason", "A gesture"), settings.clock())
    await session.flush()
    return 200, views.order_view(order, settings)


async def give_voucher(request: web.Request, session: AsyncSession, body: dict[str, Any]) -> Answer:
    """POST /api/vouchers {order, amount_cents, reason}"""
    order = await orders.find_order(session, line_of(body, "order"))
    voucher = gestures.give_voucher(
        session, order, some_cents(body, "amount_cents"), line_of(body, "reason", "A gesture"),
        request.app[SETTINGS].clock(),
    )  # fmt: skip
    return 201, views.voucher_view(voucher)


async def list_vouchers(request: web.Request) -> web.Response:
    """GET /api/vouchers?order="""
    number = request.query.get("order")
    if not number:
        raise bad_request("Say of which order: ?order=.")
    async with request.app[DATABASE].read() as session:
        found = await gestures.vouchers_of(session, orders.normalise_number(number))
    return web.json_response({"items": [views.voucher_view(voucher) for voucher in found], "next": None})


async def newsletter(request: web.Request, session: AsyncSession, body: dict[str, Any]) -> Answer:
    """POST /api/customers/{id}/newsletter {subscribed}"""
    wanted = body.get("subscribed")
    if not isinstance(wanted, bool):
        raise bad_request("subscribed must be true or false.", "subscribed")
    customer = request.match_info["id"]
    await gestures.set_newsletter(session, customer, wanted, request.app[SETTINGS].clock())
    return 200, {"customer": customer, "subscribed": wanted}
