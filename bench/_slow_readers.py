"""Sockets that never read what they are sent, beside others that do."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.support.gateway import Gateway
from tests.support.raw_socket import RawSocket

if TYPE_CHECKING:
    from bench.sockets import Crowd

MESSAGES = 1500
TEXT = "x" * 1900
TALKERS = 100
RATE = 40.0
SECONDS = 12.0
GONE_WITHIN_S = 90.0


async def slow_readers(
    gateway: Gateway,
    crowd: "Crowd",
    count: int,
    *,
    messages: int = MESSAGES,
    seconds: float = SECONDS,
    settle: float = 7.0,
) -> dict[str, Any]:
    """`count` of them in one conversation that gets thousands of frames; what it does to the others and to memory."""
    from bench.sockets import PROCESSES, quantiles

    async def others(seconds: float) -> dict[str, float]:
        spoke = await crowd.do("talk", count=TALKERS // PROCESSES, rate=RATE / PROCESSES, seconds=seconds)
        return quantiles(spoke["ack_ms"])

    before_mb = gateway.resident_mb()
    talker = await RawSocket.open(gateway.port)
    token = (await talker.hello())["token"]

    async def while_it_floods() -> dict[str, float]:
        flood = asyncio.create_task(_flood(talker, messages))
        found = await others(seconds)
        await flood
        return found

    async with _readers(gateway.port, token, count):
        beside_readers = await while_it_floods()
    slow = [await _deaf(gateway.port, token) for _ in range(count)]
    begun = time.perf_counter()
    beside_deaf = await while_it_floods()
    peak_mb = gateway.resident_mb()
    gone = await _until_gone(gateway, slow, begun)
    for each in slow:
        each.close()
    talker.close()
    await asyncio.sleep(settle)
    return {
        "slow": count,
        "frames_each": messages,
        "megabytes_each": round(messages * len(TEXT) / 2**20, 1),
        "closed": len(gone),
        "closed_after_s": quantiles(gone),
        "others_ack_ms_beside_readers": beside_readers,
        "others_ack_ms_beside_deaf": beside_deaf,
        "resident_mb": {"before": round(before_mb), "peak": round(peak_mb), "after": round(gateway.resident_mb())},
    }


@asynccontextmanager
async def _readers(port: int, token: str, count: int) -> AsyncIterator[None]:
    """As many windows of the same conversation that do read: what the flood costs without anybody deaf."""
    windows = [await RawSocket.open(port) for _ in range(count)]
    for window in windows:
        await window.hello(token=token)
    reading = [asyncio.create_task(window.hears_all(3600)) for window in windows]
    try:
        yield
    finally:
        for task, window in zip(reading, windows, strict=True):
            task.cancel()
            window.close()


async def _deaf(port: int, token: str) -> RawSocket:
    """Says hello and never reads again; its kernel takes little for it."""
    each = await RawSocket.open(port, receive_bytes=8192)
    await each.hello(token=token)
    each.pause()
    return each


async def _flood(talker: RawSocket, messages: int) -> None:
    for _ in range(messages):
        cid = str(uuid4())
        await talker.say(type="send", cid=cid, text=TEXT)
        while (heard := await talker.hears(60)) is not None and heard.get("cid") != cid:
            pass


async def _until_gone(gateway: Gateway, slow: list[RawSocket], begun: float) -> list[float]:
    """Seconds until the gateway had closed each, by its own connections: they themselves would have to read to know."""
    ports = {each.local_port for each in slow}
    gone: list[float] = []
    while ports and time.perf_counter() - begun < GONE_WITHIN_S:
        open_now = {
            link.raddr.port
            for link in await asyncio.to_thread(gateway.process.net_connections, "tcp")
            if link.raddr and link.status == "ESTABLISHED"
        }
        closed = ports - open_now
        gone += [time.perf_counter() - begun] * len(closed)
        ports -= closed
        await asyncio.sleep(0.5)
    return gone
