"""The limits stand whether or not Redis does."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from bot.gateway.limiter import Limiter
from bot.settings import Settings


async def refused_after(limiter: Limiter, most: int) -> bool:
    taken = [await limiter.allow_send("one") for _ in range(most + 1)]
    return taken == [True] * most + [False]


async def test_a_redis_that_is_away_costs_no_message_and_no_limit(tmp_path: Path, unused_tcp_port: int) -> None:
    limiter = Limiter(Settings(data=tmp_path, redis_url=f"redis://127.0.0.1:{unused_tcp_port}/0", send_limit=3))
    assert await refused_after(limiter, 3)


async def test_a_redis_that_does_not_answer_is_waited_for_once(tmp_path: Path) -> None:
    asked = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(writer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        limiter = Limiter(Settings(data=tmp_path, redis_url=f"redis://127.0.0.1:{port}/0", send_limit=3))
        assert await refused_after(limiter, 3)
        assert len(asked) == 1
    finally:
        server.close()


async def test_redis_is_asked_again_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def refuses(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        writer.close()

    server = await asyncio.start_server(refuses, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    limiter = Limiter(Settings(data=tmp_path, redis_url=f"redis://127.0.0.1:{port}/0", send_limit=30))
    try:
        for _ in range(3):
            assert await limiter.allow_send("one")
        before = asked
        monkeypatch.setattr("bot.gateway.limiter.WITHOUT_REDIS_S", 0.0)
        limiter._alone_until = 0.0
        assert await limiter.allow_send("one")
        assert asked > before
    finally:
        server.close()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 1)
