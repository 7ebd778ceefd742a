"""How many may be let in at once: openings cost the store work, and those who are inside must not wait for them.

An opening is counted from the upgrade until its hello was answered. One that says nothing is counted for a moment only,
so that silent connections cannot keep others out; they are closed after the hello's deadline.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

AT_THE_STORE = 4
"""Hellos that work on the store at the same time; a message waits for these at most, not for all that want in."""
SILENT_FOR_S = 2.0
LATER_S = (1, 6)
"""The range of `Retry-After`: a wave that was refused together must not come back together."""


class Place:
    """A counted opening; give it back once it is answered."""

    def __init__(self, door: "Admission") -> None:
        self._door: Admission | None = door
        door.busy += 1
        self._timer = asyncio.get_running_loop().call_later(SILENT_FOR_S, self.leave)

    def leave(self) -> None:
        """May be called again without effect."""
        if self._door is not None:
            self._door.busy -= 1
            self._door = None
            self._timer.cancel()


class Admission:
    """The gateway's door."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._store = asyncio.Semaphore(AT_THE_STORE)
        self.busy = 0
        self.refused = 0

    def enter(self) -> Place | None:
        """A place, or None: come back in `retry_after()` seconds."""
        if self.busy >= self._limit:
            self.refused += 1
            return None
        return Place(self)

    @asynccontextmanager
    async def at_the_store(self) -> AsyncIterator[None]:
        """The part of an opening that reads and writes."""
        async with self._store:
            yield

    @staticmethod
    def retry_after() -> int:
        return random.randint(*LATER_S)  # noqa: S311 -- spreads a wave, guards nothing
