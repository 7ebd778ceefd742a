"""The staff's page: move a parcel along, so that the events Rapport lives on really happen."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from demo import orders
from demo.delivery import CARRIER
from demo.events import enqueue, order_facts
from demo.idempotency import read_object
from demo.keys import CHAOS, DATABASE, SENDER, SETTINGS
from demo.pages import see_other
from demo.problems import ShopError, problem_response
from demo.render import page
from demo.seed import tracking_number
from demo.settings import Settings
from demo.store import Order, Outgoing, Status

DELAY_DAYS = 3


def _check_staff(request: web.Request) -> None:
    """Only from this machine: the sample shop has no staff accounts. Raises 403."""
    try:
        local = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        local = False
    if not local:
        raise web.HTTPForbidden(text="The backstage of the sample shop is open to its own machine only.")


async def backstage(request: web.Request) -> web.Response:
    """GET /backstage"""
    _check_staff(request)
    now = request.app[SETTINGS].clock()
    async with request.app[DATABASE].read() as session:
        found = await session.scalars(select(Order).order_by(Order.placed_at.desc()).limit(60))
        entries = [(order, orders.is_late(order, now), _deeds_for(order)) for order in found]
        events = list(await session.scalars(select(Outgoing).order_by(Outgoing.seq.desc()).limit(12)))
        owed = await session.scalar(select(func.count()).select_from(Outgoing).where(Outgoing.sent_at.is_(None)))
    chaos = request.app[CHAOS].current().value if CHAOS in request.app else None
    return await page(
        request,
        "backstage.html",
        entries=entries,
        events=events,
        owed=owed or 0,
        chaos=chaos,
        secret=bool(request.app[SETTINGS].shop_secret),
    )


async def _ship(session: AsyncSession, settings: Settings, order: Order) -> bool:
    if order.status not in orders.OPEN:
        return False
    now = settings.clock()
    order.packed_at = order.packed_at or now
    order.status, order.shipped_at = Status.SHIPPED, now
    order.carrier, order.tracking = CARRIER, tracking_number(order.number)
    return True


async def _deliver(session: AsyncSession, settings: Settings, order: Order) -> bool:
    if order.status is not Status.SHIPPED:
        return False
    order.status, order.delivered_at = Status.DELIVERED, settings.clock()
    facts = {**order_facts(settings, order), "delivered_at": order.delivered_at.isoformat().replace("+00:00", "Z")}
    await enqueue(
        session, kind="order.delivered", key=order.number, stream=order.customer_id, data=facts, now=settings.clock()
    )
    return True


async def _delay(session: AsyncSession, settings: Settings, order: Order) -> bool:
    if order.status not in orders.UNDERWAY:
        return False
    before = order.expected_on
    order.expected_on = max(before, settings.clock().date()) + timedelta(days=DELAY_DAYS)
    order.delay_reason = "The carrier is behind; we are sorry."
    facts = {**order_facts(settings, order), "was_expected_on": before.isoformat(), "reason": order.delay_reason}
    await enqueue(
        session,
        kind="order.delayed",
        key=f"{order.number}/{order.expected_on}",
        stream=order.customer_id,
        data=facts,
        now=settings.clock(),
    )
    return True


async def _receive(session: AsyncSession, settings: Settings, order: Order) -> bool:
    newest = order.returns[-1] if order.returns else None
    if newest is None or not orders.receive_return(order, settings.clock()):
        return False
    facts = {**order_facts(settings, order), "return": f"RT-{newest.id:05d}", "reason": newest.reason}
    await enqueue(
        session,
        kind="order.returned",
        key=f"{order.number}/{newest.id}",
        stream=order.customer_id,
        data=facts,
        now=settings.clock(),
    )
    return True


async def _pay(session: AsyncSession, settings: Settings, order: Order) -> bool:
    if order.refund is None or order.refund.status != "pending":
        return False
    order.refund.status, order.refund.paid_at = "paid", settings.clock()
    return True


DEEDS: dict[str, Callable[[AsyncSession, Settings, Order], Awaitable[bool]]] = {
    "ship": _ship,
    "deliver": _deliver,
    "delay": _delay,
    "receive": _receive,
    "pay": _pay,
}


def _deeds_for(order: Order) -> list[tuple[str, str]]:
    deeds: list[tuple[str, str]] = []
    if order.status in orders.OPEN:
        deeds.append(("ship", "Ship"))
    if order.status is Status.SHIPPED:
        deeds.append(("deliver", "Deliver"))
    if order.status in orders.UNDERWAY:
        deeds.append(("delay", f"Delay by {DELAY_DAYS} days"))
    if any(entry.status == "requested" for entry in order.returns):
        deeds.append(("receive", "Return is back"))
    if order.refund is not None and order.refund.status == "pending":
        deeds.append(("pay", "Pay refund"))
    return deeds


async def act(request: web.Request) -> web.StreamResponse:
    """POST /backstage/orders/{number}/{deed}: 303 back to the page; 409 when the order is past it."""
    _check_staff(request)
    deed = DEEDS.get(request.match_info["deed"])
    if deed is None:
        raise web.HTTPNotFound()
    try:
        async with request.app[DATABASE].write() as session:
            order = await orders.find_order(session, request.match_info["number"])
            done = await deed(session, request.app[SETTINGS], order)
    except ShopError:
        raise web.HTTPNotFound() from None
    if not done:
        raise web.HTTPConflict(text=f"Order {order.number} is {order.status.value}; that cannot be done to it now.")
    request.app[SENDER].nudge()
    return see_other("/backstage")


async def make_trouble(request: web.Request) -> web.StreamResponse:
    """POST /backstage/chaos {mode, seconds?, delay?}, JSON or form; 404 unless started with `--chaos`."""
    _check_staff(request)
    if CHAOS not in request.app:
        raise web.HTTPNotFound()
    from_page = request.content_type == "application/x-www-form-urlencoded"
    try:
        body = dict(await request.post()) if from_page else await read_object(request)
        request.app[CHAOS].change({"mode": body["mode"]} if from_page and "mode" in body else body)
    except ShopError as error:
        return problem_response(error)
    if from_page:
        return see_other("/backstage")
    return web.Response(text=json.dumps({"mode": request.app[CHAOS].current().value}), content_type="application/json")


def backstage_routes() -> list[web.RouteDef]:
    """Every route of the backstage."""
    return [
        web.get("/backstage", backstage),
        web.post("/backstage/chaos", make_trouble),
        web.post("/backstage/orders/{number}/{deed}", act),
    ]
