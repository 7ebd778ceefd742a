"""A Rasa for unit tests of the worker's client: the channel's health over HTTP, and turns on the line."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.framing import Framed, Kind

ANSWER: dict[str, Any] = {"message_id": "m1", "replies": [], "nlu": {}, "model_id": "one"}


class FakeRasa:
    """Answers every turn with `status`, after `meanwhile`, and counts. `down` answers no health."""

    def __init__(self, status: int = 200, model: str = "one") -> None:
        self.status = status
        self.model = model
        self.asked = 0
        self.tokens: list[bytes] = []
        self.lines: list[FakeLine] = []
        self.is_down = False
        self.meanwhile: Callable[[FakeLine], Awaitable[None]] | None = None
        self._server: asyncio.Server | None = None
        self._http: TestServer | None = None

    async def start(self) -> "FakeRasa":
        self._server = await asyncio.get_running_loop().create_server(lambda: FakeLine(self), "127.0.0.1", 0)
        application = web.Application()
        application.router.add_get("/webhooks/rapport/health", self._health)
        self._http = TestServer(application)
        await self._http.start_server()
        return self

    @property
    def url(self) -> str:
        assert self._http is not None
        return str(self._http.make_url("")).rstrip("/")

    async def _health(self, _request: web.Request) -> web.Response:
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return web.json_response({"status": "ok", "line": port}, status=503 if self.is_down else 200)

    def hang_up(self) -> None:
        for line in self.lines:
            line.hang_up()

    async def stop(self) -> None:
        assert self._server is not None and self._http is not None
        self._server.close()
        self.hang_up()
        await self._http.close()


class FakeLine(Framed):
    def __init__(self, rasa: FakeRasa) -> None:
        super().__init__()
        self._rasa = rasa
        self._tasks: set[asyncio.Task[None]] = set()
        self._calls: dict[int, asyncio.Future[tuple[int, bytes]]] = {}

    def frame_received(self, kind: Kind, status: int, number: int, payload: bytes) -> None:
        if kind is Kind.HELLO:
            self._rasa.tokens.append(payload)
            self._rasa.lines.append(self)
        elif kind is Kind.TURN:
            self._rasa.asked += 1
            task = asyncio.create_task(self._answer(number, json.loads(payload)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif kind is Kind.CALL_ANSWER:
            self._calls.pop(number).set_result((status, payload))

    async def _answer(self, number: int, turn: dict[str, Any]) -> None:
        if self._rasa.meanwhile is not None:
            await self._rasa.meanwhile(self)
        body = {**ANSWER, "message_id": turn["message_id"], "model_id": self._rasa.model}
        self.send(Kind.TURN_ANSWER, number, json.dumps(body).encode(), self._rasa.status)

    async def call(self, body: bytes) -> tuple[int, bytes]:
        """Ask the worker to run an action, as in the midst of a turn."""
        number = 1000 + len(self._calls)
        self._calls[number] = asyncio.get_running_loop().create_future()
        self.send(Kind.CALL, number, body)
        return await self._calls[number]

    def connection_lost(self, exc: Exception | None) -> None:
        for answer in self._calls.values():
            answer.cancel()
