"""The step before the gateway's door: connections that have not yet asked for anything, and how many may be inside.

Whoever connects sends the head of a request at once. One that drips it, or sends nothing, costs a descriptor and keeps
others out when many do so. Such connections have a deadline, and when more than a few hundred stand there the oldest
gives way. Below the process's limit of descriptors some are kept for its own files: near it no chat is opened and no
connection outlives its answer, so that the desk and those who are inside go on.
"""

import asyncio
import resource
from collections.abc import Callable
from typing import cast

import structlog
from aiohttp import web

log = structlog.get_logger()

HEAD_WITHIN_S = 10.0
"""So long the head of a connection's first request may take."""
ON_THE_STEP = 256
FRESH_S = 2.0
"""Nobody younger is sent away for lack of room: a wave of browsers comes in one moment, before the first is read."""
EVERY_S = 1.0
RESERVED = 200
"""Descriptors for the store, the worker, uploads and logs."""
CROWDED = 0.9
_END_OF_HEAD = b"\r\n\r\n"


class Door:
    """Counts the connections of one server. `limit` is how many there may be at the same time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._step: dict[_Visitor, None] = {}
        """Who stands outside, the oldest first."""
        self._inside: Callable[[], int] = lambda: 0
        self._counted = 0
        self._came = 0
        self.crowded = False
        """Whether there is so little room left that nobody should stay."""

    def guard(self, server: web.Server) -> Callable[[], asyncio.Protocol]:
        """The protocol factory to listen with, in place of the server itself."""
        self._inside = lambda: len(server.connections)
        return lambda: _Visitor(self, server())

    async def watch(self) -> None:
        """Until cancelled: send away who takes too long, and count anew."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look()

    def look(self) -> None:
        """What `watch` does each second."""
        late = asyncio.get_running_loop().time() - HEAD_WITHIN_S
        for visitor in list(self._step):
            if visitor.since > late:
                break
            self._send_away(visitor)
        self._counted, self._came = self._inside(), 0
        was, self.crowded = self.crowded, self._counted >= self._limit * CROWDED
        if self.crowded and not was:
            log.warning("gateway.crowded", connections=self._counted, limit=self._limit)

    async def keep_moving(self, _request: web.Request, response: web.StreamResponse) -> None:
        """A signal handler: while it is crowded no connection outlives its answer."""
        if self.crowded and response.status != 101:
            response.force_close()
            response.headers["Connection"] = "close"

    def came(self, visitor: "_Visitor") -> None:
        self._step[visitor] = None
        self._came += 1
        if self._counted + self._came > self._limit:
            self._send_away(visitor)
        elif len(self._step) > ON_THE_STEP:
            oldest = next(iter(self._step))
            if visitor.since - oldest.since > FRESH_S:
                self._send_away(oldest)

    def left(self, visitor: "_Visitor") -> None:
        """It went in, or away."""
        self._step.pop(visitor, None)

    def _send_away(self, visitor: "_Visitor") -> None:
        self.left(visitor)
        visitor.transport.abort()


class _Visitor(asyncio.Protocol):
    """Passes on what comes until the head of the first request is whole; then it is out of the way."""

    __slots__ = ("_door", "_server", "_tail", "since", "transport")

    def __init__(self, door: Door, server: web.RequestHandler) -> None:
        self._door = door
        self._server = server
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.since = asyncio.get_running_loop().time()
        self._server.connection_made(transport)
        self._door.came(self)

    def data_received(self, data: bytes) -> None:
        seen = self._tail + data
        if _END_OF_HEAD in seen:
            self._door.left(self)
            self.transport.set_protocol(self._server)
        else:
            self._tail = seen[1 - len(_END_OF_HEAD) :]
        self._server.data_received(data)

    def eof_received(self) -> bool | None:
        self._server.eof_received()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.left(self)
        self._server.connection_lost(exc)

    def pause_writing(self) -> None:
        self._server.pause_writing()

    def resume_writing(self) -> None:
        self._server.resume_writing()


def all_descriptors() -> int:
    """Raise this process's limit of open files as far as the system lets it; how many connections that is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return max(RESERVED, most - RESERVED) if most != resource.RLIM_INFINITY else 1_000_000
