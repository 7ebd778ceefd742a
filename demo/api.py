"""The orders API that Rapport (or any other trusted server) uses; described in README.md and /api/openapi.json."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from demo import deeds, orders, views
from demo.apidoc import describe
from demo.chaos import answer_with_trouble
from demo.deeds import cents, line_of
from demo.idempotency import once
from demo.keys import CHAOS, DATABASE, SETTINGS
from demo.problems import ShopError, bad_request, not_found, problem_response
from demo.store import Customer, Order, Product

MOST = 100
LONGEST_LINK_HOURS = 72


@web.middleware
async def api_guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """For /api only: the bearer token, problem JSON for every error, and chaos when it is switched on."""
    if not request.path.startswith("/api/"):
        return await handler(request)
    try:
        if request.path != "/api/openapi.json":
            _check_token(request)
        if CHAOS in request.app:
            return await answer_with_trouble(request.app[CHAOS], request, handler)
        return await handler(request)
    except ShopError as error:
        return problem_response(error)
    except web.HTTPRequestEntityTooLarge:
        return problem_response(ShopError(413, "too_large", "The body is too large", "Send at most 64 KiB."))
    except web.HTTPMethodNotAllowed as error:
        allow = ", ".join(sorted(error.allowed_methods))
        return problem_response(
            ShopError(405, "method_not_allowed", "This method is not served here", f"Use one of: {allow}.")
        )
    except web.HTTPNotFound:
        return problem_response(not_found("such address; see /api/openapi.json"))


def _check_token(request: web.Request) -> None:
    token = request.app[SETTINGS].orders_token
    if not token:
        raise ShopError(503, "api_closed", "The orders API is closed", "Start the shop with RAPPORT_ORDERS_TOKEN set.")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise ShopError(
            401, "unauthorized", "The token is missing or wrong", "Send the header `Authorization: Bearer <token>`."
        )


def _page(request: web.Request) -> tuple[int, int]:
    try:
        limit, offset = int(request.query.get("limit", "20")), int(request.query.get("cursor", "0"))
    except ValueError:
        raise bad_request("limit and cursor must be whole numbers.") from None
    if not (1 <= limit <= MOST and 0 <= offset <= 10**9):
        raise bad_request(f"limit must be 1 to {MOST}, and cursor one that an earlier answer gave as `next`.")
    return limit, offset


async def list_orders(request: web.Request) -> web.Response:
    """GET /api/orders?email=|customer=: newest first."""
    email, customer = request.query.get("email"), request.query.get("customer")
    if not email and not customer:
        raise bad_request("Say whose orders: ?email= or ?customer=.")
    limit, offset = _page(request)
    async with request.app[DATABASE].read() as session:
        found = await orders.customer_orders(
            session, email=email or None, customer=customer or None, limit=limit + 1, offset=offset
        )
    items = [views.order_view(order, request.app[SETTINGS]) for order in found[:limit]]
    return web.json_response({"items": items, "next": str(offset + limit) if len(found) > limit else None})


async def _order(request: web.Request) -> Order:
    async with request.app[DATABASE].read() as session:
        return await orders.find_order(session, request.match_info["number"])


async def get_order(request: web.Request) -> web.Response:
    """GET /api/orders/{number}"""
    return web.json_response(views.order_view(await _order(request), request.app[SETTINGS]))


async def get_invoice(request: web.Request) -> web.Response:
    """GET /api/orders/{number}/invoice?hours=: the link is good for so many hours, 24 if absent."""
    hours = request.query.get("hours", "24")
    if not (hours.isascii() and hours.isdigit() and 1 <= int(hours[:9]) <= LONGEST_LINK_HOURS):
        raise bad_request(f"hours must be a whole number from 1 to {LONGEST_LINK_HOURS}.", "hours")
    lifetime = timedelta(hours=int(hours))
    return web.json_response(views.invoice_view(await _order(request), request.app[SETTINGS], lifetime))


async def get_refund(request: web.Request) -> web.Response:
    """GET /api/orders/{number}/refund"""
    order = await _order(request)
    return web.json_response({"order": order.number, **views.refund_view(order.refund)})


async def get_customer(request: web.Request) -> web.Response:
    """GET /api/customers/{id}"""
    async with request.app[DATABASE].read() as session:
        customer = await session.get(Customer, request.match_info["id"])
        if customer is None:
            raise not_found("such customer")
        count = select(func.count()).select_from(Order).where(Order.customer_id == customer.id)
        return web.json_response(views.customer_view(customer, await session.scalar(count) or 0))


async def list_products(request: web.Request) -> web.Response:
    """GET /api/products?q=: every word of `q` must occur in the name, the texts, the sku or the category."""
    words = request.query.get("q", "").lower().split()
    limit, offset = _page(request)
    async with request.app[DATABASE].read() as session:
        everything = await session.scalars(select(Product).order_by(Product.position))
        found = [product for product in everything if _matches(product, words)]
    page = found[offset : offset + limit]
    return web.json_response(
        {
            "items": [views.product_view(product, request.app[SETTINGS]) for product in page],
            "next": str(offset + limit) if len(found) > offset + limit else None,
        }
    )


def _matches(product: Product, words: list[str]) -> bool:
    text = f"{product.name} {product.sku} {product.tagline} {product.description} {product.category}".lower()
    return all(word in text for word in words)


async def verify(request: web.Request, session: AsyncSession, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """POST /api/orders/{number}/verify {email}: an unknown order is no match, so nothing can be probed for."""
    email = orders.normalise_email(line_of(body, "email"))
    order = await session.get(Order, orders.normalise_number(request.match_info["number"]))
    wanted = order.email if order else ""
    match = hmac.compare_digest(email.encode(), wanted.encode())
    return 200, {"match": match, "customer": order.customer_id if order and match else None}


async def cancel(request: web.Request, session: AsyncSession, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """POST /api/orders/{number}/cancel {reason, expect_fee_cents}"""
    settings = request.app[SETTINGS]
    reason = line_of(body, "reason", "No reason given")
    order = await orders.find_order(session, request.match_info["number"])
    orders.cancel_order(
        order, reason, settings.clock(), packed_fee=settings.cancel_fee, expected_fee=cents(body, "expect_fee_cents")
    )
    await session.flush()
    return 200, views.order_view(order, settings)


async def return_items(request: web.Request, session: AsyncSession, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """POST /api/orders/{number}/returns {items, reason}"""
    settings = request.app[SETTINGS]
    reason = line_of(body, "reason", "No reason given")
    order = await orders.find_order(session, request.match_info["number"])
    opened = orders.request_return(order, body.get("items"), reason, settings.clock())
    await session.flush()
    label = f"{settings.public_url}/orders/{order.number}"
    return 201, {"return": views.return_view(opened), "order": views.order_view(order, settings), "label_url": label}


async def redirect_parcel(
    request: web.Request, session: AsyncSession, body: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    """POST /api/orders/{number}/address {line1, line2, postcode, city, country, name}"""
    order = await orders.find_order(session, request.match_info["number"])
    orders.change_address(order, orders.check_address(body.get("address", body), name=order.name))
    await session.flush()
    return 200, views.order_view(order, request.app[SETTINGS])


async def openapi(request: web.Request) -> web.Response:
    """GET /api/openapi.json: the description of all this, open to everybody."""
    return web.json_response(describe(request.app[SETTINGS].public_url))


def api_routes() -> list[web.RouteDef]:
    """Every route of the API."""
    return [
        web.get("/api/openapi.json", openapi),
        web.get("/api/orders", list_orders),
        web.get("/api/orders/{number}", get_order),
        web.get("/api/orders/{number}/invoice", get_invoice),
        web.get("/api/orders/{number}/refund", get_refund),
        web.post("/api/orders/{number}/verify", once(verify)),
        web.post("/api/orders/{number}/cancel", once(cancel)),
        web.post("/api/orders/{number}/returns", once(return_items)),
        web.post("/api/orders/{number}/address", once(redirect_parcel)),
        web.post("/api/orders/{number}/quote", deeds.quote),
        web.post("/api/orders/{number}/items", once(deeds.change_items)),
        web.post("/api/orders/{number}/credit", once(deeds.credit)),
        web.get("/api/customers/{id}", get_customer),
        web.post("/api/customers/{id}/newsletter", once(deeds.newsletter)),
        web.get("/api/vouchers", deeds.list_vouchers),
        web.post("/api/vouchers", once(deeds.give_voucher)),
        web.get("/api/products", list_products),
    ]
