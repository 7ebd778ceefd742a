"""Rasa's call of a custom action, with what the action needs and no more.

Rasa sends the whole dialogue and the whole domain each time, 31 KB in a fresh case and half a megabyte after two
hundred turns, and checks each answer with a schema that it checks itself first. Here an action gets the state of the
dialogue and what was said and done lately; the domain only when it validates a form or domain.yml says `send_domain:
true` of it, as with Rasa's own "selective domain" (which cannot be switched on as such: newer action servers answer it
with a status that Rasa 3.6 does not know).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any, Dict, Mapping, Optional, Text

import rasa
import rasa.core.actions.action
import rasa.core.actions.forms
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.utils.schemas.events import EVENT_SCHEMA

from bot.rasa_runtime.sentence_vector import SENTENCE_VECTOR, present_vector
from bot.rasa_runtime.turn_request import MESSAGE_ID

LATEST_EVENTS = 40
"""How many events are looked through for it at least; all since the customer's last message are among them."""
_TELLING_INTENTS = 2
"""Of the intents an earlier message may have meant: typed words have more than one, a tapped option has not."""
_DESCRIBED = "rapport_described"


class QuickRemoteAction(RemoteAction):
    """The same call and the same checks of the answer as `RemoteAction`."""

    def _action_call_format(self, tracker: DialogueStateTracker, domain: Domain) -> Dict[Text, Any]:
        """The body of the call. An empty domain, not a missing one: the action server asks again for a missing one."""
        state = tracker.current_state(EventVerbosity.NONE)
        state["events"] = [told for event in _latest(tracker) if (told := _told(event)) is not None]
        wants_domain = domain.does_custom_action_explicitly_need_domain(self.name())
        return {
            "next_action": self.name(),
            "sender_id": tracker.sender_id,
            "tracker": state,
            "version": rasa.__version__,
            "domain": _described(domain) if wants_domain else {},
            SENTENCE_VECTOR: present_vector.get(),
        }

    def _validate_action_result(self, result: Dict[Text, Any]) -> bool:
        """True for an answer as Rasa expects it, else RasaException; its text names the place, not the content."""
        place = _place_of_error(result)
        if place:
            raise RasaException(f"'{self.name()}' answered with something Rasa 3.6 does not know, at {place}.")
        return True


def use_quick_actions() -> None:
    """Makes Rasa call custom actions by `QuickRemoteAction`, those of forms included.

    The class is named in Rasa's own modules at a dozen places that make actions, and none of them can be told another.
    """
    for module in (rasa.core.actions.action, rasa.core.actions.forms):
        setattr(module, RemoteAction.__name__, QuickRemoteAction)


def find_event_classes_once() -> None:
    """Makes Rasa remember which class an event's name stands for, instead of asking all classes for each event."""
    if not hasattr(Event.resolve_by_type, "cache_info"):
        Event.resolve_by_type = staticmethod(lru_cache(maxsize=None)(Event.resolve_by_type))


def _described(domain: Domain) -> Dict[Text, Any]:
    """The domain as Rasa sends it; put together once, for it does not change while a model is loaded."""
    described: Optional[Dict[Text, Any]] = getattr(domain, _DESCRIBED, None)
    if described is None:
        described = domain.as_dict()
        setattr(domain, _DESCRIBED, described)
    return described


def _latest(tracker: DialogueStateTracker) -> list[Event]:
    """The latest events, and more when the present turn has more."""
    events = tracker.events
    present = next((n for n, event in enumerate(reversed(events), 1) if event is tracker.latest_message), 0)
    return list(islice(events, max(0, len(events) - max(LATEST_EVENTS, present)), None))


def _told(event: Event) -> Optional[Dict[Text, Any]]:
    """The part of an event that says what the customer wrote, what was answered or which action ran, as Rasa names it;
    None for what shows in the state anyway: slots, forms, features."""
    if isinstance(event, UserUttered):
        parsed = event.parse_data
        return {
            "event": event.type_name,
            "timestamp": event.timestamp,
            "text": event.text,
            "metadata": {MESSAGE_ID: event.metadata.get(MESSAGE_ID)},
            "parse_data": {
                INTENT: parsed.get(INTENT),
                INTENT_RANKING_KEY: (parsed.get(INTENT_RANKING_KEY) or [])[:_TELLING_INTENTS],
            },
        }
    if isinstance(event, BotUttered):
        buttons = event.data.get("buttons")
        return {"event": event.type_name, "text": event.text, "data": {"buttons": buttons} if buttons else {}}
    if isinstance(event, ActionExecuted):
        return {"event": event.type_name, "name": event.action_name}
    return None


def _place_of_error(answer: Any) -> Text:
    """Where the answer is not as Rasa's schema says; empty when it is."""
    error = next(_outer_validator().iter_errors(answer), None)
    if error is not None:
        return "/".join(str(part) for part in error.absolute_path) or "the answer"
    for number, event in enumerate(answer.get("events") or []):
        if not _is_event(event):
            return f"events/{number}"
    return ""


def _is_event(event: Any) -> bool:
    """As the schema decides, by that one of its parts which names this event."""
    name = event.get("event") if isinstance(event, Mapping) else None
    validator = _event_validators().get(name) if isinstance(name, str) else None
    return validator is not None and validator.is_valid(event)


@lru_cache(maxsize=1)
def _outer_validator() -> Validator:
    schema = RemoteAction.action_response_format_spec()
    properties = {**schema["properties"], "events": {"type": "array"}}
    return _validator({**schema, "properties": properties})


@lru_cache(maxsize=1)
def _event_validators() -> Dict[Text, Validator]:
    """The schema of each event by its name. Rasa's has them side by side and tries each of them."""
    common = {key: value for key, value in EVENT_SCHEMA.items() if key != "oneOf"}
    return {
        part["properties"]["event"]["const"]: _validator({**common, "allOf": [part]}) for part in EVENT_SCHEMA["oneOf"]
    }


def _validator(schema: Mapping[Text, Any]) -> Validator:
    return validator_for(schema, default=Draft202012Validator)(schema)
