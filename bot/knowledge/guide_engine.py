"""Walking a customer through a guide, one step a message, with all that must be remembered in one small value.

Pure: no clock, no store. The state goes into a Rasa slot as JSON and comes back with the next message, so a guide
survives an interruption, a restart, and an edit of the guide in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from bot.knowledge.embedding import Encoder
from bot.knowledge.guide_answers import match_option, normalise
from bot.knowledge.guides import HANDOFF, SOLVED, Guide, Step

_BACK = frozenset({"back", "go back", "previous", "previous step", "one step back", "step back", "last step again"})
MAX_STEPS = 60  # a customer going in circles for longer than this needs a person


@dataclass(frozen=True, slots=True)
class Tried:
    """One step that was answered, by the id of the chosen option."""

    step: str
    answer: str


@dataclass(frozen=True, slots=True)
class GuideState:
    """Where somebody is in a guide; `misses` counts answers in a row that fitted no option."""

    guide: str
    step: str
    path: tuple[Tried, ...] = ()
    misses: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values for a slot."""
        path = [{"step": tried.step, "answer": tried.answer} for tried in self.path]
        return {"guide": self.guide, "step": self.step, "path": path, "misses": self.misses}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; raises ValueError when it is something else."""
        try:
            path = tuple(Tried(str(item["step"]), str(item["answer"])) for item in data["path"])
            return cls(str(data["guide"]), str(data["step"]), path, int(data["misses"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"this is no state of a guide: {error!r}") from error


@dataclass(frozen=True, slots=True)
class OptionView:
    """An answer to offer as a button."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class StepView:
    """What to show: `opening` only with a guide's first step, `picture` is a file name with `alt` beside it."""

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


class HandoffReason(StrEnum):
    """Why a guide ends with a person."""

    DEAD_END = "dead_end"
    GOING_IN_CIRCLES = "going_in_circles"


@dataclass(frozen=True, slots=True)
class Handoff:
    """The guide is at its end: over to a person, with what was tried."""

    text: str
    reason: HandoffReason
    steps_tried: tuple[TriedStep, ...]
    state: GuideState


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The answer fits no option: show `view` again; after two `misses` in a row offer a person."""

    view: StepView
    misses: int


Outcome = StepView | Solved | Handoff | NotUnderstood


def start(guide: Guide) -> StepView:
    """Return the first step of `guide` with its opening words."""
    return _view(guide, GuideState(guide.id, guide.first), opening=guide.opening)


def resume(guide: Guide, state: GuideState) -> StepView:
    """Show the step `state` is at once more; from the beginning if an edit has removed that step.

    Raises ValueError when the state belongs to another guide.
    """
    return _view(guide, _current(guide, state))


def advance(guide: Guide, state: GuideState, answer: str, encoder: Encoder | None = None) -> Outcome:
    """Take an option's id, or words that mean one (or "back"), and return what comes next.

    With `encoder`, words that resemble no option are compared by meaning too. Raises ValueError when the state
    belongs to another guide.
    """
    state = _current(guide, state)
    step = _step(guide, state.step)
    if normalise(answer) in _BACK:
        return back(guide, state)
    option = match_option(answer, step.choices(), encoder)
    if option is None:
        missed = replace(state, misses=state.misses + 1)
        return NotUnderstood(_view(guide, missed), missed.misses)
    moved = replace(state, path=(*state.path, Tried(step.id, option.id)), misses=0)
    if option.next == SOLVED:
        return Solved(guide.solved, steps_tried(guide, moved), moved)
    if option.next == HANDOFF:
        return Handoff(guide.handoff, HandoffReason.DEAD_END, steps_tried(guide, moved), moved)
    if len(moved.path) >= MAX_STEPS:
        return Handoff(guide.handoff, HandoffReason.GOING_IN_CIRCLES, steps_tried(guide, moved), moved)
    return _view(guide, replace(moved, step=option.next))


def back(guide: Guide, state: GuideState) -> StepView:
    """Return to the step before, forgetting its answer; at the first step stay there."""
    if not state.path:
        return resume(guide, state)
    return resume(guide, replace(state, step=state.path[-1].step, path=state.path[:-1], misses=0))


def steps_tried(guide: Guide, state: GuideState) -> tuple[TriedStep, ...]:
    """Put the path into words; steps an edit has removed keep their ids."""
    told = []
    for tried in state.path:
        step = guide.step(tried.step)
        labels = {option.id: option.label for option in step.choices()} if step else {}
        told.append(TriedStep(tried.step, step.text if step else tried.step, labels.get(tried.answer, tried.answer)))
    return tuple(told)


def _current(guide: Guide, state: GuideState) -> GuideState:
    if state.guide != guide.id:
        raise ValueError(f"the state is of the guide '{state.guide}', not of '{guide.id}'")
    return state if guide.step(state.step) else replace(state, step=guide.first, misses=0)


def _step(guide: Guide, step_id: str) -> Step:
    step = guide.step(step_id)
    if step is None:
        raise ValueError(f"the guide '{guide.id}' has no step '{step_id}'")
    return step


def _view(guide: Guide, state: GuideState, opening: str | None = None) -> StepView:
    step = _step(guide, state.step)
    return StepView(
        guide=guide.id,
        title=guide.title,
        step=step.id,
        number=len(state.path) + 1,
        text=step.text,
        options=tuple(OptionView(option.id, option.label) for option in step.choices()),
        state=state,
        is_check=step.check is not None,
        opening=opening,
        hint=step.hint,
        picture=step.picture,
        alt=step.alt,
    )
