"""How many are let in: openings cost the store work, and those who are inside must not wait for them.

So many a second are taken, a few more at once. Whoever is refused gets a place in time: `Retry-After` counts the ones
refused before, so that a wave comes back in the order and at the speed in which it can be taken.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.gateway.frame_budget import Bucket

AT_ONCE_S = 0.5
"""So many seconds' worth may come in one moment."""
LONGEST_WAIT_S = 30.0
AT_THE_STORE = 4
"""Hellos that work on the store at the same time; a message waits for these at most, not for all that are let in."""


class Admission:
    """The gateway's door; `a_second` openings are taken. `clock` tells seconds that only grow."""

    def __init__(self, a_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._a_second = a_second
        self._bucket = Bucket(max(1, round(a_second * AT_ONCE_S)), AT_ONCE_S, clock)
        self._store = asyncio.Semaphore(AT_THE_STORE)
        self._next_place = 0.0

    def enter(self) -> int | None:
        """None when this opening is taken; else the seconds after which to come back."""
        if self._bucket.take():
            return None
        now = self._clock()
        self._next_place = min(max(self._next_place, now + 1) + 1 / self._a_second, now + LONGEST_WAIT_S)
        return math.ceil(self._next_place - now)

    @asynccontextmanager
    async def at_the_store(self) -> AsyncIterator[None]:
        """The part of an opening that reads and writes."""
        async with self._store:
            yield
