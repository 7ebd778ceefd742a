"""The fake gateway's word on one's own data: what is held, a copy of the chat, and erasing it."""

import asyncio
from typing import Any

from aiohttp import web

from tests.browser.widget.fake_protocol import FakeProtocol

HELD = {
    "identified": False, "name": None, "email": None, "conversations": 1, "messages": 12, "ratings": 1,
    "invitations": 1, "referrals": 0, "testimonials": 0, "files": 2, "orders": ["LH-1001"], "e_mails": 0, "notes": 1,
    "since": "2026-07-15T12:00:00+00:00", "access_days": 30, "can_mail": True,
}  # fmt: skip


class FakeData:
    """`held` may be changed by a test; `copies` are those that were asked for by e-mail. While it `dawdles`, what is
    held is not told.
    """

    def __init__(self, protocol: FakeProtocol) -> None:
        self._protocol = protocol
        self.reset()

    def reset(self) -> None:
        self.held: dict[str, Any] = dict(HELD)
        self.copies: list[dict[str, Any]] = []
        self.erased = 0
        self.looks = 0
        self.refuses_mail = False
        self.is_down = False
        self.dawdles = False

    def routes(self, cors: Any) -> list[web.RouteDef]:
        return [
            web.get("/api/v1/visitor/data", cors(self._data)),
            web.delete("/api/v1/visitor/data", cors(self._erase)),
            web.get("/api/v1/visitor/erasures/{id}", cors(self._how_far)),
            web.get("/api/v1/visitor/transcript", cors(self._transcript)),
            web.post("/api/v1/visitor/transcript", cors(self._send)),
        ]

    def _token(self, request: web.Request) -> str:
        return request.headers.get("Authorization", "").removeprefix("Bearer ")

    async def _data(self, request: web.Request) -> web.StreamResponse:
        while self.dawdles:
            await asyncio.sleep(0.02)
        if self.is_down or self._token(request) not in self._protocol.tokens:
            return web.json_response({"title": "unavailable", "detail": "It is being repaired."}, status=503)
        return web.json_response(self.held)

    async def _erase(self, request: web.Request) -> web.StreamResponse:
        del self._protocol.tokens[self._token(request)]
        self.erased += 1
        return web.json_response({"id": "e-1", "state": "running"})

    async def _how_far(self, _request: web.Request) -> web.StreamResponse:
        self.looks += 1
        return web.json_response({"id": "e-1", "state": "done" if self.looks > 1 else "running"})

    async def _transcript(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=f"Your chat, times of {request.query['zone']}", content_type="text/plain")

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if self.refuses_mail:
            return web.json_response({"title": "too_fast", "detail": "The copy was sent several times."}, status=429)
        self.copies.append(body)
        return web.json_response({"to": body["email"]})
