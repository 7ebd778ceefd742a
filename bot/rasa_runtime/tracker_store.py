"""Rasa's dialogue memory in SQL, made exact.

Rasa's own SQL store cuts a dialogue at the last session start by *timestamp* (a clock that was set back hides events
and makes the next save write others twice), waits for ever for a missing database, and shares the table name `events`
with whatever else lives there. This one reads everything by row order, refuses to write over another writer, fails
at once, and keeps to its own file or schema. The dialogues of active cases are kept in memory beside it
(bot.rasa_runtime.live_cases), so that a turn reads one number and writes its own events in one commit.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, Text

import sqlalchemy as sa
import ujson
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import ConnectionException, RasaException
from rasa.shared.nlu.constants import INTENT_NAME_KEY
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.orm import Query, Session, sessionmaker

from bot.rasa_runtime.live_tracker import LiveTracker
from bot.rasa_runtime.sqlite_dialogues import SqliteDialogues

URL_VARIABLE = "RAPPORT_TRACKER_URL"
DATA_VARIABLE = "RAPPORT_DATA"
DEFAULT_SCHEMA = "rasa"
_BUSY_TIMEOUT_MS = 4000
_CONNECT_TIMEOUT_S = 5
_SAVED_ROW = "rapport_saved_row"
_SAVED_EVENTS = "rapport_saved_events"
_READ = sa.text("SELECT id, data FROM events WHERE sender_id = :sender ORDER BY id")
_LAST_ROW = sa.text("SELECT max(id) FROM events WHERE sender_id = :sender")
# Rasa's own index has the dialogue only, so that PostgreSQL would read all its events to find the last one.
_INDEX = sa.text("CREATE INDEX IF NOT EXISTS events_by_dialogue ON events (sender_id, id)")


class TrackerConflict(RasaException):
    """Another process has written to the dialogue since it was read; this turn is not saved."""


class RapportTrackerStore(SQLTrackerStore):
    """SQLite (WAL, flushed by `save`) or PostgreSQL (own schema). A turn is saved in one transaction or not at all."""

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[Text] = None,
        event_broker: Optional[EventBroker] = None,
        schema: Text = DEFAULT_SCHEMA,
        **kwargs: Any,
    ) -> None:
        """Opens the database, making file, schema and table if they are missing.

        `host` is the database URL (Rasa passes `url:` of endpoints.yml under this name); without it the environment
        decides, see `database_url`. Raises ConnectionException when the database cannot be opened.
        """
        url = database_url(host)
        self.engine = _open_sqlite(url) if url.get_backend_name() == "sqlite" else _open_postgresql(url, schema)
        try:
            self.Base.metadata.create_all(self.engine)
            with self.engine.begin() as connection:
                connection.execute(_INDEX)
        except sa.exc.SQLAlchemyError as error:
            place = url.render_as_string(hide_password=True)
            raise ConnectionException(
                f"Cannot open the dialogue store at {place}: {getattr(error, 'orig', error)}. Check {URL_VARIABLE}."
            ) from error
        self.sessionmaker = sessionmaker(bind=self.engine)
        self._quick = SqliteDialogues(self.engine) if self.engine.dialect.name == "sqlite" else None
        TrackerStore.__init__(self, domain, event_broker)

    def _event_query(self, session: Session, sender_id: Text, fetch_events_from_all_sessions: bool) -> Query:
        """All events of the dialogue in the order they were written; replaying a session start resets by itself."""
        return session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id).order_by(self.SQLEvent.id)

    async def _retrieve(self, sender_id: Text, fetch_events_from_all_sessions: bool) -> Optional[DialogueStateTracker]:
        return self.read(sender_id)

    def read(self, sender_id: Text) -> Optional[LiveTracker]:
        """The whole dialogue as it was saved, or None when there is none yet. A database error is raised."""
        with self.engine.connect() as connection:
            rows = connection.execute(_READ, {"sender": sender_id}).all()
        if not rows:
            return None
        events = deserialise_events([json.loads(data) for _, data in rows])
        tracker = LiveTracker.from_events(sender_id, events, self.domain.slots)
        mark_saved(tracker, rows[-1][0])
        return tracker

    def last_row(self, sender_id: Text) -> int:
        """The number of the dialogue's last stored event, 0 when there is none. A database error is raised."""
        if self._quick is not None:
            return self._quick.last_row(sender_id)
        with self.engine.connect() as connection:
            return int(connection.execute(_LAST_ROW, {"sender": sender_id}).scalar() or 0)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends the tracker's new events in one transaction.

        Raises TrackerConflict, and writes nothing, when the stored dialogue does not end any more where it ended when
        this tracker was read.
        """
        await self.stream_events(tracker)
        new = list(itertools.islice(tracker.events, getattr(tracker, _SAVED_EVENTS, 0), None))
        rows = list(_rows(tracker.sender_id, new))

        def check(last: int) -> None:
            if last != saved_row(tracker):
                raise TrackerConflict(f"The dialogue {tracker.sender_id} was changed by another process.")

        if self._quick is not None:
            last = await self._quick.append(tracker.sender_id, rows, check)
        else:
            last = self._append(tracker.sender_id, rows, check)
        mark_saved(tracker, last)

    async def settle(self) -> None:
        """Returns when what was saved is on the disk; to be called before the process ends."""
        if self._quick is not None:
            await self._quick.settle()

    def _append(self, sender_id: Text, rows: list[dict[str, Any]], check: Callable[[int], None]) -> int:
        """As `SqliteDialogues.append`, on PostgreSQL."""
        with self.engine.begin() as connection:
            # A second writer of the same dialogue waits.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:id))"), {"id": f"rapport:{sender_id}"})
            last = int(connection.execute(_LAST_ROW, {"sender": sender_id}).scalar() or 0)
            check(last)
            if rows:
                connection.execute(self.SQLEvent.__table__.insert(), rows)
                last = int(connection.execute(_LAST_ROW, {"sender": sender_id}).scalar_one())
        return last


def saved_row(tracker: DialogueStateTracker) -> int:
    """The number of the stored event with which the dialogue ended when this tracker was read or saved; 0 for none."""
    return int(getattr(tracker, _SAVED_ROW, 0))


def mark_saved(tracker: DialogueStateTracker, row: int) -> None:
    """Notes that all events of `tracker` are stored, or need not be, and that the last stored one has number `row`."""
    setattr(tracker, _SAVED_ROW, row)
    setattr(tracker, _SAVED_EVENTS, len(tracker.events))


def _rows(sender_id: Text, events: list[Event]) -> Iterator[dict[str, Any]]:
    for event in events:
        data = event.as_dict()
        yield {
            "sender_id": sender_id,
            "type_name": event.type_name,
            "timestamp": data.get("timestamp"),
            "intent_name": data.get("parse_data", {}).get("intent", {}).get(INTENT_NAME_KEY),
            "action_name": data.get("name"),
            "data": ujson.dumps(data, escape_forward_slashes=False),
        }


def database_url(url: Optional[Text] = None) -> URL:
    """The URL to open: `url`, else RAPPORT_TRACKER_URL, else rasa.db in the data folder (RAPPORT_DATA, else var/).

    Drivers named for the product's own Python are replaced by those of this environment. Raises
    ConnectionException for something that is no URL or for another database.
    """
    text = url or os.environ.get(URL_VARIABLE)
    if not text:
        folder = Path(os.environ.get(DATA_VARIABLE) or "var").resolve()
        return URL.create("sqlite", database=str(folder / "rasa.db"))
    try:
        parsed = make_url(re.sub(r"^postgres://", "postgresql://", text))
    except sa.exc.ArgumentError as error:
        raise ConnectionException(
            f"{URL_VARIABLE} is no database URL; use sqlite:///... or postgresql://..."
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return parsed.set(drivername="sqlite")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg2")
    raise ConnectionException(f"{URL_VARIABLE} names {backend}; only sqlite and postgresql are supported.")


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        engine = sa.create_engine(
            url, poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True
        )
    else:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConnectionException(f"Cannot make the folder of the dialogue store: {error}.") from error
        engine = sa.create_engine(url, poolclass=sa.pool.QueuePool, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling is off: it would begin late and could not begin IMMEDIATE.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine


def _open_postgresql(url: URL, schema: Text) -> Engine:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise ConnectionException(f"'{schema}' is no schema name: use small letters, digits and underscores.")
    engine = sa.create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,
        pool_size=5,
        connect_args={"options": f"-csearch_path={schema}", "connect_timeout": _CONNECT_TIMEOUT_S},
    )
    try:
        with engine.begin() as connection:
            # Two processes starting at once: the lock makes the second find the schema made by the first.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('rapport:schema'))"))
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    except sa.exc.SQLAlchemyError as error:
        raise ConnectionException(
            f"Cannot open the dialogue store on PostgreSQL: {getattr(error, 'orig', error)}. Check {URL_VARIABLE}."
        ) from error
    return engine
