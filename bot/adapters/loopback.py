"""The loopback door that each process opens for its siblings: guarded by the internal token."""

import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def require_token(token: str) -> Middleware:
    """An aiohttp middleware: 401 without the internal token; `/healthz` is open."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("X-Rapport-Token", "")
        if request.path != "/healthz" and not hmac.compare_digest(given.encode(), token.encode()):
            raise web.HTTPUnauthorized(text="the internal token is missing or wrong")
        return await handler(request)

    return check
