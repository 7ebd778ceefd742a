"""The unit of work over one engine: `write()` and `read()` transactions, short ones, on SQLite or PostgreSQL."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from bot.store.inloop import BUSY_WITHIN_S, DRIVER, begin_immediate

Tx = AsyncSession
"""A running transaction; services take it as their first argument."""


class Store:
    """Opens transactions. `close()` must be awaited, or the connections' threads hang the exit."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url.set(drivername=DRIVER)) if self.is_sqlite else _postgresql_engine(url)
        # A report may read for long: on SQLite it gets a thread, so that the loop goes on.
        self._reports = _sqlite_engine(self.url.set(drivername="sqlite+aiosqlite")) if self.is_sqlite else self.engine
        self._writer = self.engine.execution_options(rapport_write=True)
        # SQLite has one writer at all: those of this process wait here in order instead of polling its lock.
        self._one_writer = asyncio.Lock() if self.is_sqlite else contextlib.nullcontext()
        self.write_failed = False
        """Whether a write failed in the database itself (disk full, locked, away) since one was last proven good."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A transaction that commits at the end of the block, or rolls back whole on any exception.

        A task that has one open must not open another: on SQLite it would wait for itself.
        """
        try:
            async with self._one_writer, AsyncSession(self._writer, expire_on_commit=False) as session, session.begin():
                yield session
        except OperationalError:
            self.write_failed = True
            raise

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A transaction for looking only, shortly; nothing it changes is kept."""
        async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def report(self) -> AsyncIterator[Tx]:
        """Like `read`, for queries over many rows, which may take their time."""
        async with AsyncSession(self._reports, expire_on_commit=False, autoflush=False) as session:
            yield session

    async def close(self) -> None:
        await self.engine.dispose()
        await self._reports.dispose()


def _postgresql_engine(url: str) -> AsyncEngine:
    return create_async_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True)


def _sqlite_engine(url: URL) -> AsyncEngine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # An error's text goes into the log: without the values, which may be what somebody wrote.
    engine = create_async_engine(url, pool_size=5, max_overflow=10, hide_parameters=True)

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions by itself: a deferred one that turns into a write gets
        # SQLITE_BUSY at once, whatever the timeout.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={int(BUSY_WITHIN_S * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            # What is deleted is overwritten, not only given free.
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("rapport_write", False):
            begin_immediate(cast(sqlite3.Connection, connection.connection.driver_connection))
        else:
            connection.exec_driver_sql("BEGIN")

    return engine
