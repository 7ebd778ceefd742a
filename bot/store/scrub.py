"""Making SQLite forget on the disk what was deleted in it: no copy stays in the write-ahead log or in unused pages.

`secure_delete` overwrites what a statement deletes, but not the copies that were left when a page was rearranged, and
the write-ahead log keeps the old pages until it is emptied. PostgreSQL's own files are its operator's (VACUUM FULL).
"""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

REWRITE_UP_TO_BYTES = 200_000_000
"""A larger file is not rewritten by itself: nobody could write for seconds."""
WAIT_S = 8.0


class ScrubBusy(Exception):
    """Somebody read the old pages for all the time we waited; try again."""


async def scrub_sqlite(path: Path, rewrite_up_to: int = REWRITE_UP_TO_BYTES) -> bool:
    """Rewrite the file without its unused pages and empty its log; True when it was rewritten.

    Runs beside the loop. Writers of other processes wait meanwhile, as they do for each other. Raises ScrubBusy.
    """
    return await asyncio.to_thread(_scrub, path, rewrite_up_to)


def _scrub(path: Path, rewrite_up_to: int) -> bool:
    if not path.exists():
        return False
    rewritten = path.stat().st_size <= rewrite_up_to
    with contextlib.closing(sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete=ON")
        try:
            if rewritten:
                database.execute("VACUUM")
            # 1 in the first column: a reader or a writer was in the way, and the log was not emptied.
            busy = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError as error:
            raise ScrubBusy(f"{path.name} is in use: {error}") from error
        if busy:
            raise ScrubBusy(f"{path.name} is being read, so that its log cannot be emptied yet")
    return rewritten
