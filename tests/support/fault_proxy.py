"""A proxy between a browser and the gateway that does to connections what networks do.

It passes HTTP on as it is and reads WebSocket frames one by one, so that a fault can be told exactly: this message
never arrived, this ack was lost, this frame came twice, nothing passes any more and nobody says so.
"""

import asyncio
import contextlib
import json
import struct
from collections.abc import Callable
from enum import StrEnum
from typing import Any

TEXT = 1
HOST_PAGE = b"""<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Shop</title>
<script src="/widget.js" async data-rapport></script><h1>Shop</h1>"""
SENT = frozenset({"send", "survey", "invitation", "human", "end"})


PAGE_REQUEST = b"GET /a-page-of-the-site"


class Loss(StrEnum):
    """How a connection dies around one frame of the customer's."""

    BEFORE_COMMIT = "before_commit"
    """The frame never reaches the gateway."""
    AFTER_COMMIT = "after_commit"
    """The gateway has stored and acked it; the ack never reaches the browser."""


class FaultProxy:
    """Listens on a free port of loopback. What is set on it holds for the connections open and to come."""

    def __init__(self, port: int) -> None:
        self._upstream = port
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self.port = 0
        self.lose: Callable[[dict[str, Any]], Loss | None] = lambda _frame: None
        """Asked for each frame that has a `cid`."""
        self.twice = False
        """Every frame is delivered two times, both ways."""
        self.bytes_a_second: float | None = None
        """How fast the browser reads its socket; None: as fast as it comes."""
        self.refuses = False
        """New connections are closed at once."""
        self.losses = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def page(self) -> str:
        """A page of a website that embeds the widget, with all of the widget behind this proxy."""
        return f"{self.base}/a-page-of-the-site"

    async def __aenter__(self) -> "FaultProxy":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        self.cut()
        await asyncio.gather(*(link.done for link in self._links), return_exceptions=True)

    def cut(self) -> None:
        """Reset every open connection."""
        for link in list(self._links):
            link.abort()

    def freeze(self) -> int:
        """Half-open: nothing passes on the open connections any more, and neither side is told. Says how many."""
        for link in self._links:
            link.passes.clear()
        return len(self._links)

    def thaw(self) -> None:
        """A stall ends: what was held back arrives."""
        for link in self._links:
            link.passes.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        if head.startswith(PAGE_REQUEST):
            _send_page(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, writer, far_writer)
        self._links.add(link)
        try:
            await link.run(head, reader, far_reader)
        finally:
            self._links.discard(link)


class _Link:
    """One connection of a browser and its other half to the gateway."""

    def __init__(self, proxy: FaultProxy, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._near, self._far = near, far
        self._doomed: str | None = None
        """The `cid` whose ack will be the last thing the gateway says here."""
        self._is_socket = False
        self.passes = asyncio.Event()
        self.passes.set()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def abort(self) -> None:
        self.passes.set()
        self._near.transport.abort()
        self._far.transport.abort()

    async def run(self, head: bytes, near: asyncio.StreamReader, far: asyncio.StreamReader) -> None:
        """`head` is the browser's first request, read already."""
        self._is_socket = b"\r\nupgrade: websocket" in head.lower()
        self._far.write(head)
        ways = [
            asyncio.create_task(self._pass(near, self._far, self._from_browser)),
            asyncio.create_task(self._pass_from_gateway(far)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            if self._is_socket:
                self.abort()
            else:
                self._near.close()
                self._far.close()
            self.done.set_result(None)

    async def _pass_from_gateway(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            await self._write(self._near, head)
            if self._is_socket and b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._is_socket = False  # refused: what follows is the refusal's body
            await self._pass(reader, self._near, self._from_gateway)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        frame_passes: Callable[[dict[str, Any]], bool],
    ) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not self._is_socket:
                data = await reader.read(65_536)
                if not data:
                    return
                if writer is self._far and data.startswith(PAGE_REQUEST):
                    _send_page(self._near)  # a browser may ask for it over a connection it had used before
                    return
                await self._write(writer, data)
            while True:
                raw, kind, payload = await read_frame(reader)
                if kind == TEXT and not frame_passes(json.loads(payload)):
                    continue
                await self._write(writer, raw)
                if self._proxy.twice and kind == TEXT:
                    await self._write(writer, raw)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        await self.passes.wait()
        slow = self._proxy.bytes_a_second if writer is self._near and self._is_socket else None
        step = len(data) if slow is None else max(1, int(slow / 20))
        for start in range(0, len(data), step):
            writer.write(data[start : start + step])
            await writer.drain()
            if slow is not None:
                await asyncio.sleep(step / slow)

    def _from_browser(self, frame: dict[str, Any]) -> bool:
        if frame.get("type") not in SENT or self._doomed is not None:
            return True
        loss = self._proxy.lose(frame)
        if loss is None:
            return True
        self._proxy.losses += 1
        if loss is Loss.BEFORE_COMMIT:
            self.abort()
            return False
        self._doomed = frame["cid"]
        return True

    def _from_gateway(self, frame: dict[str, Any]) -> bool:
        if self._doomed is None:
            return True
        if frame.get("cid") == self._doomed and frame["type"] in {"ack", "error"}:
            self.abort()
        return False  # what comes after a lost ack is lost too


def _send_page(writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
        % (len(HOST_PAGE), HOST_PAGE)
    )
    writer.close()


async def read_frame(reader: asyncio.StreamReader) -> tuple[bytes, int, bytes]:
    """One WebSocket frame (RFC 6455, 5.2): its bytes as they came, the opcode, and the payload unmasked."""
    head = await reader.readexactly(2)
    size = head[1] & 0x7F
    if size == 126:
        head += await reader.readexactly(2)
        (size,) = struct.unpack("!H", head[2:])
    elif size == 127:
        head += await reader.readexactly(8)
        (size,) = struct.unpack("!Q", head[2:])
    mask = await reader.readexactly(4) if head[1] & 0x80 else b""
    data = await reader.readexactly(size)
    plain = bytes(byte ^ mask[n % 4] for n, byte in enumerate(data)) if mask else data
    return head + mask + data, head[0] & 0x0F, plain


def next_ones(loss: Loss, count: int = 1) -> Callable[[dict[str, Any]], Loss | None]:
    """A `lose` that takes the next `count` frames."""
    left = [loss] * count
    return lambda _frame: left.pop() if left else None
