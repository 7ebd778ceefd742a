"""The line to Rasa, over a real socket: turns, the actions within them, strangers, and a stop in the midst."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
import unittest
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from bot.adapters.framing import Framed, Kind
from tests.rasa_runtime.support import TOKEN, Actions, Server

actions = Actions()
server = Server(actions.port)
Act = Callable[[dict[str, Any]], Awaitable[tuple[int, Any]]]


def setUpModule() -> None:
    server.start()
    actions.start()
    server.wait_until_ready()


def tearDownModule() -> None:
    server.kill()
    actions.stop()


class Worker(Framed):
    """The worker's end, with `act` for its actions."""

    def __init__(self, act: Act) -> None:
        super().__init__()
        self._act = act
        self.calls: list[dict[str, Any]] = []
        self.answers: asyncio.Queue[tuple[int, int, Any]] = asyncio.Queue()
        self.is_lost = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def frame_received(self, kind: Kind, status: int, number: int, payload: bytes) -> None:
        if kind is Kind.TURN_ANSWER:
            self.answers.put_nowait((number, status, json.loads(payload)))
        elif kind is Kind.CALL:
            self.calls.append(json.loads(payload))
            self._tasks.append(asyncio.ensure_future(self._answer(number, self.calls[-1])))

    async def _answer(self, number: int, call: dict[str, Any]) -> None:
        status, answer = await self._act(call)
        self.send(Kind.CALL_ANSWER, number, json.dumps(answer).encode(), status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost.set()

    def ask(self, number: int, case: str, text: Any, message_id: str) -> None:
        body = {"message_id": message_id, "case_id": case, "kind": "text", "text": text}
        self.send(Kind.TURN, number, json.dumps(body).encode())

    async def answer(self) -> tuple[int, int, Any]:
        return await asyncio.wait_for(self.answers.get(), 20)


async def on_its_way(_call: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"events": [], "responses": [{"text": "It is on its way."}]}


class LineTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        actions.reset()
        self.case = f"case-{uuid.uuid4().hex}"

    async def connect(self, act: Act = on_its_way, token: str = TOKEN) -> Worker:
        port = server.get("/health")[1]["line"]
        _, worker = await asyncio.get_running_loop().create_connection(lambda: Worker(act), "127.0.0.1", port)
        self.addCleanup(worker.close)
        worker.send(Kind.HELLO, 0, token.encode())
        return worker

    async def test_turn_and_its_action_go_by_the_line(self) -> None:
        worker = await self.connect()
        worker.ask(7, self.case, "where is my order", "m1")
        number, status, answer = await worker.answer()
        self.assertEqual((7, 200), (number, status))
        self.assertEqual("It is on its way.", answer["replies"][0]["text"])
        self.assertEqual(["action_track"], [call["next_action"] for call in worker.calls])
        self.assertEqual("where is my order", worker.calls[0]["tracker"]["latest_message"]["text"])
        self.assertTrue(worker.calls[0]["sentence_vector"])
        self.assertEqual([], actions.runs)

    async def test_line_and_http_give_the_same_answer(self) -> None:
        worker = await self.connect()
        worker.ask(1, self.case, "hello", "m1")
        _, _, by_line = await worker.answer()
        _, by_http = server.turn(self.case, "hello", "m1")
        self.assertEqual({**by_line, "repeated": True}, by_http)

    async def test_turns_run_beside_each_other(self) -> None:
        held = asyncio.Event()

        async def wait(call: dict[str, Any]) -> tuple[int, Any]:
            await asyncio.wait_for(held.wait(), 20)
            return await on_its_way(call)

        worker = await self.connect(wait)
        worker.ask(1, self.case, "where is my order", "m1")
        worker.ask(2, f"{self.case}-other", "hello", "m2")
        self.assertEqual(2, (await worker.answer())[0])
        held.set()
        self.assertEqual(1, (await worker.answer())[0])

    async def test_what_is_wrong_is_said_with_its_status(self) -> None:
        async def broken(_call: dict[str, Any]) -> tuple[int, Any]:
            return 500, {}

        worker = await self.connect(broken)
        worker.ask(1, self.case, 3, "m1")
        self.assertEqual((1, 400, "bad_body"), _short(await worker.answer()))
        worker.send(Kind.TURN, 2, b"{not json")
        self.assertEqual((2, 400, "bad_body"), _short(await worker.answer()))
        worker.ask(3, self.case, "where is my order", "m2")
        self.assertEqual((3, 500, "turn_failed"), _short(await worker.answer()))

    async def test_stranger_is_hung_up_on(self) -> None:
        for token in ("", "another"):
            worker = await self.connect(token=token)
            worker.ask(1, self.case, "hello", "m1")
            await asyncio.wait_for(worker.is_lost.wait(), 20)
            self.assertTrue(worker.answers.empty())

    async def test_worker_that_hangs_up_in_the_midst_leaves_nothing_of_the_turn(self) -> None:
        called = asyncio.Event()

        async def never(_call: dict[str, Any]) -> tuple[int, Any]:
            called.set()
            await asyncio.Event().wait()
            return 200, {}

        worker = await self.connect(never)
        worker.ask(1, self.case, "where is my order", "m1")
        await asyncio.wait_for(called.wait(), 20)
        worker.hang_up()
        again = await self.connect()
        again.ask(1, self.case, "where is my order", "m1")
        _, status, answer = await again.answer()
        self.assertEqual((200, False), (status, answer["repeated"]))


class StopTest(unittest.IsolatedAsyncioTestCase):
    async def test_turn_that_runs_is_answered_before_rasa_stops(self) -> None:
        mine = Server(actions.port)
        mine.start()
        self.addCleanup(mine.kill)
        await asyncio.to_thread(mine.wait_until_ready)

        async def meanwhile(call: dict[str, Any]) -> tuple[int, Any]:
            mine.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(_until_refused, port)
            return await on_its_way(call)

        port = mine.get("/health")[1]["line"]
        _, worker = await asyncio.get_running_loop().create_connection(lambda: Worker(meanwhile), "127.0.0.1", port)
        worker.send(Kind.HELLO, 0, TOKEN.encode())
        worker.ask(1, "case", "where is my order", "m1")
        _, status, answer = await worker.answer()
        self.assertEqual((200, "It is on its way."), (status, answer["replies"][0]["text"]))
        await asyncio.wait_for(worker.is_lost.wait(), 20)
        self.assertEqual(0, await asyncio.to_thread(mine.process.wait, 15))


def _until_refused(port: int) -> None:
    """Returns when nobody is taken in on this port any more."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("The line still takes everybody in.")


def _short(answered: tuple[int, int, Any]) -> tuple[int, int, str]:
    number, status, answer = answered
    return number, status, answer["error"]


if __name__ == "__main__":
    unittest.main()
