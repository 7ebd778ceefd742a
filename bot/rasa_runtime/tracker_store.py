"""Rasa's dialogue memory in SQL, made exact.

Rasa's own SQL store cuts a dialogue at the last session start by *timestamp* (a clock that was set back hides events
and makes the next save write others twice), waits for ever for a missing database, and shares the table name `events`
with whatever else lives there. This one reads everything by row order, refuses to write over another writer, fails
at once, and keeps to its own file or schema.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path
from typing import Any, Iterator, Optional, Text

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import ConnectionException, RasaException
from rasa.shared.nlu.constants import INTENT_NAME_KEY
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.orm import Query, Session, sessionmaker

URL_VARIABLE = "RAPPORT_TRACKER_URL"
DATA_VARIABLE = "RAPPORT_DATA"
DEFAULT_SCHEMA = "rasa"
_BUSY_TIMEOUT_MS = 4000
_CONNECT_TIMEOUT_S = 5
_STORED = "rapport_stored_events"


class TrackerConflict(RasaException):
    """Another process has written to the dialogue since it was read; this turn is not saved."""


class RapportTrackerStore(SQLTrackerStore):
    """SQLite (WAL, synchronous=FULL) or PostgreSQL (own schema). A turn is saved in one transaction or not at all."""

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
        except sa.exc.SQLAlchemyError as error:
            place = url.render_as_string(hide_password=True)
            raise ConnectionException(
                f"Cannot open the dialogue store at {place}: {getattr(error, 'orig', error)}. Check {URL_VARIABLE}."
            ) from error
        self.sessionmaker = sessionmaker(bind=self.engine)
        TrackerStore.__init__(self, domain, event_broker)

    def _event_query(self, session: Session, sender_id: Text, fetch_events_from_all_sessions: bool) -> Query:
        """All events of the dialogue in the order they were written; replaying a session start resets by itself."""
        return session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id).order_by(self.SQLEvent.id)

    async def _retrieve(self, sender_id: Text, fetch_events_from_all_sessions: bool) -> Optional[DialogueStateTracker]:
        """The dialogue as it was saved, or None when there is none yet. A database error is raised."""
        with self.session_scope() as session:
            rows = self._event_query(session, sender_id, True).with_entities(self.SQLEvent.data).all()
        if not rows:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, [json.loads(data) for (data,) in rows], self.domain.slots)
        setattr(tracker, _STORED, len(rows))
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends the tracker's new events in one transaction.

        Raises TrackerConflict, and writes nothing, when the stored dialogue is no longer as long as it was when
        this tracker was read.
        """
        await self.stream_events(tracker)
        with self.session_scope() as session:
            self._lock_dialogue(session, tracker.sender_id)
            stored = session.query(self.SQLEvent.id).filter(self.SQLEvent.sender_id == tracker.sender_id).count()
            if stored != getattr(tracker, _STORED, 0):
                raise TrackerConflict(f"The dialogue {tracker.sender_id} was changed by another process.")
            new = list(itertools.islice(tracker.events, stored, None))
            session.add_all(self._rows(tracker.sender_id, new))
            session.commit()
        setattr(tracker, _STORED, stored + len(new))

    def _lock_dialogue(self, session: Session, sender_id: Text) -> None:
        """Makes a second writer of the same dialogue wait. SQLite: one writer at all; PostgreSQL: by dialogue."""
        if self.engine.dialect.name == "sqlite":
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        else:
            session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:id))"), {"id": f"rapport:{sender_id}"})

    def _rows(self, sender_id: Text, events: list[Any]) -> Iterator[Any]:
        for event in events:
            data = event.as_dict()
            yield self.SQLEvent(
                sender_id=sender_id,
                type_name=event.type_name,
                timestamp=data.get("timestamp"),
                intent_name=data.get("parse_data", {}).get("intent", {}).get(INTENT_NAME_KEY),
                action_name=data.get("name"),
                data=json.dumps(data),
            )


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
