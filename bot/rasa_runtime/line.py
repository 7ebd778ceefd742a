"""Rasa's end of the line: the worker's turns come in, and the custom actions of such a turn are asked for on it.

The channel's routes over HTTP do the same and stay, for `rasa run` and for whoever wants to ask by hand.
"""

from __future__ import annotations

import asyncio
import hmac
import itertools
from contextvars import ContextVar
from typing import Any, Awaitable, Callable, Dict, Optional, Set, Tuple

import ujson

from bot.adapters.framing import Framed, Kind

Answer = Callable[[Any], Awaitable[Tuple[int, Dict[str, Any]]]]
"""From a turn's body to a status as HTTP's and the body of the answer."""


class LineLost(ConnectionError):
    """The worker hung up in the midst of a turn."""


class Line(Framed):
    """One worker's connection."""

    def __init__(self, desk: LineDesk) -> None:
        super().__init__()
        self._desk = desk
        self._is_known = False
        self._numbers = itertools.count(1)
        self._waiting: Dict[int, asyncio.Future[Tuple[int, bytes]]] = {}

    def frame_received(self, kind: Kind, status: int, number: int, payload: bytes) -> None:
        if not self._is_known:
            if kind is not Kind.HELLO or not self._desk.knows(payload):
                self.hang_up()
                return
            self._is_known = True
            self._desk.lines.add(self)
        elif kind is Kind.TURN:
            self._desk.begin(self._turn(number, payload))
        elif kind is Kind.CALL_ANSWER:
            answer = self._waiting.get(number)
            if answer is not None and not answer.done():
                answer.set_result((status, payload))

    async def _turn(self, number: int, payload: bytes) -> None:
        present_line.set(self)
        try:
            body = ujson.loads(payload)
        except ValueError:
            body = None
        status, answer = await self._desk.answer(body)
        self.send(Kind.TURN_ANSWER, number, ujson.dumps(answer, escape_forward_slashes=False).encode(), status)

    async def call(self, body: bytes, seconds: float) -> Tuple[int, bytes]:
        """A custom action's answer, status and body. Raises LineLost, or asyncio.TimeoutError after `seconds`."""
        if not self.is_open:
            raise LineLost("The worker hung up.")
        number = next(self._numbers) & 0xFFFFFFFF
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.send(Kind.CALL, number, body)
            return await asyncio.wait_for(answer, seconds)
        finally:
            del self._waiting[number]

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._desk.lines.discard(self)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LineLost("The worker hung up."))


present_line: ContextVar[Optional[Line]] = ContextVar("present_line", default=None)
"""The line that the turn of this task came by; None for one that came by HTTP."""


class LineDesk:
    """Takes lines in on a free port of loopback, from whoever has the token."""

    def __init__(self, token: str, answer: Answer) -> None:
        self._token = token.encode()
        self.answer = answer
        self.lines: Set[Line] = set()
        self._turns: Set[asyncio.Task[None]] = set()
        self._server: Optional[asyncio.AbstractServer] = None

    async def open(self) -> int:
        """The port that is listened on. Raises OSError."""
        self._server = await asyncio.get_running_loop().create_server(lambda: Line(self), "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def knows(self, token: bytes) -> bool:
        """Whether this is the internal token."""
        return hmac.compare_digest(token, self._token)

    def begin(self, turn: Awaitable[None]) -> None:
        """Run a turn beside the others."""
        task = asyncio.ensure_future(turn)
        self._turns.add(task)
        task.add_done_callback(self._turns.discard)

    async def close(self, seconds: float) -> None:
        """Takes nobody in any more, lets the turns that run come to their end within `seconds`, and hangs up."""
        if self._server is not None:
            self._server.close()
        if self._turns:
            await asyncio.wait(self._turns, timeout=seconds)
        for line in list(self.lines):
            line.close()
