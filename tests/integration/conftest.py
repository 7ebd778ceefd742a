"""The store as it is in production: a real SQLite file, and PostgreSQL too when the run names a server."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

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


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'rapport.db'}"
        return
    server = make_url(POSTGRES).set(drivername="postgresql+psycopg")
    name = f"rapport_test_{new_id().replace('-', '')}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


@pytest.fixture
async def app(store_url: str, settings: Settings, clock: MovableClock) -> AsyncIterator[App]:
    """One process's adapters over a migrated, empty store."""
    store = Store(store_url)
    app = App(settings=settings, store=store, clock=clock, hints=KeptHints())
    try:
        await migrate(store)
        yield app
    finally:
        await app.close()
