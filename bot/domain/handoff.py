"""What goes with a case to a person.

The packet, its place in the queue, and a ticket number when nobody is there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from bot.domain import codes
from bot.domain.effort import EffortLedger
from bot.domain.mood import Mood, MoodLabel

PACKET_VERSION = 1
_TICKET_BODY = 6
TICKET_BYTES = codes.bytes_needed(_TICKET_BODY)


@dataclass(frozen=True, slots=True)
class ArticleShown:
    """An article the customer has already seen, so that nobody sends it again."""

    article_id: str
    title: str


@dataclass(frozen=True, slots=True)
class StepTried:
    """A guide's step the customer has already done; `helped` None when there was no answer."""

    guide: str
    step: str
    helped: bool | None = None


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """What the customer was promised and has not got; `due_at` in UTC."""

    text: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandoffPacket:
    """Everything a person needs to go on without asking again."""

    reason: str
    intent: str | None = None
    confidence: float | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    steps_tried: tuple[StepTried, ...] = ()
    articles_shown: tuple[ArticleShown, ...] = ()
    effort: EffortLedger = field(default_factory=EffortLedger)
    mood: Mood | None = None
    health: int | None = None
    promises: tuple[OpenPromise, ...] = ()
    last_words: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON column, with the version of the shape."""
        data = asdict(self)
        data["slots"] = dict(self.slots)
        data["promises"] = [
            {"text": promise.text, "due_at": promise.due_at.isoformat() if promise.due_at else None}
            for promise in self.promises
        ]
        return {"version": PACKET_VERSION, **data}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HandoffPacket:
        """The packet back from its JSON; missing optional parts have their defaults.

        ValueError says which part cannot be read.
        """
        try:
            if not isinstance(data["reason"], str):
                raise TypeError("reason is not text")
            mood = data.get("mood")
            return cls(
                reason=data["reason"],
                intent=data.get("intent"),
                confidence=data.get("confidence"),
                slots={str(name): str(value) for name, value in (data.get("slots") or {}).items()},
                steps_tried=tuple(StepTried(**step) for step in data.get("steps_tried") or ()),
                articles_shown=tuple(ArticleShown(**article) for article in data.get("articles_shown") or ()),
                effort=EffortLedger.from_json(data.get("effort")),
                mood=Mood(mood["score"], MoodLabel(mood["label"]), tuple(mood["signals"])) if mood else None,
                health=data.get("health"),
                promises=tuple(
                    OpenPromise(each["text"], datetime.fromisoformat(each["due_at"]) if each.get("due_at") else None)
                    for each in data.get("promises") or ()
                ),
                last_words=data.get("last_words"),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"The handoff packet cannot be read: {error!r}.") from error


@dataclass(frozen=True, slots=True)
class Waiting:
    """One case in the queue, waiting since it went there (a reopened case waits anew)."""

    case_id: str
    since: datetime


def order_queue(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Longest waiting first; the case id decides between equals, so that the order never flickers."""
    return sorted(waiting, key=lambda each: (each.since, each.case_id))


def queue_position(waiting: Sequence[Waiting], case_id: str) -> int | None:
    """1 for the next in line; None when the case does not wait."""
    return next((place for place, each in enumerate(order_queue(waiting), start=1) if each.case_id == case_id), None)


def wait_estimate_s(
    position: int, agents_on_duty: int, handle_s: float = 300.0, free_slots: int = 0, slots_per_agent: int = 1
) -> int | None:
    """Seconds until the case at `position` is taken: a careful guess, rounded up to whole minutes.

    Those with a free agent wait nothing. The others are taken in turn as agents finish, one case about
    every handling time / (agents x cases an agent has at once). None when nobody is on duty. ValueError for
    a position below 1.
    """
    if position < 1:
        raise ValueError("the first in the queue has position 1")
    if agents_on_duty < 1:
        return None
    ahead = max(0, position - max(0, free_slots))
    seconds = ahead * max(0.0, handle_s) / (agents_on_duty * max(1, slots_per_agent))
    return math.ceil(seconds / 60) * 60


def make_ticket_number(random_bytes: bytes) -> str:
    """A ticket number such as T-7KQ2M9X from `TICKET_BYTES` random bytes.

    Six characters and a check character.
    """
    body = codes.encode(random_bytes, _TICKET_BODY)
    return f"T-{body}{codes.check_character(body)}"


def read_ticket_number(typed: str) -> str | None:
    """The ticket number as stored, from what a customer typed; None when it is none or is mistyped.

    Any one wrong character and any two swapped ones are noticed. "T-" may be missing.
    """
    code = codes.tidy(typed[:64])
    if len(code) == _TICKET_BODY + 2 and code.startswith("T"):
        code = code[1:]
    if len(code) != _TICKET_BODY + 1 or not codes.is_written_in_alphabet(code):
        return None
    return f"T-{code}" if codes.check_character(code[:-1]) == code[-1] else None
