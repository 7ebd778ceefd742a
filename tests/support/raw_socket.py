"""A WebSocket client of bytes: sends what no browser would, and says exactly what came back."""

import asyncio
import base64
import json
import os
import socket
import struct
from typing import Any, cast

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def upgrade(path: str, host: str, headers: dict[str, str] | None = None) -> bytes:
    """The request that asks for a socket."""
    lines = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": "rapport.v1",
        **(headers or {}),
    }
    head = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", ""]
    return "\r\n".join(head).encode()


def frame(opcode: int, payload: bytes, *, fin: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    """One frame as it goes over the wire; the mask is all zeros, which the rules allow and leaves bytes readable."""
    head = bytes([(0x80 if fin else 0) | rsv | opcode])
    size, bit = len(payload), 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 1 << 16:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def take_frame(buffer: bytearray) -> tuple[int, bytes] | None:
    """Cut the first whole frame of a server out of `buffer`: its opcode and payload; None until there is one."""
    if len(buffer) < 2:
        return None
    size, start = buffer[1] & 0x7F, 2
    if size == 126:
        if len(buffer) < 4:
            return None
        size, start = int.from_bytes(buffer[2:4], "big"), 4
    elif size == 127:
        if len(buffer) < 10:
            return None
        size, start = int.from_bytes(buffer[2:10], "big"), 10
    if len(buffer) < start + size:
        return None
    opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
    del buffer[: start + size]
    return opcode, payload


async def exchange(port: int, *parts: bytes, within_s: float = 10.0) -> bytes:
    """Send the parts one after the other, as they are; all that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(within_s):
            try:
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                return await reader.read()
            except ConnectionError:
                return b""
    finally:
        writer.transport.abort()


class RawSocket:
    """One connection. `close_code` is set when the server said goodbye; None when it just went away."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._buffer = bytearray()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.close_code: int | None = None

    @classmethod
    async def open(
        cls, port: int, path: str = "/ws/visitor", headers: dict[str, str] | None = None, receive_bytes: int = 0
    ) -> "RawSocket":
        """Connect and ask for the upgrade; `status` tells the answer. `receive_bytes`: what the kernel keeps for us."""
        raw = socket.socket()
        raw.setblocking(False)
        if receive_bytes:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=raw)
        made = cls(reader, writer)
        writer.write(upgrade(path, f"127.0.0.1:{port}", headers))
        async with asyncio.timeout(10):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        made.status = int(head[0].split()[1])
        made.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        return made

    async def send(self, data: bytes) -> None:
        """Bytes as they are; what the server no longer takes is not our concern."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError:
            return

    async def say(self, **fields: Any) -> None:
        """A text frame of JSON."""
        await self.send(frame(TEXT, json.dumps(fields).encode()))

    async def hears(self, within_s: float = 10.0) -> dict[str, Any] | None:
        """The next text frame; None when the server closed."""
        async with asyncio.timeout(within_s):
            while True:
                found = take_frame(self._buffer)
                if found is None:
                    try:
                        data = await self._reader.read(65536)
                    except ConnectionError:
                        data = b""
                    if not data:
                        return None
                    self._buffer += data
                    continue
                opcode, payload = found
                if opcode == TEXT:
                    answer: dict[str, Any] = json.loads(payload)
                    return answer
                if opcode == PING:
                    await self.send(frame(PONG, payload))
                if opcode == CLOSE:
                    self.close_code = int.from_bytes(payload[:2], "big") if len(payload) > 1 else 1005
                    await self.send(frame(CLOSE, payload[:2]))
                    return None

    async def hears_all(self, within_s: float = 10.0) -> list[dict[str, Any]]:
        """Everything until the server closes."""
        heard = []
        while (answer := await self.hears(within_s)) is not None:
            heard.append(answer)
        return heard

    async def hello(self, **fields: Any) -> dict[str, Any]:
        """Say hello; the welcome."""
        await self.say(type="hello", **fields)
        answer = await self.hears()
        assert answer is not None
        return answer

    def pause(self) -> None:
        """Read nothing any more."""
        cast(asyncio.Transport, self._writer.transport).pause_reading()

    @property
    def local_port(self) -> int:
        return int(self._writer.get_extra_info("sockname")[1])

    def close(self) -> None:
        self._writer.transport.abort()
