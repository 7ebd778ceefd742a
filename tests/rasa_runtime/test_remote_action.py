"""The prepared check of an action's answer agrees with Rasa's own."""

from __future__ import annotations

import unittest
from typing import Any

from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.exceptions import RasaException

from bot.rasa_runtime.remote_action import QuickRemoteAction

ANSWERS: list[dict[str, Any]] = [
    {},
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "a", "value": 1, "timestamp": None}], "responses": [{"text": "x"}]},
    {"events": [{"event": "followup", "name": "action_listen", "timestamp": None}]},
    {"events": [{"event": "session_ended"}]},
    {"events": [{"event": "slot", "value": 1}]},
    {"events": [{}]},
    {"events": "none"},
    {"events": [], "responses": ["text"]},
    {"events": [], "responses": {}},
]


def accepts(action: RemoteAction, answer: dict[str, Any]) -> bool:
    try:
        return action._validate_action_result(answer)
    except (ValidationError, RasaException):
        return False


class RemoteActionTest(unittest.TestCase):
    def test_same_answers_are_accepted_and_refused_as_by_rasa(self) -> None:
        for answer in ANSWERS:
            expected = accepts(RemoteAction("action_a", None), answer)
            self.assertEqual(expected, accepts(QuickRemoteAction("action_a", None), answer), answer)

    def test_refusal_does_not_repeat_what_the_answer_says(self) -> None:
        with self.assertRaises(RasaException) as refused:
            QuickRemoteAction("action_a", None)._validate_action_result({"responses": ["secret words"]})
        self.assertNotIn("secret", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
