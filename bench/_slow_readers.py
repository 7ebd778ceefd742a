"""Sockets that never read what they are sent, beside others that do."""

import asyncio
import time
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
    welcome = await talker.hello()
    slow = [await _deaf(gateway.port, welcome["token"]) for _ in range(count)]
    alone = await others(seconds)
    await _flood(talker, 20)  # the same load of writes, small enough to be swallowed by buffers
    begun = time.perf_counter()
    flood = asyncio.create_task(_flood(talker, messages))
    beside = await others(seconds)
    await flood
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
        "others_ack_ms_before": alone,
        "others_ack_ms_meanwhile": beside,
        "resident_mb": {"before": round(before_mb), "peak": round(peak_mb), "after": round(gateway.resident_mb())},
    }


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
