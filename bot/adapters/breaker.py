"""Stops asking a bot that does not answer, so that whoever comes next is told at once and not after a deadline.

Customers are no probes: while it is open a watch asks Rasa something harmless, and only when that is answered do turns
pass again, on probation at first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum

import structlog

log = structlog.get_logger()

FAILURES = 5
"""So many in a row open it."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 4.0


class BreakerState(StrEnum):
    """`half_open`: turns pass, and the first of them decides."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Told how each call went; says whether the next one may be made."""

    def __init__(self) -> None:
        self.state = BreakerState.CLOSED
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._opened = asyncio.Event()

    @property
    def lets_pass(self) -> bool:
        return self.state is not BreakerState.OPEN

    def succeeded(self) -> None:
        """A call was answered; that closes it whatever was before."""
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._become(BreakerState.CLOSED)

    def failed(self) -> None:
        """A call was not answered. Those that were under way when it opened tell nothing new."""
        if self.state is BreakerState.OPEN:
            return
        self._failures += 1
        if self.state is BreakerState.HALF_OPEN:
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        if self.state is BreakerState.HALF_OPEN or self._failures >= FAILURES:
            self._become(BreakerState.OPEN)

    async def watch(self, probe: Callable[[], Awaitable[bool]]) -> None:
        """Until cancelled: while it is open, ask `probe` now and then; a yes makes it half open."""
        while True:
            await self._opened.wait()
            await asyncio.sleep(self._pause_s)
            if self.state is BreakerState.OPEN and await probe():
                self._become(BreakerState.HALF_OPEN)

    def _become(self, state: BreakerState) -> None:
        if state is self.state:
            return
        log.warning("breaker.changed", was=self.state.value, now=state.value, failures=self._failures)
        self.state = state
        if state is BreakerState.OPEN:
            self._opened.set()
        else:
            self._opened.clear()
