"""What is stored is read back exactly, and nobody writes over another writer."""

from __future__ import annotations

import os
import sqlite3
import threading
import unittest
import uuid
from unittest import mock

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import ConnectionException

from bot.rasa_runtime.tracker_store import RapportTrackerStore, TrackerConflict, database_url
from bot.store import disk
from tests.rasa_runtime.support import ASSISTANT, workspace


class TrackerStoreTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.file = workspace() / f"{uuid.uuid4().hex}.db"
        self.domain = Domain.load(str(ASSISTANT / "domain.yml"))
        self.store = RapportTrackerStore(self.domain, host=f"sqlite:///{self.file}")
        self.addCleanup(self.store.engine.dispose)

    async def begin(self) -> DialogueStateTracker:
        tracker = await self.store.get_or_create_tracker("case", append_action_listen=False)
        for event in (ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")):
            tracker.update(event, self.domain)
        tracker.update(UserUttered("hi", {"name": "greet", "confidence": 0.1 + 0.2}), self.domain)
        return tracker

    async def test_dialogue_is_read_back_exactly(self) -> None:
        tracker = await self.begin()
        tracker.update(SlotSet("order_number", "LH-1 \u2028 ü 👍"), self.domain)
        await self.store.save(tracker)
        again = await self.store.retrieve("case")
        self.assertEqual([event.as_dict() for event in tracker.events], [event.as_dict() for event in again.events])
        self.assertEqual(tracker.current_slot_values(), again.current_slot_values())

    async def test_clock_that_was_set_back_hides_no_event_and_doubles_none(self) -> None:
        tracker = await self.begin()
        await self.store.save(tracker)
        tracker = await self.store.retrieve("case")
        for name in ("action_track", "action_listen"):
            tracker.update(ActionExecuted(name, timestamp=1000.0), self.domain)
            await self.store.save(tracker)
            tracker = await self.store.retrieve("case")
        self.assertEqual(6, len(tracker.events))

    async def test_second_writer_is_refused_and_writes_nothing(self) -> None:
        await self.store.save(await self.begin())
        first, second = await self.store.retrieve("case"), await self.store.retrieve("case")
        first.update(SlotSet("order_number", "A"), self.domain)
        second.update(SlotSet("order_number", "B"), self.domain)
        await self.store.save(first)
        with self.assertRaises(TrackerConflict):
            await self.store.save(second)
        self.assertEqual("A", (await self.store.retrieve("case")).get_slot("order_number"))

    async def test_two_new_dialogues_of_one_case_cannot_both_be_saved(self) -> None:
        first, second = await self.begin(), await self.begin()
        await self.store.save(first)
        with self.assertRaises(TrackerConflict):
            await self.store.save(second)

    async def test_same_tracker_can_be_saved_again(self) -> None:
        tracker = await self.begin()
        await self.store.save(tracker)
        await self.store.save(tracker)
        tracker.update(ActionExecuted("action_listen"), self.domain)
        await self.store.save(tracker)
        self.assertEqual(5, len((await self.store.retrieve("case")).events))

    def test_sqlite_is_durable_and_lets_readers_read(self) -> None:
        with self.store.engine.connect() as connection:
            self.assertEqual("wal", connection.exec_driver_sql("PRAGMA journal_mode").scalar())
            self.assertEqual(2, connection.exec_driver_sql("PRAGMA synchronous").scalar())
        with sqlite3.connect(self.file) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        self.assertEqual(["events"], tables)

    async def test_a_saved_turn_is_brought_to_the_disk_beside_the_others(self) -> None:
        goes_on, flushed = threading.Event(), []

        def flush(_file: int) -> None:
            flushed.append(goes_on.wait(30))

        tracker = await self.begin()
        with mock.patch.object(disk, "_flush_file", flush):
            await self.store.save(tracker)
            with sqlite3.connect(self.file) as other:  # saved for every process, whatever becomes of this one
                self.assertEqual(4, other.execute("SELECT count(*) FROM events").fetchone()[0])
            self.assertEqual([], flushed)
            goes_on.set()
            await self.store.settle()
        self.assertEqual([True], flushed)

    async def test_a_disk_that_does_not_take_it_fails_the_turns_after_it_until_it_does(self) -> None:
        first, second = await self.begin(), await self.begin()
        second.sender_id = "other"
        refusing = mock.patch.object(disk, "_flush_file", side_effect=OSError("no space left"))
        with refusing:
            with self.assertLogs("bot.rasa_runtime.sqlite_dialogues", "ERROR"):
                await self.store.save(first)
                await self.store.settle()
            with self.assertRaises(OSError):
                await self.store.save(second)
        self.assertEqual(0, self.store.last_row("other"))
        await self.store.save(second)
        self.assertGreater(self.store.last_row("other"), 0)

    def test_url_comes_from_the_environment_with_this_environments_drivers(self) -> None:
        cases = {
            "postgresql+psycopg://u:p@h/db": "postgresql+psycopg2",
            "postgres://u:p@h/db": "postgresql+psycopg2",
            "sqlite+aiosqlite:////tmp/x.db": "sqlite",
        }
        for url, driver in cases.items():
            with mock.patch.dict(os.environ, {"RAPPORT_TRACKER_URL": url}):
                self.assertEqual(driver, database_url().drivername)
        with mock.patch.dict(os.environ, {"RAPPORT_DATA": "/data"}):
            os.environ.pop("RAPPORT_TRACKER_URL", None)
            self.assertEqual("/data/rasa.db", database_url().database)

    def test_unusable_databases_get_a_sentence(self) -> None:
        for url in ("nonsense", "mysql://h/db", "sqlite:////proc/no/such/place/x.db"):
            with self.assertRaisesRegex(ConnectionException, "store|URL|supported"):
                RapportTrackerStore(host=url)


if __name__ == "__main__":
    unittest.main()
