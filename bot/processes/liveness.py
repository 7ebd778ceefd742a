"""Ends a process that is there but answers nothing any more, so that its keeper starts it anew.

Probes are counted, not seconds: after the machine has slept a process gets its whole time to wake up again. One that
works without answering may have much to do and gets the longer time; one that does not even work has stopped.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

log = structlog.get_logger()

EVERY_S = 5.0
HUNG_AFTER = 9
"""So many probes in a row without an answer, of a process that had answered before: some 45 to 60 seconds."""
STOPPED_AFTER = 3
"""So many of them between which it used no processor: some 20 to 30 seconds."""
NO_WORK_S = 0.02
"""Processor seconds from probe to probe; a thread that only waits wakes up now and then."""


class Watched(Protocol):
    """What is asked of a child process."""

    name: str

    @property
    def pid(self) -> int | None: ...

    @property
    def cpu_s(self) -> float: ...

    def kill(self) -> None: ...


async def end_when_hung(child: Watched, answers: Callable[[], Awaitable[bool]]) -> None:
    """Until cancelled. A process that is still starting is given its time: only one that was well can be hung."""
    pid, was_well, missed, idle, worked = child.pid, False, 0, 0, child.cpu_s
    while True:
        await asyncio.sleep(EVERY_S)
        if child.pid != pid:
            pid, was_well, missed, idle = child.pid, False, 0, 0
        before, worked = worked, child.cpu_s
        if await answers():
            was_well, missed, idle = True, 0, 0
        elif was_well:
            missed += 1
            idle = idle + 1 if worked - before < NO_WORK_S else 0
        if missed >= HUNG_AFTER or idle >= STOPPED_AFTER:
            log.warning("supervisor.child_hung", child=child.name, pid=pid, missed=missed, idle=idle)
            child.kill()
            was_well, missed, idle = False, 0, 0
