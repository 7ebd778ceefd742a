"""SQLite inside the event loop: statements run where they are called, without a thread's two hops for each.

A short statement on a file that is in memory takes some twenty microseconds; handing it to a thread and back takes ten
times that, and a turn has dozens. What may really wait does wait beside the loop: the lock of another process (polled)
and the commit's flush to the disk (in a thread).
"""

import asyncio
import sqlite3
import time
from typing import Any

from sqlalchemy import URL
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool, StaticPool
from sqlalchemy.util.concurrency import await_

from bot.store.disk import beside_the_loop

DRIVER = "sqlite+inloop"
BUSY_WITHIN_S = 6.0
"""How long a transaction waits for others, like the drivers' own timeout: who wrote is told within 8 s."""
_FIRST_POLL_S = 0.0005
_LONGEST_POLL_S = 0.004
"""Longer pauses would leave the lock to whoever happens to ask when it is free."""


class _Cursor(sqlite3.Cursor):
    """All rows are there at once; what SQLAlchemy asks of an asyncio driver's cursor is this much."""

    server_side = False

    async def _async_soft_close(self) -> None:
        return None


class InLoopConnection(sqlite3.Connection):
    """A connection whose transactions SQLAlchemy begins and ends, unless `by_hand` says that somebody else does."""

    by_hand = False

    def cursor(self, factory: type[sqlite3.Cursor] = _Cursor) -> sqlite3.Cursor:  # type: ignore[override]  # one kind
        return super().cursor(factory)


class InLoopDialect(SQLiteDialect_pysqlite):
    """The standard library's driver, called from SQLAlchemy's asyncio layer directly."""

    driver = "inloop"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: Any) -> type[Pool]:
        return AsyncAdaptedQueuePool if cls._is_url_file_db(url) else StaticPool

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        arguments, options = super().create_connect_args(url)
        # A commit runs in a thread, with the connection to itself meanwhile.
        return list(arguments), {**options, "factory": InLoopConnection, "check_same_thread": False}

    def do_commit(self, dbapi_connection: Any) -> None:
        if not dbapi_connection.driver_connection.by_hand:
            await_(beside_the_loop(dbapi_connection.commit))

    def do_rollback(self, dbapi_connection: Any) -> None:
        if not dbapi_connection.driver_connection.by_hand:
            dbapi_connection.rollback()


async def begin_immediate(connection: sqlite3.Connection, deadline: float | None = None) -> None:
    """Take SQLite's write lock, letting the loop go on while another process has it.

    Raises SQLAlchemy's OperationalError ("database is locked") once `time.monotonic()` is past the deadline; without
    one after `BUSY_WITHIN_S` seconds.
    """
    deadline = time.monotonic() + BUSY_WITHIN_S if deadline is None else deadline
    pause = _FIRST_POLL_S
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise OperationalError("BEGIN IMMEDIATE", None, error) from error
            else:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_POLL_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={int(BUSY_WITHIN_S * 1000)}")


registry.register("sqlite.inloop", __name__, InLoopDialect.__name__)
