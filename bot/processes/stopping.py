"""How a process of ours ends: it is told by a signal, finishes in order, and that is no failure."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine

import uvloop


def run_until_told(serving: Coroutine[None, None, None]) -> None:
    """Run `serving` in a loop of its own; SIGTERM or SIGINT cancels it, and then this returns once it has cleaned up.

    What `serving` raises by itself goes on to the caller.
    """

    async def run() -> None:
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    uvloop.run(run())
