"""Builds the gateway's aiohttp application: middlewares, routes, background tasks."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import http_parser, web

from bot.adapters.hints import DatagramHints, HintListener
from bot.bootstrap import build_app, build_rasa
from bot.gateway.api import Api
from bot.gateway.assets import add_asset_routes
from bot.gateway.customer_routes import add_customer_routes
from bot.gateway.data_routes import add_data_routes
from bot.gateway.desk_routes import add_desk_routes
from bot.gateway.goodwill_routes import add_goodwill_routes
from bot.gateway.health import HEALTH, Health, healthz, metrics, readyz
from bot.gateway.hub import Hub
from bot.gateway.keys import APP, DOOR, HUB, LIMITER, WORKER
from bot.gateway.limiter import Limiter
from bot.gateway.listing_routes import add_listing_routes
from bot.gateway.openapi import openapi
from bot.gateway.problems import problem_middleware
from bot.gateway.queue_positions import QueuePositions
from bot.gateway.referral_routes import add_referral_routes
from bot.gateway.security import security_middleware
from bot.gateway.staff_auth import add_session_routes, guard, staff_of
from bot.gateway.studio_routes import add_studio_routes
from bot.gateway.upload_routes import add_upload_routes
from bot.gateway.visitor_routes import add_visitor_routes
from bot.gateway.worker_client import WorkerClient
from bot.gateway.worker_watch import WorkerWatch, sign_of_life
from bot.services.app import Clock, utc_now
from bot.settings import Settings

VERSION = "1"


def build_gateway(settings: Settings, *, clock: Clock = utc_now, connections: int = sys.maxsize) -> web.Application:
    """The public application. Its store and tasks open with it and are closed with it.

    `connections`: how many there is room for.
    """
    _require_compiled_parser()
    worker_url = f"http://127.0.0.1:{settings.ports.worker}"
    token = settings.secret("internal_token")
    hints = DatagramHints([settings.ports.worker], token)
    app = build_app(settings, hints=hints, clock=clock)
    hub = Hub(app)
    hints.local = hub.hint
    application = web.Application(
        middlewares=[security_middleware(settings), problem_middleware], client_max_size=12 * 1024 * 1024
    )
    application[APP] = app
    application[HUB] = hub
    application[LIMITER] = Limiter(settings)
    application[WORKER] = WorkerClient(worker_url, token)
    application[HEALTH] = Health(build_rasa(settings), worker_url)
    api = Api()
    add_visitor_routes(application, api, connections)
    add_upload_routes(application, api, staff_of)
    add_data_routes(api)
    add_session_routes(application, api)
    add_desk_routes(application, api)
    add_studio_routes(application, api)
    add_listing_routes(application, api)
    add_referral_routes(application, api)
    add_goodwill_routes(application, api)
    add_customer_routes(api)
    api.mount(application, guard)
    _add_pages_for_programs(application, api)
    application.router.add_get("/", front)
    add_asset_routes(application)

    async def background(_application: web.Application) -> AsyncIterator[None]:
        positions = QueuePositions(app, hub)
        hub.join_staff(positions.hear)
        http = aiohttp.ClientSession()
        watch = WorkerWatch(app, sign_of_life(http, worker_url))
        tasks = [
            asyncio.create_task(work)
            for work in (hub.poll_forever(), positions.run(), application[DOOR].watch(), watch.run())
        ]
        await hints.open()
        listener = await HintListener.listen(settings.ports.hints, token, hub.hint)
        yield
        listener.close()
        hints.close()
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await http.close()
        await application[WORKER].close()
        await application[HEALTH].close()
        await app.close()

    application.cleanup_ctx.append(background)
    return application


def _add_pages_for_programs(application: web.Application, api: Api) -> None:
    document = openapi(api.routes, VERSION)

    async def describe(_request: web.Request) -> web.Response:
        return web.json_response(document)

    application.router.add_get("/api/v1/openapi.json", describe)
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", metrics)


async def front(request: web.Request) -> web.StreamResponse:
    """`GET /`: the demo shop in demo mode, else the desk."""
    settings = request.app[APP].settings
    raise web.HTTPFound(_demo_shop(request, settings) if settings.demo else "/desk")


def _demo_shop(request: web.Request, settings: Settings) -> str:
    # The shop runs beside us: a browser that came by another name for this machine reaches it by that name too.
    return f"http://{request.url.host}:{settings.ports.shop}/"


def _require_compiled_parser() -> None:
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise RuntimeError("aiohttp's compiled HTTP parser is missing; the slower one is not safe on the internet")
