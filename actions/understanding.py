"""Asking the live model about a part of a message, and what counts as a wish of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from actions.base import Turn
from actions.context import TurnContext
from bot.adapters.rasa import BotUnavailable

log = structlog.get_logger()

WANTED_FROM = 0.5
"""Probability from which a message is taken to mean a wish that its whole did not show."""
NO_WANTS = frozenset(
    {
        "affirm", "bot_challenge", "complaint", "deny", "goodbye", "greet", "issue_resolved", "nlu_fallback",
        "not_helpful", "out_of_scope", "praise", "rate_experience", "thank",
    }
)  # fmt: skip
"""Intents that ask for nothing to be looked up or done."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a text means by itself."""

    text: str
    intent: str
    confidence: float
    entities: Mapping[str, Any]

    def context(self, turn: TurnContext) -> TurnContext:
        """The turn, meaning this."""
        return turn.as_understood(self.intent, text=self.text, confidence=self.confidence, entities=self.entities)


def is_want(intent: str) -> bool:
    """Whether an intent of the customer's asks for something."""
    return bool(intent) and intent not in NO_WANTS and not intent.startswith("EXTERNAL_")


async def understand(turn: Turn, texts: list[str]) -> list[Meant]:
    """Each text as the live model understands it; empty when it cannot be asked, which is never worth failing for."""
    if turn.runtime.understand is None:
        return []
    try:
        found = await turn.runtime.understand(texts)
    except BotUnavailable as error:
        log.warning("understanding.unavailable", case=turn.context.case_id, error=str(error))
        return []
    return [
        Meant(
            text,
            one.intent or "",
            one.confidence,
            {str(entity.get("entity")): entity.get("value") for entity in one.entities},
        )
        for text, one in zip(texts, found, strict=True)
    ]


async def understand_one(turn: Turn, text: str) -> Meant | None:
    """The wish that the live model is fairly sure to see in the text; None when there is none."""
    found = await understand(turn, [text])
    if not found or not is_want(found[0].intent) or found[0].confidence < WANTED_FROM:
        return None
    return found[0] if found[0].intent in turn.runtime.routes else None
