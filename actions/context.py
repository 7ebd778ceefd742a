"""The turn as an action sees it: who writes, in which case, and what was understood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rasa_sdk import Tracker

FALLBACK = "nlu_fallback"
_WAY_OUT = re.compile(
    r"\b(?:never ?mind|forget (?:it|about it|that)|leave it|drop it|stop (?:it|this)|quit|exit|skip (?:it|this))\b",
    re.IGNORECASE,
)
_SHORT = 6
_DENIED = re.compile(
    r"\b(?:not|instead of|rather than|wrong (?:one|number) (?:is|was)|don'?t mean|didn'?t mean)\s+"
    r"(?:(?:the|my|a|an|order|number|no\.?|nr\.?|for|this|that|address)\s+)*#?$",
    re.IGNORECASE,
)
"""Before a value that is named only to say that it is not meant: "I meant 100240, not 100241"."""
_DENIABLE = frozenset({"order_number", "email", "product"})


class NoTurn(ValueError):
    """The tracker carries no `message_id`: an action was called outside a turn of our channel."""


@dataclass(frozen=True, slots=True)
class TurnContext:
    """Metadata of the turn. `external_id` is set exactly when the site's server signed who the customer is."""

    message_id: str
    case_id: str
    conversation_id: str | None
    customer_id: str | None
    external_id: str | None
    email: str | None
    name: str | None
    locale: str | None
    text: str
    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    entities: tuple[tuple[str, Any], ...]
    typed: bool
    """Typed in own words, and not an option that was tapped or an event of the system."""

    @property
    def verified(self) -> bool:
        return self.external_id is not None

    @property
    def wants_out(self) -> bool:
        """Typed "never mind" and the like; in a longer message such words may mean anything."""
        return self.typed and len(self.text.split()) <= _SHORT and _WAY_OUT.search(self.text) is not None

    @property
    def first_name(self) -> str:
        return (self.name or "").split(" ")[0]

    def entity(self, name: str) -> Any | None:
        """The last value of this entity in the message, or None."""
        return next((value for entity, value in reversed(self.entities) if entity == name), None)

    def as_understood(
        self,
        intent: str,
        *,
        text: str | None = None,
        confidence: float = 1.0,
        entities: Mapping[str, Any] | None = None,
    ) -> TurnContext:
        """The same turn, meaning something else: another intent, perhaps only a part of the text."""
        return replace(
            self,
            intent=intent,
            text=self.text if text is None else text,
            confidence=confidence,
            ranking=((intent, confidence),),
            entities=tuple((entities or {}).items()),
        )

    def likely_intents(self) -> list[tuple[str, float]]:
        """The ranking without the fallback's own entry, best first."""
        return [(intent, sure) for intent, sure in self.ranking if intent != FALLBACK]


def read_context(tracker: Tracker) -> TurnContext:
    """The present turn. Raises NoTurn when it has no id, because effects could then not be kept from repeating.

    In `rasa shell` Rasa's own message id stands in, and the tracker's sender for the case.
    """
    message: dict[str, Any] = tracker.latest_message or {}
    metadata: dict[str, Any] = message.get("metadata") or {}
    message_id = metadata.get("message_id") or message.get("message_id")
    if not message_id:
        raise NoTurn(f"The turn of {tracker.sender_id} carries no message_id.")
    intent, text = message.get("intent") or {}, str(message.get("text") or "")
    ranking = message.get("intent_ranking") or []
    return TurnContext(
        message_id=str(message_id),
        case_id=str(metadata.get("case_id") or tracker.sender_id),
        conversation_id=metadata.get("conversation_id"),
        customer_id=metadata.get("customer_id"),
        external_id=metadata.get("external_id") if metadata.get("verified") else None,
        email=metadata.get("email"),
        name=metadata.get("name"),
        locale=metadata.get("locale"),
        text=text,
        intent=str(intent.get("name") or ""),
        confidence=float(intent.get("confidence") or 0.0),
        ranking=tuple((str(entry.get("name")), float(entry.get("confidence") or 0.0)) for entry in ranking),
        entities=tuple(
            (str(e.get("entity")), e.get("value")) for e in message.get("entities") or [] if not _is_denied(e, text)
        ),
        typed=len(ranking) > 1,
    )


def denied_values(tracker: Tracker) -> dict[str, Any]:
    """By slot, what the message names only to deny it; Rasa has filled the slot with it if it stood last."""
    message: dict[str, Any] = tracker.latest_message or {}
    text = str(message.get("text") or "")
    return {str(e["entity"]): e.get("value") for e in message.get("entities") or [] if _is_denied(e, text)}


def _is_denied(entity: Mapping[str, Any], text: str) -> bool:
    start = entity.get("start")
    if entity.get("entity") not in _DENIABLE or not isinstance(start, int):
        return False
    return _DENIED.search(text[:start].replace("\u2019", "'")) is not None
