"""An event loop in a thread of its own, for servers that a test talks to from outside."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

START_WITHIN_S = 60.0
DONE_WITHIN_S = 10.0


class LoopThread:
    """Not running yet; `start` runs it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self, serving: Coroutine[Any, Any, None]) -> None:
        """Begin, and wait until `serving` has set up what goes on to be served. What it raises is raised here."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(serving, self._loop).result(START_WITHIN_S)

    def do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this in the loop, and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(DONE_WITHIN_S)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DONE_WITHIN_S)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
