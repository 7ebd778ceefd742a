"""A repeated POST gets its first answer and does nothing again: the answer is kept in the transaction of the deed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from demo.keys import DATABASE, SENDER, SETTINGS
from demo.problems import ShopError, bad_request
from demo.store import Answered

Deed = Callable[[web.Request, AsyncSession, dict[str, Any]], Awaitable[tuple[int, dict[str, Any]]]]


async def read_object(request: web.Request) -> dict[str, Any]:
    """The JSON object of the request; an empty body is `{}`. Raises ShopError 400."""
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise bad_request("The body must be a JSON object.") from None
    if not isinstance(body, dict):
        raise bad_request("The body must be a JSON object.")
    return body


def once(deed: Deed) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Make a handler of `deed`, which runs in one write transaction and honours `Idempotency-Key`.

    The same key on the same route: the first answer again (`Idempotency-Replayed: true`), refusals by rule included;
    with another body: 422 `idempotency_key_reused`. Malformed requests are not kept.
    """

    async def handler(request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key")
        if key is not None and not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
            raise bad_request("Idempotency-Key must be 1 to 255 printable ASCII characters.")
        body = await read_object(request)
        route = f"{request.method} {request.path}"
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        replayed = False
        async with request.app[DATABASE].write() as session:
            earlier = await _earlier(session, key, route, digest) if key else None
            if earlier is not None:
                status, text, replayed = earlier.status, earlier.body, True
            else:
                status, text = await _do(deed, request, session, body)
                if key:
                    now = request.app[SETTINGS].clock()
                    session.add(
                        Answered(key=key, route=route, body_hash=digest, status=status, body=text, created_at=now)
                    )
        request.app[SENDER].nudge()
        kind = "application/json" if status < 400 else "application/problem+json"
        headers = {"Idempotency-Replayed": "true"} if replayed else None
        return web.Response(status=status, text=text, content_type=kind, headers=headers)

    return handler


async def _earlier(session: AsyncSession, key: str, route: str, digest: str) -> Answered | None:
    found = await session.scalar(select(Answered).where(Answered.key == key, Answered.route == route))
    if found is not None and found.body_hash != digest:
        raise ShopError(
            422,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request",
            "Send the same body with the same key, or a new key.",
        )
    return found


async def _do(deed: Deed, request: web.Request, session: AsyncSession, body: dict[str, Any]) -> tuple[int, str]:
    """Rules refuse before they change anything, so a 409 may be kept in the same transaction; a 400 is raised on."""
    try:
        status, answer = await deed(request, session, body)
    except ShopError as error:
        if error.status != 409:
            raise
        status, answer = error.status, error.document()
    return status, json.dumps(answer)
