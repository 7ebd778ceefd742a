"""`./rapport train | evaluate | models | promote | rollback | understand`: the model's life from the command line."""

import asyncio
import fcntl
import getpass
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.adapters.assistant_files import AssistantFilesBroken
from bot.bootstrap import ready_app
from bot.commands.guides import check_guides, told
from bot.environments import SetupFailed, ensure_rasa
from bot.services.app import App
from bot.settings import ROOT, Settings
from bot.store.tables import Model, Promotion
from bot.training.dataset import data_version, load_taught, short_version
from bot.training.ensure import ensure_live_model
from bot.training.evaluate import PARSER, EvaluationFailed
from bot.training.evaluate import evaluate as evaluate_model
from bot.training.gate import Comparison, compare, judge
from bot.training.promote import PromotionRefused, finish_promotion, make_live, request_promotion
from bot.training.promote import rollback as request_rollback
from bot.training.registry import file_fault, live_model
from bot.training.train import TrainingFailed
from bot.training.train import train as train_model

# A table for a pipe is not cut to a screen's width.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
errors = Console(highlight=False, soft_wrap=True, stderr=True)

SWITCH_WITHIN_S = 300.0

REFUSALS = (TrainingFailed, EvaluationFailed, PromotionRefused, SetupFailed, AssistantFilesBroken, LookupError)

Command = Callable[[App], Awaitable[int]]


def _run(settings: Settings, command: Command) -> int:
    """Run against a migrated store; what a person can put right is one sentence and exit code 2."""

    async def run() -> int:
        async with ready_app(settings) as app:
            return await command(app)

    try:
        return asyncio.run(run())
    except REFUSALS as error:
        errors.print(f"rapport: {escape(str(error))}")
    except SQLAlchemyError as error:
        errors.print(f"rapport: the database cannot be used: {escape(str(error).strip().splitlines()[0])}")
    except OSError as error:
        errors.print(f"rapport: {escape(str(error))}")
    except KeyboardInterrupt:
        return 130
    return 2


def train(settings: Settings, *, force: bool = False) -> int:
    """Make a candidate from the files and what was taught; the very first model goes live at once.

    A guide that would strand a customer is told first: the model would lead to it.
    """
    _, mistakes = check_guides()
    if mistakes:
        for line in told(mistakes):
            errors.print(f"rapport: {escape(line)}")
        return 2

    async def command(app: App) -> int:
        made = None if force else await _made_already(app)
        if made is not None:
            console.print(f"{made.id} was made from exactly this data; --force trains again.")
            return 0
        model = await train_model(app, _who(), _say, force=force)
        async with app.read() as tx:
            live = await live_model(tx)
        if live is None:
            await make_live(app, model.id, _who(), "the first model")
        console.print(f"{model.id}  {_figures(model)}")
        console.print("It is live." if live is None else f"./rapport promote {model.id} --reason ... makes it live.")
        return 0

    return _run(settings, command)


async def _made_already(app: App) -> Model | None:
    async with app.read() as tx:
        version = await asyncio.to_thread(data_version, await load_taught(tx))
        rows = await tx.execute(select(Model).where(Model.data_version == version).order_by(Model.created_at.desc()))
        models = list(rows.scalars())
    return next((model for model in models if file_fault(model) is None), None)


def evaluate(settings: Settings, model_id: str | None) -> int:
    """Measure a model (the newest one when none is named) and print it beside the live one."""

    async def command(app: App) -> int:
        model = await evaluate_model(app, (await _model(app, model_id, newest=True)).id)
        async with app.read() as tx:
            live = await live_model(tx)
        other = live if live is not None and live.id != model.id else None
        _print_evaluation(model, other, compare(model.scores, other.scores if other else None))
        findings = judge(model.scores, other.scores if other else None)
        for finding in findings:
            console.print(f"[red]gate:[/red] {escape(finding)}")
        if other is not None and not findings:
            console.print("[green]gate:[/green] it may go live.")
        return 0

    return _run(settings, command)


def _print_evaluation(model: Model, live: Model | None, comparison: Comparison) -> None:
    console.print(f"{model.id}  {_figures(model)}")
    if live is not None:
        console.print(f"{live.id}  {_figures(live)}  (live)")
    table = Table("intent", *("n", "precision", "recall", "F1", "F1 change"), box=None, pad_edge=False)
    for item in comparison.intents:
        if item.f1 is None:
            continue
        change = "" if item.f1_change is None else f"{item.f1_change:+.2f}"
        table.add_row(
            item.intent, str(item.support), f"{item.precision:.2f}", f"{item.recall:.2f}", f"{item.f1:.2f}", change
        )
    console.print(table)
    for error in comparison.newly_broken:
        console.print(f"newly broken: {escape(error['text'])}  ({error['intent']}, taken for {error['predicted']})")


def models(settings: Settings) -> int:
    """One line for each model, newest first."""

    async def command(app: App) -> int:
        async with app.read() as tx:
            rows = list((await tx.execute(select(Model).order_by(Model.created_at.desc()))).scalars())
        table = Table(
            "model", "state", "data", "author", "made (UTC)", "accuracy", "macro F1", "n", box=None, pad_edge=False
        )
        for row in rows:
            accuracy, f1 = row.scores.get("accuracy"), row.scores.get("macro_f1")
            table.add_row(
                row.id, row.state, short_version(row.data_version), row.author, f"{row.created_at:%Y-%m-%d %H:%M}",
                "-" if accuracy is None else f"{accuracy:.1%}", "-" if f1 is None else f"{f1:.3f}",
                str(row.scores.get("n", "-")),
            )  # fmt: skip
        console.print(table if rows else "There is no model yet; ./rapport train makes one.")
        return 0

    return _run(settings, command)


def promote(settings: Settings, model_id: str, reason: str, *, force: bool = False) -> int:
    """Make a model live: by the running product without losing a message, or in the store when nothing runs."""

    async def command(app: App) -> int:
        await _drop_orphans(app)
        return await _settle(app, await request_promotion(app, model_id, _who(), reason, force=force))

    return _run(settings, command)


def rollback(settings: Settings, reason: str) -> int:
    """Make the model before live again."""

    async def command(app: App) -> int:
        await _drop_orphans(app)
        return await _settle(app, await request_rollback(app, _who(), reason))

    return _run(settings, command)


async def _drop_orphans(app: App) -> None:
    """A wish that nobody is there to carry out would block every other."""
    if not is_running(app.settings):
        async with app.write() as tx:
            await tx.execute(
                update(Promotion)
                .where(Promotion.state == "wanted")
                .values(state="failed", error="The product was stopped before the switch.", done_at=app.now())
            )


async def _settle(app: App, promotion: Promotion) -> int:
    if not is_running(app.settings):
        await finish_promotion(app, promotion.id, ok=True, error=None)
    else:
        _say(f"switching to {promotion.model_id} while the customers go on chatting ...")
    deadline = asyncio.get_running_loop().time() + SWITCH_WITHIN_S
    while True:
        async with app.read() as tx:
            row = await tx.get(Promotion, promotion.id)
        assert row is not None
        if row.state == "done":
            console.print(f"{row.model_id} is live.")
            return 0
        if row.state == "failed":
            errors.print(f"rapport: the switch failed and the live model goes on: {escape(row.error or '')}")
            return 1
        if asyncio.get_running_loop().time() > deadline:
            errors.print("rapport: the switch is still going on; ./rapport models shows when it is done.")
            return 1
        await asyncio.sleep(0.3)


def is_running(settings: Settings) -> bool:
    """Whether a `rapport up` holds this data folder."""
    lock = settings.data / "run" / "lock"
    try:
        with lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def understand(settings: Settings, model_id: str | None) -> int:
    """One message a line from stdin; one JSON object a line on stdout, in order, as soon as the line is read."""
    found: list[tuple[Path, Path]] = []

    async def command(app: App) -> int:
        model = await _model(app, model_id, newest=False)
        fault = await asyncio.to_thread(file_fault, model)
        if fault is not None:
            raise LookupError(fault)
        python = await asyncio.to_thread(ensure_rasa, app.settings, _say_aside)
        found.append((python, Path(model.path)))
        return 0

    code = _run(settings, command)
    if code:
        return code
    python, path = found[0]
    # The parser itself holds our stdin and stdout, so that lines stream and nothing is buffered in between.
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run([str(python), "-m", PARSER, "--model", str(path)], cwd=ROOT, env=env, check=False)
    except KeyboardInterrupt:
        return 130
    return done.returncode


async def _model(app: App, model_id: str | None, *, newest: bool) -> Model:
    """The model named, else the newest, or the one that answers customers, made first when there is none."""
    async with app.read() as tx:
        if model_id is not None:
            named = await tx.get(Model, model_id)
            if named is None:
                raise LookupError(f"There is no model {model_id}; ./rapport models lists them.")
            return named
        latest = (await tx.execute(select(Model).order_by(Model.created_at.desc()).limit(1))).scalar_one_or_none()
        live = await live_model(tx)
    if newest and latest is not None:
        return latest
    if live is not None and is_running(app.settings):
        # Another model now would be live in the store and not at the customers.
        return live
    return await ensure_live_model(app, _say_aside)


def _figures(model: Model) -> str:
    accuracy = model.scores.get("accuracy")
    if accuracy is None:
        return "not measured"
    return f"accuracy {accuracy:.1%}, macro F1 {model.scores['macro_f1']:.3f} on {model.scores['n']} held-out phrases"


def _who() -> str:
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


def _say(text: str) -> None:
    console.print(f"rapport: {text}", markup=False)


def _say_aside(text: str) -> None:
    print(f"rapport: {text}", file=sys.stderr, flush=True)
