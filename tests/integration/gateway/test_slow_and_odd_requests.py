"""Requests as only an attacker writes them: dripped, endless, huge, with a false length. Each ends, others get in."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.gateway import bodies
from bot.gateway import door as doors
from bot.gateway.door import Door
from bot.gateway.keys import DOOR
from tests.support.raw_socket import RawSocket, exchange, upgrade

HELLO = b'{"locale":"en"}'


class Step:
    """A small server behind a door, and whoever connects to it."""

    def __init__(self, door: Door, port: int) -> None:
        self.door, self.port = door, port
        self._open: list[asyncio.StreamWriter] = []

    async def connect(self, data: bytes = b"") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._open.append(writer)
        writer.write(data)
        await writer.drain()
        return reader

    async def answered(self) -> bool:
        """Whether somebody who asks properly is answered."""
        return b"200 OK" in await exchange(self.port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    def leave(self) -> None:
        for writer in self._open:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def step(limit: int = 1000) -> AsyncIterator[Step]:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    door = Door(limit)
    application = web.Application()
    application.router.add_get("/", hello)
    application.on_response_prepare.append(door.keep_moving)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    listening = await asyncio.get_running_loop().create_server(door.guard(runner.server), "127.0.0.1", 0)
    made = Step(door, listening.sockets[0].getsockname()[1])
    try:
        yield made
    finally:
        made.leave()
        listening.close()
        await runner.cleanup()


async def closed(reader: asyncio.StreamReader) -> bool:
    """Whether the server closed without a word."""
    try:
        async with asyncio.timeout(30):
            return await reader.read() == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("head", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_who_does_not_finish_the_head_of_a_request_is_sent_away(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    async with step() as site:
        slow = await site.connect(head)
        site.door.look()
        assert not slow.at_eof(), "there was time left"
        monkeypatch.setattr(doors, "HEAD_WITHIN_S", 0)
        site.door.look()
        assert await closed(slow)
        assert await site.answered()


async def test_half_an_upgrade_is_sent_away_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async with step() as site:
        half = await site.connect(upgrade("/ws/visitor", "x")[:-2])
        monkeypatch.setattr(doors, "HEAD_WITHIN_S", 0)
        site.door.look()
        assert await closed(half)


async def test_who_has_asked_once_is_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    async with step() as site:
        reader = await site.connect(b"GET / HTTP/1.1\r\nHo")
        writer = site._open[0]
        writer.write(b"st: x\r\n\r")
        await writer.drain()
        writer.write(b"\n")
        assert b"200 OK" in await reader.readuntil(b"hello")
        monkeypatch.setattr(doors, "HEAD_WITHIN_S", 0)
        site.door.look()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"hello")


async def test_many_slow_ones_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "ON_THE_STEP", 20)
    monkeypatch.setattr(doors, "FRESH_S", -1)
    async with step() as site:
        slow = [await site.connect(b"GET / HTTP/1.1\r\n") for _ in range(60)]
        assert await site.answered()
        for reader in slow[:40]:
            assert await closed(reader)
        assert not any(reader.at_eof() for reader in slow[-19:])


async def test_a_wave_that_comes_in_one_moment_is_let_in_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "ON_THE_STEP", 5)
    monkeypatch.setattr(doors, "FRESH_S", 3600)
    async with step() as site:
        assert all(await asyncio.gather(*(site.answered() for _ in range(40))))


async def test_near_the_limit_connections_end_with_their_answer_and_beyond_it_nobody_comes_in() -> None:
    async with step(limit=10) as site:
        inside = [await site.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(9)]
        for reader in inside:
            await reader.readuntil(b"hello")
        site.door.look()
        assert site.door.crowded
        last = await site.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"Connection: close" in await last.read()
        site.door.look()
        await site.connect()
        assert await closed(await site.connect())
        site.leave()
        async with asyncio.timeout(30):
            while site.door.crowded:
                await asyncio.sleep(0.02)
                site.door.look()
        assert await site.answered()


async def test_a_full_gateway_opens_no_chat_and_says_when_to_come_back(server: TestServer) -> None:
    server.app[DOOR].crowded = True
    refused = await RawSocket.open(server.port or 0)
    assert (refused.status, refused.headers["retry-after"]) == (503, "30")
    async with ClientSession() as session:
        async with session.post(server.make_url("/api/v1/visitor/hello"), json={}) as answer:
            assert (answer.status, (await answer.json())["title"]) == (503, "busy")
        async with session.get(server.make_url("/signin")) as answer:
            assert (answer.status, answer.headers["Connection"]) == (200, "close")


def post(body: bytes, *headers: bytes, path: bytes = b"/api/v1/visitor/hello", version: bytes = b"1.1") -> bytes:
    head = [b"POST %s HTTP/%s" % (path, version), b"Host: x", b"Content-Type: application/json", *headers, b"", b""]
    return b"\r\n".join(head) + body


def get(path: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"GET %s HTTP/1.1" % path, b"Host: x", b"Connection: close", *headers, b"", b""])


LENGTH = b"Content-Length: %d" % len(HELLO)
ODD = {
    "a path of 64 KB": (get(b"/" + b"a" * 65_536), 400),
    "a query of 64 KB": (get(b"/signin?q=" + b"a" * 65_536), 400),
    "a header of 64 KB": (get(b"/signin", b"X-Long: " + b"a" * 65_536), 400),
    "a thousand headers": (get(b"/signin", *(b"X-%d: a" % number for number in range(1000))), 400),
    "a thousand cookies": (get(b"/signin", b"Cookie: " + b"; ".join(b"c%d=1" % n for n in range(1000))), 200),
    "cookies that are none": (get(b"/signin", b"Cookie: " + b'=;"\\;,' * 1300), 200),
    "a header's name with a space": (get(b"/signin", b"X Y: 1"), 400),
    "a folded header": (get(b"/signin", b"X-Folded: a\r\n b"), 400),
    "a NUL in a header": (get(b"/signin", b"X-Nul: a\0b"), 400),
    "HTTP/0.9": (b"GET /signin\r\n\r\n", 200),
    "a version of its own": (b"GET /signin HTTP/9.9\r\nHost: x\r\n\r\n", 400),
    "TLS on the plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x11" * 32, 400),
    "HTTP/1.0": (post(HELLO, LENGTH, version=b"1.0"), 200),
    "two lengths": (post(HELLO, LENGTH, b"Content-Length: 3", b"Connection: close"), 400),
    "a length and chunks": (post(b"0\r\n\r\n", LENGTH, b"Transfer-Encoding: chunked", b"Connection: close"), 400),
    "a negative length": (post(HELLO, b"Content-Length: -1", b"Connection: close"), 400),
    "a length of a word": (post(HELLO, b"Content-Length: many", b"Connection: close"), 400),
    "a length beyond all numbers": (post(HELLO, b"Content-Length: " + b"9" * 40, b"Connection: close"), 400),
    "a chunk without a length": (post(b"zz\r\n", b"Transfer-Encoding: chunked", b"Connection: close"), 400),
    "a length that is too short": (post(HELLO, b"Content-Length: 5", b"Connection: close"), 400),
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_request_gets_one_answer_and_the_next_one_too(server: TestServer, name: str) -> None:
    request, status = ODD[name]
    answer = await exchange(server.port or 0, request)
    assert answer.split(b" ")[1] == str(status).encode(), answer[:200]
    assert len(re.findall(rb"HTTP/\d\.\d \d{3} ", answer)) == 1
    assert b"Traceback" not in answer
    after = await exchange(server.port or 0, post(HELLO, LENGTH, b"Connection: close"))
    assert json.loads(after.partition(b"\r\n\r\n")[2])["type"] == "welcome"


@pytest.mark.parametrize(
    ("parts", "status"), [([b"1000\r\n" + b"[" * 4096 + b"\r\n"] * 1000, b"413"), ([b"1\r\n{\r\n"], b"408")]
)
async def test_chunks_without_an_end_are_not_waited_for(
    server: TestServer, monkeypatch: pytest.MonkeyPatch, parts: list[bytes], status: bytes
) -> None:
    monkeypatch.setattr(bodies, "READ_WITHIN_S", 0.3 if status == b"408" else 30)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.writelines([post(b"", b"Transfer-Encoding: chunked"), *parts])
    async with asyncio.timeout(30):
        assert (await reader.readline()).split()[1] == status
    writer.transport.abort()
