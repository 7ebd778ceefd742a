"""Starting, queueing and stopping training runs; the bot goes on answering meanwhile.

Every run is a row that tells its stage, its log and, when it failed, Rasa's own words.
"""

import contextlib
from datetime import datetime

from sqlalchemy import select, update

from bot.jobs.queue import Lease, enqueue
from bot.services.app import App, hint
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Model, Training
from bot.training.progress import Progress
from bot.training.run import Run, Say, TrainingCancelled, TrainingFailed, carry_out

__all__ = [
    "RUNNING",
    "Say",
    "TrainingCancelled",
    "TrainingFailed",
    "cancel_training",
    "request_training",
    "run_training",
    "train",
]

MAX_RESTARTS = 2
RUNNING = ("queued", "running")


async def train(app: App, author: str, say: Say, *, force: bool = False, finished_only: bool = False) -> Model:
    """Train now, in this process, and return the candidate with its scores.

    A model made before from exactly this data is copied from the user's cache instead; `force` trains anyway.
    What was taught but has too few examples stops the training, or is left out with `finished_only`.
    Raises TrainingFailed.
    """
    row = _row(app.now(), author, "running")
    async with app.write() as tx:
        tx.add(row)
    return await carry_out(Run(app, row.id, author, say, Progress(), force, finished_only))


async def request_training(app: App, author: str) -> Training:
    """Queue a run for the worker. A run that waits or works already is returned instead of a second one."""
    async with app.write() as tx:
        running = await tx.execute(
            select(Training).where(Training.state.in_(RUNNING)).order_by(Training.created_at.desc()).limit(1)
        )
        found = running.scalar_one_or_none()
        return found if found is not None else await _queue(tx, app.now(), author, restart=0)


async def _queue(tx: Tx, now: datetime, author: str, restart: int) -> Training:
    row = _row(now, author, "queued")
    tx.add(row)
    await tx.flush()
    await enqueue(tx, now, "training", {"training": row.id, "restart": restart}, lane="training", key=f"train:{row.id}")
    hint(tx, "models", row.id)
    return row


def _row(now: datetime, author: str, state: str) -> Training:
    return Training(
        id=new_id(), state=state, stage="waiting", progress=0.0, log="", author=author, data_version="", created_at=now
    )


async def cancel_training(app: App, training_id: str) -> bool:
    """Stop a run that waits or works; False when it is over already."""
    async with app.write() as tx:
        stopped = await tx.execute(
            update(Training)
            .where(Training.id == training_id, Training.state.in_(RUNNING))
            .values(state="cancelled", stage="cancelled", finished_at=app.now())
            .returning(Training.id)
        )
        hint(tx, "models", training_id)
        return stopped.scalar_one_or_none() is not None


async def run_training(app: App, lease: Lease) -> None:
    """The worker's job `training`. A run whose worker died is marked failed and started afresh, at most twice."""
    training_id = str(lease.payload["training"])
    now = app.now()
    async with app.write() as tx:
        row = await tx.get(Training, training_id)
        if row is None or row.state not in RUNNING:
            await lease.finish(tx, now)
            return
        if row.state == "running":
            await _start_afresh(tx, now, row, int(lease.payload.get("restart", 0)))
            await lease.finish(tx, now)
            return
        row.state = "running"
    # What went wrong is on the row, for whoever asked for the run.
    with contextlib.suppress(TrainingFailed):
        await carry_out(Run(app, training_id, row.author, _silent, Progress()))
    async with app.write() as tx:
        await lease.finish(tx, app.now())


def _silent(_text: str) -> None:
    return None


async def _start_afresh(tx: Tx, now: datetime, row: Training, restarts: int) -> None:
    row.state, row.finished_at = "failed", now
    if restarts >= MAX_RESTARTS:
        row.error = (
            "The worker ended while it trained, three times in a row. Look into the worker's log before trying again."
        )
        return
    row.error = "The worker ended while it trained; the training was started afresh."
    await _queue(tx, now, row.author, restart=restarts + 1)
