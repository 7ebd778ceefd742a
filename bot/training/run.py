"""One training run from its first stage to its last: snapshot, Rasa in a subprocess, the model's row, its scores.

However it ends, its row says so: done with a model, failed with Rasa's own words, or cancelled.
"""

import asyncio
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from bot.adapters.assistant_files import AssistantFilesBroken
from bot.environments import SetupFailed, ensure_rasa
from bot.services.app import App, hint
from bot.store.tables import Model, Training
from bot.training.dataset import (
    DatasetRefused,
    Taught,
    data_version,
    leave_out_unfinished,
    load_taught,
    write_folder,
)
from bot.training.evaluate import EvaluationFailed, evaluate
from bot.training.files import cache_path, copy_whole, keep_in_cache, model_path
from bot.training.progress import Progress
from bot.training.rasa_process import rasa_module
from bot.training.registry import file_sha256

Say = Callable[[str], None]

TRAINER = "bot.rasa_runtime.train"
SAVE_EVERY_S = 0.4


class TrainingFailed(Exception):
    """No model came of it; the text is one sentence with Rasa's own error and its file and line where it names them."""


class TrainingCancelled(TrainingFailed):
    """Somebody stopped the run."""


@dataclass(frozen=True)
class Run:
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


async def carry_out(run: Run) -> Model:
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


async def _make_model(run: Run) -> Model:
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
        target = model_path(version, app.now())
        measured: dict[str, Any] = {}
        if cached.is_file() and not run.force:
            progress.move("copying the model made before from the same data", 0.5)
            await run.tell()
            await asyncio.to_thread(copy_whole, cached, target)
        else:
            measured = await _train(run, folder, taught, target)
            await asyncio.to_thread(keep_in_cache, target, cached)
    model = await _register(run, target, version, measured)
    return await _measure(run, model)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _train(run: Run, folder: Path, taught: Taught, target: Path) -> dict[str, Any]:
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


async def _follow(run: Run, stream: asyncio.StreamReader) -> None:
    async for raw in stream:
        if run.progress.read(raw.decode("utf-8", "replace")):
            run.say(run.progress.stage)


async def _keep_log(progress: Progress, stream: asyncio.StreamReader) -> None:
    async for raw in stream:
        progress.note(_ANSI.sub("", raw.decode("utf-8", "replace")))


_ANSI = re.compile(r"\x1b\[[0-9;]*m")


async def _keep_saved(run: Run) -> None:
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


async def _raise_if_cancelled(run: Run) -> None:
    async with run.app.read() as tx:
        state = (await tx.execute(select(Training.state).where(Training.id == run.id))).scalar_one_or_none()
    if state != "running":
        raise TrainingCancelled("The training was cancelled.")


async def _register(run: Run, target: Path, version: str, measured: dict[str, Any]) -> Model:
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


async def _measure(run: Run, model: Model) -> Model:
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
