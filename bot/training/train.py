"""Trains a model in a subprocess of low priority, while the bot goes on answering.

Every run is a row that tells its stage, its log and, when it failed, Rasa's own words.
"""

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from bot.adapters.assistant_files import AssistantFilesBroken
from bot.environments import SetupFailed, ensure_rasa
from bot.jobs.queue import Lease, enqueue
from bot.services.app import App, hint
from bot.settings import ROOT
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Model, Training
from bot.training.dataset import (
    DatasetRefused,
    Taught,
    data_version,
    leave_out_unfinished,
    load_taught,
    short_version,
    write_folder,
)
from bot.training.evaluate import EvaluationFailed, evaluate
from bot.training.progress import Progress
from bot.training.rasa_process import rasa_module
from bot.training.registry import file_sha256

Say = Callable[[str], None]

TRAINER = "bot.rasa_runtime.train"
SAVE_EVERY_S = 0.4
MAX_RESTARTS = 2
RUNNING = ("queued", "running")


class TrainingFailed(Exception):
    """No model came of it; the text is one sentence with Rasa's own error and its file and line where it names them."""


class TrainingCancelled(TrainingFailed):
    """Somebody stopped the run."""


@dataclass(frozen=True)
class _Run:
    """One training run at work."""

    app: App
    id: str
    author: str
    say: Say
    progress: Progress
    force: bool = False
    finished_only: bool = False

    async def tell(self) -> None:
        """Show the progress; raises TrainingCancelled when the run was stopped meanwhile."""
        self.say(self.progress.stage)
        await self.save()

    async def save(self) -> None:
        async with self.app.write() as tx:
            kept = await tx.execute(
                update(Training)
                .where(Training.id == self.id, Training.state == "running")
                .values(stage=self.progress.stage[:120], progress=self.progress.fraction, log=self.progress.log)
                .returning(Training.id)
            )
            if kept.scalar_one_or_none() is None:
                raise TrainingCancelled("The training was cancelled.")
            hint(tx, "models", self.id)


# ---- what the studio asks for


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
        await _carry_out(_Run(app, training_id, row.author, _silent, Progress()))
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


# ---- the work


async def train(app: App, author: str, say: Say, *, force: bool = False, finished_only: bool = False) -> Model:
    """Train now, in this process, and return the candidate with its scores.

    A model made before from exactly this data is copied from the user's cache instead; `force` trains anyway.
    What was taught but has too few examples stops the training, or is left out with `finished_only`.
    Raises TrainingFailed.
    """
    row = _row(app.now(), author, "running")
    async with app.write() as tx:
        tx.add(row)
    return await _carry_out(_Run(app, row.id, author, say, Progress(), force, finished_only))


async def _carry_out(run: _Run) -> Model:
    """The run from its first stage to its last; however it ends, the row says so. Raises TrainingFailed."""
    try:
        return await _make_model(run)
    except TrainingCancelled:
        raise
    except (TrainingFailed, DatasetRefused, AssistantFilesBroken, SetupFailed, OSError) as error:
        reason = str(error)
        run.progress.note(f"failed: {reason}")
        async with run.app.write() as tx:
            await tx.execute(
                update(Training)
                .where(Training.id == run.id, Training.state == "running")
                .values(state="failed", error=reason, log=run.progress.log, finished_at=run.app.now())
            )
            hint(tx, "models", run.id)
        raise error if isinstance(error, TrainingFailed) else TrainingFailed(reason) from error


async def _make_model(run: _Run) -> Model:
    app, progress = run.app, run.progress
    async with app.read() as tx:
        taught = await load_taught(tx)
    if run.finished_only:
        taught, left_out = await asyncio.to_thread(leave_out_unfinished, taught)
        for sentence in left_out:
            progress.note(f"left out: {sentence}")
            run.say(f"left out: {sentence}")
    with tempfile.TemporaryDirectory(prefix="training-", dir=_made(app.settings.data / "training")) as name:
        folder = Path(name)
        version = await asyncio.to_thread(data_version, taught)
        async with app.write() as tx:
            await tx.execute(update(Training).where(Training.id == run.id).values(data_version=version))
        progress.move("collecting the data", 0.01)
        await run.tell()
        cached = cache_path(version)
        target = _model_path(version, app.now())
        measured: dict[str, Any] = {}
        if cached.is_file() and not run.force:
            progress.move("copying the model made before from the same data", 0.5)
            await run.tell()
            await asyncio.to_thread(_copy, cached, target)
        else:
            measured = await _train(run, folder, taught, target)
            await asyncio.to_thread(_keep_in_cache, target, cached)
    model = await _register(run, target, version, measured)
    return await _measure(run, model)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _train(run: _Run, folder: Path, taught: Taught, target: Path) -> dict[str, Any]:
    """Rasa's training of a snapshot into `target`; what it measured. Raises TrainingFailed."""
    settings = run.app.settings
    python = await asyncio.to_thread(ensure_rasa, settings, run.say)
    arguments = await asyncio.to_thread(write_folder, folder, taught)
    command = [*arguments, "--out", str(target)]
    async with rasa_module(settings, python, TRAINER, command, cwd=folder) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.close()
        watch = asyncio.create_task(_keep_saved(run))
        listen = asyncio.create_task(_keep_log(run.progress, process.stderr))
        follow = asyncio.create_task(_follow(run, process.stdout))
        try:
            # The watcher ends only by raising: the run was cancelled, or the store is gone.
            await asyncio.wait({follow, watch}, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                await watch
            await follow
            code = await process.wait()
            await listen
        finally:
            for task in (watch, follow, listen):
                task.cancel()
            await asyncio.gather(watch, follow, listen, return_exceptions=True)
    if run.progress.done is None:
        raise TrainingFailed(_as_written(run.progress.error) or _ended(code, run.progress))
    return dict(run.progress.done.get("measured") or {})


def _ended(code: int, progress: Progress) -> str:
    last = progress.lines[-1] if progress.lines else "it wrote nothing"
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"The trainer {how}; its last words: {last}"


def _as_written(error: str | None) -> str | None:
    # Inside the snapshot the domain may lie in a folder of its own; in the checkout it does not.
    return error.replace("domain/domain.yml", "domain.yml") if error else None


async def _follow(run: _Run, stream: asyncio.StreamReader) -> None:
    async for raw in stream:
        if run.progress.read(raw.decode("utf-8", "replace")):
            run.say(run.progress.stage)


async def _keep_log(progress: Progress, stream: asyncio.StreamReader) -> None:
    async for raw in stream:
        progress.note(_ANSI.sub("", raw.decode("utf-8", "replace")))


_ANSI = re.compile(r"\x1b\[[0-9;]*m")


async def _keep_saved(run: _Run) -> None:
    """Writes the row down as it changes; ends by raising when the run was cancelled."""
    seen: tuple[Any, ...] = ()
    while True:
        now = (run.progress.stage, run.progress.fraction, len(run.progress.lines), run.progress.log[-200:])
        if now != seen:
            await run.save()
            seen = now
        else:
            await _raise_if_cancelled(run)
        await asyncio.sleep(SAVE_EVERY_S)


async def _raise_if_cancelled(run: _Run) -> None:
    async with run.app.read() as tx:
        state = (await tx.execute(select(Training.state).where(Training.id == run.id))).scalar_one_or_none()
    if state != "running":
        raise TrainingCancelled("The training was cancelled.")


async def _register(run: _Run, target: Path, version: str, measured: dict[str, Any]) -> Model:
    """The candidate's row. Raises TrainingCancelled when the run was stopped meanwhile."""
    run.progress.move("keeping the model", 0.94)
    await run.tell()
    model = Model(
        id=target.name.removesuffix(".tar.gz"),
        path=str(target),
        sha256=await asyncio.to_thread(file_sha256, target),
        data_version=version,
        author=run.author,
        state="candidate",
        scores={"measured": measured} if measured else {},
        created_at=run.app.now(),
    )
    async with run.app.write() as tx:
        tx.add(model)
    return model


async def _measure(run: _Run, model: Model) -> Model:
    """Scores on the held-out phrases; a model that could not be measured is kept and says why."""
    run.progress.move("measuring on the held-out phrases", 0.96)
    await run.tell()
    try:
        model = await evaluate(run.app, model.id)
    except EvaluationFailed as error:
        run.progress.note(f"not measured: {error}")
    run.progress.move("done", 1.0)
    run.say("done")
    async with run.app.write() as tx:
        await tx.execute(
            update(Training)
            .where(Training.id == run.id, Training.state == "running")
            .values(
                state="done", stage="done", progress=1.0, log=run.progress.log, model_id=model.id,
                finished_at=run.app.now(),
            )
        )  # fmt: skip
        hint(tx, "models", run.id)
    return model


# ---- files


def cache_path(version: str) -> Path:
    """Where a model of this data version is kept for this user, across checkouts and data folders."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "rapport" / "models" / f"{version}.tar.gz"


def _model_path(version: str, now: datetime) -> Path:
    stem = f"{now:%Y%m%dT%H%M%SZ}-{short_version(version)}"
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        path = ROOT / "models" / f"{stem}{suffix}.tar.gz"
        if not path.exists():
            return path
    return ROOT / "models" / f"{stem}-{time.time_ns()}.tar.gz"


def _copy(source: Path, target: Path) -> None:
    """Under its name only when whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, fresh)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _keep_in_cache(model: Path, cached: Path) -> None:
    # The cache is a comfort: a full disk or a read-only home must not spoil a model that is made.
    with contextlib.suppress(OSError):
        _copy(model, cached)
