"""Runs in Rasa's environment: makes each call as Rasa makes it in a turn, and writes down what came of it.

`python -m tests.contract.rasa_side CALLS ANSWERS`, two JSON files; the token is in RAPPORT_INTERNAL_TOKEN.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import sys
from pathlib import Path
from typing import Any

from rasa.core.actions.action import RemoteAction
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa_runtime.action_endpoint import ActionCallFailed, ActionEndpoint
from bot.rasa_runtime.remote_action import QuickRemoteAction
from bot.rasa_runtime.replies import SilentOutput

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 20.0


class CheckedTwice(QuickRemoteAction):
    """Our call of an action, whose answer must pass Rasa's own check as well; keeps the answer."""

    def __init__(self, name: str, endpoint: ActionEndpoint) -> None:
        super().__init__(name, endpoint)
        self.answer: dict[str, Any] = {}

    def _validate_action_result(self, result: dict[str, Any]) -> bool:
        self.answer = copy.deepcopy(result)  # Rasa takes it apart afterwards
        return RemoteAction._validate_action_result(self, result) and super()._validate_action_result(result)


def tracker_for(call: dict[str, Any], domain: Domain) -> DialogueStateTracker:
    """The dialogue up to the moment in which the action runs."""
    tracker = DialogueStateTracker(call["metadata"]["case_id"], domain.slots)
    events: list[Event] = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
    for number, text in enumerate(call["earlier"]):
        metadata = {**call["metadata"], "message_id": f"{call['metadata']['message_id']}-{number}"}
        events += [
            _said(text, "nlu_fallback", [], True, metadata),
            ActionExecuted("action_fallback"),
            ActionExecuted("action_listen"),
        ]
    events += [SlotSet(name, value) for name, value in call["slots"].items()]
    if call["loop"]:
        events.append(ActiveLoop(call["loop"]))
    entities = [{"entity": name, "value": value} for name, value in call["entities"].items()]
    events.append(_said(call["text"], call["intent"], entities, call["typed"], call["metadata"]))
    if call["loop"] and call["action"].startswith("validate_"):
        # Rasa validates on a copy in which the form has run already.
        events.append(ActionExecuted(call["loop"]))
    for event in events:
        tracker.update(event, domain)
    return tracker


def _said(text: str, intent: str, entities: list[dict[str, Any]], typed: bool, metadata: dict[str, Any]) -> UserUttered:
    others = ["track_order", "return_item", "out_of_scope"] if typed else []
    ranking = [{"name": intent, "confidence": 0.8}, *({"name": name, "confidence": 0.05} for name in others)]
    parsed = {"text": text, "intent": ranking[0], "intent_ranking": ranking, "entities": entities}
    return UserUttered(text, ranking[0], entities, parsed, input_channel="rapport", metadata=metadata)


async def make(call: dict[str, Any], domain: Domain, endpoint: ActionEndpoint) -> dict[str, Any]:
    """Run one action. `error` is None when Rasa took the whole answer into its dialogue."""
    action = CheckedTwice(call["action"], endpoint)
    tracker = tracker_for(call, domain)
    try:
        events = await action.run(SilentOutput(), TemplatedNaturalLanguageGenerator({}), tracker, domain)
        for event in events:
            tracker.update(event, domain)
    except (ActionCallFailed, Exception) as error:
        return {"error": f"{type(error).__name__}: {error}", "answer": action.answer, "taken": []}
    return {"error": None, "answer": action.answer, "taken": [event.as_dict() for event in events]}


async def main(calls_path: str, answers_path: str) -> None:
    given = json.loads(Path(calls_path).read_text("utf-8"))
    domain = Domain.load(str(ROOT / "domain.yml"))
    door = ActionEndpoint(given["url"], os.environ["RAPPORT_INTERNAL_TOKEN"], TIMEOUT_S)
    stranger = ActionEndpoint(given["url"], "guessed", TIMEOUT_S)
    try:
        answers = [await make(call, domain, stranger if call.get("stranger") else door) for call in given["calls"]]
    finally:
        await door.close()
        await stranger.close()
    Path(answers_path).write_text(json.dumps(answers), "utf-8")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
