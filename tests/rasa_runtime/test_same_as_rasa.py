"""The same conversation through Rasa's own processor and through ours leaves the same events."""

from __future__ import annotations

import asyncio
import json
import random
import unittest
import uuid
from typing import Any
from unittest import mock

import rasa.core.actions.action
import rasa.core.actions.forms
from rasa.core.agent import Agent
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.rasa_runtime.processor import AtomicAgent, TurnFailed
from bot.rasa_runtime.remote_action import LATEST_EVENTS, RemoteAction
from bot.rasa_runtime.replies import SilentOutput
from bot.rasa_runtime.sentence_vector import SENTENCE_VECTOR
from bot.rasa_runtime.tracker_store import RapportTrackerStore
from bot.rasa_runtime.turn_request import TurnRequest, read_turn
from tests.rasa_runtime.support import trained_model, workspace

SIZES, COLOURS = ("small", "large", "impossible"), ("red", "blue")
PLAIN = ("become_vip", "begin_form", "greet", "say_no", "say_yes", "track_order", "what_am_i", "contact_human_agent")


def said_and_done(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What the customer wrote, was answered and offered, and which actions ran."""
    return [
        (
            event["event"],
            event.get("name"),
            event.get("text"),
            (event.get("metadata") or {}).get("message_id") if event["event"] == "user" else None,
            (event.get("parse_data") or {}).get("intent"),
            ((event.get("parse_data") or {}).get("intent_ranking") or [])[:2],
            (event.get("data") or {}).get("buttons") or None,
        )
        for event in events
        if event["event"] in {"user", "bot", "action"}
    ]


class ScriptedActions(EndpointConfig):
    """Answers calls of actions in this process, the same to the same call."""

    def __init__(self) -> None:
        super().__init__(url="http://127.0.0.1/webhook")
        self.calls: list[dict[str, Any]] = []
        self.is_broken = False

    async def request(self, *_: Any, **call: Any) -> Any:
        body = json.loads(json.dumps(call["json"]))
        self.calls.append(body)
        name, slots = body["next_action"], body["tracker"]["slots"]
        if self.is_broken:
            raise RuntimeError("broken on purpose")
        if name == "action_reject":
            raise ClientResponseError(400, "no", '{"error": "no", "action_name": "action_reject"}')
        if name == "action_become_vip":
            return {"events": [slot("vip", True if not slots["vip"] else None)], "responses": [{"text": "Done."}]}
        if name == "validate_shirt_form":
            wrong = slots["size"] == "impossible"
            return {"events": [slot("size", None)] if wrong else [], "responses": [{"text": "No."}] if wrong else []}
        return {
            "events": [],
            "responses": [{"text": f"This is {name}.", "custom": {"a": 1}}, {"response": "utter_yes"}],
        }


class WholeDialogues(InMemoryTrackerStore):
    """Rasa's store in memory, which however reads a dialogue without what came before its session began."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        self.store[tracker.sender_id] = json.dumps([event.as_dict() for event in tracker.events])

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        if sender_id not in self.store:
            return None
        return DialogueStateTracker.from_dict(sender_id, json.loads(self.store[sender_id]), self.domain.slots)


def slot(name: str, value: Any) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value, "timestamp": None}


def turns(seed: int, count: int, case: str) -> list[TurnRequest]:
    """A conversation without sense, in which everything of the test assistant happens."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        body: dict[str, Any] = {"message_id": f"m{number}", "case_id": case, "kind": "choice", "text": "tapped"}
        kind = chance.random()
        if kind < 0.2:
            body |= {"intent": "give_size", "entities": {"size": chance.choice(SIZES)}}
        elif kind < 0.35:
            body |= {"intent": "give_colour", "entities": {"colour": chance.choice(COLOURS)}}
        elif kind < 0.45:
            body |= {"kind": "system", "intent": "EXTERNAL_case_resolved", "text": None}
        elif kind < 0.6:
            body |= {"kind": "text", "text": chance.choice(["hello", "where is my order LH-100234", "qzx qzx"])}
        elif kind < 0.65:
            body |= {"intent": chance.choice(PLAIN), "text": ""}
        else:
            body |= {"intent": chance.choice(PLAIN)}
        found.append(read_turn(body))
    return found


def told(events: list[Event]) -> list[dict[str, Any]]:
    """The events without their times, and without the sentence vector that only Rasa itself writes into them."""
    described = [{**event.as_dict(), "timestamp": None} for event in events]
    return [
        {**event, "parse_data": without_vector(event["parse_data"])} if "parse_data" in event else event
        for event in described
    ]


def without_vector(part: Any) -> Any:
    """A part of the tracker as Rasa tells it, less the sentence vector: ours goes beside the tracker."""
    return {key: value for key, value in part.items() if key != SENTENCE_VECTOR} if isinstance(part, dict) else part


class SameAsRasaTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        self.actions, self.rasas_actions = ScriptedActions(), ScriptedActions()
        self.store = RapportTrackerStore(host=f"sqlite:///{workspace() / uuid.uuid4().hex}.db")
        self.addCleanup(self.store.engine.dispose)
        self.agent = AtomicAgent(tracker_store=self.store, lock_store=InMemoryLockStore(), action_endpoint=self.actions)
        self.agent.load_model(trained_model())

    async def ours(self, request: TurnRequest) -> list[Any]:
        assert self.agent.processor is not None
        return (await self.agent.processor.run_turn(request, 20)).replies

    async def rasas_events(self, requests: list[TurnRequest]) -> list[Event]:
        store = WholeDialogues(self.store.domain)
        agent = Agent(tracker_store=store, lock_store=InMemoryLockStore(), action_endpoint=self.rasas_actions)
        agent.load_model(trained_model())
        with (
            mock.patch.object(rasa.core.actions.action, "RemoteAction", RemoteAction),
            mock.patch.object(rasa.core.actions.forms, "RemoteAction", RemoteAction),
        ):
            for request in requests:
                await agent.handle_message(request.to_user_message(SilentOutput()))
        tracker = await store.retrieve(requests[0].case_id)
        assert tracker is not None
        return list(tracker.events)

    async def test_long_conversations_leave_the_same_events(self) -> None:
        for seed in (1, 2):
            requests = turns(seed, 50, f"case-{seed}")
            for request in requests:
                await self.ours(request)
            mine = self.store.read(f"case-{seed}")
            assert mine is not None
            expected = told(await self.rasas_events(requests))
            for number, (one, other) in enumerate(zip(expected, told(list(mine.events)), strict=False)):
                self.assertEqual(one, other, f"event {number} of seed {seed}")
            self.assertEqual(len(expected), len(mine.events))
            happened = {event["event"] for event in expected}
            self.assertLessEqual({"active_loop", "slot", "action_execution_rejected"}, happened)
            self.assertEqual(len(self.rasas_actions.calls), len(self.actions.calls))

    async def test_actions_are_told_the_same_state_and_what_was_said_and_done_lately(self) -> None:
        requests = turns(3, 30, "case")
        for request in requests:
            await self.ours(request)
        await self.rasas_events(requests)
        self.assertTrue(self.actions.calls)
        for theirs, mine in zip(self.rasas_actions.calls, self.actions.calls, strict=True):
            self.assertEqual(theirs["next_action"], mine["next_action"])
            for key in ("sender_id", "slots", "latest_message", "active_loop", "latest_action_name", "paused"):
                self.assertEqual(without_vector(theirs["tracker"][key]), mine["tracker"][key], key)
            lately = said_and_done(theirs["tracker"]["events"][-LATEST_EVENTS:])
            self.assertEqual(lately, said_and_done(mine["tracker"]["events"])[-len(lately) :])
            self.assertEqual(len(mine["tracker"]["events"]), len(said_and_done(mine["tracker"]["events"])))
            # Rasa's own rule for "selective domain": a form's validation may need it.
            wants_domain = mine["next_action"].startswith("validate_")
            self.assertEqual(theirs["domain"] if wants_domain else {}, mine["domain"])

    async def test_failed_turn_leaves_nothing_and_the_next_goes_on_from_before(self) -> None:
        first, second, third = turns(4, 3, "case")
        await self.ours(first)
        before = told(list((await self.store.retrieve("case")).events))
        self.actions.is_broken = True
        broken = read_turn({"message_id": "x", "case_id": "case", "kind": "choice", "intent": "become_vip"})
        with self.assertRaises(TurnFailed):
            await self.ours(broken)
        self.assertEqual(before, told(list((await self.store.retrieve("case")).events)))
        self.actions.is_broken = False
        for request in (second, broken, third):
            await self.ours(request)
        expected = told(await self.rasas_events([first, second, broken, third]))
        self.assertEqual(expected, told(list((await self.store.retrieve("case")).events)))

    async def test_message_of_long_ago_gets_its_answer_again(self) -> None:
        requests = turns(5, 40, "case")
        answers = [await self.ours(request) for request in requests]
        self.assertEqual(answers[0], await self.ours(requests[0]))
        self.assertEqual(answers[20], await self.ours(requests[20]))

    async def test_turns_of_many_cases_at_once_are_the_same_as_one_after_the_other(self) -> None:
        assert self.agent.processor is not None
        self.assertTrue(self.agent.processor._parses_beside)
        texts = ["hello", "where is my order LH-100234", "qzx qzx"]
        said = [
            [{"message_id": f"{case}-{n}", "case_id": f"{case}", "kind": "text", "text": text} for case in range(6)]
            for n, text in enumerate(texts)
        ]
        for together in said:
            await asyncio.gather(*(self.ours(read_turn(body)) for body in together))
        for case in (0, 5):
            expected = told(await self.rasas_events([read_turn(together[case]) for together in said]))
            mine = self.store.read(str(case))
            assert mine is not None
            self.assertEqual(expected, told(list(mine.events)))

    async def test_turn_of_another_process_is_seen(self) -> None:
        first, second = turns(6, 2, "case")
        await self.ours(first)
        other = AtomicAgent(tracker_store=self.store, lock_store=InMemoryLockStore(), action_endpoint=self.actions)
        other.load_model(trained_model())
        assert other.processor is not None
        await other.processor.run_turn(second, 20)
        third = read_turn({"message_id": "z", "case_id": "case", "kind": "choice", "intent": "say_yes"})
        await self.ours(third)
        expected = told(await self.rasas_events([first, second, third]))
        self.assertEqual(expected, told(list((await self.store.retrieve("case")).events)))


if __name__ == "__main__":
    unittest.main()
