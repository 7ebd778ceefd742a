"""The job behind an erasure: Rasa's memory, uploads, what a running turn still wrote, and the copies on the disk."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from bot.adapters.rasa import BotUnavailable, RasaClient
from bot.adapters.tracker_rows import delete_dialogues, tracker_file
from bot.jobs.queue import Lease
from bot.services.app import App
from bot.services.erase_plan import Whose
from bot.services.erasing import HUNTED, erase_rows
from bot.services.people import Ids, ids_of
from bot.services.uploads import remove_files
from bot.store.scrub import ScrubBusy, scrub_sqlite
from bot.store.tables import Erasure

log = structlog.get_logger()

TRY_AGAIN = timedelta(seconds=5)

Forget = Callable[[], None]
"""Drops what this process keeps in memory of texts."""


async def run_erase(app: App, rasa: RasaClient, forget: Forget, lease: Lease) -> None:
    """Remove what is left of an erased person; tried again until nothing is. Raises LeaseLost."""
    async with app.read() as tx:
        row = await tx.get(Erasure, lease.payload["erasure"])
    if row is None or row.state == "done":
        async with app.write() as tx:
            await lease.finish(tx, app.now())
        return
    try:
        await remove_traces(app, row.scope, forget, rasa.forget)
    except (BotUnavailable, ScrubBusy) as error:
        async with app.write() as tx:
            await lease.retry(tx, app.now(), TRY_AGAIN, str(error))
        return
    if row.scope.get("in_flight"):
        # A turn that had begun may yet send its request: look once more when it must have ended.
        async with app.write() as tx:
            fresh = await tx.get(Erasure, row.id)
            assert fresh is not None
            fresh.scope = {**fresh.scope, "in_flight": False}
            await lease.retry(tx, app.now(), timedelta(seconds=app.settings.turn_timeout_s), "a turn was running")
        return
    async with app.write() as tx:
        await note_done(app, tx, row.id)
        await lease.finish(tx, app.now())
    log.info("erase.done", erasure=row.id)


async def remove_traces(
    app: App, scope: dict[str, Any], forget: Forget, forget_cases: Callable[[list[str]], Awaitable[None]]
) -> None:
    """Every step finds nothing when it is done again. Raises BotUnavailable, ScrubBusy: then try again."""
    known: Ids = {kind: list(scope.get(kind.value, [])) for kind in HUNTED}
    # Rasa first lets a running turn of these cases end, and with it what the turn's actions write.
    await forget_cases(known[Whose.CASE])
    await delete_dialogues(app.settings, known[Whose.CASE])
    async with app.write() as tx:
        await erase_rows(app, tx, await ids_of(tx, known[Whose.CUSTOMER], known))
    await remove_files(app.settings, known[Whose.UPLOAD])
    forget()
    for path in _files(app):
        await scrub_sqlite(path)


async def note_done(app: App, tx: Any, erasure_id: str) -> None:
    """The erasure is complete: its ids are no longer needed."""
    row = await tx.get(Erasure, erasure_id)
    assert row is not None
    row.state, row.scope, row.done_at = "done", {}, app.now()


def _files(app: App) -> list[Path]:
    files = [tracker_file(app.settings)]
    if app.store.is_sqlite and app.store.url.database:
        files.append(Path(app.store.url.database))
    return [file for file in files if file is not None]
