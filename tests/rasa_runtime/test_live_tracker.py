"""A live tracker is in the same state as Rasa's own, and gives policies the same states of the past."""

from __future__ import annotations

import unittest
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    ConversationPaused,
    Event,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa_runtime.live_tracker import LiveTracker, cut_to_latest
from tests.rasa_runtime.support import ASSISTANT

RULE_ONLY = {"rule_only_slots": ["vip"], "rule_only_loops": ["shirt_form"]}
START: list[Event] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


def turn(intent: str, *between: Event, hide: bool = False) -> list[Event]:
    said = UserUttered(intent, {"name": intent, "confidence": 1.0})
    return [said, *between, ActionExecuted("action_listen", hide_rule_turn=hide)]


def form(*, ends: bool) -> list[Event]:
    opened = [ActionExecuted("shirt_form"), ActiveLoop("shirt_form"), SlotSet("requested_slot", "size")]
    answered = [SlotSet("size", "large"), ActionExecuted("shirt_form"), SlotSet("requested_slot", "colour")]
    refused = [ActionExecutionRejected("shirt_form"), ActionExecuted("utter_greet"), ActionExecuted("shirt_form")]
    closed = [SlotSet("colour", "red"), ActionExecuted("shirt_form"), ActiveLoop(None), ActionExecuted("utter_shirt")]
    events = [*turn("begin_form", *opened), *turn("give_size", *answered), *turn("greet", *refused)]
    return [*events, *turn("give_colour", *closed)] if ends else events


def dialogue() -> list[Event]:
    vip = [SlotSet("vip", True), ActionExecuted("utter_vip", hide_rule_turn=True)]
    back = [ActionExecuted("utter_greet"), UserUtteranceReverted()]
    return [
        *START, *turn("greet", ActionExecuted("utter_greet")), *turn("become_vip", *vip, hide=True), *form(ends=True),
        *turn("say_yes", *back), *form(ends=False),
    ]  # fmt: skip


class LiveTrackerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.domain = Domain.load(str(ASSISTANT / "domain.yml"))

    def pair(self, events: list[Event]) -> tuple[DialogueStateTracker, LiveTracker]:
        return (
            DialogueStateTracker.from_events("case", events, self.domain.slots),
            LiveTracker.from_events("case", events, self.domain.slots),
        )

    def assert_same_states(self, one: DialogueStateTracker, other: DialogueStateTracker) -> None:
        for arguments in ((False, False, None), (False, True, RULE_ONLY), (False, True, None), (True, False, None)):
            self.assertEqual(one.past_states(self.domain, *arguments), other.past_states(self.domain, *arguments))

    def test_states_of_the_past_are_those_of_rasas_tracker_after_each_event(self) -> None:
        live = LiveTracker("case", self.domain.slots)
        told: list[Event] = []
        for event in dialogue():
            told.append(event)
            live.update(event, self.domain)
            plain, fresh = self.pair(told)
            self.assert_same_states(plain, live)
            self.assert_same_states(plain, fresh)

    def test_states_given_away_may_be_changed(self) -> None:
        _, live = self.pair(dialogue())
        before = live.past_states(self.domain)
        for state in live.past_states(self.domain):
            for part in state.values():
                part.clear()
        self.assertEqual(before, live.past_states(self.domain))

    def test_copy_is_in_the_same_state_and_changes_nothing_of_the_original(self) -> None:
        plain, live = self.pair(dialogue())
        expected, twin = plain.copy(), live.copy()
        for name in ("active_loop", "latest_action", "latest_message", "followup_action", "_paused", "model_id"):
            self.assertEqual(getattr(expected, name), getattr(twin, name), name)
        self.assertEqual(expected.current_slot_values(), twin.current_slot_values())
        before = live.current_state()
        for event in (SlotSet("size", "small"), ActionExecutionRejected("shirt_form"), ActionExecuted("utter_greet")):
            twin.update(event)
        self.assertEqual(before, live.current_state())
        self.assertEqual(len(dialogue()), len(live.events))

    def test_cut_dialogue_is_in_the_same_state_and_keeps_what_policies_look_at(self) -> None:
        events = dialogue()[:-8] + [event for _ in range(12) for event in turn("greet", ActionExecuted("utter_greet"))]
        plain, live = self.pair(events + form(ends=False))
        cut = cut_to_latest(live, self.domain, 20, 6)
        self.assertLess(len(cut.events), len(live.events))
        self.assertEqual(plain.current_slot_values(), cut.current_slot_values())
        for name in ("active_loop", "latest_action", "latest_message", "followup_action"):
            self.assertEqual(getattr(plain, name), getattr(cut, name), name)
        self.assertEqual(plain.past_states(self.domain)[-7:], cut.past_states(self.domain)[-7:])

    def test_dialogue_is_not_cut_where_that_could_change_its_meaning(self) -> None:
        quiet = [event for _ in range(12) for event in turn("greet", ActionExecuted("utter_greet"))]
        cases: dict[str, list[Any]] = {
            "short": [*START, *quiet[:9]],
            "form open all the time": [*START, *form(ends=False), *quiet],
            "paused": [*START, *quiet, ConversationPaused()],
            "taken back": [*START, *quiet, *turn("greet", UserUtteranceReverted())],
        }
        for name, events in cases.items():
            _, live = self.pair(events)
            self.assertIs(live, cut_to_latest(live, self.domain, 20, 6), name)


if __name__ == "__main__":
    unittest.main()
