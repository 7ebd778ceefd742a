"""What every turn asks of the dialogues' file, on SQLite's own driver.

Reading one number and writing a handful of rows takes SQLite a tenth of a millisecond; through the session and the pool
it was two, a fifth of a turn in Rasa, and the flush to the disk stopped all other turns. Here the commit writes the log
and the flush is waited for beside the loop, shared by the turns that wait.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Callable, Mapping, Sequence, Text

from sqlalchemy.engine import Engine

from bot.store.disk import Disk

COLUMNS = ("sender_id", "type_name", "timestamp", "intent_name", "action_name", "data")
_LAST = "SELECT max(id) FROM events WHERE sender_id = ?"
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

    def last_row(self, sender_id: Text) -> int:
        """The number of the dialogue's last stored event, 0 when there is none. Raises sqlite3.Error."""
        return int(self._driver.execute(_LAST, (sender_id,)).fetchone()[0] or 0)

    async def append(self, sender_id: Text, rows: Sequence[Mapping[Text, Any]], check: Callable[[int], None]) -> int:
        """Add `rows` in one transaction that is on the disk when this returns; returns the number of the last one.

        `check` is told the number of the last row so far and raises to write nothing. Raises sqlite3.Error and OSError.
        """
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
            await self._disk.flushed()
        return last
