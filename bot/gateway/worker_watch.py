"""Tells customers that the bot is away when the worker, which would tell them, does not move itself.

A worker that was killed or hangs answers nobody until it was started again. Whoever has waited as long as a turn may
take meanwhile is told by the gateway, and the team has the message; a worker that is well gives it back to the bot.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import aiohttp
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.services.app import App
from bot.services.outages import give_up_waiting, waiting_since, whole_patience

log = structlog.get_logger()

EVERY_S = 0.5
ANSWERS_WITHIN_S = 0.7
UNUSUAL = timedelta(seconds=2.5)
"""A turn that takes longer is reason to ask whether the worker is there at all."""
SILENT_AFTER = 2
"""So many questions in a row without an answer."""


class WorkerWatch:
    """`answers` asks the worker for a sign of life. Only one that was well can be silent, not one that never ran."""

    def __init__(self, app: App, answers: Callable[[], Awaitable[bool]]) -> None:
        self._app = app
        self._answers = answers
        self._was_well = False
        self._missed = 0
        self._told: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as error:
                log.warning("gateway.worker_watch_failed", error=repr(error))

    async def look(self) -> None:
        """What `run` does each time."""
        if not self._was_well:
            self._was_well = await self._answers()
            return
        now = self._app.now()
        if not await waiting_since(self._app, now - UNUSUAL, most=1) or await self._answers():
            self._missed = 0
            self._told.clear()
            return
        self._missed += 1
        if self._missed < SILENT_AFTER:
            return
        for message in await waiting_since(self._app, now - whole_patience(self._app)):
            if message not in self._told and await give_up_waiting(self._app, message):
                log.warning("gateway.worker_silent", message=message)
            self._told.add(message)


def sign_of_life(http: aiohttp.ClientSession, worker_url: str) -> Callable[[], Awaitable[bool]]:
    """Asks the worker of this machine."""

    async def answers() -> bool:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S), http.get(f"{worker_url}/healthz") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    return answers
