"""The store as it is in production: a real SQLite file, and PostgreSQL too when the run names a server."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import URL, Engine, NullPool, create_engine, text
from sqlalchemy.engine import make_url

from bot.services import passwords
from bot.services.app import App
from bot.settings import Settings
from bot.store.base import new_id
from bot.store.engine import Store
from bot.store.migrate import migrate

POSTGRES = os.environ.get("RAPPORT_TEST_POSTGRES_URL", "")


class MovableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        """Move on by `timedelta(**by)`; negative values go back."""
        self.at += timedelta(**by)
        return self.at


class KeptHints:
    """Remembers what was published."""

    def __init__(self) -> None:
        self.published: list[tuple[str, str]] = []

    def publish(self, topic: str, subject: str) -> None:
        self.published.append((topic, subject))


@pytest.fixture
def clock() -> MovableClock:
    """A Wednesday noon, well away from any change of clocks."""
    return MovableClock(datetime(2026, 7, 15, 12, 0, tzinfo=UTC))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path,
        company="Lumen & Hearth",
        public_url="https://chat.example.com",
        referral_reward=1000,
        friend_reward=500,
        currency="GBP",
        review_sites="Trustpilot=https://reviews.example.com/lumen Google=https://maps.example.com/lumen",
    )


def _migrated(url: str) -> None:
    """Bring a database up to date and let go of it."""

    async def work() -> None:
        store = Store(url)
        try:
            await migrate(store)
        finally:
            await store.close()

    asyncio.run(work())


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty file that each test copies: migrating for each would double the time of the suite."""
    path = tmp_path_factory.mktemp("template") / "rapport.db"
    _migrated(f"sqlite+aiosqlite:///{path}")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[tuple[URL, Engine, str]]:
    """The server, a connection that may create databases, and the name of a migrated, empty one to copy."""
    server = make_url(POSTGRES).set(drivername="postgresql+psycopg")
    template = f"rapport_template_{new_id().replace('-', '')}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    _execute(admin, f'CREATE DATABASE "{template}"')
    try:
        _migrated(server.set(database=template).render_as_string(hide_password=False))
        yield server, admin, template
    finally:
        _execute(admin, f'DROP DATABASE "{template}" WITH (FORCE)')
        admin.dispose()


def _execute(admin: Engine, statement: str) -> None:
    with admin.connect() as connection:
        connection.execute(text(statement))


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database of this test's own."""
    if request.param == "sqlite":
        path = tmp_path / "rapport.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    server, admin, template = request.getfixturevalue("postgres")
    name = f"rapport_test_{new_id().replace('-', '')}"
    _execute(admin, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(admin, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def app(store_url: str, settings: Settings, clock: MovableClock) -> AsyncIterator[App]:
    """One process's adapters over a migrated, empty store."""
    app = App(settings=settings, store=Store(store_url), clock=clock, hints=KeptHints())
    try:
        yield app
    finally:
        await app.close()


@pytest.fixture
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least memory: who gets in is tested elsewhere."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._dummy.cache_clear()
