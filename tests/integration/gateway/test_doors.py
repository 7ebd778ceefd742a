"""Who is let in, how many at once, and whose address counts."""

import asyncio
import contextlib
import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.exc import OperationalError

from bot.gateway import bodies
from bot.gateway.admission import Admission
from bot.gateway.client_address import client_address
from bot.gateway.keys import ADMISSION, APP
from bot.services.visitors import open_visit
from bot.settings import Settings
from tests.support.raw_socket import RawSocket

FOREIGN = "https://evil.example.com"


@pytest.mark.parametrize(
    ("origin", "opens"), [(None, True), ("https://shop.example.com", True), (FOREIGN, False), ("null", False)]
)
async def test_a_chat_opens_on_configured_sites_only(server: TestServer, origin: str | None, opens: bool) -> None:
    socket = await RawSocket.open(server.port or 0, headers={"Origin": origin} if origin else None)
    if opens:
        assert (await socket.hello())["type"] == "welcome"
        socket.close()
    else:
        assert [frame["code"] for frame in await socket.hears_all()] == ["bad_origin"]
        assert socket.close_code == 4003
    async with ClientSession() as session:
        headers = {"Origin": origin} if origin else {}
        async with session.post(server.make_url("/api/v1/visitor/hello"), json={}, headers=headers) as answer:
            assert (answer.status == 200) == opens
            assert (answer.headers.get("Access-Control-Allow-Origin") == origin) == (opens or origin is None)


@pytest.mark.parametrize("origin", [FOREIGN, "null", "https://shop.example.com"])
async def test_the_staff_socket_is_for_our_own_pages(server: TestServer, origin: str) -> None:
    socket = await RawSocket.open(server.port or 0, "/ws/staff", {"Origin": origin})
    assert await socket.hears_all() == []
    assert socket.close_code == 4003


async def test_tokens_of_visitors_do_not_open_the_staff_socket_nor_the_other_way(server: TestServer) -> None:
    visit = await open_visit(server.app[APP], token=None, identity=None, last_seq=0, locale=None, page=None)
    staff = await RawSocket.open(server.port or 0, "/ws/staff")
    await staff.say(type="hello", token=visit.token)
    assert await staff.hears_all() == []
    assert staff.close_code == 4001


async def test_beyond_what_can_be_taken_openings_are_told_when_to_come_back(server: TestServer) -> None:
    door = server.app[ADMISSION]
    while door.enter() is None:
        pass
    refused = await RawSocket.open(server.port or 0)
    assert refused.status == 503
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    while door.enter() is None:
        pass
    async with ClientSession() as session:
        async with session.post(server.make_url("/api/v1/visitor/hello"), json={}) as answer:
            assert (answer.status, (await answer.json())["title"]) == (503, "busy")
            assert "Retry-After" in answer.headers
        async with session.get(server.make_url("/signin")) as answer:
            assert answer.status == 200
    async with asyncio.timeout(30):
        while (again := await RawSocket.open(server.port or 0)).status != 101:
            await asyncio.sleep(0.05)
    assert (await again.hello())["type"] == "welcome"


def test_a_wave_is_told_to_come_back_at_the_speed_it_can_be_taken() -> None:
    door = Admission(200, clock=lambda: 1000.0)
    waits = [door.enter() for _ in range(5000)]
    told = [wait for wait in waits if wait is not None]
    assert len(waits) - len(told) == 100
    assert told == sorted(told)
    assert max(Counter(told).values()) <= 201
    assert told[-1] == 26


async def test_a_body_in_several_packets_is_read_whole(server: TestServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    body = b'{"locale":"en","page":"https://shop.example.com/lamps"}'
    writer.write(
        b"POST /api/v1/visitor/hello HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body) + body[:9]
    )
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.write(body[9:])
    assert (await reader.readline()).split()[1] == b"200"
    writer.transport.abort()


async def test_a_body_that_never_ends_is_not_waited_for(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "READ_WITHIN_S", 0.3)
    for path, kind in (
        ("/api/v1/visitor/hello", b"application/json"),
        ("/signin", b"application/x-www-form-urlencoded"),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(
            b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 100\r\n\r\n{" % (path.encode(), kind)
        )
        async with asyncio.timeout(30):
            assert (await reader.readline()).split()[1] == b"408"
        writer.transport.abort()


@pytest.mark.parametrize("path", ["/api/v1/visitor/hello", "/api/v1/session", "/api/v1/events", "/signin"])
async def test_a_body_over_the_limit_is_refused(server: TestServer, path: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded" if path == "/signin" else "application/json"}
    async with (
        ClientSession() as session,
        session.post(server.make_url(path), data=io.BytesIO(b'{"a":"' + b"x" * 2_000_000), headers=form) as answer,
    ):
        assert answer.status == 413


async def test_an_absolute_target_is_no_other_host(server: TestServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET http://evil.example.com/signin HTTP/1.1\r\nHost: chat.example.com\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"evil.example.com" not in answer


class _Request:
    """As much of a request as an address is read from."""

    def __init__(self, settings: Settings, remote: str, forwarded: list[str]) -> None:
        from multidict import CIMultiDict

        self.app = {APP: SimpleNamespace(settings=settings)}
        self.remote = remote
        self.headers = CIMultiDict([("X-Forwarded-For", line) for line in forwarded])


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "expected"),
    [
        ("", "203.0.113.7", ["10.9.9.9"], "203.0.113.7"),
        ("10.0.0.0/8", "203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.0/8", "10.0.0.2", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.0/8", "10.0.0.2", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.0/8", "10.0.0.2", ["1.2.3.4", "198.51.100.1, 10.0.0.5"], "198.51.100.1"),
        ("10.0.0.0/8", "10.0.0.2", ["unknown"], "10.0.0.2"),
        ("10.0.0.0/8", "10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.0/8, ::1", "::ffff:10.0.0.2", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.0.0.2", "10.0.0.2", ["2001:db8::1"], "2001:db8::1"),
        ("", "::ffff:203.0.113.7", [], "203.0.113.7"),
    ],
)
def test_the_clients_address_is_what_our_own_proxy_wrote(
    tmp_path: Path, proxies: str, remote: str, forwarded: list[str], expected: str
) -> None:
    settings = Settings(data=tmp_path, trusted_proxies=proxies)
    assert client_address(_Request(settings, remote, forwarded)) == expected  # type: ignore[arg-type]


async def test_openings_of_one_ipv6_network_are_counted_together(settings: Settings) -> None:
    from bot.gateway.limiter import Limiter

    limiter = Limiter(settings.model_copy(update={"open_limit": 3}))
    taken = [await limiter.allow_opening(f"2001:db8:0:1::{number}") for number in range(1, 6)]
    assert taken == [True, True, True, False, False]
    assert await limiter.allow_opening("2001:db8:0:2::1")
    assert await limiter.allow_opening("203.0.113.7")


async def test_what_has_no_row_is_taken_over_http_too(server: TestServer) -> None:
    async with TestClient(server) as client:
        welcome = await (await client.post("/api/v1/visitor/hello", json={})).json()
        bearer = {"Authorization": f"Bearer {welcome['token']}"}
        tab = await RawSocket.open(server.port or 0)
        await tab.hello(token=welcome["token"])
        for frame in ({"type": "read", "seq": 0}, {"type": "ping"}, {"type": "page", "page": 5}, {"type": "typing"}):
            answer = await client.post("/api/v1/visitor/messages", json=frame, headers=bearer)
            assert (answer.status, await answer.json()) == (200, {"type": "ack", "cid": None, "seq": 0})
        assert await tab.hears() == {"type": "typing", "author": "customer"}
        tab.close()
        again = await client.post("/api/v1/visitor/messages", json={"type": "hello"}, headers=bearer)
        assert (await again.json())["title"] == "bad_frame"


async def test_figures_are_told_while_the_store_is_away(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.asynccontextmanager
    async def away() -> AsyncIterator[None]:
        raise OperationalError("SELECT 1", None, Exception("gone"))
        yield

    monkeypatch.setattr(server.app[APP], "read", away)
    async with TestClient(server) as client:
        figures = await client.get("/metrics")
        assert figures.status == 200
        assert 'rapport_component_up{component="store"} 0.0' in await figures.text()
