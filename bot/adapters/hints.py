"""Hints between our processes: datagrams over loopback, best effort, as a hint may be.

A datagram costs a fiftieth of a small HTTP request and cannot make its sender wait.
"""

import asyncio
import hmac
import json
from collections.abc import Callable

import structlog

log = structlog.get_logger()

HOST = "127.0.0.1"
MOST_IN_ONE = 200
"""Hints in one datagram; more become several. A hint is some fifty bytes, a datagram holds 64 KiB."""

Hear = Callable[[str, str], None]
"""Told of each hint: its topic and its subject."""


class DatagramHints:
    """Tells the processes at `ports` and this one (`local`). Never blocks, never raises; opened in a running loop."""

    def __init__(self, ports: list[int], token: str, local: Hear | None = None) -> None:
        self._ports = ports
        self._token = token
        self.local = local
        self._waiting: dict[tuple[str, str], None] = {}
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Until then, and after `close`, only this process hears."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(HOST, 0))

    def publish(self, topic: str, subject: str) -> None:
        if self.local is not None:
            self.local(topic, subject)
        if self._transport is None or self._transport.is_closing():
            return
        if not self._waiting:
            # What is published in the same moment goes together.
            asyncio.get_running_loop().call_soon(self._send)
        self._waiting[topic, subject] = None

    def _send(self) -> None:
        waiting, self._waiting = list(self._waiting), {}
        if self._transport is None or self._transport.is_closing():
            return
        for start in range(0, len(waiting), MOST_IN_ONE):
            datagram = _pack(self._token, waiting[start : start + MOST_IN_ONE])
            for port in self._ports:
                self._transport.sendto(datagram, (HOST, port))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class HintListener(asyncio.DatagramProtocol):
    """Hears what the other processes publish; whatever does not carry the internal token is dropped."""

    def __init__(self, token: str, hear: Hear) -> None:
        self._token = token
        self._hear = hear

    @classmethod
    async def listen(cls, port: int, token: str, hear: Hear) -> asyncio.BaseTransport:
        """Listen on a loopback port; close the transport at the end. Raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: cls(token, hear), local_addr=(HOST, port))
        return transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        token, _, body = data.partition(b"\n")
        if not hmac.compare_digest(token, self._token.encode()):
            log.warning("hints.stranger", address=addr[0])
            return
        try:
            pairs = [(str(topic), str(subject)) for topic, subject in json.loads(body)]
        except (ValueError, TypeError) as error:
            log.warning("hints.not_understood", error=str(error))
            return
        for topic, subject in pairs:
            self._hear(topic, subject)


def _pack(token: str, pairs: list[tuple[str, str]]) -> bytes:
    return token.encode() + b"\n" + json.dumps(pairs, separators=(",", ":")).encode()
