"""The unit of work over one engine: `write()` and `read()` transactions, short ones, on SQLite or PostgreSQL."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, event
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.util.concurrency import await_

from bot.store.inloop import BUSY_WITHIN_S, DRIVER, InLoopConnection, begin_immediate
from bot.store.prepared import Prepared
from bot.store.writing import SqliteWriter

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
        self._writer = SqliteWriter(self.engine, self.url.database or "") if self.is_sqlite else None
        self._looking: tuple[AsyncConnection, sqlite3.Connection] | None = None
        self.write_failed = False
        """Whether a write failed in the database itself (disk full, locked, away) since one was last proven good."""

    @asynccontextmanager
    async def write(self, committed: Callable[[Tx], None] | None = None, *, lasting: bool = True) -> AsyncIterator[Tx]:
        """A transaction that commits at the end of the block, or rolls back whole on any exception.

        It is on the disk when the block has ended; `committed` is called a little earlier, when others can see it. Not
        `lasting`, it is seen by all from then on, but a power failure may undo it together with all that came after.
        A task that has one open must not open another: on SQLite it would wait for itself.
        """
        try:
            if self._writer is not None:
                async with self._writer.transaction(committed, lasting) as session:
                    yield session
            else:
                async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                    yield session
                if committed is not None:
                    committed(session)
        except OperationalError:
            self.write_failed = True
            raise

    async def look(self, statement: Prepared, **values: Any) -> Sequence[Any]:
        """One query's rows, as they are committed now: the cheapest way to look. Raises SQLAlchemy's errors."""
        if not self.is_sqlite:
            async with self.read() as tx:
                return await statement.rows(tx, **values)
        if self._looking is None:
            connection = await self.engine.connect()
            driver = (await connection.get_raw_connection()).driver_connection
            if self._looking is None:
                self._looking = connection, cast(sqlite3.Connection, driver)
            else:
                await connection.close()
        return statement.on(self._looking[1], values)

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
        if self._writer is not None:
            await self._writer.close()
        if self._looking is not None:
            await self._looking[0].close()
            self._looking = None
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
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        if isinstance(driver, InLoopConnection) and driver.by_hand:
            return
        if connection.get_execution_options().get("rapport_write", False):
            await_(begin_immediate(driver))
        else:
            connection.exec_driver_sql("BEGIN")

    return engine
