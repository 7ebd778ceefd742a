"""SQLite's writer in one process: it holds the lock for its statements only, and shares the way to the disk.

A commit goes into the log (WAL) in the loop, some fifty microseconds, and gives the lock to whoever waits. That the log
is on the disk is waited for afterwards, in a thread, and one flush counts for all that were committed before it began.
With `synchronous=FULL` SQLite flushes inside the commit, the lock held and each one alone: at a millisecond or three a
flush, that was all the time there was.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from bot.store.inloop import InLoopConnection, begin_immediate, beside_the_loop
from bot.store.prepared import DRIVER

_flush_file = getattr(os, "fdatasync", os.fsync)


class SqliteWriter:
    """All write transactions of this process on one file, one after the other."""

    def __init__(self, engine: AsyncEngine, path: str) -> None:
        self._engine = engine
        self._disk = _Disk(f"{path}-wal")
        # Those of this process wait here in order instead of polling the file's lock.
        self._turns = asyncio.Lock()
        self._connection: AsyncConnection | None = None
        self._driver: InLoopConnection | None = None
        self._flushes = False

    @asynccontextmanager
    async def transaction(self, committed: Callable[[AsyncSession], None] | None, lasting: bool) -> AsyncIterator[Any]:
        """See `Store.write`."""
        async with self._turns:
            driver = await self._open()
            await begin_immediate(driver)
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
            await self._disk.flushed()

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


class _Disk:
    """Brings a file's content to the disk, for all who wait at once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._next: asyncio.Future[None] | None = None
        self._flushing: asyncio.Task[None] | None = None

    async def flushed(self) -> None:
        """Returns when all that was in the file at the call is on the disk. Raises SQLAlchemy's OperationalError."""
        if self._next is None:
            # A flush that runs may have begun before: the one after it counts.
            self._next = asyncio.get_running_loop().create_future()
            self._next.add_done_callback(_heard)
        mine = self._next
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._work())
        try:
            await asyncio.shield(mine)
        except OSError as error:
            raise OperationalError("flush of the log", None, error) from error

    async def _work(self) -> None:
        try:
            while (waiting := self._next) is not None:
                self._next = None
                try:
                    await beside_the_loop(self._flush)
                except BaseException as error:
                    waiting.set_exception(error if isinstance(error, OSError) else OSError("the flush was given up"))
                    if not isinstance(error, OSError):
                        raise
                else:
                    waiting.set_result(None)
        finally:
            self._flushing = None

    def _flush(self) -> None:
        # Opened by its name each time, some microseconds: SQLite may have made the file anew.
        file = os.open(self._path, os.O_RDWR)
        try:
            _flush_file(file)
        finally:
            os.close(file)


def _heard(done: asyncio.Future[None]) -> None:
    if not done.cancelled():
        done.exception()  # whoever waited may have been cancelled


def _commit(driver: sqlite3.Connection) -> None:
    try:
        driver.execute("COMMIT")
    except sqlite3.Error as error:
        raise DBAPIError.instance("COMMIT", None, error, sqlite3.Error, hide_parameters=True) from error
