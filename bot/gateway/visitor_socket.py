"""The visitor socket: contract frames in, acks and the numbered timeline out.

The reader stores what comes and acks what is committed. The pump alone sends numbered frames, always read from the
store after the last one sent, so order and completeness do not depend on who woke it. No bot turn runs here.
"""

import asyncio
import contextlib
from typing import Any

import structlog
from aiohttp import WSMsgType, web
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway.frames import (
    ClientFrame,
    End,
    FrameError,
    Hello,
    Human,
    InvitationAnswer,
    Page,
    Ping,
    Read,
    Send,
    SurveyAnswer,
    Typing,
    read_frame,
)
from bot.gateway.hub import Hub
from bot.gateway.limiter import Limiter
from bot.services.app import App
from bot.services.asking import answer_invitation, answer_survey
from bot.services.reading import mark_read
from bot.services.receive import Refused, receive_choice, receive_end, receive_human, receive_text
from bot.services.surveys import put_off
from bot.services.timeline import REPLAY_LIMIT, frames_after
from bot.services.visitors import BadIdentity, BadToken, Visit, change_page, open_visit

log = structlog.get_logger()

HELLO_WITHIN_S = 10.0
SEND_WITHIN_S = 20.0
HEARTBEAT_S = 25.0
MAX_MESSAGE_BYTES = 1024 * 1024
PUSH_LIMIT = 64

CLOSE_BAD_TOKEN = 4001
CLOSE_BAD_ORIGIN = 4003
CLOSE_TOO_SLOW = 4008
CLOSE_TOO_LARGE = 4009
CLOSE_TOO_FAST = 4029
FATAL = {"too_large": CLOSE_TOO_LARGE, "too_fast": CLOSE_TOO_FAST, "bad_token": CLOSE_BAD_TOKEN}


class TooSlow(Exception):
    """The browser does not read what it is sent."""


class VisitorSession:
    """One open socket of a visitor, after its hello."""

    def __init__(self, app: App, hub: Hub, limiter: Limiter, socket: web.WebSocketResponse, visit: Visit) -> None:
        self._app = app
        self._hub = hub
        self._limiter = limiter
        self._socket = socket
        self._visit = visit
        self._wake = asyncio.Event()
        self._pushed: list[dict[str, Any]] = []
        self.sent_seq = visit.newest

    # The hub calls these two from any task; they only note and wake.
    def wake(self) -> None:
        self._wake.set()

    def push(self, frame: dict[str, Any]) -> None:
        if len(self._pushed) < PUSH_LIMIT:
            self._pushed.append(frame)
            self._wake.set()

    async def serve(self) -> None:
        """Run until the browser leaves or a fatal error closes the socket."""
        for frame in self._visit.frames:
            await self._send(frame)
        self._hub.join(self._visit.conversation_id, self)
        # What was committed between the hello's snapshot and the join is found by looking once more.
        self._wake.set()
        self._hub.hint("joined", self._visit.conversation_id)
        pump = asyncio.create_task(self._pump())
        reader = asyncio.create_task(self._read())
        try:
            done, _ = await asyncio.wait({pump, reader}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except TooSlow:
            await self._socket.close(code=CLOSE_TOO_SLOW, message=b"too slow")
        finally:
            self._hub.leave(self._visit.conversation_id, self)
            for task in (pump, reader):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError, TooSlow):
                    await task

    async def _send(self, frame: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                await self._socket.send_json(frame)
        except TimeoutError as error:
            raise TooSlow from error

    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while True:
                async with self._app.read() as tx:
                    frames = await frames_after(
                        tx, self._visit.conversation_id, self.sent_seq, link=self._app.upload_link
                    )
                for frame in frames:
                    await self._send(frame)
                    self.sent_seq = frame["seq"]
                if len(frames) < REPLAY_LIMIT:
                    break  # whatever was committed since then wakes this again
            pushed, self._pushed = self._pushed, []
            for frame in pushed:
                await self._send(frame)
                if frame["type"] == "erased":
                    await self._socket.close(code=CLOSE_BAD_TOKEN, message=b"erased")
                    return

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                break
            try:
                if message.type is WSMsgType.BINARY:
                    raise FrameError("bad_json", "Frames are JSON text, not binary.")
                await self._take(read_frame(message.data))
            except FrameError as error:
                await self._send(error.frame())
                if error.code in FATAL:
                    await self._socket.close(code=FATAL[error.code], message=error.code.encode())
                    return

    async def _take(self, frame: ClientFrame) -> None:
        if isinstance(frame, Typing):
            self._hub.push(self._visit.conversation_id, {"type": "typing", "author": "customer"}, but=self)
            self._hub.hint("typing", self._visit.conversation_id)
            return
        if isinstance(frame, Read):
            try:
                await mark_read(self._app, self._visit.conversation_id, frame.seq)
            except SQLAlchemyError as error:
                log.warning("visitor.read_not_noted", error=repr(error))
            return
        if isinstance(frame, Ping):
            await self._send({"type": "pong"})
            return
        if isinstance(frame, Page):
            await take_page(self._app, self._limiter, self._visit.conversation_id, frame)
            return
        if isinstance(frame, Hello):
            raise FrameError("bad_frame", "This socket has said hello already.")
        if not await self._limiter.allow_send(self._visit.conversation_id):
            raise FrameError(
                "too_fast", "That was a lot at once; please wait a few seconds.", getattr(frame, "cid", None)
            )
        ack = await take_frame(self._app, self._visit.conversation_id, frame)
        await self._send(ack)


async def take_page(app: App, limiter: Limiter, conversation_id: str, frame: Page) -> None:
    """Keep the page the customer is on now. Raises FrameError `too_fast`; a store that is away costs nothing else."""
    if not await limiter.allow_page(conversation_id):
        raise FrameError("too_fast", "This page changes too often; please wait a few seconds.")
    try:
        await change_page(app, conversation_id, frame.page)
    except SQLAlchemyError as error:
        log.warning("visitor.page_not_noted", error=repr(error))


async def take_frame(app: App, conversation_id: str, frame: ClientFrame) -> dict[str, Any]:
    """Store a client's frame and return its ack; the socket and the HTTP fallback share it. Raises FrameError."""
    cid = getattr(frame, "cid", None)
    try:
        match frame:
            case Send(choice=str() as choice):
                seq = await receive_choice(app, conversation_id, frame.cid, choice, frame.attachments)
            case Send():
                seq = await receive_text(app, conversation_id, frame.cid, frame.text or "", frame.attachments)
            case SurveyAnswer(skip=True):
                seq = await put_off(app, conversation_id, frame.cid, frame.survey)
            case SurveyAnswer():
                seq = await answer_survey(app, conversation_id, frame.cid, frame.survey, frame.score, frame.comment)
            case InvitationAnswer():
                seq = await answer_invitation(
                    app, conversation_id, frame.cid, frame.invitation, frame.answer, frame.words
                )
            case Human():
                seq = await receive_human(app, conversation_id, frame.cid)
            case End():
                seq = await receive_end(app, conversation_id, frame.cid)
            case _:
                raise FrameError("unknown_type", "That frame cannot be sent here.", cid)
    except Refused as error:
        raise FrameError(error.code, str(error), cid) from error
    except FrameError:
        raise
    except Exception as error:  # the edge: whatever failed, nothing was committed and the client may send again
        log.error("visitor.frame_failed", conversation=conversation_id, error=repr(error))
        raise FrameError("unavailable", "We could not save that just now; it will be sent again.", cid) from error
    return {"type": "ack", "cid": cid, "seq": seq}


async def visitor_socket(
    request: web.Request, app: App, hub: Hub, limiter: Limiter, *, origin_allowed: bool
) -> web.StreamResponse:
    """`GET /ws/visitor`."""
    socket = web.WebSocketResponse(
        protocols=("rapport.v1",), heartbeat=HEARTBEAT_S, compress=False, max_msg_size=MAX_MESSAGE_BYTES
    )
    await socket.prepare(request)
    if not origin_allowed:
        await socket.send_json(FrameError("bad_origin", "This website may not open a chat here.").frame())
        await socket.close(code=CLOSE_BAD_ORIGIN, message=b"bad origin")
        return socket
    visit = await _greet(socket, app)
    if visit is not None:
        with contextlib.suppress(ConnectionError):
            await socket.send_json(visit.welcome)
            await VisitorSession(app, hub, limiter, socket, visit).serve()
    return socket


async def _greet(socket: web.WebSocketResponse, app: App) -> Visit | None:
    """Wait for a good hello; None when the socket was closed instead."""
    try:
        async with asyncio.timeout(HELLO_WITHIN_S):
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    await socket.send_json(FrameError("bad_json", "Frames are JSON text.").frame())
                    continue
                try:
                    frame = read_frame(message.data)
                    if not isinstance(frame, Hello):
                        raise FrameError("bad_frame", "Say hello first.", getattr(frame, "cid", None))
                    return await open_visit(
                        app, token=frame.token, identity=frame.identity, last_seq=frame.last_seq,
                        locale=frame.locale, page=frame.page,
                    )  # fmt: skip
                except BadToken as error:
                    refused = "identity" if isinstance(error, BadIdentity) else "token"
                    await socket.send_json(FrameError("bad_token", str(error)).frame() | {"of": refused})
                    await socket.close(code=CLOSE_BAD_TOKEN, message=b"bad token")
                    return None
                except FrameError as error:
                    await socket.send_json(error.frame())
                    if error.code in FATAL:
                        await socket.close(code=FATAL[error.code], message=error.code.encode())
                        return None
    except TimeoutError:
        await socket.send_json(FrameError("bad_frame", "No hello came in time.").frame())
        await socket.close(code=CLOSE_TOO_SLOW, message=b"no hello")
    except Exception as error:  # the edge: the store may be away
        log.error("visitor.hello_failed", error=repr(error))
        await socket.send_json(FrameError("unavailable", "Chat is not available just now; trying again.").frame())
        await socket.close(code=1013, message=b"unavailable")
    return None
