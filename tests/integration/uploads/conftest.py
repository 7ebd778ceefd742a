"""The upload doors over a real store and a real folder, and files of every kind made on the spot."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image

from bot.services.app import App
from bot.settings import Settings
from tests.integration.desk.conftest import LocalHints, build_desk, quick_hashing, sign_up

__all__ = ["quick_hashing", "sign_up"]

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **how: Any) -> bytes:
    """A small picture's bytes."""
    out = io.BytesIO()
    Image.new(mode, size, "#0a7" if mode == "RGB" else 0).save(out, kind, **how)
    return out.getvalue()


@dataclass
class Chat:
    """A visitor with a conversation, over HTTP."""

    client: TestClient
    token: str
    conversation: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def put(self, data: Any, name: str = "photo.png", **headers: str) -> ClientResponse:
        told = {**self.headers, "X-File-Name": quote(name, safe=""), **headers}
        body = io.BytesIO(data) if isinstance(data, bytes) else data
        return await self.client.post("/api/v1/visitor/uploads", data=body, headers=told)

    async def upload(self, data: bytes, name: str = "photo.png") -> dict[str, Any]:
        answer = await self.put(data, name)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def refused(self, data: Any, name: str = "photo.png") -> dict[str, Any]:
        answer = await self.put(data, name)
        assert answer.content_type == "application/problem+json", await answer.text()
        return await answer.json()

    async def send(self, **frame: Any) -> ClientResponse:
        return await self.client.post("/api/v1/visitor/messages", json=frame, headers=self.headers)

    async def frames(self) -> list[dict[str, Any]]:
        answer = await self.client.get("/api/v1/visitor/events", headers=self.headers)
        return (await answer.json())["items"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path / "data", demo=False, upload_mb=1, upload_per_message=2, upload_per_day=4, upload_reserve_mb=0
    )


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.data / "uploads"


def kept(folder: Path) -> list[str]:
    """The names of all files under the folder."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
async def client(app: App) -> AsyncIterator[TestClient]:
    app.hints = LocalHints()
    async with TestClient(TestServer(build_desk(app))) as made:
        yield made


@pytest.fixture
async def chat(client: TestClient) -> Chat:
    return await open_chat(client)


async def open_chat(client: TestClient) -> Chat:
    welcome = await (await client.post("/api/v1/visitor/hello", json={})).json()
    return Chat(client, welcome["token"], welcome["conversation"])
