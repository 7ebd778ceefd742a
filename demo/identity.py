"""Tells Rapport who is signed in: a short-lived token that only the shop's server can make."""

from __future__ import annotations

from datetime import datetime, timedelta

import jwt
from aiohttp import web

from demo.keys import SETTINGS
from demo.sessions import load_visitor
from demo.store import Customer

LIFETIME = timedelta(minutes=30)


def make_token(customer: Customer, secret: str, now: datetime) -> str:
    """A JWT (HS256) for `customer`: sub, email, name, locale, iat, and exp half an hour on."""
    claims = {
        "sub": customer.id,
        "email": customer.email,
        "name": customer.name,
        "locale": customer.locale,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    return jwt.encode(claims, secret, algorithm="HS256")


async def rapport_identity(request: web.Request) -> web.Response:
    """GET /rapport-identity: `{"token": jwt}` for a signed-in customer, 204 for anybody else."""
    settings = request.app[SETTINGS]
    visitor = await load_visitor(request)
    headers = {"Cache-Control": "no-store", "Vary": "Cookie"}
    if visitor.customer is None or not settings.identity_secret:
        return web.Response(status=204, headers=headers)
    token = make_token(visitor.customer, settings.identity_secret, settings.clock())
    return web.json_response({"token": token}, headers=headers)
