"""Rasa's own memory of dialogues, reached from outside it: its rows are deleted whether Rasa runs or not.

Rasa's store offers no way to delete a dialogue. The rows are those of its `events` table, in SQLite or in PostgreSQL's
schema `rasa`; a turn that runs meanwhile finds that its dialogue was changed and saves nothing.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, NullPool, bindparam, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url

from bot.settings import Settings

SCHEMA = "rasa"
_DELETE = text("DELETE FROM events WHERE sender_id IN :cases").bindparams(bindparam("cases", expanding=True))
_CHUNK = 500


def tracker_url(settings: Settings) -> URL:
    """Where the dialogues lie, with a driver of this environment."""
    url = make_url(
        (settings.tracker_url or f"sqlite:///{settings.data / 'rasa.db'}").replace("postgres://", "postgresql://")
    )
    return url.set(drivername="sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg")


def tracker_file(settings: Settings) -> Path | None:
    """The dialogues' SQLite file; None on PostgreSQL."""
    url = tracker_url(settings)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


async def delete_dialogues(settings: Settings, cases: Sequence[str]) -> int:
    """Delete these cases' dialogues; how many events there were. Raises SQLAlchemy's errors."""
    file = tracker_file(settings)
    if file is not None and not file.exists():
        return 0
    return await asyncio.to_thread(_delete, settings, list(cases))


def _delete(settings: Settings, cases: list[str]) -> int:
    engine = _engine(tracker_url(settings))
    gone = 0
    try:
        with engine.begin() as connection:
            if not inspect(connection).has_table("events"):
                return 0
            for start in range(0, len(cases), _CHUNK):
                gone += connection.execute(_DELETE, {"cases": cases[start : start + _CHUNK]}).rowcount
    finally:
        engine.dispose()
    return gone


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        options = {"options": f"-csearch_path={SCHEMA}"}
        return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": 8})

    @event.listens_for(engine, "connect")
    def overwrite(connection: object, _record: object) -> None:
        connection.execute("PRAGMA secure_delete=ON")  # type: ignore[attr-defined]  # the driver's connection

    return engine
