"""What every use case is handed: the store, the clock, the settings and the ways out of the process."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from bot.services.upload_links import UploadLinks
from bot.settings import Settings
from bot.store.engine import Store, Tx

Clock = Callable[[], datetime]
Hint = tuple[str, str]
"""A topic and its subject."""
JOBS = "jobs"


def utc_now() -> datetime:
    """The wall clock; tests hand in another."""
    return datetime.now(UTC)


class Hints(Protocol):
    """Tells other processes to look at the store. A lost hint costs latency, never data."""

    def publish(self, topic: str, subject: str) -> None:
        """`topic` is `conversation` or `articles` (subject: its id), `jobs` (their kind), `desk` or `models`."""


class NoHints:
    """For the command line and for tests that need none."""

    def publish(self, topic: str, subject: str) -> None:
        return None


@dataclass
class App:
    """One process's adapters. Made by `bootstrap`, closed by whoever made it."""

    settings: Settings
    store: Store
    clock: Clock = utc_now
    hints: Hints = field(default_factory=NoHints)

    def now(self) -> datetime:
        return self.clock()

    @cached_property
    def upload_links(self) -> UploadLinks:
        """Signs addresses of uploaded files. Raises OSError when the data folder cannot be written."""
        return UploadLinks(self.settings.secret("internal_token"))

    def upload_link(self, upload_id: str) -> str:
        """An address that opens this file without a header, for a while."""
        return self.upload_links.sign(upload_id, self.now())

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """A write transaction whose hints are sent after its commit.

        A job may begin as soon as it can be seen: what comes of it is on the disk after the job. What somebody is told
        waits until it is on the disk.
        """
        async with self.store.write(self._call_workers) as tx:
            yield tx
        self._publish(hint for hint in _hints(tx) if hint[0] != JOBS)

    def _call_workers(self, tx: Tx) -> None:
        self._publish(hint for hint in _hints(tx) if hint[0] == JOBS)

    def _publish(self, hints: Iterable[Hint]) -> None:
        for topic, subject in hints:
            self.hints.publish(topic, subject)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        async with self.store.read() as tx:
            yield tx

    @asynccontextmanager
    async def report(self) -> AsyncIterator[Tx]:
        """For looking at many rows; see `Store.report`."""
        async with self.store.report() as tx:
            yield tx

    async def close(self) -> None:
        await self.store.close()


def hint(tx: Tx, topic: str, subject: str = "") -> None:
    """Note that others must look, once this transaction is committed."""
    tx.info.setdefault("hints", set()).add((topic, subject))


def _hints(tx: Tx) -> list[Hint]:
    return sorted(tx.info.get("hints", ()))
