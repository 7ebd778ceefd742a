"""What every turn asks of the dialogues' file, on SQLite's own driver.

Reading one number and writing a handful of rows takes SQLite a tenth of a millisecond; through the session and the pool
it was two, a fifth of a turn in Rasa, and the flush to the disk stopped all other turns. Here the commit writes the
log, which outlives this process, and the flush follows beside the turns, one for all that were saved meanwhile. The
turn's answer does not wait for it: what customer and bot said is in the product's store, flushed before anybody sees
it. A failure of power in these milliseconds may cost the bot its memory of the last turn, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Any, Callable, Mapping, Sequence, Set, Text

from sqlalchemy.engine import Engine

from bot.store.disk import Disk

COLUMNS = ("sender_id", "type_name", "timestamp", "intent_name", "action_name", "data")
_LAST = "SELECT max(id) FROM events WHERE sender_id = ?"
logger = logging.getLogger(__name__)
_ADD = f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' for _ in COLUMNS)})"


class SqliteDialogues:
    """One connection of its own for the loop's thread."""

    def __init__(self, engine: Engine) -> None:
        """The table must be there."""
        self._lent = engine.raw_connection()
        self._driver: sqlite3.Connection = self._lent.driver_connection
        # A database in memory has no log, and nothing to flush.
        self._flushes = self._driver.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        if self._flushes:
            self._driver.execute("PRAGMA synchronous = NORMAL")
        self._disk = Disk(f"{engine.url.database}-wal")
        self._following: Set[asyncio.Task[None]] = set()
        self._is_behind = False

    def last_row(self, sender_id: Text) -> int:
        """The number of the dialogue's last stored event, 0 when there is none. Raises sqlite3.Error."""
        return int(self._driver.execute(_LAST, (sender_id,)).fetchone()[0] or 0)

    async def append(self, sender_id: Text, rows: Sequence[Mapping[Text, Any]], check: Callable[[int], None]) -> int:
        """Add `rows` in one transaction, to be on the disk soon; returns the number of the last one.

        `check` is told the number of the last row so far and raises to write nothing. Raises sqlite3.Error, and
        OSError, with nothing written, while the disk does not take what was saved before.
        """
        if self._is_behind:
            await self._disk.flushed()
            self._is_behind = False
        self._driver.execute("BEGIN IMMEDIATE")
        try:
            last = self.last_row(sender_id)
            check(last)
            if rows:
                self._driver.executemany(_ADD, [[row[name] for name in COLUMNS] for row in rows])
                last = self.last_row(sender_id)
            self._driver.execute("COMMIT")
        finally:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
        if self._flushes:
            task = asyncio.ensure_future(self._flush())
            self._following.add(task)
            task.add_done_callback(self._following.discard)
        return last

    async def _flush(self) -> None:
        try:
            await self._disk.flushed()
        except OSError as error:
            self._is_behind = True
            logger.error("The dialogues cannot be brought to the disk: %s", error)

    async def settle(self) -> None:
        """Returns when all that was saved is on the disk, or the log says why not."""
        await asyncio.gather(*self._following)
