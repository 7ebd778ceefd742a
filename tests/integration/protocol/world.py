"""The real gateway over a real store in one loop, with tabs that speak the protocol and a bot that answers on cue.

A turn is held open until it is told to finish, so that anything may happen in its middle. Nothing here waits by the
clock: every step ends when what it set off has arrived.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, select

from bot.adapters.breaker import Breaker
from bot.adapters.rasa import BotReply, BotUnavailable, RasaClient, TurnResult, Understanding
from bot.jobs.queue import Lease, claim
from bot.services.app import App
from bot.services.schedules import recover_bot
from bot.services.staff import StaffMember
from bot.services.timeline import frames_after
from bot.services.turns import run_system_turn, run_turn
from bot.store.tables import Job, Message, Receipt, Staff
from tests.integration.conftest import MovableClock
from tests.integration.desk.conftest import LocalHints, build_desk

Frame = dict[str, Any]
WITHIN_S = 10.0


class HeldRasa:
    """Is asked, and answers when told to."""

    def __init__(self) -> None:
        self.breaker = Breaker()
        self.body: Frame | None = None
        self._answer: asyncio.Future[list[BotReply]] = asyncio.get_running_loop().create_future()
        self.asked = asyncio.Event()

    async def turn(self, body: Frame, timeout_s: float) -> TurnResult:
        self.body = body
        self.asked.set()
        replies = await self._answer
        nlu = Understanding(intent="track_order", confidence=0.9)
        return TurnResult(message_id=body["message_id"], replies=replies, nlu=nlu, model_id="m1")

    async def parse(self, texts: list[str], timeout_s: float = 5.0) -> list[Understanding]:
        return [Understanding(intent="track_order", confidence=0.9) for _ in texts]

    async def health(self) -> Frame:
        return {"status": "ok"}

    def answer(self, replies: list[BotReply] | None) -> None:
        """None: it cannot be asked."""
        if replies is None:
            self._answer.set_exception(BotUnavailable("connection refused"))
        else:
            self._answer.set_result(replies)


@dataclass
class Turn:
    """A bot turn under way."""

    rasa: HeldRasa
    work: asyncio.Task[None]


@dataclass
class Tab:
    """A browser tab: what it shows, and what it has not seen acked."""

    server: TestServer
    session: aiohttp.ClientSession
    over_http: bool
    token: str | None = None
    frames: dict[int, Frame] = field(default_factory=dict)
    answers: dict[str, Frame] = field(default_factory=dict)
    """The ack or the error of each `cid`."""
    outbox: dict[str, Frame] = field(default_factory=dict)
    welcome: Frame = field(default_factory=dict)
    connected: bool = False
    deaf: bool = False
    """What the server still says is lost on the way."""
    lost: dict[str, Frame] = field(default_factory=dict)
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _reader: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def last_seq(self) -> int:
        return max(self.frames, default=0)

    async def connect(self) -> None:
        """Say hello with what is known already; then send again what has no answer."""
        hello = {"type": "hello", "token": self.token, "last_seq": self.last_seq}
        self.deaf = False
        if self.over_http:
            answer = await self._call("POST", "hello", hello)
            self._take({**{key: value for key, value in answer.items() if key != "items"}, "type": "welcome"})
            for frame in answer["items"]:
                self._take(frame)
        else:
            self.welcome = {}
            self._socket = await self.session.ws_connect(
                self.server.make_url("/ws/visitor"), protocols=("rapport.v1",), max_msg_size=0
            )
            await self._socket.send_json(hello)
            self._reader = asyncio.create_task(self._read(self._socket))
            await self._until(lambda: bool(self.welcome))
        self.connected = True
        for frame in list(self.outbox.values()):
            await self.deliver(frame)

    async def drop(self) -> None:
        """The connection is reset."""
        self.connected = False
        if self._socket is not None and self._reader is not None:
            transport = self._socket._response.connection.transport  # type: ignore[union-attr]  # open until now
            assert transport is not None
            transport.abort()
            await asyncio.wait({self._reader})
            self._socket = self._reader = None

    async def deliver(self, frame: Frame) -> Frame:
        """Send a frame and wait for its ack or error."""
        self.outbox[frame["cid"]] = frame
        answer = await self._exchange(frame, self.answers)
        self.outbox.pop(frame["cid"], None)
        return answer

    async def lose_before(self, frame: Frame) -> None:
        """The connection dies before the frame arrives."""
        self.outbox[frame["cid"]] = frame
        await self.drop()

    async def lose_after(self, frame: Frame) -> Frame:
        """The connection dies after the server has answered; the answer is lost. Returns it all the same."""
        self.outbox[frame["cid"]] = frame
        self.deaf = True
        answer = await self._exchange(frame, self.lost)
        await self.drop()
        return answer

    async def _exchange(self, frame: Frame, heard: dict[str, Frame]) -> Frame:
        cid = frame["cid"]
        if self.over_http:
            heard[cid] = await self._call("POST", "messages", frame)
        else:
            heard.pop(cid, None)
            assert self._socket is not None
            await self._socket.send_json(frame)
            await self._until(lambda: cid in heard)
        return heard[cid]

    async def catch_up(self, newest: int) -> None:
        """Everything up to `newest` is here."""
        if self.over_http:
            answer = await self._call("GET", f"events?after={self.last_seq}")
            for frame in answer["items"]:
                self._take(frame)
        else:
            await self._until(lambda: self.last_seq >= newest)

    async def _call(self, method: str, path: str, body: Frame | None = None) -> Frame:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = self.server.make_url(f"/api/v1/visitor/{path.partition('?')[0]}")
        query = path.partition("?")[2]
        url = url.with_query(query) if query else url
        async with self.session.request(method, url, json=body, headers=headers) as response:
            answer: Frame = await response.json()
            if response.status >= 400:
                assert response.status < 500, answer
                return {"type": "error", "code": answer["title"], "cid": answer.get("cid")}
            return answer

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                self._take(message.json())
        self._news.set()

    def _take(self, frame: Frame) -> None:
        if frame["type"] in {"ack", "error"}:
            (self.lost if self.deaf else self.answers)[frame["cid"]] = frame
        elif self.deaf:
            pass
        elif frame["type"] == "welcome":
            self.welcome, self.token = frame, frame["token"]
        elif frame["type"] in {"message", "state", "update"}:
            assert frame["seq"] not in self.frames, "a frame came twice"
            assert frame["seq"] == self.last_seq + 1, "a frame came out of order"
            self.frames[frame["seq"]] = frame
        self._news.set()

    async def _until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not true():
                assert self._reader is None or not self._reader.done(), "the server closed the connection"
                self._news.clear()
                await self._news.wait()


class World:
    """One installation without processes: gateway, store, an agent, and at most one turn under way."""

    def __init__(self, app: App, clock: MovableClock) -> None:
        self.app = app
        self.clock = clock
        self.turn: Turn | None = None

    async def open(self, furnish: Callable[[web.Application], None] = lambda _application: None) -> None:
        """Start the gateway; `furnish` may add to it before."""
        self.app.hints = LocalHints()
        application = build_desk(self.app)
        furnish(application)
        self.server = TestServer(application)
        await self.server.start_server()
        self.session = aiohttp.ClientSession()
        async with self.app.write() as tx:
            staff = Staff(email=f"{uuid4().hex}@example.com", name="Robin", role="agent", created_at=self.app.now())
            tx.add(staff)
        self.agent = StaffMember(staff.id, staff.email, staff.name, staff.role)

    async def close(self) -> None:
        await self.session.close()
        await self.server.close()
        await self.app.close()

    def tab(self, token: str | None, *, over_http: bool = False) -> Tab:
        return Tab(self.server, self.session, over_http, token)

    async def claim(self, *kinds: str) -> Lease | None:
        async with self.app.write() as tx:
            return await claim(tx, self.app.now(), "host/1/1", list(kinds))

    async def begin_turn(self) -> bool:
        """Claim what is due and run it until Rasa is asked, or to its end if it is not. False when nothing is due."""
        lease = await self.claim("turn", "system_turn")
        if lease is None:
            return False
        rasa = HeldRasa()
        run = run_turn if lease.kind == "turn" else run_system_turn
        work = asyncio.create_task(run(self.app, cast(RasaClient, rasa), lease))
        asked = asyncio.create_task(rasa.asked.wait())
        await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
        if not rasa.asked.is_set():
            asked.cancel()
            await work
            return True
        self.turn = Turn(rasa, work)
        return True

    async def end_turn(self, replies: list[BotReply] | None) -> None:
        assert self.turn is not None
        turn, self.turn = self.turn, None
        turn.rasa.answer(replies)
        await turn.work

    async def recover(self) -> None:
        """The bot is back for whoever waited for it."""
        lease = await self.claim("bot_recovery")
        if lease is not None:
            await recover_bot(self.app, cast(RasaClient, HeldRasa()), lease)

    async def forget_jobs(self) -> None:
        """What is left over of one conversation must not be the next one's."""
        async with self.app.write() as tx:
            await tx.execute(delete(Job))

    async def timeline(self, conversation: str) -> list[Frame]:
        async with self.app.read() as tx:
            return await frames_after(tx, conversation, 0, 100_000)

    async def messages(self, conversation: str) -> list[Message]:
        async with self.app.read() as tx:
            rows = await tx.execute(
                select(Message).where(Message.conversation_id == conversation).order_by(Message.seq)
            )
            return list(rows.scalars())

    async def receipts(self, conversation: str) -> dict[str, int]:
        async with self.app.read() as tx:
            rows = await tx.execute(select(Receipt.cid, Receipt.seq).where(Receipt.conversation_id == conversation))
            return {cid: seq for cid, seq in rows if not cid.startswith("staff:")}
