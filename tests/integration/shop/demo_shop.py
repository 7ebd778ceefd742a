"""What the tests of the sample shop share: the real shop on a loopback port, a clock to move, a real event receiver."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook, WebhookVerificationError

from demo.app import make_app
from demo.settings import Settings

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
RAW_SECRET = b"0123456789abcdef0123456789abcdef"
IDENTITY = "identity-secret-of-the-tests-0123456789"
TOKEN = "orders-token-of-the-tests"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Shop:
    """A running shop and a browser in front of it."""

    url: str
    clock: Clock
    browser: aiohttp.ClientSession

    async def get(self, path: str, **options: Any) -> tuple[int, Any]:
        """Ask the API as a trusted server; the answer's status and JSON."""
        async with self.browser.get(self.url + path, headers=AUTH | options.pop("headers", {}), **options) as answer:
            return answer.status, await answer.json(content_type=None)

    async def post(self, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        headers = AUTH | ({"Idempotency-Key": key} if key else {})
        async with self.browser.post(self.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def look(self, path: str) -> str:
        """A page, as a person's browser sees it (redirects followed)."""
        async with self.browser.get(self.url + path) as answer:
            return await answer.text()

    async def submit(self, path: str, **form: str) -> tuple[int, str, str]:
        """Send a form; the last answer's status, its path, its text."""
        async with self.browser.post(self.url + path, data=form) as answer:
            return answer.status, answer.url.path, await answer.text()

    async def check_out(self, **changes: str) -> tuple[int, str, str]:
        """Fill in and send the checkout as its page shows it."""
        page = await self.look("/checkout")
        hidden = dict(re.findall(r'<input type="hidden" name="(checkout_id|offer)" value="([^"]+)">', page))
        form = {
            "name": "Nia Fields", "email": "nia@example.com", "phone": "", "line1": "1 New Street", "line2": "",
            "postcode": "D01 F5P2", "city": "Dublin", "country": "Ireland", "delivery": "standard", "payment": "card",
        }  # fmt: skip
        return await self.submit("/checkout", **(hidden | form | changes))


@asynccontextmanager
async def running_shop(
    folder: Path, *, events_url: str = "http://127.0.0.1:9", chaos: bool = False, friend_reward: int = 1000
) -> AsyncIterator[Shop]:
    """Start the shop on a free loopback port, and a fresh browser."""
    clock = Clock()
    settings = Settings(
        data=folder, rapport_url="http://127.0.0.1:9", events_url=events_url, public_url="http://shop.test",
        identity_secret=IDENTITY, orders_token=TOKEN, shop_secret=SECRET, chaos=chaos, clock=clock,
        friend_reward=friend_reward,
    )  # fmt: skip
    server = TestServer(make_app(settings, first_wait_s=0.02))
    await server.start_server()
    try:
        async with new_browser() as browser:
            yield Shop(str(server.make_url("")).rstrip("/"), clock, browser)
    finally:
        await server.close()


def new_browser() -> aiohttp.ClientSession:
    """A client with its own cookies, also for addresses that are bare IPs."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=20))


@dataclass
class Receiver:
    """A real HTTP receiver that verifies Standard Webhooks signatures; refuses the first `refusals` deliveries."""

    refusals: int = 0
    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    attempts: list[str] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.attempts.append(request.headers["webhook-id"])
        try:
            event = Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError:
            return web.Response(status=401)
        if len(self.attempts) <= self.refusals:
            return web.Response(status=503)
        assert json.loads(body) == event
        self.taken.append(event)
        return web.Response(status=202)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of the events of one type, in the order they came."""
        return [event["data"] for event in self.taken if event["type"] == kind]


@asynccontextmanager
async def running_receiver(refusals: int = 0) -> AsyncIterator[Receiver]:
    """A receiver on a free loopback port."""
    receiver = Receiver(refusals)
    app = web.Application()
    app.router.add_post("/api/v1/events", receiver.receive)
    server = TestServer(app)
    await server.start_server()
    receiver.url = str(server.make_url("")).rstrip("/")
    try:
        yield receiver
    finally:
        await server.close()


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Poll until it is so; fail after a deadline."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)
