"""What a caller may ask: one typed value from an untrusted JSON body, or a sentence that says what is wrong."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional

from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.constants import EXTERNAL_MESSAGE_PREFIX, IS_EXTERNAL
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)

from bot.rasa_runtime.plain_words import to_plain_words

CHANNEL_NAME = "rapport"
EXTERNAL_PREFIX = "EXTERNAL_"
MESSAGE_ID = "message_id"
MAX_ID_LENGTH = 255
MAX_TEXT_LENGTH = 8000
# These would reset the dialogue; nobody may choose them, they are Rasa's own.
_DIALOGUE_COMMANDS = frozenset({"restart", "back", "session_start"})
_SCALARS = (str, int, float, bool)


class BadRequest(ValueError):
    """The body is not a turn; the message names the field and what it must be."""


class Kind(str, enum.Enum):
    """Where a turn comes from, which decides what it may do."""

    TEXT = "text"
    CHOICE = "choice"
    SYSTEM = "system"


@dataclass(frozen=True)
class TurnRequest:
    """One turn. For `text`, `text` is already in plain words."""

    message_id: str
    case_id: str
    kind: Kind
    text: str
    intent: Optional[str] = None
    entities: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_user_message(self, output: OutputChannel) -> UserMessage:
        """The message as Rasa takes it; a choice or a system turn carries its meaning and skips understanding."""
        text = f"{EXTERNAL_MESSAGE_PREFIX}{self.intent}" if self.kind is Kind.SYSTEM else self.text
        metadata: Dict[str, Any] = {**self.metadata, MESSAGE_ID: self.message_id, "case_id": self.case_id}
        if self.kind is Kind.SYSTEM:
            metadata[IS_EXTERNAL] = True
        return UserMessage(
            text=text,
            output_channel=output,
            sender_id=self.case_id,
            parse_data=None if self.intent is None else self._parse_data(text, self.intent),
            input_channel=CHANNEL_NAME,
            message_id=self.message_id,
            metadata=metadata,
        )

    def _parse_data(self, text: str, intent_name: str) -> Dict[str, Any]:
        intent = {INTENT_NAME_KEY: intent_name, PREDICTED_CONFIDENCE_KEY: 1.0}
        return {
            TEXT: text,
            INTENT: intent,
            INTENT_RANKING_KEY: [dict(intent)],
            ENTITIES: [
                {ENTITY_ATTRIBUTE_TYPE: name, ENTITY_ATTRIBUTE_VALUE: value, EXTRACTOR: self.kind.value}
                for name, values in self.entities.items()
                for value in (values if isinstance(values, list) else [values])
            ],
        }


def read_turn(body: Any) -> TurnRequest:
    """Checks `body` and returns the turn it asks for. Raises BadRequest.

    A text may not name an intent, a choice must name one that is neither the system's nor a dialogue command, and a
    system turn must name an `EXTERNAL_*` intent.
    """
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    kind = _kind(body.get("kind"))
    intent = body.get("intent")
    if intent is not None and not isinstance(intent, str):
        raise BadRequest("'intent' must be a string or null.")
    return TurnRequest(
        message_id=_identifier(body, "message_id"),
        case_id=_identifier(body, "case_id"),
        kind=kind,
        text=_text(body.get("text"), kind),
        intent=_checked_intent(kind, intent),
        entities=_entities(body.get("entities"), kind),
        metadata=_object(body, "metadata"),
    )


def read_texts(body: Any) -> List[str]:
    """The texts of a parse request, in plain words; an empty one stays, so that results match by place."""
    texts = body.get("texts") if isinstance(body, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise BadRequest("'texts' must be a list of strings.")
    if len(texts) > 1000:
        raise BadRequest("'texts' may hold up to 1000 strings; send the rest in another request.")
    return [to_plain_words(text[:MAX_TEXT_LENGTH]) for text in texts]


def read_cases(body: Any) -> List[str]:
    """The cases of a request to forget."""
    cases = body.get("case_ids") if isinstance(body, dict) else None
    if not isinstance(cases, list) or not all(isinstance(case, str) for case in cases):
        raise BadRequest("'case_ids' must be a list of strings.")
    return cases


def _kind(value: Any) -> Kind:
    try:
        return Kind(value)
    except ValueError:
        raise BadRequest("'kind' must be 'text', 'choice' or 'system'.") from None


def _identifier(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_ID_LENGTH:
        raise BadRequest(f"'{name}' must be a string of 1 to {MAX_ID_LENGTH} characters.")
    return value


def _text(value: Any, kind: Kind) -> str:
    if value is None and kind is not Kind.TEXT:
        return ""
    if not isinstance(value, str):
        raise BadRequest("'text' must be a string.")
    if len(value) > MAX_TEXT_LENGTH:
        raise BadRequest(f"'text' may have up to {MAX_TEXT_LENGTH} characters.")
    text = to_plain_words(value)
    if kind is Kind.TEXT and not text:
        raise BadRequest("'text' is empty.")
    return text


def _checked_intent(kind: Kind, intent: Optional[str]) -> Optional[str]:
    if kind is Kind.TEXT:
        if intent is not None:
            raise BadRequest("A typed text may not name an intent.")
        return None
    if not intent:
        raise BadRequest(f"A turn of kind '{kind.value}' must name its intent.")
    if kind is Kind.SYSTEM and not intent.startswith(EXTERNAL_PREFIX):
        raise BadRequest(f"A system turn may only name an {EXTERNAL_PREFIX}* intent.")
    if kind is Kind.CHOICE and (intent.upper().startswith(EXTERNAL_PREFIX) or intent in _DIALOGUE_COMMANDS):
        raise BadRequest(f"A choice may not name the intent '{intent}'.")
    return intent


def _entities(value: Any, kind: Kind) -> Dict[str, Any]:
    if value is None:
        return {}
    if kind is Kind.TEXT and value:
        raise BadRequest("A typed text may not name entities.")
    if not isinstance(value, dict):
        raise BadRequest("'entities' must be an object of names and values.")
    for name, entry in value.items():
        entries = entry if isinstance(entry, list) else [entry]
        if not all(isinstance(item, _SCALARS) for item in entries):
            raise BadRequest(f"The entity '{name}' must be a string, a number, true or false, or a list of these.")
    return dict(value)


def _object(body: Mapping[str, Any], name: str) -> Dict[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest(f"'{name}' must be an object.")
    return dict(value)
