"""Who is browsing: one cookie, one row, a basket that works before signing in."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from demo.keys import DATABASE, SETTINGS
from demo.store import Customer, Visit

COOKIE = "lh_session"
LIFETIME = timedelta(days=30)


@dataclass(frozen=True)
class Visitor:
    """The person behind a request. `customer` is None until signed in; `orders` were placed here as a guest."""

    token: str | None = None
    customer: Customer | None = None
    basket: dict[str, int] = field(default_factory=dict)
    orders: tuple[str, ...] = ()

    @property
    def pieces(self) -> int:
        """How many things are in the basket."""
        return sum(self.basket.values())


VISITOR: web.RequestKey[Visitor] = web.RequestKey("visitor", Visitor)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def load_visitor(request: web.Request) -> Visitor:
    """The visitor of this request, read once; an unknown or expired cookie is simply nobody."""
    known: Visitor | None = request.get(VISITOR)
    if known is not None:
        return known
    visitor = Visitor()
    token = request.cookies.get(COOKIE, "")
    if 20 <= len(token) <= 100:
        async with request.app[DATABASE].read() as session:
            visit = await session.get(Visit, _hash(token))
            if visit is not None and visit.expires_at > request.app[SETTINGS].clock():
                customer = await session.get(Customer, visit.customer_id) if visit.customer_id else None
                visitor = Visitor(token, customer, dict(visit.basket), tuple(visit.orders))
    request[VISITOR] = visitor
    return visitor


async def _visit(session: AsyncSession, request: web.Request, visitor: Visitor) -> tuple[str, Visit]:
    now = request.app[SETTINGS].clock()
    visit = await session.get(Visit, _hash(visitor.token)) if visitor.token else None
    if visit is not None and visitor.token:
        visit.expires_at = now + LIFETIME
        return visitor.token, visit
    token = secrets.token_urlsafe(32)
    visit = Visit(token_hash=_hash(token), customer_id=None, basket={}, orders=[], expires_at=now + LIFETIME)
    session.add(visit)
    return token, visit


async def set_basket(session: AsyncSession, request: web.Request, basket: dict[str, int]) -> str:
    """Keep `basket` for this browser. Returns the cookie's value to set."""
    token, visit = await _visit(session, request, await load_visitor(request))
    visit.basket = basket
    return token


async def remember_order(session: AsyncSession, request: web.Request, number: str) -> str:
    """Empty the basket and let this browser see the order it just placed. Returns the cookie's value to set."""
    token, visit = await _visit(session, request, await load_visitor(request))
    visit.basket = {}
    visit.orders = [*visit.orders[-19:], number]
    return token


async def sign_in(session: AsyncSession, request: web.Request, customer: Customer) -> str:
    """Begin a new session for `customer`, keeping the basket. The old cookie dies, so a planted one gains nothing."""
    visitor = await load_visitor(request)
    if visitor.token:
        old = await session.get(Visit, _hash(visitor.token))
        if old is not None:
            await session.delete(old)
    token, visit = await _visit(session, request, Visitor())
    visit.customer_id = customer.id
    visit.basket = dict(visitor.basket)
    return token


async def sign_out(request: web.Request, response: web.StreamResponse) -> None:
    """End the session on the server and in the browser."""
    visitor = await load_visitor(request)
    if visitor.token:
        async with request.app[DATABASE].write() as session:
            visit = await session.get(Visit, _hash(visitor.token))
            if visit is not None:
                await session.delete(visit)
    response.del_cookie(COOKIE, path="/")


def set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, lifetime: timedelta = LIFETIME
) -> None:
    """A cookie only this shop's server can read; Secure whenever the page itself came over https."""
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
    )
