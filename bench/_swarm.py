"""Thousands of visitors in one process: lean sockets that say hello, stay, talk, are cut and come back.

    python -m bench._swarm PORT SOURCE     (orders on stdin, one JSON object a line; answers on stdout)

What was not acked is sent again under its `cid`; resuming is by token and `last_seq`; a lost connection is tried again
after a random time of up to 0.5 s, then of up to twice as much each time, at most 30 s. Retry-After is honoured.
"""

import asyncio
import json
import random
import socket
import struct
import sys
import time
from typing import Any, cast
from uuid import uuid4

import uvloop

from tests.support.raw_socket import CLOSE, PING, PONG, TEXT, frame, take_frame, upgrade

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
RESET = struct.pack("ii", 1, 0)


class Visitor(asyncio.Protocol):
    """One socket and, over all its connections, one conversation."""

    __slots__ = (
        "attempts",
        "buffer",
        "here",
        "last_seq",
        "outbox",
        "sent_at",
        "swarm",
        "token",
        "transport",
        "upgraded",
    )

    def __init__(self, swarm: "Swarm") -> None:
        self.swarm = swarm
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        self.token: str | None = None
        self.last_seq = 0
        self.upgraded = False
        self.here = False
        self.attempts = 0
        self.outbox: dict[str, str] = {}
        self.sent_at: dict[str, float] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.buffer.clear()
        self.upgraded = False
        self.transport.write(self.swarm.upgrade)

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        if self.here:
            self.here = False
            self.swarm.left(self)
        else:
            self.swarm.again(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.upgraded:
            self._read_answer()
        while self.upgraded and (found := take_frame(self.buffer)) is not None:
            opcode, payload = found
            if opcode == TEXT:
                self._hear(json.loads(payload))
            elif opcode == PING:
                self._write(PONG, payload)
            elif opcode == CLOSE:
                self.swarm.closed[int.from_bytes(payload[:2], "big")] += 1
                self._write(CLOSE, payload[:2])

    def _read_answer(self) -> None:
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[:end])
        del self.buffer[: end + 4]
        if head.startswith(b"HTTP/1.1 101"):
            self.upgraded = True
            hello = {"type": "hello", "token": self.token, "last_seq": self.last_seq}
            self._write(TEXT, json.dumps(hello).encode())
            return
        self.swarm.refused += 1
        wait = head.lower().partition(b"retry-after: ")[2].partition(b"\r\n")[0]
        assert self.transport is not None
        self.transport.abort()
        self.swarm.wait[self] = float(wait or 0)

    def _hear(self, said: dict[str, Any]) -> None:
        kind = said["type"]
        if kind == "welcome":
            self.token = said["token"]
            self.here = True
            self.attempts = 0
            for cid in self.outbox:
                self._send(cid)
            self.swarm.arrived(self)
        elif kind == "ack":
            self.outbox.pop(said["cid"], None)
            self.swarm.ack_ms.append((time.perf_counter() - self.sent_at.pop(said["cid"])) * 1000)
        elif kind in {"message", "state", "update"}:
            self.swarm.holes += said["seq"] != self.last_seq + 1
            self.last_seq = said["seq"]
        elif kind == "error":
            self.swarm.errors.append(said["code"])

    def say(self, text: str) -> None:
        cid = str(uuid4())
        self.outbox[cid] = text
        self.sent_at[cid] = time.perf_counter()
        if self.here:
            self._send(cid)

    def _send(self, cid: str) -> None:
        self._write(TEXT, json.dumps({"type": "send", "cid": cid, "text": self.outbox[cid]}).encode())

    def _write(self, opcode: int, payload: bytes) -> None:
        if self.transport is not None:
            self.transport.write(frame(opcode, payload))

    def cut(self) -> None:
        """As when a cable is pulled: no goodbye, a reset."""
        if self.transport is not None:
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.transport.abort()


class Swarm:
    """All visitors of this process, and what happened to them."""

    def __init__(self, port: int, source: str) -> None:
        self._port = port
        self._source = source
        self.upgrade = upgrade("/ws/visitor", f"127.0.0.1:{port}")
        self.visitors: list[Visitor] = []
        self.wait: dict[Visitor, float] = {}
        self.refused = self.holes = self.attempts = 0
        self.errors: list[str] = []
        self.closed: dict[int, int] = dict.fromkeys(range(1000, 5000), 0)
        self.ack_ms: list[float] = []
        self.back_s: list[float] = []
        self._begun = 0.0
        self._missing = 0
        self._all_here = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def arrived(self, _visitor: Visitor) -> None:
        self.back_s.append(time.perf_counter() - self._begun)
        self._missing -= 1
        if self._missing == 0:
            self._all_here.set()

    def left(self, visitor: Visitor) -> None:
        self._missing += 1
        self._all_here.clear()
        self.again(visitor)

    def again(self, visitor: Visitor) -> None:
        """Connect after the pause of the protocol; the server's own wish counts when it is longer."""
        pause = random.uniform(0, min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**visitor.attempts))
        visitor.attempts += 1
        self._spawn(self._connect(visitor, max(pause, self.wait.pop(visitor, 0.0) + random.random())))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, visitor: Visitor, pause: float) -> None:
        await asyncio.sleep(pause)
        self.attempts += 1
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: visitor, "127.0.0.1", self._port, local_addr=(self._source, 0))
        except OSError:
            self.again(visitor)

    async def open(self, count: int, at_once: int) -> dict[str, Any]:
        """Open `count` more, `at_once` under way at any time."""
        self._reset()
        self._begun = time.perf_counter()
        new = [Visitor(self) for _ in range(count)]
        self.visitors += new
        self._missing = count
        self._all_here.clear()
        gate = asyncio.Semaphore(at_once)

        async def one(visitor: Visitor) -> None:
            async with gate:
                await self._connect(visitor, 0)
                while not visitor.here:
                    await asyncio.sleep(0.005)

        await asyncio.gather(*(one(visitor) for visitor in new))
        return self._report()

    async def talk(self, count: int, rate: float, seconds: float) -> dict[str, Any]:
        """`count` of the visitors say `rate` messages a second together."""
        self._reset()
        speakers = self.visitors[:count]
        begun = time.perf_counter()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            speakers[number % len(speakers)].say(f"message {number}")
        await self._until_acked()
        return self._report()

    async def storm(self, count: int, speaking: int) -> dict[str, Any]:
        """Cut `count` at once, `speaking` of them with a message on its way, and wait until all are back and acked."""
        self._reset()
        cut = self.visitors[:count]
        for visitor in cut[:speaking]:
            visitor.say("on its way while the cable is pulled")
        self._begun = time.perf_counter()
        for visitor in cut:
            visitor.cut()
        await asyncio.sleep(0.05)
        await self._all_here.wait()
        await self._until_acked()
        return self._report()

    async def _until_acked(self) -> None:
        deadline = time.perf_counter() + 60
        while any(visitor.outbox for visitor in self.visitors) and time.perf_counter() < deadline:
            await asyncio.sleep(0.05)

    def _reset(self) -> None:
        self.ack_ms, self.back_s = [], []
        self.refused = self.attempts = 0

    def _report(self) -> dict[str, Any]:
        return {
            "here": sum(visitor.here for visitor in self.visitors),
            "ack_ms": [round(each, 2) for each in self.ack_ms],
            "back_s": [round(each, 3) for each in self.back_s],
            "refused": self.refused,
            "attempts": self.attempts,
            "unacked": sum(len(visitor.outbox) for visitor in self.visitors),
            "holes": self.holes,
            "errors": self.errors,
            "closed": {code: count for code, count in self.closed.items() if count},
        }

    async def serve(self) -> None:
        """Follow orders until stdin ends."""
        lines: asyncio.Queue[bytes] = asyncio.Queue()
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), lambda: lines.put_nowait(sys.stdin.buffer.readline()))
        while line := await lines.get():
            order = json.loads(line)
            answer = await getattr(self, order.pop("do"))(**order)
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(Swarm(int(sys.argv[1]), sys.argv[2]).serve())
