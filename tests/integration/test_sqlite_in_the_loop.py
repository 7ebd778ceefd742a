"""SQLite inside the event loop: writers queue, waiting leaves the loop free, nothing is half committed."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.store import disk, inloop
from bot.store.engine import Store

ROUNDS = 40


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    path = tmp_path / "counter.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE counter (value INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    return path


@pytest.fixture
async def store(file: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{file}")
    yield store
    await store.close()


async def count(store: Store) -> int:
    async with store.read() as tx:
        return int((await tx.execute(text("SELECT value FROM counter"))).scalar_one())


async def add_one(store: Store) -> None:
    async with store.write() as tx:
        before = (await tx.execute(text("SELECT value FROM counter"))).scalar_one()
        await asyncio.sleep(0)  # others get their chance to come in between
        await tx.execute(text("UPDATE counter SET value = :value"), {"value": before + 1})


async def test_writers_of_two_stores_on_one_file_lose_no_update(store: Store, file: Path) -> None:
    other = Store(f"sqlite:///{file}")  # as another process would have it: with a queue of its own
    try:
        await asyncio.gather(*[add_one(each) for _ in range(ROUNDS) for each in (store, other)])
        assert await count(store) == 2 * ROUNDS
    finally:
        await other.close()


async def test_waiting_for_the_lock_of_another_process_leaves_the_loop_free(store: Store, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(add_one(store))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not waiting.done()
    other.execute("COMMIT")
    await waiting
    other.close()
    assert await count(store) == 1


async def test_a_lock_that_is_never_given_back_is_an_error_in_the_end(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inloop, "BUSY_WITHIN_S", 0.05)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        await add_one(store)
    other.execute("COMMIT")
    other.close()
    await add_one(store)
    assert await count(store) == 1


async def test_a_writer_cancelled_at_any_moment_leaves_all_or_nothing_and_a_store_that_works(store: Store) -> None:
    expected = 0
    for steps in range(ROUNDS):
        writer = asyncio.create_task(add_one(store))
        for _ in range(steps):
            await asyncio.sleep(0)
        writer.cancel()
        await asyncio.wait({writer})
        now = await count(store)
        assert now in {expected, expected + 1}
        expected = now
    await add_one(store)
    assert await count(store) == expected + 1


async def test_a_failed_block_is_rolled_back_and_the_next_writer_goes_on(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.write() as tx:
            await tx.execute(text("UPDATE counter SET value = 99"))
            raise ZeroDivisionError
    await add_one(store)
    assert await count(store) == 1


async def test_a_report_reads_what_is_committed_and_does_not_hold_up_a_writer(store: Store) -> None:
    await add_one(store)
    async with store.report() as tx:
        assert (await tx.execute(text("SELECT value FROM counter"))).scalar_one() == 1
        await add_one(store)
        assert (await tx.execute(text("SELECT value FROM counter"))).scalar_one() == 1  # its own snapshot
    assert await count(store) == 2


class Flushes:
    """The disk's part of a write: counted, held back, or refused."""

    def __init__(self) -> None:
        self.begun = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.error: OSError | None = None

    def __call__(self, _file: int) -> None:
        self.begun += 1
        assert self.goes_on.wait(30)
        if self.error is not None:
            raise self.error


@pytest.fixture
def flushes(monkeypatch: pytest.MonkeyPatch) -> Flushes:
    made = Flushes()
    monkeypatch.setattr(disk, "_flush_file", made)
    return made


async def counted(store: Store, value: int) -> None:
    async with asyncio.timeout(30):
        while await count(store) != value:
            await asyncio.sleep(0.001)


async def test_a_write_is_seen_by_others_at_once_but_ends_on_the_disk(store: Store, flushes: Flushes) -> None:
    flushes.goes_on.clear()
    told: list[str] = []

    async def write() -> None:
        async with store.write(lambda _tx: told.append("committed")) as tx:
            await tx.execute(text("UPDATE counter SET value = 1"))
        told.append("on the disk")

    writer = asyncio.create_task(write())
    await counted(store, 1)
    async with asyncio.timeout(30):
        while not flushes.begun:
            await asyncio.sleep(0.001)
    assert told == ["committed"]
    flushes.goes_on.set()
    await writer
    assert told == ["committed", "on the disk"]


async def test_writers_that_come_while_the_disk_is_busy_share_the_next_flush(store: Store, flushes: Flushes) -> None:
    flushes.goes_on.clear()
    writers = [asyncio.create_task(add_one(store)) for _ in range(10)]
    await counted(store, 10)
    assert not any(writer.done() for writer in writers)
    flushes.goes_on.set()
    await asyncio.gather(*writers)
    assert flushes.begun <= 2


async def test_a_write_that_need_not_last_waits_for_no_flush(store: Store, flushes: Flushes) -> None:
    async with store.write(lasting=False) as tx:
        await tx.execute(text("UPDATE counter SET value = 5"))
    assert await count(store) == 5
    assert flushes.begun == 0


async def test_a_disk_that_fails_is_an_error_for_all_who_wait_and_the_next_write_is_good(
    store: Store, flushes: Flushes
) -> None:
    flushes.error = OSError("no space left")
    found = await asyncio.gather(add_one(store), add_one(store), return_exceptions=True)
    assert [type(each) for each in found] == [OperationalError, OperationalError]
    assert store.write_failed
    flushes.error = None
    await add_one(store)


async def test_a_writer_cancelled_while_it_waits_for_the_disk_costs_no_other_its_flush(
    store: Store, flushes: Flushes
) -> None:
    flushes.goes_on.clear()
    gone, staying = asyncio.create_task(add_one(store)), asyncio.create_task(add_one(store))
    await counted(store, 2)
    gone.cancel()
    await asyncio.wait({gone})
    flushes.goes_on.set()
    await staying
    assert await count(store) == 2
