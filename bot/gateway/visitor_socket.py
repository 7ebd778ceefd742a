"""The visitor socket: contract frames in, acks and the numbered timeline out.

The reader stores what comes and acks what is committed. The pump alone sends numbered frames, always read from the
store after the last one sent, so order and completeness do not depend on who woke it. No bot turn runs here.
"""

import asyncio
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway.admission import Admission
from bot.gateway.frame_budget import FrameBudget
from bot.gateway.frames import (
    MAX_FRAME_BYTES,
    ClientFrame,
    FrameError,
    Hello,
    Page,
    Ping,
    Read,
    Typing,
    read_frame,
    too_large,
)
from bot.gateway.hub import Hub
from bot.gateway.keys import ADMISSION, APP, HUB, LIMITER
from bot.gateway.limiter import Limiter
from bot.gateway.taking import TOO_FAST, take_frame, take_page
from bot.gateway.wire import CLOSE_TOO_LARGE, CLOSE_TOO_SLOW, TooSlow, Wire
from bot.services.app import App
from bot.services.reading import mark_read
from bot.services.timeline import look_after
from bot.services.visitors import BadIdentity, BadToken, Visit, open_visit

log = structlog.get_logger()

HELLO_WITHIN_S = 10.0
BATCH = 64
"""Numbered frames read from the store at once: all that is ever held for a browser that reads slowly."""
PUSH_LIMIT = 64

CLOSE_BAD_TOKEN = 4001
CLOSE_BAD_ORIGIN = 4003
CLOSE_TOO_FAST = 4029
FATAL = {"too_large": CLOSE_TOO_LARGE, "too_fast": CLOSE_TOO_FAST, "bad_token": CLOSE_BAD_TOKEN}
TOO_MANY_WINDOWS = "This chat is open in too many windows; close some of them."


class VisitorSession:
    """One open socket of a visitor, after its hello. Idle it is its reader's task and nothing else."""

    __slots__ = (
        "_app",
        "_behind",
        "_budget",
        "_conversation",
        "_hub",
        "_limiter",
        "_pump",
        "_pushed",
        "_wire",
        "sent_seq",
    )

    def __init__(self, app: App, hub: Hub, limiter: Limiter, wire: Wire, budget: FrameBudget, visit: Visit) -> None:
        self._app = app
        self._hub = hub
        self._limiter = limiter
        self._wire = wire
        self._budget = budget
        self._conversation = visit.conversation_id
        self._pump: asyncio.Task[None] | None = None
        self._behind = False
        self._pushed: list[dict[str, Any]] = []
        self.sent_seq = visit.newest

    # The hub calls these two from any task; they only note, and start the pump when it rests.
    def wake(self) -> None:
        self._behind = True
        self._start_pump()

    def push(self, frame: dict[str, Any]) -> None:
        if len(self._pushed) < PUSH_LIMIT:
            self._pushed.append(frame)
            self._start_pump()

    async def serve(self) -> None:
        """Run until the browser leaves or a fatal error closes the socket."""
        if self._hub.is_crowded(self._conversation):
            raise FrameError("too_fast", TOO_MANY_WINDOWS)
        self._hub.join(self._conversation, self)
        try:
            # What was committed between the hello's snapshot and the join is found by looking once more.
            self.wake()
            self._hub.hint("joined", self._conversation)
            await self._read()
        finally:
            self._hub.leave(self._conversation, self)
            if self._pump is not None:
                self._pump.cancel()

    def _start_pump(self) -> None:
        if self._pump is None:
            self._pump = asyncio.create_task(self._send_what_is_new())

    async def _send_what_is_new(self) -> None:
        try:
            while self._behind or self._pushed:
                if self._behind:
                    self._behind = False  # what is committed from now on wakes this again
                    await self._catch_up()
                pushed, self._pushed = self._pushed, []
                for frame in pushed:
                    await self._wire.say(frame)
                    if frame["type"] == "erased":
                        await self._wire.close(code=CLOSE_BAD_TOKEN, message=b"erased")
                        return
        except TooSlow:
            await self._wire.hang_up(CLOSE_TOO_SLOW, b"too slow")
        except ConnectionError:
            return  # the reader ends by itself
        except SQLAlchemyError as error:
            # The hub's poll wakes this again.
            log.warning("visitor.pump_failed", conversation=self._conversation, error=repr(error))
        finally:
            self._pump = None

    async def _catch_up(self) -> None:
        while True:
            frames = await look_after(self._app, self._conversation, self.sent_seq, BATCH)
            for frame in frames:
                await self._wire.say(frame)
                self.sent_seq = frame["seq"]
            if len(frames) < BATCH:
                return

    async def _read(self) -> None:
        async for message in self._wire:
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                return
            await self._take(_checked(message, self._budget))

    async def _take(self, frame: ClientFrame | FrameError) -> None:
        """Do what the frame asks for. Raises FrameError when it is one that ends the socket."""
        try:
            if isinstance(frame, FrameError):
                raise frame
            answer = await self._answer(frame)
            if answer is not None:
                await self._wire.say(answer)
        except FrameError as error:
            if error.code not in FATAL and not self._budget.allows_bad_frame():
                raise FrameError("too_fast", "Too many frames that cannot be used.") from error
            if error.code in FATAL:
                raise
            await self._wire.say(error.frame())

    async def _answer(self, frame: ClientFrame) -> dict[str, Any] | None:
        if isinstance(frame, Typing):
            self._hub.push(self._conversation, {"type": "typing", "author": "customer"}, but=self)
            self._hub.hint("typing", self._conversation)
            return None
        if isinstance(frame, Read):
            try:
                await mark_read(self._app, self._conversation, frame.seq)
            except SQLAlchemyError as error:
                log.warning("visitor.read_not_noted", error=repr(error))
            return None
        if isinstance(frame, Ping):
            return {"type": "pong"}
        if isinstance(frame, Page):
            await take_page(self._app, self._limiter, self._conversation, frame)
            return None
        if isinstance(frame, Hello):
            raise FrameError("bad_frame", "This socket has said hello already.")
        if not await self._limiter.allow_send(self._conversation):
            raise FrameError("too_fast", TOO_FAST, getattr(frame, "cid", None))
        return await take_frame(self._app, self._conversation, frame)


def _checked(message: WSMessage, budget: FrameBudget) -> ClientFrame | FrameError:
    """The frame, or what is wrong with it. Raises FrameError when the socket has had its share."""
    if not budget.allows_frame():
        raise FrameError("too_fast", TOO_FAST)
    try:
        if message.type is not WSMsgType.TEXT:
            raise FrameError("bad_json", "Frames are JSON text, not binary.")
        return read_frame(message.data)
    except FrameError as error:
        return error


def _too_early(frame: ClientFrame) -> FrameError:
    return FrameError("bad_frame", "Say hello first.", getattr(frame, "cid", None))


async def visitor_socket(request: web.Request, *, origin_allowed: bool) -> web.StreamResponse:
    """`GET /ws/visitor`, once it is let in."""
    app = request.app[APP]
    wire = Wire(max_frame=MAX_FRAME_BYTES, too_large=too_large().frame(), protocols=("rapport.v1",))
    await wire.accept(request)
    try:
        if not origin_allowed:
            await wire.turn_away(
                FrameError("bad_origin", "This website may not open a chat here.").frame(), CLOSE_BAD_ORIGIN
            )
            return wire
        budget = FrameBudget(app.settings.frame_limit, app.settings.bad_frame_limit)
        visit = await _greet(wire, app, request.app[ADMISSION], budget)
        if visit is not None:
            await wire.say(visit.welcome)
            for frame in visit.frames:
                await wire.say(frame)
            session = VisitorSession(app, request.app[HUB], request.app[LIMITER], wire, budget, visit)
            del visit  # up to five hundred frames, not needed for the hours that follow
            await session.serve()
    except FrameError as error:
        await wire.turn_away(error.frame(), FATAL[error.code])
    except TooSlow:
        await wire.hang_up(CLOSE_TOO_SLOW, b"too slow")
    except ConnectionError:
        pass  # it went away in the middle of a frame
    finally:
        wire.let_go()
    return wire


async def _greet(wire: Wire, app: App, admission: Admission, budget: FrameBudget) -> Visit | None:
    """Wait for a good hello; None when the socket was closed instead. Raises FrameError when it must be closed."""
    hello = None
    try:
        async with asyncio.timeout(HELLO_WITHIN_S):
            async for message in wire:
                frame = _checked(message, budget)
                if isinstance(frame, Hello):
                    hello = frame
                    break
                error = frame if isinstance(frame, FrameError) else _too_early(frame)
                if error.code in FATAL:
                    raise error
                if not budget.allows_bad_frame():
                    raise FrameError("too_fast", "Too many frames that cannot be used.")
                await wire.say(error.frame())
    except TimeoutError:
        await wire.turn_away(FrameError("bad_frame", "No hello came in time.").frame(), CLOSE_TOO_SLOW)
    if hello is None:
        return None
    try:
        async with admission.at_the_store():
            return await open_visit(
                app, token=hello.token, identity=hello.identity, last_seq=hello.last_seq, locale=hello.locale,
                page=hello.page,
            )  # fmt: skip
    except BadToken as error:
        refused = "identity" if isinstance(error, BadIdentity) else "token"
        await wire.turn_away(FrameError("bad_token", str(error)).frame() | {"of": refused}, CLOSE_BAD_TOKEN)
        return None
    except Exception as error:  # the edge: the store may be away
        log.error("visitor.hello_failed", error=repr(error))
        sentence = "Chat is not available just now; trying again."
        await wire.turn_away(FrameError("unavailable", sentence).frame(), WSCloseCode.TRY_AGAIN_LATER)
        return None
