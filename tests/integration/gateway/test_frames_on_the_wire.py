"""What a hostile client can put on the wire: each gets the contract's answer, and the gateway lives on."""

import asyncio
import json
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestServer

from bot.gateway import visitor_socket
from tests.support.raw_socket import BINARY, PING, TEXT, RawSocket, frame

CONTINUED = 0


def message(text: str) -> bytes:
    return json.dumps({"type": "send", "cid": str(uuid4()), "text": text}).encode()


async def code(socket: RawSocket) -> str:
    """The code of the next error."""
    while (heard := await socket.hears()) is not None:
        if heard["type"] == "error":
            return str(heard["code"])
    raise AssertionError(f"closed with {socket.close_code}")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (frame(TEXT, b"{"), "bad_json"),
        (frame(TEXT, b"[" * 20_000), "bad_json"),
        (frame(TEXT, b'{"type":"hello","page":"\xff\xfe"}'), "bad_json"),
        (frame(BINARY, b'{"type":"hello"}'), "bad_json"),
        (frame(TEXT, b"null"), "bad_frame"),
        (frame(TEXT, b'{"type":"dance"}'), "unknown_type"),
    ],
)
async def test_a_frame_that_cannot_be_used_is_answered_and_the_socket_lives_on(
    socket: RawSocket, data: bytes, expected: str
) -> None:
    await socket.send(data)
    assert await code(socket) == expected
    welcome = await socket.hello()
    assert welcome["type"] == "welcome"
    await socket.send(data)
    assert await code(socket) == expected
    await socket.say(type="ping")
    assert await socket.hears() == {"type": "pong"}


async def test_a_message_before_the_hello_is_told_to_wait(socket: RawSocket) -> None:
    await socket.send(frame(TEXT, message("too early")))
    assert await code(socket) == "bad_frame"


async def test_a_message_in_many_fragments_is_one_message(socket: RawSocket) -> None:
    await socket.hello()
    whole = message("in pieces")
    parts = [whole[start : start + 7] for start in range(0, len(whole), 7)]
    await socket.send(frame(TEXT, parts[0], fin=False))
    for part in parts[1:-1]:
        await socket.send(frame(CONTINUED, part, fin=False))
        await socket.send(frame(PING, b"in between"))
    await socket.send(frame(CONTINUED, parts[-1]))
    heard = await socket.hears()
    assert heard is not None and heard["type"] in {"ack", "message"}


@pytest.mark.parametrize("size", [32 * 1024 + 1, 1024 * 1024 + 1, 8 * 1024 * 1024])
@pytest.mark.parametrize("greeted", [True, False])
async def test_a_frame_over_the_limit_is_refused_with_its_own_code_unread(
    socket: RawSocket, size: int, greeted: bool
) -> None:
    if greeted:
        await socket.hello()
    sending = asyncio.create_task(socket.send(frame(TEXT, b"x" * size)))
    assert await code(socket) == "too_large"
    assert await socket.hears() is None
    assert socket.close_code == 4009
    await sending


async def test_fragments_that_add_up_to_more_than_the_limit_are_refused(socket: RawSocket) -> None:
    await socket.hello()
    await socket.send(frame(TEXT, b"x" * 20_000, fin=False))
    await socket.send(frame(CONTINUED, b"x" * 20_000))
    assert await code(socket) == "too_large"
    assert await socket.hears() is None
    assert socket.close_code == 4009


async def test_a_frame_of_exactly_the_limit_is_read(socket: RawSocket) -> None:
    await socket.hello()
    await socket.send(frame(TEXT, b'{"type":"ping","x":"' + b"x" * (32 * 1024 - 22) + b'"}'))
    assert await socket.hears() == {"type": "pong"}


@pytest.mark.parametrize(
    "data",
    [
        frame(TEXT, b'{"type":"ping"}', rsv=0x40),
        frame(3, b"a reserved opcode"),
        frame(CONTINUED, b"of nothing"),
        frame(PING, b"x" * 126),
        frame(TEXT, b"x", fin=False) + frame(TEXT, b"{}"),
    ],
)
async def test_what_breaks_the_protocol_ends_the_socket_and_nothing_else(
    server: TestServer, socket: RawSocket, data: bytes
) -> None:
    await socket.hello()
    await socket.send(data)
    assert await socket.hears_all() == []
    assert socket.close_code in {1002, 1007}
    other = await RawSocket.open(server.port or 0)
    assert (await other.hello())["type"] == "welcome"
    other.close()


async def test_compression_is_not_agreed_to(server: TestServer) -> None:
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    socket = await RawSocket.open(server.port or 0, headers=offer)
    assert socket.status == 101
    assert "sec-websocket-extensions" not in socket.headers
    socket.close()


@pytest.mark.parametrize("greeted", [True, False])
async def test_a_client_that_sends_only_garbage_is_closed_after_a_bounded_number(
    socket: RawSocket, greeted: bool
) -> None:
    if greeted:
        await socket.hello()
    for _ in range(140):
        await socket.send(frame(TEXT, b"{"))
    heard = await socket.hears_all()
    assert socket.close_code == 4029
    assert [each["code"] for each in heard][-1] == "too_fast"
    assert 100 <= len(heard) <= 125


@pytest.mark.parametrize("flood", [b'{"type":"typing"}', b'{"type":"read","seq":1}', b'{"type":"ping"}'])
async def test_a_flood_of_good_frames_is_closed_too(socket: RawSocket, flood: bytes) -> None:
    await socket.hello()
    for _ in range(400):
        await socket.send(frame(TEXT, flood))
    heard = await socket.hears_all()
    assert socket.close_code == 4029
    assert heard[-1]["code"] == "too_fast"


async def test_messages_faster_than_the_limit_are_refused_and_those_acked_are_kept(socket: RawSocket) -> None:
    welcome = await socket.hello()
    for number in range(40):
        await socket.send(frame(TEXT, message(f"number {number}")))
    heard = await socket.hears_all()
    assert socket.close_code == 4029
    acked = [each for each in heard if each["type"] == "ack"]
    assert len(acked) == 30
    assert welcome["token"]


async def test_who_says_no_hello_is_closed(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_socket, "HELLO_WITHIN_S", 0.3)
    socket = await RawSocket.open(server.port or 0)
    assert [each["code"] for each in await socket.hears_all()] == ["bad_frame"]
    assert socket.close_code == 4008


async def test_a_conversation_in_too_many_windows_is_refused_another(server: TestServer) -> None:
    first = await RawSocket.open(server.port or 0)
    token = (await first.hello())["token"]
    windows = [first]
    for _ in range(49):
        windows.append(await RawSocket.open(server.port or 0))
        assert (await windows[-1].hello(token=token))["type"] == "welcome"
    one_more = await RawSocket.open(server.port or 0)
    await one_more.hello(token=token)
    assert await code(one_more) == "too_fast"
    for each in [*windows, one_more]:
        each.close()
