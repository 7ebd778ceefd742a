"""What an action knows of the conversation so far: what was said, what ran, and how the customer feels by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rasa_sdk import Tracker

from actions.context import TurnContext
from bot.domain.mood import Mood, mood_of_case, read_mood

LOOK_BACK = 4
"""Of the customer's messages, the newest count for the mood of the case."""


class Heard:
    """Rasa's events of this case, read for the message of this turn."""

    def __init__(self, tracker: Tracker, context: TurnContext) -> None:
        self.tracker = tracker
        self.context = context
        self._mood: Mood | None = None
        self._moods: dict[str, Mood] = {}

    @property
    def loop(self) -> str | None:
        """The name of the active form, if any."""
        name = (self.tracker.active_loop or {}).get("name")
        return str(name) if name else None

    def ran(self) -> list[str]:
        """The actions that have run since the customer's message, newest first."""
        since: list[str] = []
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                break
            if event.get("event") == "action":
                since.append(str(event.get("name")))
        return since

    @property
    def replies_to_form(self) -> bool:
        """In a validate_ action: the customer has just written, and no other action has run since.

        False when the form was opened in this turn or is back from a detour. The form's own name stands at the end of
        the events already: Rasa validates on a copy of the tracker in which the form has run.
        """
        ran = self.ran()
        return all(name == self.loop for name in ran) and len(ran) <= 1

    def earlier_texts(self) -> list[str]:
        """What the customer typed before in this case, options and system events left out."""
        said: list[str] = []
        for event in self.tracker.events:
            if (
                event.get("event") != "user"
                or (event.get("metadata") or {}).get("message_id") == self.context.message_id
            ):
                continue
            parsed = event.get("parse_data") or {}
            if len(parsed.get("intent_ranking") or []) > 1:
                said.append(str(event.get("text") or ""))
        return said

    def bot_events(self) -> Iterator[dict[str, Any]]:
        """What the assistant said in this case as Rasa's events, newest first; this turn's own is not among it yet."""
        return (event for event in reversed(self.tracker.events) if event.get("event") == "bot")

    def messages_since(self, said: Callable[[dict[str, Any]], bool]) -> int | None:
        """How many messages the customer wrote since a bot event for which `said` holds; None when there is none."""
        count = 0
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                count += 1
            elif event.get("event") == "bot" and said(event):
                return count
        return None

    @property
    def mood(self) -> Mood:
        """How the customer feels by now: the newest typed messages, this one first."""
        if self._mood is None:
            texts = self.earlier_texts()[1 - LOOK_BACK :]
            if self.context.typed:
                texts.append(self.context.text)
            self._mood = mood_of_case([self.mood_in(text) for text in texts])
        return self._mood

    def mood_in(self, text: str) -> Mood:
        """How one message sounds; read once, for half of all that is asked of a turn asks this too."""
        if text not in self._moods:
            self._moods[text] = read_mood(text)
        return self._moods[text]
