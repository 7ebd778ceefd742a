"""A server's socket that no bad or slow peer can hold: what it may send, how long it may not read, how it ends."""

import asyncio
import contextlib
import random
import socket
from typing import Any

from aiohttp import WSCloseCode, web

SEND_WITHIN_S = 20.0
HEARTBEAT_S = (20.0, 30.0)
"""Drawn for each socket: those that came together must not be pinged together for ever after."""
GOODBYE_WITHIN_S = 1.0
CLOSE_ANSWER_WITHIN_S = 5.0
UNREAD_BYTES = 128 * 1024
"""What the kernel may hold for a peer that does not read; left alone it would take megabytes and notice late."""

CLOSE_TOO_SLOW = 4008
CLOSE_TOO_LARGE = 4009


class TooSlow(Exception):
    """The browser does not read what it is sent."""


class Wire(web.WebSocketResponse):
    """JSON frames out, raw frames in. `max_frame` is the size in bytes above which a frame is refused unread."""

    def __init__(self, *, max_frame: int, too_large: dict[str, Any], protocols: tuple[str, ...] = ()) -> None:
        # Compression would keep some hundred kilobytes for each socket, and unpack small frames into large ones.
        super().__init__(
            protocols=protocols, heartbeat=random.uniform(*HEARTBEAT_S), compress=False,  # noqa: S311 -- spreads, guards nothing
            max_msg_size=max_frame + 1, timeout=CLOSE_ANSWER_WITHIN_S, decode_text=False,
        )  # fmt: skip
        self._too_large = too_large
        self._transport: asyncio.Transport | None = None

    async def accept(self, request: web.Request) -> None:
        """Answer the upgrade. Raises web.HTTPBadRequest when it is none."""
        await self.prepare(request)
        self._transport = request.transport
        raw = self.get_extra_info("socket")
        if raw is not None and raw.family != socket.AF_UNIX:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)

    async def say(self, frame: dict[str, Any]) -> None:
        """Send a frame. Raises TooSlow when nothing was read for a while, ConnectionError when the peer is gone."""
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                await self.send_json(frame)
        except TimeoutError as error:
            raise TooSlow from error

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """As the library closes, but a frame over the limit is answered with our error and our code first."""
        if code == WSCloseCode.MESSAGE_TOO_BIG:
            with contextlib.suppress(ConnectionError):
                await self.send_json(self._too_large)
            code, message = CLOSE_TOO_LARGE, b"too_large"
        return await super().close(code=code, message=message, drain=drain)

    async def turn_away(self, frame: dict[str, Any], code: int) -> None:
        """Say why, and close."""
        await self.say(frame)
        await self.close(code=code, message=str(frame.get("code", "")).encode())

    async def hang_up(self, code: int, reason: bytes) -> None:
        """Close a peer that does not read: it is told if it reads now, and dropped a moment later with the rest."""
        try:
            async with asyncio.timeout(GOODBYE_WITHIN_S):
                await self.close(code=code, message=reason)
        except (TimeoutError, ConnectionError):
            pass
        except asyncio.CancelledError:
            # The send that took too long cancelled the one future on which the library waits for the buffer; waiting
            # again is cancelled at once, after the goodbye was written. Our own cancellation goes on.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
        self._drop_after(GOODBYE_WITHIN_S)

    def let_go(self) -> None:
        """To be called at the end: what the peer still does not read after a moment is forgotten."""
        self._drop_after(CLOSE_ANSWER_WITHIN_S)

    def _drop_after(self, seconds: float) -> None:
        # A closed transport waits until its buffer was read, for as long as the connection takes to die, and whoever
        # reads from it waits with it.
        transport = self._transport
        if transport is not None and transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(seconds, transport.abort)
