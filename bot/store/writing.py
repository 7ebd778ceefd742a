"""SQLite's writer in one process: it holds the lock for its statements only, and shares the way to the disk.

A commit goes into the log (WAL) in the loop, some fifty microseconds, and gives the lock to whoever waits. That the log
is on the disk is waited for afterwards, in a thread, and one flush counts for all that were committed before it began.
With `synchronous=FULL` SQLite flushes inside the commit, the lock held and each one alone: at a millisecond or three a
flush, that was all the time there was.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot.store import inloop
from bot.store.disk import Disk
from bot.store.inloop import InLoopConnection, begin_immediate
from bot.store.prepared import DRIVER


class SqliteWriter:
    """All write transactions of this process on one file, one after the other."""

    def __init__(self, engine: AsyncEngine, path: str) -> None:
        self._engine = engine
        self._disk = Disk(f"{path}-wal")
        # Those of this process wait here in order instead of polling the file's lock.
        self._turns = asyncio.Lock()
        self._connection: AsyncConnection | None = None
        self._driver: InLoopConnection | None = None
        self._flushes = False

    @asynccontextmanager
    async def transaction(self, committed: Callable[[AsyncSession], None] | None, lasting: bool) -> AsyncIterator[Any]:
        """See `Store.write`."""
        # From here on, not from one's turn: or whoever comes last to a locked file waits for all before, one by one.
        deadline = time.monotonic() + inloop.BUSY_WITHIN_S
        async with self._turns:
            driver = await self._open()
            await begin_immediate(driver, deadline)
            try:
                async with AsyncSession(self._connection, expire_on_commit=False) as session:
                    session.info[DRIVER] = driver
                    yield session
                    if session.in_transaction():
                        await session.commit()
                _commit(driver)
            finally:
                if driver.in_transaction:
                    driver.rollback()
        if committed is not None:
            committed(session)
        if lasting and self._flushes:
            try:
                await self._disk.flushed()
            except OSError as error:
                raise OperationalError("flush of the log", None, error) from error

    async def _open(self) -> InLoopConnection:
        if self._driver is None:
            self._connection = await self._engine.connect()
            driver = cast(InLoopConnection, (await self._connection.get_raw_connection()).driver_connection)
            driver.by_hand = True
            # Where there is no log (a file system without shared memory) SQLite flushes by itself.
            self._flushes = driver.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            if self._flushes:
                driver.execute("PRAGMA synchronous=NORMAL")
            self._driver = driver
        return self._driver

    async def close(self) -> None:
        """After the last transaction."""
        if self._connection is not None and self._driver is not None:
            self._driver.by_hand = False
            await self._connection.close()
            self._connection = self._driver = None


def _commit(driver: sqlite3.Connection) -> None:
    try:
        driver.execute("COMMIT")
    except sqlite3.Error as error:
        raise DBAPIError.instance("COMMIT", None, error, sqlite3.Error, hide_parameters=True) from error
