"""The visitor's doors: the socket, and the HTTP fallback with the same frames and the same cursor."""

import asyncio
import sys
from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from bot.gateway.admission import Admission
from bot.gateway.api import Api, Call
from bot.gateway.bodies import read_body
from bot.gateway.client_address import client_address
from bot.gateway.door import Door
from bot.gateway.frames import MAX_FRAME_BYTES, FrameError, Hello, Page, Ping, Read, Typing, read_frame
from bot.gateway.keys import ADMISSION, APP, DOOR, HUB, LIMITER
from bot.gateway.origins import allowed_origins, cors_headers, is_allowed
from bot.gateway.problems import Problem
from bot.gateway.qr_codes import add_qr_route
from bot.gateway.taking import TOO_FAST, take_frame, take_page
from bot.gateway.visitor_socket import TOO_MANY_WINDOWS, visitor_socket
from bot.services.reading import mark_read
from bot.services.timeline import REPLAY_LIMIT, look_after
from bot.services.visitors import BadIdentity, BadToken, conversation_for_token, open_visit

STATUS = {"too_large": 413, "too_fast": 429, "unavailable": 503, "bad_token": 401}
LONG_POLL_S = 25.0
FULL_S = 30
"""When to come back to a gateway that has hardly room for one more connection."""


class Events(BaseModel):
    """`GET /api/v1/visitor/events`."""

    items: list[dict[str, Any]] = Field(description="`message`, `state` and `update` frames, in order.")
    seq: int = Field(description="Ask for what comes after this next time.")


class EventsQuery(BaseModel):
    after: int = Field(default=0, ge=0, le=2**53)
    wait: float = Field(default=0, ge=0, le=LONG_POLL_S, description="Seconds to wait for something new.")


class Ack(BaseModel):
    """`cid` is null and `seq` 0 for what has no row: `page`, `read`, `typing`, `ping`."""

    type: str = "ack"
    cid: str | None
    seq: int


def add_visitor_routes(application: web.Application, api: Api, connections: int = sys.maxsize) -> None:
    """`/ws/visitor` and `/api/v1/visitor/*`; `connections`: how many the process has room for."""
    settings = application[APP].settings
    allowed = allowed_origins(settings)
    application[ADMISSION] = Admission(settings.opening_limit)
    door = application[DOOR] = Door(connections)
    application.on_response_prepare.append(door.keep_moving)
    _add_socket(application, allowed)
    add_qr_route(api)

    @api.route(
        "POST", "/api/v1/visitor/hello", tag="visitor", body=Hello,
        summary="Open or continue a conversation without a socket; answers like `welcome`.",
        errors=(401, 403, 429, 503),
    )  # fmt: skip
    async def hello(call: Call) -> dict[str, Any]:
        if not is_allowed(call.request, allowed, absent=True):
            raise Problem(403, "bad_origin", "This website may not open a chat here.")
        await _enter(call.request)
        body: Hello = call.body
        try:
            async with call.request.app[ADMISSION].at_the_store():
                visit = await open_visit(
                    call.request.app[APP], token=body.token, identity=body.identity, last_seq=body.last_seq,
                    locale=body.locale, page=body.page,
                )  # fmt: skip
        except BadToken as error:
            refused = "identity" if isinstance(error, BadIdentity) else "token"
            raise Problem(401, "bad_token", str(error), of=refused) from error
        return {**visit.welcome, "items": visit.frames}

    _add_fallback(api)


def _add_fallback(api: Api) -> None:
    """What a browser does after its hello where sockets are blocked."""

    @api.route(
        "POST", "/api/v1/visitor/messages", tag="visitor", auth="visitor", returns=Ack,
        summary="Send any client frame (`type` defaults to `send`); answered once it is committed.",
        errors=(400, 413, 429, 503),
    )  # fmt: skip
    async def messages(call: Call) -> Ack:
        allowed = await call.request.app[LIMITER].allow_send(call.who)  # what cannot be read counts as well
        raw = await read_body(call.request, MAX_FRAME_BYTES)
        try:
            frame = read_frame(raw, default_type="send")
            if not allowed:
                raise FrameError("too_fast", TOO_FAST, getattr(frame, "cid", None))
            if isinstance(frame, Hello):
                raise FrameError("bad_frame", "Say hello at /api/v1/visitor/hello.")
            if isinstance(frame, Page | Read | Typing | Ping):
                await _take_note(call, frame)
                return Ack(cid=None, seq=0)
            return Ack.model_validate(await take_frame(call.request.app[APP], call.who, frame))
        except FrameError as error:
            raise Problem(STATUS.get(error.code, 400), error.code, str(error), cid=error.cid) from error

    @api.route(
        "GET", "/api/v1/visitor/events", tag="visitor", auth="visitor", query=EventsQuery, returns=Events,
        summary="The conversation's numbered frames after a `seq`, waiting for new ones if asked.",
    )  # fmt: skip
    async def events(call: Call) -> Events:
        if not await call.request.app[LIMITER].allow_poll(call.who):
            raise Problem(429, "too_fast", TOO_FAST, retry_after=5)
        waiter = _Waiter()
        hub = call.request.app[HUB]
        query: EventsQuery = call.query
        if hub.is_crowded(call.who):
            raise Problem(429, "too_fast", TOO_MANY_WINDOWS, retry_after=30)
        hub.join(call.who, waiter)
        try:
            items = await _frames(call, query.after)
            if not items and query.wait:
                try:
                    async with asyncio.timeout(query.wait):
                        await waiter.woken.wait()
                except TimeoutError:
                    return Events(items=[], seq=query.after)
                items = await _frames(call, query.after)
            return Events(items=items, seq=items[-1]["seq"] if items else query.after)
        finally:
            hub.leave(call.who, waiter)


async def _take_note(call: Call, frame: Page | Read | Typing | Ping) -> None:
    """What has no row to be acked. Raises FrameError."""
    app, hub = call.request.app[APP], call.request.app[HUB]
    match frame:
        case Page():
            await take_page(app, call.request.app[LIMITER], call.who, frame)
        case Read():
            await mark_read(app, call.who, frame.seq)
        case Typing():
            hub.push(call.who, {"type": "typing", "author": "customer"})
            hub.hint("typing", call.who)


def _add_socket(application: web.Application, allowed: frozenset[str]) -> None:
    """The socket, and the headers that let other sites' pages use the fallback."""

    async def socket(request: web.Request) -> web.StreamResponse:
        await _enter(request)
        return await visitor_socket(request, origin_allowed=is_allowed(request, allowed, absent=True))

    async def preflight(request: web.Request) -> web.Response:
        return web.Response(status=204, headers=cors_headers(request, allowed))

    async def add_cors(request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith("/api/v1/visitor/"):
            response.headers.update(cors_headers(request, allowed))

    application.on_response_prepare.append(add_cors)
    application.router.add_get("/ws/visitor", socket)
    application.router.add_route("OPTIONS", "/api/v1/visitor/{tail:.*}", preflight)


async def _enter(request: web.Request) -> None:
    """Let an opening in. Raises Problem 503 when too many come or are here, 429 for an address that opens too many."""
    wait = FULL_S if request.app[DOOR].crowded else request.app[ADMISSION].enter()
    if wait is not None:
        raise Problem(503, "busy", "Many chats are being opened at this moment; trying again soon.", retry_after=wait)
    if not await request.app[LIMITER].allow_opening(client_address(request)):
        raise Problem(429, "too_fast", "Too many chats were opened from this address.", retry_after=60)


async def _frames(call: Call, after: int) -> list[dict[str, Any]]:
    return await look_after(call.request.app[APP], call.who, after, REPLAY_LIMIT)


class _Waiter:
    """A long poll as a listener of the hub."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.sent_seq = 1 << 60  # the hub's poll never wakes it; its own deadline does

    def wake(self) -> None:
        self.woken.set()

    def push(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "erased":
            self.woken.set()  # its next question is told that the token is void


async def visitor_of(request: web.Request) -> str:
    """The conversation of a visitor's bearer token. Raises Problem 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(401, "bad_token", "Send the token of `welcome` as a bearer token.")
    try:
        return await conversation_for_token(request.app[APP], token)
    except BadToken as error:
        raise Problem(401, "bad_token", str(error)) from error
