"""Headers every answer carries, and the refusal of cross-site writes to staff routes."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.gateway.problems import Problem
from bot.settings import Settings

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
OPEN_TO_OTHER_SITES = ("/api/v1/visitor/", "/api/v1/events")
"""Visitors write from the site that embeds the widget (bearer token), the shop signs its events: no cookie counts."""


def security_middleware(settings: Settings) -> Middleware:
    """A strict policy for our own pages; scripts only from us, no inline script, no framing."""

    @web.middleware
    async def secure(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method in WRITES and not request.path.startswith(OPEN_TO_OTHER_SITES):
            try:
                refuse_cross_site(request, settings)
            except Problem as problem:
                return problem.response()
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            _add_headers(request, answer)
            raise
        _add_headers(request, response)
        return response

    return secure


def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    if response.prepared:
        return
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if response.content_type == "text/html":
        response.headers.setdefault("Content-Security-Policy", policy(request))
        response.headers.setdefault("Cache-Control", "no-store")


def policy(request: web.Request) -> str:
    """The Content-Security-Policy of our pages."""
    host = request.host
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self' ws://{host} wss://{host}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def refuse_cross_site(request: web.Request, settings: Settings) -> None:
    """Raise Problem 403 for a write that a foreign page started. Browsers say so; other clients send neither header."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in {"same-origin", "none"}:
        raise Problem(403, "cross_site", "This request came from another website and was refused.")
    origin = request.headers.get("Origin")
    if origin is not None:
        own = {request.host.lower(), settings.origin.partition("//")[2].lower()}
        if origin.partition("//")[2].lower() not in own:
            raise Problem(403, "cross_site", "This request came from another website and was refused.")
