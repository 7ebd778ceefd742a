"""The way to the disk beside the event loop. Rasa's process uses it too, so it needs nothing but Python 3.10."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

_flush_file = getattr(os, "fdatasync", os.fsync)


class Disk:
    """Brings a file's content to the disk, for all who wait at once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._next: asyncio.Future[None] | None = None
        self._flushing: asyncio.Task[None] | None = None

    async def flushed(self) -> None:
        """Returns when all that was in the file at the call is on the disk. Raises OSError."""
        if self._next is None:
            # A flush that runs may have begun before: the one after it counts.
            self._next = asyncio.get_running_loop().create_future()
            self._next.add_done_callback(_heard)
        mine = self._next
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._work())
        await asyncio.shield(mine)

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


async def beside_the_loop(work: Callable[[], None]) -> None:
    """Run `work` in a thread; who is cancelled meanwhile is so when it has ended."""
    # Shielded: a commit that was begun ends before its connection is used again, whoever is cancelled meanwhile.
    running = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise
