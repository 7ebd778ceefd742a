"""What must be remembered of a walk through a guide, and what a step of it may lead to.

The state goes into a Rasa slot as JSON and comes back with the next message, so a guide survives an interruption, a
restart, and an edit of the guide in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from bot.knowledge.guides import Option


@dataclass(frozen=True, slots=True)
class Tried:
    """One step that was answered, by the id of the chosen option; `heard` when the first message had said it."""

    step: str
    answer: str
    heard: bool = False


@dataclass(frozen=True, slots=True)
class GuideState:
    """Where somebody is in a guide; `misses` counts answers in a row that fitted no option.

    `said` is the message that began the guide, and what was told by the way since, for steps that listen to it;
    "go back" forgets it. `asked` is a question of ours that stands before the step.
    """

    guide: str
    step: str
    path: tuple[Tried, ...] = ()
    misses: int = 0
    said: str = ""
    asked: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values for a slot."""
        path = [{"step": tried.step, "answer": tried.answer, "heard": tried.heard} for tried in self.path]
        return {
            "guide": self.guide, "step": self.step, "path": path, "misses": self.misses, "said": self.said,
            "asked": self.asked,
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, also before it knew all of these; raises ValueError for anything else."""
        try:
            path = tuple(
                Tried(str(item["step"]), str(item["answer"]), bool(item.get("heard"))) for item in data["path"]
            )
            said, asked = str(data.get("said") or ""), str(data.get("asked") or "")
            return cls(str(data["guide"]), str(data["step"]), path, int(data["misses"]), said, asked)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is no state of a guide: {error!r}") from error


@dataclass(frozen=True, slots=True)
class OptionView:
    """An answer to offer as a button."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class StepView:
    """What to show: `opening` only with a guide's first step, `picture` is a file name with `alt` beside it.

    `heard`: the answers just taken from the customer's first message, in words.
    """

    guide: str
    title: str
    step: str
    number: int
    text: str
    options: tuple[OptionView, ...]
    state: GuideState
    is_check: bool
    opening: str | None = None
    hint: str | None = None
    picture: str | None = None
    alt: str | None = None
    heard: tuple[str, ...] = ()
    answers: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class TriedStep:
    """A tried step in words, for the person who takes over."""

    step: str
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Solved:
    """The customer says it works; the state is the finished one."""

    text: str
    steps_tried: tuple[TriedStep, ...]
    state: GuideState


class Asked(StrEnum):
    """Questions of ours that stand before a step."""

    SOLVED = "solved"
    PERSON = "person"


class HandoffReason(StrEnum):
    """Why a guide ends with a person."""

    DEAD_END = "dead_end"
    GOING_IN_CIRCLES = "going_in_circles"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class Handoff:
    """The guide is at its end: over to a person, with what was tried."""

    text: str
    reason: HandoffReason
    steps_tried: tuple[TriedStep, ...]
    state: GuideState


@dataclass(frozen=True, slots=True)
class Paused:
    """The customer has to get something or to wait first; `state` is at the step to go on with."""

    state: GuideState


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The answer fits no option: show `view` again, after two `misses` shortly, after three ask about a person.

    `noted`: it told what there is to see, which a step to come or a person may need.
    """

    view: StepView
    misses: int
    noted: bool = False


class Aside(StrEnum):
    """Why the step still waits although the customer was understood."""

    EXPLAIN = "explain"
    WAIT = "wait"
    DONE_AND = "done_and"
    """It was done; what came of it is still to be said."""
    CANNOT_SKIP = "cannot_skip"
    ALREADY = "already"
    """It was done before, which answers no question of the step."""
    IS_IT_SOLVED = "is_it_solved"
    """It sounds as if it worked again; that is asked before the case is closed."""
    GO_ON = "go_on"
    """Our question was answered by no: on with the step."""
    ANSWERED = "answered"
    """A question about the step, answered by its own words."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """No answer yet, and no miss: say a word (`why`, or `answer` itself) and keep the step of `view`."""

    view: StepView
    why: Aside
    answer: str | None = None


Outcome = StepView | Solved | Handoff | Paused | NotUnderstood | Waiting
