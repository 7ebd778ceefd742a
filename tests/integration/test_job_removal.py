"""Jobs done long ago are removed, a few at a time; what somebody may still need stays."""

import pytest
from sqlalchemy import select

from bot.jobs.queue import Lease, claim, enqueue
from bot.services import schedules
from bot.services.app import App
from bot.services.schedules import remove_done_jobs
from bot.store.tables import Job
from tests.integration.conftest import MovableClock


async def add(app: App, *names: str) -> None:
    async with app.write() as tx:
        for name in names:
            await enqueue(tx, app.now(), "mail", {}, key=name)


async def take(app: App) -> Lease:
    async with app.write() as tx:
        lease = await claim(tx, app.now(), "host/1/1", ["mail"])
    assert lease
    return lease


async def do(app: App, *names: str) -> None:
    """Add these and have them done."""
    await add(app, *names)
    for _ in names:
        lease = await take(app)
        async with app.write() as tx:
            await lease.finish(tx, app.now())


async def kept(app: App) -> list[str | None]:
    async with app.read() as tx:
        return list((await tx.execute(select(Job.key).order_by(Job.id))).scalars())


async def test_jobs_done_long_ago_go_a_few_at_a_time_oldest_first(
    app: App, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedules, "JOBS_AT_ONCE", 2)
    await do(app, "oldest", "older")
    clock.forward(hours=1)
    await do(app, "old")
    clock.forward(days=app.settings.job_days, hours=-1)
    await do(app, "recent")
    await remove_done_jobs(app)
    assert await kept(app) == ["oldest", "older", "old", "recent"], "none is older than the days it is kept"
    clock.forward(hours=2)
    await remove_done_jobs(app)
    assert await kept(app) == ["old", "recent"]
    await remove_done_jobs(app)
    assert await kept(app) == ["recent"]


async def test_jobs_that_wait_run_or_were_given_up_stay_however_old(app: App, clock: MovableClock) -> None:
    await add(app, "given up")
    lease = await take(app)
    async with app.write() as tx:
        await lease.bury(tx, "nobody knows this address")
    await add(app, "running")
    await take(app)
    await add(app, "waiting")
    clock.forward(days=1000)
    await do(app, "just now")
    await remove_done_jobs(app)
    assert sorted(filter(None, await kept(app))) == ["given up", "just now", "running", "waiting"]


async def test_the_number_of_a_removed_job_is_never_given_again(app: App, clock: MovableClock) -> None:
    await do(app, "first", "last")
    numbers = {(await _number(app, name)) for name in ("first", "last")}
    clock.forward(days=1000)
    await remove_done_jobs(app)
    assert await kept(app) == ["last"]
    await add(app, "next")
    assert await _number(app, "next") not in numbers


async def _number(app: App, key: str) -> int:
    async with app.read() as tx:
        return (await tx.execute(select(Job.id).where(Job.key == key))).scalar_one()
