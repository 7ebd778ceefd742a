"""The studio's pages and routes over a store, without the processes around them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.gateway.api import Api
from bot.gateway.assets import add_asset_routes
from bot.gateway.hub import Hub
from bot.gateway.keys import APP, HUB, WORKER
from bot.gateway.problems import problem_middleware
from bot.gateway.security import security_middleware
from bot.gateway.staff_auth import add_session_routes, guard
from bot.gateway.staff_pages import add_staff_pages
from bot.gateway.studio_routes import add_studio_routes
from bot.gateway.worker_client import WorkerClient
from bot.services.app import App
from bot.services.staff import create_account

PASSWORD = "a long enough secret"
NOBODY = "http://127.0.0.1:9"


@asynccontextmanager
async def studio_client(app: App, worker: str = NOBODY, token: str = "") -> AsyncIterator[TestClient]:
    """A browser's worth of client; `worker` is the address of the worker's door."""
    application = web.Application(middlewares=[security_middleware(app.settings), problem_middleware])
    application[APP] = app
    application[HUB] = Hub(app)
    application[WORKER] = WorkerClient(worker, token)
    api = Api()
    add_session_routes(application, api)
    add_staff_pages(application)
    add_studio_routes(application, api)
    api.mount(application, guard)
    add_asset_routes(application)
    try:
        async with TestClient(TestServer(application)) as made:
            yield made
    finally:
        await application[WORKER].close()


async def sign_in(app: App, client: TestClient, role: str) -> str:
    """Signed in by cookie; returns the token that forms carry."""
    email = f"{role}@example.com"
    await create_account(app, email=email, role=role, name=role, password=PASSWORD)
    answer = await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
    return str((await answer.json())["csrf"])
