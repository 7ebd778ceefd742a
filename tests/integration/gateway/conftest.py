"""The whole gateway in this process over a migrated, empty SQLite file: all routes and sockets, no Rasa, no worker."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from bot.gateway.app import build_gateway
from bot.settings import Settings
from tests.support.raw_socket import RawSocket
from tests.support.system import free_base_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, port=free_base_port(), demo=False, sites="https://shop.example.com")


@pytest.fixture
async def server(settings: Settings, sqlite_template: Path, quick_hashing: None) -> AsyncIterator[TestServer]:
    shutil.copy(sqlite_template, settings.data / "rapport.db")
    async with TestServer(build_gateway(settings)) as running:
        yield running


@pytest.fixture
async def socket(server: TestServer) -> AsyncIterator[RawSocket]:
    """Upgraded, and has said nothing yet."""
    opened = await RawSocket.open(server.port or 0)
    yield opened
    opened.close()
