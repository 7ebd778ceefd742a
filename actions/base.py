"""The frame of every action: reads the turn, lets the action speak, and keeps what all of them must do alike.

An exception escapes on purpose: the channel then fails the whole turn, saves nothing, and the worker tries it again.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.context import TurnContext, denied_values, read_context
from actions.heard import Heard
from actions.runtime import Runtime, default_runtime
from bot.domain.mood import is_low
from bot.services import effects
from bot.store.engine import Tx

CLOSING = frozenset({"did_that_help", "is_that_all"})
"""Sentences that ask at the end of an answer whether it was all; they make way for any other question."""
CLOSERS = ("/issue_resolved", "/not_helpful", "/deny", "/contact_human_agent")
ENTITY_SLOTS = frozenset({"email", "order_number", "product"})
"""Slots that Rasa fills from entities of the same name."""


@dataclass(frozen=True, slots=True)
class Option:
    """A quick reply: what the customer reads, and the intent with entities that tapping it means.

    The title is a key of the texts file (`option_…`), or the words of an article, a product or a guide as they are.
    """

    title: str
    intent: str
    entities: tuple[tuple[str, Any], ...] = ()

    @property
    def payload(self) -> str:
        """What Rasa takes a tap for."""
        values = json.dumps(dict(self.entities), ensure_ascii=False) if self.entities else ""
        return f"/{self.intent}{values}"


class Turn(Heard):
    """One run of one action: what it may read, say and change."""

    def __init__(
        self, action: str, runtime: Runtime, dispatcher: CollectingDispatcher, tracker: Tracker, context: TurnContext
    ) -> None:
        super().__init__(tracker, context)
        self.action = action
        self.runtime = runtime
        self.dispatcher = dispatcher
        self.original = context
        """As it came; `context` may be a part of it, or what it was found to mean."""
        self.slots: dict[str, Any] = {}
        self.keeps_pending = False
        """Set when the open question still stands although the action that was chosen would clear it."""
        self.calm = False
        """Set when what was said meets the mood already, so that no word of comfort is added."""
        self.missed = False
        """Set by `miss`: this message was not understood, or not answered."""
        self.settled = False
        """Set when the open question was answered by words that the intent alone did not show."""
        self._closing: dict[str, Any] | None = None
        self._events: list[dict[str, Any]] = []

    # Reading

    def slot(self, name: str) -> Any:
        """The slot's value, as changed so far in this run."""
        return self.slots[name] if name in self.slots else self.tracker.get_slot(name)

    def take_as(self, context: TurnContext) -> None:
        """From here on the message means what `context` says; slots follow its entities as Rasa would fill them."""
        self.context = context
        self.set(**{name: value for name, value in context.entities if name in ENTITY_SLOTS})

    @property
    def asked_to_stop(self) -> bool:
        """Whether "stop asking me" was honoured in this case: "did that help?" is asked no more then."""
        texts = self.runtime.texts
        return any(
            texts.said("stopped_asking", str(event.get("text") or "")) is not None for event in self.bot_events()
        )

    # Speaking

    def text(self, key: str, **values: object) -> str:
        """A sentence of the texts file, in the wording of this turn, and never in the wording used last.

        To somebody who is upset the sentence `key_calm` is said instead where there is one.
        """
        texts = self.runtime.texts
        calm = f"{key}_calm"
        if calm in texts and is_low(self.mood):
            key = calm
        return texts.say(key, self.context.message_id, unlike=self._last_wording(key), **values)

    def _last_wording(self, key: str) -> int | None:
        texts = self.runtime.texts
        if len(texts.wordings(key)) < 2:
            return None
        here = (str(message.get("text") or "") for message in reversed(self.dispatcher.messages))
        before = (str(event.get("text") or "") for event in self.bot_events())
        return next((index for said in chain(here, before) if (index := texts.said(key, said)) is not None), None)

    def say(self, key: str, *, options: Sequence[Option] = (), **values: object) -> None:
        """Say the sentence `key`, with quick replies below it."""
        self.utter(self.text(key, **values), options=options)
        if key in CLOSING:
            self._closing = self.dispatcher.messages[-1]
            if self.asked_to_stop:
                self.drop_closing()

    def button(self, option: Option) -> dict[str, str]:
        """The option as Rasa's button, in words."""
        texts, title = self.runtime.texts, option.title
        return {"title": texts.say(title, "") if title in texts else title, "payload": option.payload}

    def drop_closing(self) -> None:
        """Take back "did that help?", because another question follows; what else was offered there stays offered."""
        closing, self._closing = self._closing, None
        if closing is None or closing not in self.dispatcher.messages:
            return
        self.dispatcher.messages.remove(closing)
        self.set(pending=None)
        offers = [b for b in closing.get("buttons") or [] if not b["payload"].startswith(CLOSERS)]
        if offers and self.dispatcher.messages:
            before = self.dispatcher.messages[-1]
            before["buttons"] = [*(before.get("buttons") or []), *offers]

    @property
    def moves(self) -> str | None:
        """Where this turn sends the case (`queue`, `resolved`), if anywhere."""
        for message in self.dispatcher.messages:
            wanted = (message.get("custom") or {}).get("rapport", {}).get("transition")
            if wanted:
                return str(wanted["to"])
        return None

    @property
    def in_form(self) -> bool:
        """A form has the next word: it was active and stays so, or this action opened it."""
        opened = [event.get("name") for event in self._events if event.get("event") == "active_loop"]
        return bool(opened[-1] if opened else self.loop)

    def utter(self, text: str | None, *, options: Sequence[Option] = (), **envelope: Any) -> None:
        """Say `text`; `envelope` goes to the worker: card, article, verdict, effort, survey, invitation, transition."""
        kept = {name: value for name, value in envelope.items() if value is not None}
        self.dispatcher.utter_message(
            text=text,
            buttons=[self.button(option) for option in options] or None,
            json_message={"rapport": kept} if kept else None,
        )

    def move(self, to: str, reason: str, context: dict[str, Any] | None = None) -> None:
        """Ask the worker for a transition (`queue`, `resolved`), committed together with this turn's replies."""
        wanted: dict[str, Any] = {"to": to, "reason": reason}
        if context:
            wanted["context"] = context
        self._enrich(transition=wanted)

    def note_effort(self, **effort: Any) -> None:
        """Add to what this turn tells of the customer's effort."""
        self._enrich(effort=effort)

    def note_verdict(self, article: tuple[str, int] | None, *, helped: bool) -> None:
        """Whether this article (id and version) helped, for its tally; nothing for None."""
        if article is not None:
            self._enrich(verdict={"id": article[0], "version": article[1], "helped": helped})

    def _enrich(self, **parts: dict[str, Any]) -> None:
        """Put parts into the last message's envelope, or into one of their own when nothing was said."""
        if not self.dispatcher.messages:
            self.dispatcher.utter_message(json_message={"rapport": {}})
        message = self.dispatcher.messages[-1]
        envelope = (message.get("custom") or {}).get("rapport", {})
        for name, part in parts.items():
            envelope[name] = {**envelope.get(name, {}), **part}
        message["custom"] = {"rapport": envelope}

    # Changing

    def miss(self) -> int:
        """Count a message that was not understood or not answered; how many there are in a row by now."""
        self.missed = True
        misses = int(self.slot("misses") or 0) + 1
        self.set(misses=misses)
        return misses

    def set(self, **slots: Any) -> None:
        """Slots to be set when this action is done."""
        self.slots.update(slots)

    def add_event(self, event: dict[str, Any]) -> None:
        """One of rasa_sdk.events that Rasa 3.6 knows; it drops the whole action for one that it does not."""
        self._events.append(event)

    def leave_loop(self) -> None:
        """End the active form, whatever it still wanted to know."""
        if self.loop:
            self._events.append(ActiveLoop(None))
            self.set(requested_slot=None)

    async def once(self, work: Callable[[Tx], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """Do `work` in the store exactly once for this message and action, and give its (first) result."""
        return await effects.once(self.runtime.app, self.context.message_id, self.action, self.context.case_id, work)

    async def run_other(self, action: str) -> None:
        """Let another action do this turn's work. FollowupAction would leave the rules without a next step."""
        await self.runtime.action(action).handle(self)

    def events(self) -> list[dict[str, Any]]:
        return [*self._events, *(SlotSet(name, value) for name, value in self.slots.items())]


class RapportAction(Action, ABC):
    """Base of all actions. Subclasses write `name` and `handle`."""

    keeps_pending: ClassVar[bool] = False
    """True for actions after which the open question (slot `pending`) still stands."""
    part_of_form: ClassVar[bool] = False
    """True for a form's own validate_ and ask_ actions, which run beside the action that answers the message."""

    def __init__(self, runtime: Runtime | None = None) -> None:
        self._runtime = runtime

    @abstractmethod
    def name(self) -> str:
        """The action's name in domain.yml."""

    @abstractmethod
    async def handle(self, turn: Turn) -> None:
        """Do the work: read `turn`, speak through it, change it. Exceptions fail the whole turn."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Called by Rasa. Adds what holds for all actions: one open question at a time, the mood, no miss."""
        runtime = self._runtime or default_runtime()
        # Not at the top: the manners use the actions' own options and sentences.
        from actions import manners

        turn = Turn(self.name(), runtime, dispatcher, tracker, read_context(tracker))
        for slot, value in denied_values(tracker).items():
            if value is not None and tracker.get_slot(slot) == value:
                turn.set(**{slot: turn.context.entity(slot)})
        if not await manners.before(turn, self):
            await self.handle(turn)
        if not self.part_of_form:
            await manners.after(turn, self)
            self._tidy(turn)
        return turn.events()

    def _tidy(self, turn: Turn) -> None:
        keeps = self.keeps_pending or turn.keeps_pending
        if "pending" not in turn.slots and turn.slot("pending") is not None and not keeps:
            # "yes" must mean the last question and no earlier one.
            turn.set(pending=None)
        if not turn.missed and "misses" not in turn.slots and turn.slot("misses"):
            turn.set(misses=0)
            turn.note_effort(missed=False)
        if turn.context.typed and turn.dispatcher.messages:
            turn.note_effort(mood=turn.mood_in(turn.context.text).score)
