"""Walking a customer through a guide, one step a message. Pure: no clock, no store."""

from __future__ import annotations

from dataclasses import replace

from bot.knowledge.embedding import Encoder
from bot.knowledge.guide_answers import denying_option, match_option, mentioned_option, named_option
from bot.knowledge.guide_hearing import heard_option
from bot.knowledge.guide_moves import Move, read_move
from bot.knowledge.guide_state import (
    Aside,
    GuideState,
    Handoff,
    HandoffReason,
    NotUnderstood,
    OptionView,
    Outcome,
    Paused,
    Solved,
    StepView,
    Tried,
    TriedStep,
    Waiting,
)
from bot.knowledge.guides import ENDINGS, HANDOFF, SOLVED, Guide, Option, Step

MAX_STEPS = 60  # a customer going in circles for longer than this needs a person
SKIPPED, ALREADY = "skipped", "already"
"""Answers that are no option's: what a person who takes over reads of them stands in `_UNTAPPED`."""
_UNTAPPED = {SKIPPED: "Skipped", ALREADY: "Done before"}


def start(guide: Guide, said: str = "") -> StepView:
    """Return the first step of `guide` with its opening words.

    `said` is the message that began it: steps that `listen` are passed when it has answered them.
    """
    state, heard = _listen(guide, GuideState(guide.id, guide.first, said=said))
    return _view(guide, state, opening=guide.opening, heard=heard)


def resume(guide: Guide, state: GuideState) -> StepView:
    """Show the step `state` is at once more; from the beginning if an edit has removed that step.

    Raises ValueError when the state belongs to another guide.
    """
    return _view(guide, _current(guide, state))


def advance(guide: Guide, state: GuideState, answer: str, encoder: Encoder | None = None) -> Outcome:
    """Take an option's id, or words that mean one (or "back", "skip" and the like), and return what comes next.

    With `encoder`, words that resemble no option are compared by meaning too. Raises ValueError when the state
    belongs to another guide.
    """
    state = _current(guide, state)
    step = _step(guide, state.step)
    choices = step.choices()
    named = named_option(answer, choices)
    move = None if named else read_move(answer)
    if move is Move.BACK:
        return back(guide, state)
    if move is Move.START_AGAIN:
        return start(guide)
    if move in {Move.EXPLAIN, Move.WAIT}:
        return Waiting(_view(guide, state), Aside(move.value))
    option = named or (mentioned_option(answer, choices) if move else match_option(answer, choices, encoder))
    if option is not None:
        return _go(guide, state, option.next, option.id, later=option.later)
    if move is not None:
        return _without_answer(guide, state, step, move)
    missed = replace(state, misses=state.misses + 1)
    return NotUnderstood(_view(guide, missed), missed.misses)


def _without_answer(guide: Guide, state: GuideState, step: Step, move: Move) -> Outcome:
    """Skip, "I did that already", done and "I can't tell", where no option has words for it."""
    done = next((option for option in step.options if option.id == "done" or "done" in option.means), None)
    if move is Move.ALREADY and done is not None:
        return _go(guide, state, done.next, ALREADY)
    if move is Move.DONE:
        return Waiting(_view(guide, state), Aside.DONE_AND)
    if move is Move.UNSURE:
        return _go(guide, state, step.different, SKIPPED) if step.different else _wait(guide, state, Aside.EXPLAIN)
    target = _way_on(step)
    if target is None:
        return _wait(guide, state, Aside.CANNOT_SKIP)
    return _go(guide, state, target, ALREADY if move is Move.ALREADY else SKIPPED)


def _way_on(step: Step) -> str | None:
    """Where a step leads that is not done: its own `skip`, else as if it had not helped."""
    if step.skip or step.check:
        return step.skip or (step.check.no if step.check else None)
    denying = denying_option(step.options)
    return denying.next if denying else step.different


def _wait(guide: Guide, state: GuideState, why: Aside) -> Waiting:
    return Waiting(_view(guide, state), why)


def _go(guide: Guide, state: GuideState, target: str, answer: str, *, later: bool = False) -> Outcome:
    """Note the answer and take the way to `target`: an ending or a step."""
    moved = replace(state, path=(*state.path, Tried(state.step, answer)), misses=0)
    if target == SOLVED:
        return Solved(guide.solved, steps_tried(guide, moved), moved)
    if target == HANDOFF:
        return Handoff(guide.handoff, HandoffReason.DEAD_END, steps_tried(guide, moved), moved)
    if len(moved.path) >= MAX_STEPS:
        return Handoff(guide.handoff, HandoffReason.GOING_IN_CIRCLES, steps_tried(guide, moved), moved)
    moved = replace(moved, step=target)
    if later:
        return Paused(moved)
    listened, heard = _listen(guide, moved)
    return _view(guide, listened, heard=heard)


def _listen(guide: Guide, state: GuideState) -> tuple[GuideState, tuple[str, ...]]:
    """Pass the steps that the first message has answered; never into an ending, and no step twice."""
    heard: list[str] = []
    while state.said:
        step = _step(guide, state.step)
        option: Option | None = heard_option(state.said, step.options) if step.listen else None
        known = any(tried.step == step.id for tried in state.path)
        if option is None or option.next in ENDINGS or option.later or known:
            break
        heard.append(option.label)
        state = replace(state, step=option.next, path=(*state.path, Tried(step.id, option.id, heard=True)))
    return state, tuple(heard)


def back(guide: Guide, state: GuideState) -> StepView:
    """Return to the step before, forgetting its answer and what was heard; at the first step stay there."""
    if not state.path:
        return resume(guide, state)
    return resume(guide, replace(state, step=state.path[-1].step, path=state.path[:-1], misses=0, said=""))


def steps_tried(guide: Guide, state: GuideState) -> tuple[TriedStep, ...]:
    """Put the path into words; steps an edit has removed keep their ids."""
    told = []
    for tried in state.path:
        step = guide.step(tried.step)
        labels = _UNTAPPED | ({option.id: option.label for option in step.choices()} if step else {})
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


def _view(guide: Guide, state: GuideState, opening: str | None = None, heard: tuple[str, ...] = ()) -> StepView:
    step = _step(guide, state.step)
    return StepView(
        guide=guide.id,
        title=guide.title,
        step=step.id,
        number=sum(not tried.heard for tried in state.path) + 1,
        text=step.text,
        options=tuple(OptionView(option.id, option.label) for option in step.choices()),
        state=state,
        is_check=step.check is not None,
        opening=opening,
        hint=step.hint,
        picture=step.picture,
        alt=step.alt,
        heard=heard,
        answers=step.choices(),
    )
