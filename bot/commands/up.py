"""`./rapport up`: everything from a bare checkout to running processes."""

import asyncio
import contextlib
import errno
import fcntl
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import ready_app
from bot.commands.articles import held_back_sentence
from bot.environments import SetupFailed, ensure_browser_libraries, ensure_rasa
from bot.knowledge.marked_yaml import KnowledgeFileError
from bot.processes.supervisor import StartFailed, Supervisor
from bot.services.app import App
from bot.services.article_files import seed_articles
from bot.services.staff import make_one_time_link
from bot.settings import Settings
from bot.store.tables import Staff
from bot.training.ensure import ensure_live_model
from bot.training.train import TrainingFailed

console = Console(highlight=False, soft_wrap=True)

NEEDED_BYTES = 500_000_000


class Refused(Exception):
    """`up` cannot go on; one sentence says why and what to do."""


def up(settings: Settings) -> int:
    """Run the product until Ctrl-C; returns the exit code."""
    try:
        with _only_one(settings):
            asyncio.run(_up(settings))
    except TrainingFailed as error:
        console.print(f"rapport: no model could be made from config.yml, domain.yml and data/: {error}", markup=False)
        console.print("Mend that and run this again.", markup=False)
        return 2
    except (Refused, SetupFailed, StartFailed) as error:
        console.print(f"[red]rapport:[/red] {error}", markup=True)
        return 2
    except SQLAlchemyError as error:
        console.print(f"rapport: the database {settings.store_url} cannot be used: {_first_line(error)}", markup=False)
        return 2
    except OSError as error:
        console.print(f"rapport: {_os_error(error, settings)}", markup=False)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


async def _up(settings: Settings) -> None:
    began = time.monotonic()
    _check_ports(settings)
    _check_disk(settings)
    rasa_python = await asyncio.to_thread(ensure_rasa, settings, _say)
    await asyncio.to_thread(ensure_browser_libraries, _say)
    async with ready_app(settings) as app:
        await _seed(app)
        model = await ensure_live_model(app, _say)
        supervisor = Supervisor(app, rasa_python, model, _say)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        main = asyncio.create_task(_start_and_run(supervisor, app, settings, began))
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(name, stop.set)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({main, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not main.done():
            _say("stopping ...")
            main.cancel()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await main
        finally:
            stopping.cancel()
            await supervisor.stop()


async def _seed(app: App) -> None:
    try:
        taken = await seed_articles(app)
    except (KnowledgeFileError, FileNotFoundError) as error:
        raise Refused(f"{error}; mend that and run this again.") from error
    if taken.held_back:
        _say(held_back_sentence(taken.held_back))


async def _start_and_run(supervisor: Supervisor, app: App, settings: Settings, began: float) -> None:
    await supervisor.start()
    await _greet(app, settings, time.monotonic() - began)
    await supervisor.run()


async def _greet(app: App, settings: Settings, seconds: float) -> None:
    """The addresses, and for an installation without any account the one-time admin link."""
    origin = settings.origin
    lines = [f"Ready in {seconds:.0f} s."]
    if settings.demo:
        lines.append(f"  Shop with the chat   {settings.shop_url}/")
    lines += [f"  Agents' desk         {origin}/desk", f"  Admins' studio       {origin}/studio"]
    async with app.read() as tx:
        accounts = (await tx.execute(select(func.count()).select_from(Staff))).scalar_one()
    if not accounts:
        token = await make_one_time_link(app, "admin")
        lines.append(f"  First admin, once    {origin}/welcome/{token}")
    lines.append("Ctrl-C stops everything.")
    for line in lines:
        console.print(line, markup=False)


def _say(text: str) -> None:
    console.print(f"rapport: {text}", markup=False)


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """One `up` for a data folder; the lock goes with the process, however it ends."""
    run = settings.data / "run"
    run.mkdir(parents=True, exist_ok=True)
    with (run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refused(
                f"another `rapport up` is running on {settings.data}; stop it, or choose another folder with --data."
            ) from error
        yield


def _check_ports(settings: Settings) -> None:
    ports = settings.ports
    wanted = [
        ("the gateway", settings.host, ports.gateway, socket.SOCK_STREAM),
        ("the worker", "127.0.0.1", ports.worker, socket.SOCK_STREAM),
        ("the worker's hints", "127.0.0.1", ports.worker, socket.SOCK_DGRAM),
        ("Rasa", "127.0.0.1", ports.rasa, socket.SOCK_STREAM),
        ("Rasa's next model", "127.0.0.1", ports.rasa_next, socket.SOCK_STREAM),
        ("the gateway's hints", "127.0.0.1", ports.hints, socket.SOCK_DGRAM),
    ]
    if settings.demo:
        wanted.append(("the demo shop", "127.0.0.1", ports.shop, socket.SOCK_STREAM))
    for name, host, port, kind in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise Refused(
                    f"port {port} for {name} cannot be used ({error.strerror or error}); "
                    f"stop what uses it or choose another with --port."
                ) from error


def _check_disk(settings: Settings) -> None:
    free = shutil.disk_usage(settings.data).free
    if free < NEEDED_BYTES:
        raise Refused(
            f"only {free // 1_000_000} MB are free on the disk of {settings.data}; "
            f"free at least {NEEDED_BYTES // 1_000_000} MB and run this again."
        )


def _os_error(error: OSError, settings: Settings) -> str:
    place = Path(str(error.filename)) if error.filename else settings.data
    if error.errno == errno.ENOSPC:
        return f"the disk of {place} is full; free some space and run this again."
    if error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
        return f"{place} cannot be written; give this user the right to, or choose another folder with --data."
    return f"{place}: {error.strerror or error}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
