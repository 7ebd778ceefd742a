"""Deleting what is left of uploads: what was never sent, and what a crash left behind."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy import delete, select

from bot.jobs.queue import Lease, enqueue
from bot.services.app import App
from bot.services.uploads import files_of, remove_files
from bot.store.tables import Job, Upload

log = structlog.get_logger()

UNSENT_FOR = timedelta(days=1)
ORPHAN_AGE_S = 3600.0
"""A file without a row that is older was left by a crash: taking one in never lasts as long."""


async def queue_sweep(app: App) -> None:
    """Have the sweep done once an hour, by whichever worker comes first."""
    now = app.now()
    key = f"sweep_uploads:{now:%Y%m%d%H}"
    async with app.read() as tx:
        if (await tx.execute(select(Job.id).where(Job.key == key))).scalar_one_or_none() is not None:
            return
    async with app.write() as tx:
        await enqueue(tx, now, "sweep_uploads", {}, key=key)


async def sweep_uploads(app: App, lease: Lease) -> None:
    """Delete what was chosen a day ago and never sent, and files that a crash left without a row."""
    async with app.write() as tx:
        unsent = await tx.execute(
            delete(Upload)
            .where(Upload.message_id.is_(None), Upload.created_at < app.now() - UNSENT_FOR)
            .returning(Upload.id)
        )
        gone = list(unsent.scalars())
    files = files_of(app.settings)
    old = await asyncio.to_thread(lambda: set(files.older_than(ORPHAN_AGE_S)))
    async with app.report() as tx:
        known = set((await tx.execute(select(Upload.id))).scalars())
    orphans = old - known
    await remove_files(app.settings, [*gone, *orphans])
    if gone or orphans:
        log.info("uploads.swept", unsent=len(gone), orphans=len(orphans - set(gone)))
    async with app.write() as tx:
        await lease.finish(tx, app.now())
