"""The fake gateway's side of files: takes them into memory, and hands every picture out as one small green square."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from aiohttp import web

LIMITS = {"bytes": 200_000, "files": 3}
PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><rect width="4" height="3" fill="#0a7"/>'
    b'<circle cx="2" cy="1.5" r="1" fill="#fd6"/></svg>'
)
KINDS = {"png": "png", "jpg": "jpeg", "pdf": "pdf"}


@dataclass
class FakeUploads:
    """What was uploaded, by id, and what goes wrong with the next ones."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    fail: int = 0
    """So many uploads are answered by a plain 502."""
    refuse: str = ""
    """The sentence with which uploads are refused."""
    hold: bool = False
    """Uploads are answered only when this is over."""
    expire: bool = False
    """Files open only by an address that was asked for anew."""

    def reset(self) -> None:
        """As it was at first."""
        self.files.clear()
        self.removed.clear()
        self.fail, self.refuse, self.hold, self.expire = 0, "", False, False

    async def take(self, request: web.Request) -> web.StreamResponse:
        data = await request.read()
        while self.hold:
            await asyncio.sleep(0.02)
        if request.transport is None or request.transport.is_closing():
            raise web.HTTPBadRequest  # cancelled meanwhile
        if self.fail:
            self.fail -= 1
            return web.Response(status=502, text="<h1>Bad gateway</h1>")
        if self.refuse:
            return web.json_response({"title": "bad_file", "detail": self.refuse}, status=422)
        name = unquote(request.headers["X-File-Name"])
        kind = KINDS.get(name.rsplit(".", 1)[-1].lower(), "text")
        drawn = kind in {"png", "jpeg"}
        file_id = uuid4().hex
        file = {
            "id": file_id, "name": name, "kind": kind, "bytes": len(data),
            "width": 800 if drawn else None, "height": 600 if drawn else None,
        }  # fmt: skip
        self.files[file_id] = {**file, "url": self._url(file_id)}
        return web.json_response(self.files[file_id])

    def _url(self, file_id: str, until: int = 9_999_999_999) -> str:
        return f"/api/v1/uploads/{file_id}?until={1 if self.expire else until}&key=k"

    async def look(self, request: web.Request) -> web.StreamResponse:
        file_id = request.match_info["id"]
        return web.json_response(
            {**self.files[file_id], "url": f"/api/v1/uploads/{file_id}?until=9999999999&key=fresh"}
        )

    async def remove(self, request: web.Request) -> web.StreamResponse:
        self.removed.append(request.match_info["id"])
        return web.Response(status=204)

    async def file(self, request: web.Request) -> web.StreamResponse:
        if self.expire and request.query["key"] != "fresh":
            return web.json_response({"title": "link_expired"}, status=410)
        return web.Response(body=PICTURE, content_type="image/svg+xml")
