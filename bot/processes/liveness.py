"""Ends a process that is there but answers nothing any more, so that its keeper starts it anew.

Probes are counted, not seconds: after the machine has slept a process gets its whole time to wake up again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

log = structlog.get_logger()

EVERY_S = 5.0
HUNG_AFTER = 9
"""So many probes in a row without an answer, of a process that had answered before: some 45 to 60 seconds."""


class Watched(Protocol):
    """What is asked of a child process."""

    name: str

    @property
    def pid(self) -> int | None: ...

    def kill(self) -> None: ...


async def end_when_hung(child: Watched, answers: Callable[[], Awaitable[bool]]) -> None:
    """Until cancelled. A process that is still starting is given its time: only one that was well can be hung."""
    pid, was_well, missed = child.pid, False, 0
    while True:
        await asyncio.sleep(EVERY_S)
        if child.pid != pid:
            pid, was_well, missed = child.pid, False, 0
        if await answers():
            was_well, missed = True, 0
        elif was_well:
            missed += 1
        if missed >= HUNG_AFTER:
            log.warning("supervisor.child_hung", child=child.name, pid=pid)
            child.kill()
            was_well, missed = False, 0
