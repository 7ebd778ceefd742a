"""`GET /ws/staff`: hints for desk and studio, presence, and the live thread of the case an agent has open.

Hints say "look again"; what is true is asked over HTTP. Only the open thread is sent in full, always read from the
store after the last frame sent, as the customer's browser gets it.
"""

import asyncio
import contextlib
import json
import time
from typing import Any

import structlog
from aiohttp import WSMsgType, web
from sqlalchemy import update

from bot.gateway.hub import Hub
from bot.gateway.keys import APP, HUB
from bot.gateway.origins import is_allowed
from bot.gateway.staff_auth import member_by_cookie
from bot.gateway.wire import CLOSE_TOO_SLOW, TooSlow, Wire
from bot.services.app import App
from bot.services.cases import CaseNotFound
from bot.services.desk_case import conversation_of
from bot.services.desk_thread import staff_frames_after
from bot.services.duty import mark_present
from bot.services.staff import StaffMember
from bot.services.staff_sessions import member_of, member_of_session
from bot.store.tables import Staff

log = structlog.get_logger()

HELLO_WITHIN_S = 10.0
PRESENCE_EVERY_S = 30.0
CHECK_SESSION_EVERY_S = 1.0
MAX_FRAME_BYTES = 16 * 1024
WAITING_LIMIT = 500

CLOSE_SIGNED_OUT = 4001
CLOSE_BAD_ORIGIN = 4003
TOO_LARGE = {"type": "error", "code": "too_large", "message": "A frame may have 16 KiB."}

PRIVATE_TOPICS = {"conversation", "erased", "joined", "typing", "jobs", "session"}
"""Not passed on: the desk is told of its cases by `desk`, and of others' typing never."""


async def staff_socket(request: web.Request) -> web.StreamResponse:
    """Open to a signed-in member: by the cookie and our own page's Origin, or by `hello {token}` as first frame."""
    app, hub = request.app[APP], request.app[HUB]
    socket = Wire(max_frame=MAX_FRAME_BYTES, too_large=TOO_LARGE)
    await socket.accept(request)
    try:
        await _serve(request, app, hub, socket)
    finally:
        socket.let_go()
    return socket


async def _serve(request: web.Request, app: App, hub: Hub, socket: Wire) -> None:
    has_origin = "Origin" in request.headers
    if has_origin and not is_allowed(request, frozenset({app.settings.origin.lower()}), absent=False):
        await socket.close(code=CLOSE_BAD_ORIGIN, message=b"bad origin")
        return
    # A cookie counts only with an Origin, which every browser sends; other clients say hello with their token.
    member = await member_by_cookie(request) if has_origin else None
    if member is None:
        member = await _greet(socket, app)
    if member is None:
        await socket.close(code=CLOSE_SIGNED_OUT, message=b"not signed in")
        return
    with contextlib.suppress(ConnectionError):
        await StaffSocket(app, hub, socket, member).serve()


async def _greet(socket: Wire, app: App) -> StaffMember | None:
    try:
        async with asyncio.timeout(HELLO_WITHIN_S):
            frame = await _receive(socket)
    except TimeoutError:
        return None
    if frame is None or frame.get("type") != "hello" or not isinstance(frame.get("token"), str):
        return None
    return await member_of(app, frame["token"])


async def _receive(socket: Wire) -> dict[str, Any] | None:
    """The next frame; None when the socket ended. A frame that is no JSON object is an empty one."""
    message = await socket.receive()
    if message.type is not WSMsgType.TEXT:
        return None
    try:
        frame = json.loads(message.data)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


class StaffSocket:
    """One open desk or studio."""

    def __init__(self, app: App, hub: Hub, socket: Wire, member: StaffMember) -> None:
        self._app = app
        self._hub = hub
        self._socket = socket
        self._member = member
        self._wake = asyncio.Event()
        self._hints: dict[tuple[str, str], None] = {}
        self._pushed: list[dict[str, Any]] = []
        self._conversation: str | None = None
        self._on_duty = True
        self._ended = asyncio.Event()
        self.sent_seq = 0

    # The hub calls these from any task; they only note and wake.
    def wake(self) -> None:
        self._wake.set()

    def push(self, frame: dict[str, Any]) -> None:
        if len(self._pushed) < WAITING_LIMIT:
            self._pushed.append(frame)
            self._wake.set()

    def tell(self, topic: str, subject: str) -> None:
        if topic == "session" and subject == self._member.session:
            self._ended.set()
        elif topic not in PRIVATE_TOPICS and len(self._hints) < WAITING_LIMIT:
            self._hints[topic, subject] = None
            self._wake.set()

    async def serve(self) -> None:
        """Run until the browser leaves, the session ends, or it stops reading."""
        await mark_present(self._app, self._member.id)
        self._hub.join_staff(self.tell)
        await self._send({"type": "welcome", "id": self._member.id, "name": self._member.name})
        tasks = [asyncio.create_task(work()) for work in (self._pump, self._read, self._watch)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except TooSlow:
            await self._socket.hang_up(CLOSE_TOO_SLOW, b"too slow")
        finally:
            self._hub.leave_staff(self.tell)
            self._close_case()
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError, TooSlow):
                    await task

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._socket.say(frame)

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            conversation = self._conversation
            while conversation is not None and conversation == self._conversation:
                async with self._app.read() as tx:
                    frames = await staff_frames_after(tx, conversation, self.sent_seq)
                if not frames or conversation != self._conversation:
                    break
                for frame in frames:
                    await self._send({**frame, "conversation": conversation})
                self.sent_seq = frames[-1]["seq"]
            pushed, self._pushed = self._pushed, []
            hints, self._hints = self._hints, {}
            for frame in pushed:
                await self._send(frame)
            for topic, subject in hints:
                await self._send({"type": "hint", "topic": topic, "subject": subject})

    async def _watch(self) -> None:
        """Presence, and the session: one that was ended closes its sockets even when the hint was lost."""
        marked = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SESSION_EVERY_S):
                    await self._ended.wait()
            try:
                valid = not self._ended.is_set() and await member_of_session(self._app, self._member.session)
                if not valid:
                    await self._socket.close(code=CLOSE_SIGNED_OUT, message=b"signed out")
                    return
                if self._on_duty and time.monotonic() - marked >= PRESENCE_EVERY_S:
                    await mark_present(self._app, self._member.id)
                    marked = time.monotonic()
            except ConnectionError:
                raise
            except Exception as error:  # the edge of a background task: the store may be away for a moment
                log.warning("staff.watch_failed", error=repr(error))

    async def _read(self) -> None:
        while (frame := await _receive(self._socket)) is not None:
            match frame:
                case {"type": "open", "case": str(case_id)}:
                    after = frame.get("after", 0)
                    await self._open_case(case_id, after if isinstance(after, int) and after >= 0 else 0)
                case {"type": "close"}:
                    self._close_case()
                case {"type": "typing"} if self._conversation is not None:
                    typing = {"type": "typing", "author": "agent", "name": self._member.name}
                    self._hub.push(self._conversation, typing, but=self)
                case {"type": "duty", "on": bool(on)}:
                    await self._set_duty(on)
                case {"type": "ping"}:
                    await self._send({"type": "pong"})
                case _:
                    await self._send(
                        {"type": "error", "code": "bad_frame", "message": "Frames of this shape are not known here."}
                    )

    async def _open_case(self, case_id: str, after: int) -> None:
        try:
            conversation = await conversation_of(self._app, case_id)
        except CaseNotFound as error:
            await self._send({"type": "error", "code": "no_such_case", "message": str(error)})
            return
        self._close_case()
        self._conversation = conversation
        self.sent_seq = after
        self._hub.join(conversation, self)
        self._wake.set()

    def _close_case(self) -> None:
        if self._conversation is not None:
            self._hub.leave(self._conversation, self)
            self._conversation = None

    async def _set_duty(self, on: bool) -> None:
        self._on_duty = on
        if on:
            await mark_present(self._app, self._member.id)
        else:
            async with self._app.write() as tx:
                await tx.execute(update(Staff).where(Staff.id == self._member.id).values(seen_at=None))
