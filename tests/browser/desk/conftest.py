"""The desk alone over a real store, and a browser."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from playwright.async_api import Browser, async_playwright

from bot.gateway.api import Api
from bot.gateway.assets import add_asset_routes
from bot.gateway.desk_routes import add_desk_routes
from bot.gateway.door import Door
from bot.gateway.hub import Hub
from bot.gateway.keys import APP, DOOR, HUB, LIMITER
from bot.gateway.limiter import Limiter
from bot.gateway.problems import problem_middleware
from bot.gateway.security import security_middleware
from bot.gateway.staff_auth import add_session_routes, guard, staff_of
from bot.gateway.upload_routes import add_upload_routes
from bot.gateway.visitor_routes import add_visitor_routes
from bot.services import passwords
from bot.services.app import App
from bot.services.staff import create_account
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.migrate import migrate
from tests.browser.desk.kit import PASSWORD, Shop


class LocalHints:
    local = None

    def publish(self, topic: str, subject: str) -> None:
        if self.local is not None:
            self.local(topic, subject)


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Shop, str]]:
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._dummy.cache_clear()
    settings = Settings(data=tmp_path, demo=False, company="Lumen & Hearth")
    hints = LocalHints()
    app = App(settings=settings, store=Store(f"sqlite+aiosqlite:///{tmp_path / 'rapport.db'}"), hints=hints)
    shop = Shop(app)
    app.clock = shop.clock
    await migrate(app.store)
    hub = Hub(app)
    hints.local = hub.hint
    application = web.Application(middlewares=[security_middleware(settings), problem_middleware])
    application[APP], application[HUB], application[LIMITER] = app, hub, Limiter(settings)
    application[DOOR] = Door(1000)
    api = Api()
    add_visitor_routes(application, api)
    add_session_routes(application, api)
    add_upload_routes(application, api, staff_of)
    add_desk_routes(application, api)
    api.mount(application, guard)
    add_asset_routes(application)
    for name, role in (("Ana", "agent"), ("Ben", "supervisor")):
        await create_account(app, email=f"{name.lower()}@team.example.com", role=role, name=name, password=PASSWORD)
    async with TestServer(application) as server:
        yield shop, f"http://127.0.0.1:{server.port}"
    await app.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
        )
        yield launched
        await launched.close()
