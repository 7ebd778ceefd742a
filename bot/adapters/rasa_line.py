"""The worker's end of the line to one Rasa: turns go there, and within a turn the calls of custom actions come back.

A turn with an action was two requests of HTTP, one in the other, which took a third of the worker's time for a message.
Both go over one connection now, as frames (`framing.py`).
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import structlog

from bot.adapters.framing import Framed, Kind

log = structlog.get_logger()

RunAction = Callable[[bytes], Awaitable[tuple[int, bytes]]]
"""Runs a custom action: from Rasa's call to a status as HTTP's and the answer, both as JSON. May raise anything."""


class LineLost(Exception):
    """The connection ended before the answer came."""


class RasaLine(Framed):
    """Made by `loop.create_connection`. Says who it is by `token`."""

    def __init__(self, token: str, run_action: RunAction) -> None:
        super().__init__()
        self._token = token
        self._run_action = run_action
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[tuple[int, bytes]]] = {}
        self._actions: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.send(Kind.HELLO, 0, self._token.encode())

    async def turn(self, body: bytes) -> tuple[int, bytes]:
        """The channel's answer to a turn, status and body. Raises LineLost; cancelled, its answer is let go."""
        if not self.is_open:
            raise LineLost("the line to Rasa is closed")
        number = next(self._numbers) & 0xFFFFFFFF
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self.send(Kind.TURN, number, body)
            return await answer
        finally:
            del self._waiting[number]

    def frame_received(self, kind: Kind, status: int, number: int, payload: bytes) -> None:
        if kind is Kind.TURN_ANSWER:
            answer = self._waiting.get(number)
            if answer is not None and not answer.done():
                answer.set_result((status, payload))
        elif kind is Kind.CALL:
            task = asyncio.create_task(self._act(number, payload))
            self._actions.add(task)
            task.add_done_callback(self._actions.discard)

    async def _act(self, number: int, call: bytes) -> None:
        try:
            status, answer = await self._run_action(call)
        except Exception:  # the edge of an action: the whole turn fails there and is tried again
            log.exception("action.failed")
            status, answer = 500, b""
        self.send(Kind.CALL_ANSWER, number, answer, status)

    def connection_lost(self, exc: Exception | None) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LineLost("Rasa hung up"))
