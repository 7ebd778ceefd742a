"""Checkout and what comes after it: the account, an order's page, its invoice, cancelling and returning by oneself."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from aiohttp import web

from demo import delivery, gestures, orders, purchase, sessions, views
from demo.keys import DATABASE, SENDER, SETTINGS
from demo.pages import check_person, see_other
from demo.problems import ShopError
from demo.render import REF_COOKIE, offer_code, page
from demo.store import Order

BLANK = {
    "name": "",
    "email": "",
    "phone": "",
    "line1": "",
    "line2": "",
    "postcode": "",
    "city": "",
    "country": delivery.HOME,
    "delivery": "standard",
    "payment": "card",
}


async def checkout_page(request: web.Request) -> web.Response:
    """GET /checkout"""
    visitor = await sessions.load_visitor(request)
    values = dict(BLANK)
    if visitor.customer:
        values |= visitor.customer.address
        values |= {
            "name": visitor.customer.name,
            "email": visitor.customer.email,
            "phone": visitor.customer.phone or "",
            "delivery": delivery.usual_way(visitor.customer.address.get("country", "")),
        }
    return await _checkout_page(request, values, await offer_code(request))


async def _checkout_page(
    request: web.Request,
    values: dict[str, str],
    code: str | None,
    error: str = "",
    status: int = 200,
    checkout_id: str = "",
) -> web.Response:
    visitor = await sessions.load_visitor(request)
    settings = request.app[SETTINGS]
    offer = settings.friend_reward if code else 0
    async with request.app[DATABASE].read() as session:
        priced = await purchase.quote(session, visitor.basket, delivery=values["delivery"], offer=offer)
    if not priced.rows and not error:
        return see_other("/basket")
    return await page(
        request,
        "checkout.html",
        status=status,
        quote=priced,
        values=values,
        error=error,
        code=code,
        free_standard=delivery.cost("standard", priced.subtotal - priced.discount) == 0,
        deliveries=delivery.DELIVERIES,
        expected={way: delivery.expected_day(way, settings.clock()) for way in delivery.DELIVERIES},
        countries=sorted({*delivery.ABROAD, delivery.HOME, values["country"]} - {""}),
        payments=purchase.PAYMENTS,
        checkout_id=checkout_id or secrets.token_urlsafe(16),
    )


async def check_out(request: web.Request) -> web.StreamResponse:
    """POST /checkout: place the order. `offer` is the friend's code as the form showed it."""
    form = await request.post()
    visitor = await sessions.load_visitor(request)
    values = {key: " ".join(str(form.get(key, default)).split())[:200] for key, default in BLANK.items()}
    if visitor.customer:
        values["email"] = visitor.customer.email
    checkout_id = str(form.get("checkout_id", ""))[:60] or secrets.token_urlsafe(16)
    shown = str(form.get("offer", ""))
    code = await offer_code(request) if shown else None
    try:
        wish = _wish(values, checkout_id, code)
        async with request.app[DATABASE].write() as session:
            order = await purchase.place_order(session, request.app[SETTINGS], visitor.basket, wish, visitor.customer)
            token = await sessions.remember_order(session, request, order.number)
    except ShopError as error:
        kept = None if error.code == "offer_not_for_you" else code
        if error.code == "other_delivery" or values["delivery"] not in delivery.DELIVERIES:
            values["delivery"] = delivery.usual_way(values["country"])
        return await _checkout_page(request, values, kept, error.detail, 422, checkout_id)
    request.app[SENDER].nudge()
    response = see_other(f"/orders/{order.number}?thanks=1")
    sessions.set_cookie(request, response, sessions.COOKIE, token)
    if code:
        response.del_cookie(REF_COOKIE, path="/")
    return response


def _wish(values: dict[str, str], checkout_id: str, code: str | None) -> purchase.Wish:
    wrong = check_person(values["name"], values["email"])
    if wrong:
        raise ShopError(422, "bad_person", "Please check the form", wrong)
    if values["delivery"] not in delivery.DELIVERIES or values["payment"] not in purchase.PAYMENTS:
        raise ShopError(422, "bad_choice", "Please check the form", "Choose a delivery and a payment from the list.")
    try:
        address = orders.check_address(values)
    except ShopError as error:
        labels = {"line1": "Street and number", "line2": "Address line 2"}
        field = str(error.extra.get("field", ""))
        label = labels.get(field, field.capitalize())
        raise ShopError(422, "bad_address", "Please check the form", f"{label}: please fill this in.") from error
    _check_way(address["country"], values["delivery"])
    return purchase.Wish(
        checkout_id=checkout_id,
        name=values["name"],
        email=values["email"],
        phone=values["phone"],
        address=address,
        delivery=values["delivery"],
        payment=values["payment"],
        code=code,
    )


def _check_way(country: str, way: str) -> None:
    """The country must be one we deliver to, by the way chosen. The price shown is never changed unasked."""
    if not delivery.is_served(country):
        where = "all countries of the European Union, Norway and Switzerland"
        raise ShopError(422, "not_served", "Please check the form", f"We deliver to {where}, but not to {country} yet.")
    if (way == "abroad") == (country != delivery.HOME):
        return
    usual = delivery.DELIVERIES[delivery.usual_way(country)]
    raise ShopError(
        422,
        "other_delivery",
        "Please check the form",
        f"To {country} we send parcels another way: {usual.name}, {usual.hint}. "
        "It is chosen below; please look at the sum and place the order again.",
    )


async def account(request: web.Request) -> web.Response:
    """GET /account: the signed-in customer's orders."""
    visitor = await sessions.load_visitor(request)
    if visitor.customer is None:
        return see_other("/sign-in?next=/account")
    now = request.app[SETTINGS].clock()
    async with request.app[DATABASE].read() as session:
        found = await orders.customer_orders(session, email=None, customer=visitor.customer.id, limit=100)
        vouchers = await gestures.vouchers_of_customer(session, visitor.customer.id)
    entries = [(order, orders.is_late(order, now)) for order in found]
    return await page(request, "account.html", entries=entries, vouchers=vouchers, customer=visitor.customer)


async def _own_order(request: web.Request) -> Order:
    """The order, if this browser may see it; for anybody else it does not exist."""
    visitor = await sessions.load_visitor(request)
    async with request.app[DATABASE].read() as session:
        try:
            order = await orders.find_order(session, request.match_info["number"])
        except ShopError:
            raise web.HTTPNotFound() from None
    mine = visitor.customer is not None and order.customer_id == visitor.customer.id
    if not mine and order.number not in visitor.orders:
        raise web.HTTPNotFound()
    return order


async def order_page(request: web.Request) -> web.Response:
    """GET /orders/{number}; somebody signed out is asked to sign in first."""
    try:
        order = await _own_order(request)
    except web.HTTPNotFound:
        if (await sessions.load_visitor(request)).customer is None:
            return see_other(f"/sign-in?next={request.path}")
        raise
    return await _order_page(request, order)


async def _order_page(request: web.Request, order: Order, error: str = "", status: int = 200) -> web.Response:
    now = request.app[SETTINGS].clock()
    context: dict[str, Any] = {
        "order": order,
        "may": orders.allowed(order, now),
        "late": orders.is_late(order, now),
        "error": error,
        "thanks": "thanks" in request.query,
        "days_late": (now.date() - order.expected_on).days,
        "payments": purchase.PAYMENTS,
    }
    shown = {"order": {"number": order.number, "status": order.status.replace("_", " ")}}
    return await page(request, "order.html", status=status, shown=shown, **context)


async def cancel_own(request: web.Request) -> web.StreamResponse:
    """POST /orders/{number}/cancel"""
    return await _change_own(request, "cancel")


async def return_own(request: web.Request) -> web.StreamResponse:
    """POST /orders/{number}/return: everything that can still go back."""
    return await _change_own(request, "return")


async def _change_own(request: web.Request, what: str) -> web.StreamResponse:
    order = await _own_order(request)
    now = request.app[SETTINGS].clock()
    try:
        async with request.app[DATABASE].write() as session:
            fresh = await session.get_one(Order, order.number)
            if what == "cancel":
                orders.cancel_order(
                    fresh, "Cancelled on the order page", now, packed_fee=request.app[SETTINGS].cancel_fee
                )
            else:
                orders.request_return(fresh, None, "Returned on the order page", now)
    except ShopError as error:
        return await _order_page(request, await _own_order(request), error.detail, error.status)
    return see_other(f"/orders/{order.number}")


async def invoice(request: web.Request) -> web.Response:
    """GET /orders/{number}/invoice: for the buyer, or with the API's sealed link."""
    settings = request.app[SETTINGS]
    number = orders.normalise_number(request.match_info["number"])
    until = request.query.get("until", "")
    if until.isascii() and until.isdigit() and len(until) < 12 and settings.orders_token:
        seal = views.invoice_seal(number, int(until), settings)
        given = request.query.get("seal", "")
        if hmac.compare_digest(seal.encode(), given.encode()) and int(until) >= settings.clock().timestamp():
            async with request.app[DATABASE].read() as session:
                order = await orders.find_order(session, number)
            return await page(request, "invoice.html", order=order, invoice=views.invoice_view(order, settings))
    order = await _own_order(request)
    return await page(request, "invoice.html", order=order, invoice=views.invoice_view(order, settings))
