"""The gateway's staff side alone: real routes and store, a clock that stands still, no Rasa."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from bot.gateway.api import Api
from bot.gateway.assets import add_asset_routes
from bot.gateway.customer_routes import add_customer_routes
from bot.gateway.data_routes import add_data_routes
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
from bot.services.visitors import open_visit
from bot.settings import Settings
from tests.integration.desk.customer import Customer

PASSWORD = "a long enough secret"


def build_desk(app: App) -> web.Application:
    """The gateway's staff and visitor doors over `app`."""
    hub = Hub(app)
    app.hints.local = hub.hint  # type: ignore[attr-defined]  # the test's hints
    application = web.Application(middlewares=[security_middleware(app.settings), problem_middleware])
    application[APP] = app
    application[HUB] = hub
    application[DOOR] = Door(1000)
    application[LIMITER] = Limiter(app.settings)
    api = Api()
    add_visitor_routes(application, api)
    add_upload_routes(application, api, staff_of)
    add_data_routes(api)
    add_customer_routes(api)
    add_session_routes(application, api)
    add_desk_routes(application, api)
    api.mount(application, guard)
    add_asset_routes(application)
    return application


class LocalHints:
    """Hints that reach this process's hub, as the gateway's own do."""

    def __init__(self) -> None:
        self.local: Callable[[str, str], None] | None = None

    def publish(self, topic: str, subject: str) -> None:
        if self.local is not None:
            self.local(topic, subject)


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least memory: what is tested is who gets in, not how long a guess costs."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._dummy.cache_clear()


@pytest.fixture
def settings(tmp_path) -> Settings:  # type: ignore[no-untyped-def]
    return Settings(data=tmp_path, company="Lumen & Hearth", public_url="", demo=False)


@pytest.fixture
async def server(app: App) -> AsyncIterator[TestServer]:
    app.hints = LocalHints()
    async with TestServer(build_desk(app)) as running:
        yield running


@dataclass
class Agent:
    """A signed-in API client."""

    id: str
    name: str
    token: str
    client: TestClient

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        kwargs = {} if body is None else {"json": body}
        answer = await self.client.request(method, path, headers={"Authorization": f"Bearer {self.token}"}, **kwargs)
        return answer.status, (await answer.json() if answer.content_length else {})


@pytest.fixture
async def client(server: TestServer) -> AsyncIterator[TestClient]:
    async with TestClient(server) as made:
        yield made


@pytest.fixture
async def sign_up(app: App, client: TestClient) -> Callable[..., Awaitable[Agent]]:
    async def make(name: str, role: str = "agent") -> Agent:
        email = f"{name.lower()}@team.example.com"
        staff_id = await create_account(app, email=email, role=role, name=name, password=PASSWORD)
        answer = await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        assert answer.status == 200, await answer.text()
        token = (await answer.json())["token"]
        client.session.cookie_jar.clear()
        return Agent(staff_id, name, token, client)

    return make


@pytest.fixture
def arrive(app):
    async def make(*, waiting: bool = True, text: str = "My hub is broken") -> Customer:
        visit = await open_visit(
            app, token=None, identity=None, last_seq=0, locale="en", page="https://shop.example/hub"
        )
        customer = Customer(app, visit.conversation_id)
        await customer.says(text)
        if waiting:
            await customer.wants_person()
        return customer

    return make
