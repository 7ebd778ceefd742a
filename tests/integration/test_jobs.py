"""The lease queue on both databases: order within a lane, one owner at a time, nothing lost with a dead worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError

from bot.jobs import runner as runner_module
from bot.jobs.queue import LEASE, Lease, LeaseLost, claim, enqueue, extend, release_abandoned
from bot.jobs.runner import JobRunner
from bot.services.app import App
from bot.store.engine import Store, Tx
from tests.integration.conftest import MovableClock

KINDS = ["turn", "mail"]


async def add(app: App, *payloads: str, lane: str | None = "c1", key: str | None = None) -> None:
    async with app.write() as tx:
        for payload in payloads:
            await enqueue(tx, app.now(), "turn", {"n": payload}, lane=lane, key=key)


async def take(app: App, owner: str = "host/1/1") -> Lease | None:
    async with app.write() as tx:
        return await claim(tx, app.now(), owner, KINDS)


async def finish(app: App, lease: Lease) -> None:
    async with app.write() as tx:
        await lease.finish(tx, app.now())


async def test_a_lane_runs_one_job_at_a_time_in_order(app: App) -> None:
    await add(app, "first", "second")
    first = await take(app)
    assert first and first.payload == {"n": "first"}
    assert await take(app) is None
    await finish(app, first)
    second = await take(app)
    assert second and second.payload == {"n": "second"}


async def test_lanes_do_not_wait_for_each_other(app: App) -> None:
    await add(app, "a", lane="c1")
    await add(app, "b", lane="c2")
    taken = [await take(app), await take(app)]
    assert [lease.payload["n"] for lease in taken if lease] == ["a", "b"]


async def test_a_key_makes_one_job_of_many_causes(app: App) -> None:
    await add(app, "once", key="k")
    await add(app, "twice", key="k")
    lease = await take(app)
    assert lease and lease.payload == {"n": "once"}
    await finish(app, lease)
    assert await take(app) is None


async def test_a_retried_job_keeps_its_place_in_the_lane(app: App, clock) -> None:  # type: ignore[no-untyped-def]
    await add(app, "first", "second")
    lease = await take(app)
    assert lease
    async with app.write() as tx:
        await lease.retry(tx, app.now(), timedelta(seconds=5), "not yet")
    assert await take(app) is None, "the second job overtook the first"
    clock.forward(seconds=6)
    again = await take(app)
    assert again and (again.payload["n"], again.attempt) == ("first", 2)


async def test_a_paused_worker_cannot_finish_a_job_that_was_taken_from_it(app: App, clock) -> None:  # type: ignore[no-untyped-def]
    await add(app, "work")
    slow = await take(app, "elsewhere/1/1")
    clock.forward(seconds=LEASE.total_seconds() + 1)
    async with app.write() as tx:
        assert await release_abandoned(tx, app.now(), "host/2/2") == 1
    stolen = await take(app, "host/2/2")
    assert slow and stolen and stolen.id == slow.id
    with pytest.raises(LeaseLost):
        await finish(app, slow)
    await finish(app, stolen)


async def test_a_heartbeat_keeps_the_lease(app: App, clock) -> None:  # type: ignore[no-untyped-def]
    await add(app, "long")
    lease = await take(app, "elsewhere/1/1")
    assert lease
    clock.forward(seconds=40)
    async with app.write() as tx:
        await extend(tx, app.now(), "elsewhere/1/1", {lease.id})
    clock.forward(seconds=40)
    async with app.write() as tx:
        assert await release_abandoned(tx, app.now(), "host/2/2") == 0


async def test_a_lease_whose_owner_knows_nothing_of_it_is_freed_and_not_kept_alive(app: App, clock) -> None:  # type: ignore[no-untyped-def]
    await add(app, "claimed in a commit whose answer was lost")
    lease = await take(app)
    assert lease
    async with app.write() as tx:
        assert await release_abandoned(tx, app.now(), lease.owner) == 0, "it may be on its way to its holder"
    clock.forward(seconds=6)
    async with app.write() as tx:
        await extend(tx, app.now(), lease.owner, set())
        assert await release_abandoned(tx, app.now(), lease.owner, {lease.id}) == 0
        assert await release_abandoned(tx, app.now(), lease.owner) == 1
    assert await take(app)


class StoreThatIsAway:
    """Refuses the first writes it is asked for once it is told to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.refuses = 0

        self.look = store.look

    @asynccontextmanager
    async def write(self, *, lasting: bool = True) -> AsyncIterator[Tx]:
        if self.refuses:
            self.refuses -= 1
            raise OperationalError("COMMIT", None, Exception("away"))
        async with self._store.write(lasting=lasting) as tx:
            yield tx


async def test_a_job_that_fails_while_the_store_is_away_is_done_when_it_is_back(
    app: App, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "POLL_S", 0.01)
    store = StoreThatIsAway(app.store)
    done = asyncio.Event()
    tries = 0

    async def work(lease: Lease) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            store.refuses = 3
            clock.forward(seconds=1)
            raise OperationalError("SELECT", None, Exception("away"))
        done.set()
        await finish(app, lease)

    await add(app, "turn")
    runner = JobRunner(cast(Store, store), app.now, {"turn": work}, 1, "test")
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(30):
        while not done.is_set():
            clock.forward(seconds=1)
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait({running})
    assert tries == 2


async def test_the_successor_on_the_same_host_frees_a_dead_workers_jobs_at_once(app: App) -> None:
    import socket

    await add(app, "work")
    await take(app, f"{socket.gethostname()}/999999999/1.00/turns")
    async with app.write() as tx:
        assert await release_abandoned(tx, app.now(), "me") == 1


async def test_a_job_that_keeps_failing_is_buried_with_its_error_and_unblocks_its_lane(app: App, clock) -> None:  # type: ignore[no-untyped-def]
    async with app.write() as tx:
        await enqueue(tx, app.now(), "turn", {"n": "poison"}, lane="c1", max_attempts=2)
        await enqueue(tx, app.now(), "turn", {"n": "next"}, lane="c1")
    for _ in range(2):
        lease = await take(app)
        assert lease and lease.payload["n"] == "poison"
        async with app.write() as tx:
            await lease.retry(tx, app.now(), timedelta(0), "boom")
    after = await take(app)
    assert after and after.payload["n"] == "next"
