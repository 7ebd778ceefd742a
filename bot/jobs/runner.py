"""Runs due jobs: claims, heartbeats, hands each to its handler, and keeps what failed for later."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.jobs.queue import Lease, LeaseLost, claim, count_due, extend, owner_name, release_abandoned
from bot.store.engine import Store

log = structlog.get_logger()

Handler = Callable[[Lease], Awaitable[None]]
"""Does the work and finishes the lease in its own transaction; a returned, unfinished lease is finished here."""

POLL_S = 1.0
HEARTBEAT_S = 15.0
STOP_WITHIN_S = 10.0


class JobRunner:
    """Up to `slots` jobs at once, of the kinds it has handlers for."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], handlers: dict[str, Handler], slots: int, name: str
    ) -> None:
        self._store = store
        self._now = now
        self._handlers = handlers
        self._slots = slots
        self._owner = f"{owner_name()}/{name}"
        self._wake = asyncio.Event()
        self._running: dict[asyncio.Task[None], int] = {}
        """The jobs at work, by their tasks."""

    def wake(self, kind: str) -> None:
        """There may be a job of this kind; look now and not at the next poll."""
        if kind in self._handlers:
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled; running jobs then get a moment to finish, and what does not is leased again by others."""
        beat = asyncio.create_task(self._beat())
        try:
            while True:
                self._wake.clear()
                try:
                    await self._start_due()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("jobs.store_failed", error=str(error))
                # Not `wait_for`: before Python 3.12 it can swallow a cancellation that meets its timeout.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
        finally:
            beat.cancel()
            if self._running:
                await asyncio.wait(self._running, timeout=STOP_WITHIN_S)
            for task in self._running:
                task.cancel()
            await asyncio.gather(beat, *self._running, return_exceptions=True)

    async def _start_due(self) -> None:
        """Start what is due, as many as there is room for. What becomes due from now on wakes us again."""
        now, kinds, room = self._now(), list(self._handlers), self._slots - len(self._running)
        # Looking is cheap and takes no write lock; only jobs that are there are claimed.
        due = await count_due(self._store, now, kinds, room) if room else 0
        if not due:
            return
        leases: list[Lease] = []
        # A claim that a power failure undoes is a job that is ready again.
        async with self._store.write(lasting=False) as tx:
            while len(leases) < due and (lease := await claim(tx, now, self._owner, kinds)) is not None:
                leases.append(lease)
        for lease in leases:
            task = asyncio.create_task(self._do(lease))
            self._running[task] = lease.id
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._wake.set()

    async def _do(self, lease: Lease) -> None:
        try:
            await self._handlers[lease.kind](lease)
        except LeaseLost as lost:
            log.warning("jobs.lease_lost", job=lease.id, kind=lease.kind, why=str(lost))
        except Exception as error:  # the edge of a job: it is kept with its error and tried again
            log.exception("jobs.failed", job=lease.id, kind=lease.kind, attempt=lease.attempt)
            await self._put_back(lease, repr(error))

    async def _put_back(self, lease: Lease, error: str) -> None:
        """Note a failed job for later; while the store is away we keep asking, or nobody would free its lease."""
        delay = timedelta(seconds=min(2.0**lease.attempt, 600))
        while True:
            try:
                async with self._store.write() as tx:
                    await lease.retry(tx, self._now(), delay, error)
            except (SQLAlchemyError, OSError) as away:
                log.warning("jobs.retry_not_noted", job=lease.id, why=str(away))
                await asyncio.sleep(POLL_S)
            except LeaseLost as lost:
                log.warning("jobs.lease_lost", job=lease.id, kind=lease.kind, why=str(lost))
                return
            else:
                return

    async def _beat(self) -> None:
        while True:
            try:
                async with self._store.write(lasting=False) as tx:
                    held = set(self._running.values())
                    await extend(tx, self._now(), self._owner, held)
                    freed = await release_abandoned(tx, self._now(), self._owner, held)
                if freed:
                    log.info("jobs.released", count=freed)
                    self._wake.set()
            except (SQLAlchemyError, OSError) as error:
                log.warning("jobs.heartbeat_failed", error=str(error))
                await asyncio.sleep(POLL_S)
                continue
            await asyncio.sleep(HEARTBEAT_S)
