"""A store that takes no writes: no ack, a plain error, red health; and all by itself well again when it does."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.bootstrap import build_rasa
from bot.gateway.health import HEALTH, Health, healthz
from bot.services.app import App
from bot.settings import Settings
from bot.store import inloop
from bot.store.engine import Store
from tests.integration.conftest import MovableClock
from tests.integration.protocol.world import Frame, Tab, World


class Site(World):
    """The gateway with its health, and one visitor."""

    path: Path
    visitor: Tab

    async def health(self) -> tuple[int, str]:
        async with self.session.get(self.server.make_url("/healthz")) as response:
            return response.status, (await response.json())["components"]["store"]

    async def say(self, text: str) -> Frame:
        return await self.visitor.deliver({"type": "send", "cid": str(uuid4()), "text": text})


@pytest.fixture
async def site(tmp_path: Path, settings: Settings, clock: MovableClock, sqlite_template: Path) -> AsyncIterator[Site]:
    path = tmp_path / "rapport.db"
    path.write_bytes(sqlite_template.read_bytes())
    quiet = settings.model_copy(update={"send_limit": 100_000, "demo": False})
    made = Site(App(settings=quiet, store=Store(f"sqlite+aiosqlite:///{path}"), clock=clock), clock)
    made.path = path
    health = Health(build_rasa(quiet), "http://127.0.0.1:1")

    def add_health(application: Any) -> None:
        application[HEALTH] = health
        application.router.add_get("/healthz", healthz)

    await made.open(add_health)
    made.visitor = made.tab(None)
    await made.visitor.connect()
    yield made
    await made.visitor.drop()
    await health.close()
    await made.close()


async def test_a_full_disk_costs_nothing_that_was_acked_and_the_chat_goes_on_when_there_is_room(site: Site) -> None:
    assert (await site.say("before"))["type"] == "ack"

    async def allow(pages: int) -> None:
        async with site.app.store.write() as tx:
            await tx.execute(text(f"PRAGMA max_page_count={pages}"))

    await allow(1)  # the database never shrinks to it: it may not grow
    acked = 1
    while (answer := await site.say("x" * 1500))["type"] == "ack":
        acked += 1
        assert acked < 200, "the disk was never full"
    assert answer["code"] == "unavailable"
    assert await site.health() == (503, "down")
    refused: Frame = {"type": "send", "cid": answer["cid"], "text": "x" * 1500}
    assert (await site.visitor.deliver(refused))["type"] == "error"
    assert await site.health() == (503, "down")

    await allow(1_000_000)
    assert await site.health() == (200, "up")
    assert (await site.visitor.deliver(refused))["type"] == "ack"
    messages = await site.messages(site.visitor.welcome["conversation"])
    assert len(messages) == acked + 1
    with sqlite3.connect(site.path) as direct:
        assert direct.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    direct.close()


async def test_all_who_write_into_a_locked_database_are_told_after_the_same_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inloop, "BUSY_WITHIN_S", 0.5)
    other = sqlite3.connect(site.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waits = inloop.BUSY_WITHIN_S

    async def write() -> float:
        begun = time.monotonic()
        with pytest.raises(OperationalError):
            async with site.app.write():
                pass
        return time.monotonic() - begun

    longest = max(await asyncio.gather(*(write() for _ in range(20))))
    other.close()
    assert longest < 10 * waits, "one after the other they wait twenty times as long"


async def test_a_locked_database_costs_nothing_that_was_acked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inloop, "BUSY_WITHIN_S", 0.3)
    other = sqlite3.connect(site.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = await site.say("are you there?")
    assert (answer["type"], answer["code"]) == ("error", "unavailable")
    assert await site.health() == (503, "down")
    async with site.session.post(site.server.make_url("/api/v1/visitor/hello"), json={}) as hello:
        assert hello.status == 503
        assert (await hello.json())["title"] == "unavailable"
        assert hello.headers["Retry-After"]
    other.execute("ROLLBACK")
    other.close()
    assert await site.health() == (200, "up")
    again: Frame = {"type": "send", "cid": answer["cid"], "text": "are you there?"}
    assert (await site.visitor.deliver(again))["type"] == "ack"
    assert len(await site.messages(site.visitor.welcome["conversation"])) == 1
