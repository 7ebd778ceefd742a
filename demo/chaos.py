"""Trouble on demand, so that Rapport's behaviour beside a broken orders API can be seen and tested.

It touches the /api routes only and exists only when the shop was started with `--chaos`.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from demo.problems import bad_request


class Mode(StrEnum):
    """How the API misbehaves.

    `lost` does the work and drops the connection before answering; `partial` does it and leaves most fields out.
    """

    OK = "ok"
    SLOW = "slow"
    ERROR = "500"
    GARBAGE = "garbage"
    HTML = "html"
    EMPTY = "empty"
    PARTIAL = "partial"
    DOWN = "down"
    LOST = "lost"


@dataclass
class Chaos:
    """The present trouble; `until` is on the monotonic clock, None = until changed."""

    mode: Mode = Mode.OK
    until: float | None = None
    delay_s: float = 8.0

    def current(self) -> Mode:
        """The mode in force: trouble that has run out is over."""
        if self.until is not None and time.monotonic() >= self.until:
            self.mode, self.until = Mode.OK, None
        return self.mode

    def change(self, body: dict[str, Any]) -> None:
        """Apply `{mode, seconds?, delay?}`; raises ShopError 400.

        `seconds` is how long the trouble lasts (absent = until changed); `delay` how slow `slow` is, in seconds.
        """
        mode, seconds, delay = body.get("mode"), body.get("seconds"), body.get("delay", 8.0)
        if str(mode) not in set(Mode):
            raise bad_request(f"mode must be one of {', '.join(Mode)}.", "mode")
        for name, value in (("seconds", seconds), ("delay", delay)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
                raise bad_request(f"{name} must be a number of seconds, 0 or more.", name)
        self.mode = Mode(str(mode))
        self.delay_s = min(float(delay), 600.0)
        self.until = time.monotonic() + float(seconds) if seconds is not None else None


def drop_connection(request: web.Request) -> web.StreamResponse:
    """Close the socket without an answer, as a killed server would."""
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError("the shop pretends to be down")


async def answer_with_trouble(chaos: Chaos, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Run `handler` under the present trouble."""
    mode = chaos.current()
    if mode is Mode.DOWN:
        return drop_connection(request)
    if mode is Mode.SLOW:
        await asyncio.sleep(chaos.delay_s)
    if mode is Mode.ERROR:
        return web.Response(status=500, text="Internal Server Error")
    if mode is Mode.GARBAGE:
        return web.Response(body=b'{"number": "LH-1002\x00\xff<html>', content_type="application/json")
    if mode is Mode.HTML:
        return web.Response(text="<html><body>Be back soon</body></html>", content_type="text/html")
    if mode is Mode.EMPTY:
        return web.json_response({})
    answer = await handler(request)
    if mode is Mode.PARTIAL and isinstance(answer, web.Response):
        first = dict(list(json.loads(answer.text or "{}").items())[:1])
        return web.json_response(first, status=answer.status)
    return drop_connection(request) if mode is Mode.LOST else answer
