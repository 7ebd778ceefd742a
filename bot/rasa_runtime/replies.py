"""What the bot said in one turn, read from the dialogue itself.

The replies of a turn are taken from the tracker's events, both when the turn has just run and when its message id
comes a second time, so the second answer cannot differ from the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Text

from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
)

from bot.rasa_runtime.turn_request import CHANNEL_NAME, MESSAGE_ID


@dataclass(frozen=True)
class Turn:
    """One finished turn: its replies and what was understood, both in the form of the channel's answer."""

    replies: List[Dict[str, Any]]
    nlu: Dict[str, Any]
    repeated: bool


class SilentOutput(OutputChannel):
    """Rasa wants somewhere to send messages while a turn runs. Nothing leaves before the turn is saved."""

    @classmethod
    def name(cls) -> Text:
        """Chooses channel-specific variants of responses."""
        return CHANNEL_NAME

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        """Does nothing, and so keeps text, buttons and custom part of one utterance together: see `find_turn`."""


def find_turn(tracker: DialogueStateTracker, message_id: str, *, repeated: bool) -> Optional[Turn]:
    """The turn of `message_id` in the dialogue, or None when it has never been run."""
    user: Optional[UserUttered] = None
    replies: List[Dict[str, Any]] = []
    for event in tracker.events:
        if isinstance(event, UserUttered):
            of = event.metadata.get(MESSAGE_ID)
            if user is not None and of is not None and of != message_id:
                break
            if of == message_id:
                user = event
        elif user is not None and isinstance(event, BotUttered):
            reply = to_reply(event.message())
            if reply is not None:
                replies.append(reply)
    if user is None:
        return None
    return Turn(replies, to_nlu(user.parse_data), repeated)


def to_reply(message: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """One utterance as one reply: text, buttons, image and custom part together. None when it says nothing."""
    buttons = [
        {"title": str(button.get("title", "")), "payload": str(button.get("payload") or "")}
        for button in [*(message.get("buttons") or []), *(message.get("quick_replies") or [])]
    ]
    reply = {
        "text": message.get("text") or None,
        "buttons": buttons,
        "image": message.get("image") or None,
        "custom": message.get("custom") or None,
    }
    return reply if any(reply.values()) else None


def to_nlu(parse_data: Mapping[str, Any]) -> Dict[str, Any]:
    """What was understood, in the channel's form; `intent` is after the fallback, `ranking` is best first."""
    intent = parse_data.get(INTENT) or {}
    return {
        "intent": intent.get(INTENT_NAME_KEY),
        "confidence": float(intent.get(PREDICTED_CONFIDENCE_KEY) or 0.0),
        "ranking": [
            {"intent": entry[INTENT_NAME_KEY], "confidence": float(entry[PREDICTED_CONFIDENCE_KEY])}
            for entry in parse_data.get(INTENT_RANKING_KEY) or []
        ],
        "entities": list(parse_data.get(ENTITIES) or []),
        "similarity": parse_data.get("similarity"),
        "in_scope": parse_data.get("in_scope"),
    }
