"""The job behind an erasure: Rasa's memory, uploads, what a running turn still wrote, and the copies on the disk."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import update

from bot.adapters.rasa import BotUnavailable, RasaClient
from bot.adapters.tracker_rows import delete_dialogues, tracker_file
from bot.jobs.queue import Lease
from bot.services.app import App
from bot.services.erase_rules import Whose
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
    """Remove what is left of an erased person; tried again until nothing is. Raises LeaseLost.

    The ids are dropped before the disk is cleaned, so that no copy of them outlives it.
    """
    async with app.read() as tx:
        row = await tx.get(Erasure, lease.payload["erasure"])
    if row is None or row.state == "done":
        async with app.write() as tx:
            await lease.finish(tx, app.now())
        return
    try:
        if row.scope:
            await _remove_traces(app, rasa, forget, row.scope)
            # A turn that had begun may yet send its request: then look once more when it must have ended.
            again = bool(row.scope["in_flight"])
            await _note(app, row.id, scope={**row.scope, "in_flight": False} if again else {})
            if again:
                async with app.write() as tx:
                    patience = timedelta(seconds=app.settings.turn_timeout_s)
                    await lease.retry(tx, app.now(), patience, "a turn was running")
                return
        for path in _files(app):
            await scrub_sqlite(path)
    except (BotUnavailable, ScrubBusy) as error:
        async with app.write() as tx:
            await lease.retry(tx, app.now(), TRY_AGAIN, str(error))
        return
    await _note(app, row.id, state="done", done_at=app.now())
    async with app.write() as tx:
        await lease.finish(tx, app.now())
    log.info("erase.done", erasure=row.id)


async def _remove_traces(app: App, rasa: RasaClient, forget: Forget, scope: dict[str, Any]) -> None:
    """Every step finds nothing when it is done again. Raises BotUnavailable."""
    known: Ids = {kind: list(scope.get(kind.value, [])) for kind in HUNTED}
    # Rasa first lets a running turn of these cases end, and with it what the turn's actions write.
    await rasa.forget(known[Whose.CASE])
    await delete_dialogues(app.settings, known[Whose.CASE])
    async with app.write() as tx:
        await erase_rows(app, tx, await ids_of(tx, known[Whose.CUSTOMER], known))
    await remove_files(app.settings, known[Whose.UPLOAD])
    forget()


async def _note(app: App, erasure_id: str, **changes: Any) -> None:
    async with app.write() as tx:
        await tx.execute(update(Erasure).where(Erasure.id == erasure_id).values(**changes))


def _files(app: App) -> list[Path]:
    files = [tracker_file(app.settings)]
    if app.store.is_sqlite and app.store.url.database:
        files.append(Path(app.store.url.database))
    return [file for file in files if file is not None]
