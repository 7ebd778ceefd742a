"""Puts the shop together: routes, the security headers, the error pages, and what starts and stops with it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from demo import counter, pages
from demo.api import api_guard, api_routes
from demo.backstage import backstage_routes
from demo.chaos import Chaos
from demo.events import Sender
from demo.identity import rapport_identity
from demo.keys import CHAOS, DATABASE, SENDER, SETTINGS, TEMPLATES
from demo.problems import ShopError, problem_response
from demo.purchase import REF_PATTERN
from demo.render import REF_COOKIE, here, make_templates, page
from demo.seed import seed
from demo.sessions import set_cookie
from demo.settings import Settings
from demo.store import Database

log = logging.getLogger("demo")
REF_LIFETIME = timedelta(days=30)
MESSAGES = {
    403: ("Not from here", "This page only works from within the shop. Go back and try once more."),
    404: ("Nothing on this shelf", "We looked behind the sofa, too. The page is not here, or not yours to see."),
    405: ("Not like this", "This address does not work that way. The shelf is this way."),
    409: ("That moment has passed", "The order has moved on in the meantime. Reload its page to see where it is."),
    413: ("Too much at once", "That was more than this form can take."),
    500: ("A fuse has blown", "Something went wrong on our side. Please try again in a moment."),
}


def content_policy(settings: Settings) -> str:
    """The content security policy: our own style sheet, no inline anything, and the widget from Rapport's origin."""
    origin = settings.rapport_origin
    socket = origin.replace("http", "ws", 1)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {origin}",
            f"style-src 'self' {origin}",
            f"img-src 'self' data: {origin}",
            f"font-src {origin}",
            f"media-src {origin}",
            f"connect-src 'self' {origin} {socket}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


@web.middleware
async def shell(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Around every page: same-origin forms only, error pages a person can read, the friend's code remembered."""
    if request.path.startswith("/api/"):
        return await handler(request)
    try:
        if request.method == "POST" and not _same_origin(request):
            raise web.HTTPForbidden()
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        title, text = MESSAGES.get(error.status, MESSAGES[500])
        response = await page(request, "error.html", status=error.status, title=title, text=text)
    except (asyncio.CancelledError, ConnectionError):
        raise
    except Exception:  # the process edge of a page: logged, and told in a sentence
        log.exception("%s %s failed", request.method, request.path)
        response = await page(request, "error.html", status=500, title=MESSAGES[500][0], text=MESSAGES[500][1])
    code = request.query.get("ref", "")
    if request.method == "GET" and REF_PATTERN.fullmatch(code) and response.status < 400:
        set_cookie(request, response, REF_COOKIE, code, REF_LIFETIME)
    return response


def _same_origin(request: web.Request) -> bool:
    """A browser always sends Origin with a foreign POST; scripts and tests send none."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


async def healthz(request: web.Request) -> web.Response:
    """GET /healthz: 200 while the store answers."""
    ready = await request.app[DATABASE].ready()
    return web.json_response({"status": "ok" if ready else "degraded"}, status=200 if ready else 503)


async def _api_crash(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (web.HTTPException, asyncio.CancelledError, ConnectionError):
        raise
    except Exception:  # the process edge of the API: logged, and answered as a problem document
        log.exception("%s %s failed", request.method, request.path)
        return problem_response(ShopError(500, "internal", "Something went wrong here", "Please try again."))


@web.middleware
async def outermost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The process edge of the API: a bug becomes a problem document, and a line in the log."""
    return await (_api_crash(request, handler) if request.path.startswith("/api/") else handler(request))


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.setdefault("Content-Security-Policy", content_policy(request.app[SETTINGS]))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"


async def _running(app: web.Application) -> AsyncIterator[None]:
    """Open and seed the store, run the event sender, and put both away at the end."""
    settings, database = app[SETTINGS], app[DATABASE]
    await database.create()
    if await seed(database, settings.clock()):
        log.info("The sample shop was filled with products, customers and orders.")
    sending = asyncio.create_task(app[SENDER].run(), name="shop events")
    yield
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending
    await database.close()


def make_app(settings: Settings, *, first_wait_s: float = 1.0) -> web.Application:
    """The whole shop as one application; `first_wait_s` is the wait after an event's first failure."""
    app = web.Application(middlewares=[outermost, api_guard, shell], client_max_size=64 * 1024)
    database = Database(settings.data / "shop.sqlite3")
    app[SETTINGS] = settings
    app[DATABASE] = database
    app[TEMPLATES] = make_templates()
    app[SENDER] = Sender(database, settings, first_wait_s=first_wait_s)
    if settings.chaos:
        app[CHAOS] = Chaos()
    app.add_routes(
        [
            web.get("/", pages.home),
            web.get("/healthz", healthz),
            web.get("/products", pages.shelf),
            web.get("/products/{id}", pages.product),
            web.get("/help", pages.about),
            web.get("/basket", pages.basket),
            web.post("/basket", pages.change_basket),
            web.get("/checkout", counter.checkout_page),
            web.post("/checkout", counter.check_out),
            web.get("/sign-in", pages.sign_in_page),
            web.post("/sign-in", pages.sign_in),
            web.post("/sign-out", pages.sign_out),
            web.get("/account", counter.account),
            web.get("/orders/{number}", counter.order_page),
            web.post("/orders/{number}/cancel", counter.cancel_own),
            web.post("/orders/{number}/return", counter.return_own),
            web.get("/orders/{number}/invoice", counter.invoice),
            web.get("/track/{tracking}", pages.track),
            web.get("/rapport-identity", rapport_identity),
            *backstage_routes(),
            *api_routes(),
        ]
    )
    app.router.add_static("/static", here("static"))
    app.on_response_prepare.append(_add_headers)
    app.cleanup_ctx.append(_running)
    return app
