"""`./rapport erase` and `./rapport export`: one customer's data, gone or in a file."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
from rich.console import Console

from bot.adapters.rasa import RasaClient
from bot.bootstrap import build_rasa, ready_app
from bot.jobs.queue import claim, owner_name
from bot.services.app import App
from bot.services.erase_traces import run_erase
from bot.services.erasing import JOB, ErasureView, erase_customers, erasure
from bot.services.held import data_of_customers
from bot.services.people import Person, UnknownCustomer, find_people
from bot.settings import Settings

console = Console(highlight=False, soft_wrap=True)
errors = Console(highlight=False, soft_wrap=True, stderr=True)

DONE_WITHIN_S = 120.0
POLL_S = 0.25


def erase(settings: Settings, key: str, *, sure: bool) -> int:
    """Erase the customers that `key` names, after a yes; exit code 2 for an unknown one, 1 when it is not complete."""

    async def work(app: App) -> int:
        people = await find_people(app, key)
        for person in people:
            console.print(f"  {_described(person)}", markup=False)
        if not sure and not _agreed(len(people)):
            console.print("Nothing was erased.")
            return 1
        view = await _complete(app, await erase_customers(app, [person.id for person in people], None))
        console.print(f"{sum(view.rows.values())} rows were erased or made anonymous.")
        if view.state == "done":
            console.print("Every trace is gone, Rasa's memory and the files included.")
            return 0
        errors.print("rapport: Rasa's memory is still being cleaned; the worker goes on with it.")
        return 1

    return _run(settings, work)


def export(settings: Settings, key: str, output: Path | None) -> int:
    """Write what is held about the customers that `key` names, as JSON; exit code 2 for an unknown one."""

    async def work(app: App) -> int:
        people = await find_people(app, key)
        held = await data_of_customers(app, [person.id for person in people])
        text = json.dumps(held, ensure_ascii=False, indent=2)
        if output is None:
            sys.stdout.write(f"{text}\n")
        else:
            output.write_text(f"{text}\n", encoding="utf-8")  # noqa: ASYNC240 -- nothing else runs here
            errors.print(f"Written to {output}.", markup=False)
        return 0

    return _run(settings, work)


def _run(settings: Settings, work: Callable[[App], Awaitable[int]]) -> int:
    async def run() -> int:
        async with ready_app(settings) as app:
            return await work(app)

    try:
        return asyncio.run(run())
    except UnknownCustomer as error:
        errors.print(f"rapport: {error}", markup=False)
        return 2
    except OSError as error:
        errors.print(f"rapport: the file cannot be written: {error}", markup=False)
        return 2


def _described(person: Person) -> str:
    known = [person.name, person.email, f"site's id {person.external_id}" if person.external_id else None]
    who = ", ".join(each for each in known if each) or "anonymous"
    return f"{person.id}: {who}; {person.conversations} conversation{'' if person.conversations == 1 else 's'}"


def _agreed(count: int) -> bool:
    question = "Erase this customer for good?" if count == 1 else f"Erase these {count} customers for good?"
    console.print(f"{question} Type yes: ", end="")
    return sys.stdin.readline().strip().lower() == "yes"


async def _complete(app: App, view: ErasureView) -> ErasureView:
    """Wait for the worker to remove the last traces; where none runs, do its work here."""
    rasa = build_rasa(app.settings)
    deadline = asyncio.get_running_loop().time() + DONE_WITHIN_S
    try:
        while view.state != "done" and asyncio.get_running_loop().time() < deadline:
            if not _worker_runs(app.settings):
                await _work_here(app, rasa)
            await asyncio.sleep(POLL_S)
            view = await erasure(app, view.id)
    finally:
        await rasa.close()
    return view


async def _work_here(app: App, rasa: RasaClient) -> None:
    async with app.write() as tx:
        lease = await claim(tx, app.now(), owner_name(), [JOB])
    if lease is not None:
        await run_erase(app, rasa, lambda: None, lease)


def _worker_runs(settings: Settings) -> bool:
    try:
        return psutil.pid_exists(int((settings.data / "run" / "worker.pid").read_text()))
    except (OSError, ValueError):
        return False
