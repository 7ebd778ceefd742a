"""Walking a customer through a guide, one step a message. Pure: no clock, no store."""

from __future__ import annotations

from dataclasses import replace

from bot.knowledge.embedding import Encoder
from bot.knowledge.guide_answers import (
    agrees,
    denying_option,
    is_question,
    match_option,
    mentioned_option,
    named_option,
)
from bot.knowledge.guide_hearing import heard_option
from bot.knowledge.guide_moves import Move, read_move
from bot.knowledge.guide_questions import answer_within
from bot.knowledge.guide_signs import Sign, only_hopes, read_sign, tells_what_is_seen
from bot.knowledge.guide_state import (
    Aside,
    Asked,
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
from bot.knowledge.guide_words import normalise
from bot.knowledge.guides import DIFFERENT, ENDINGS, HANDOFF, NO, SOLVED, YES, Guide, Option, Step

MAX_STEPS = 60  # a customer going in circles for longer than this needs a person
MISSES_BEFORE_PERSON = 3
LONGEST_SAID = 1000
SKIPPED, ALREADY, UNCHANGED = "skipped", "already", "unchanged"
"""Answers that are no option's: what a person who takes over reads of them stands in `_UNTAPPED`."""
_UNTAPPED = {SKIPPED: "Skipped", ALREADY: "Done before", UNCHANGED: "No, still the same"}


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
    named = named_option(answer, step.choices())
    tapped = named is not None and (answer.strip() == named.id or normalise(answer) == normalise(named.label))
    if state.asked and not tapped:
        sign = read_sign(answer)
        if state.asked != Asked.SOLVED and sign in {Sign.SOLVED, Sign.PERHAPS_SOLVED}:
            # "Yes, it works now!" is no yes to "shall I get a person?".
            return (
                Solved(guide.solved, steps_tried(guide, state), state)
                if sign is Sign.SOLVED
                else ask_whether_solved(guide, state)
            )
        agreed = agrees(answer)
        if agreed is None and state.asked == Asked.SOLVED and read_sign(answer) in {Sign.SOLVED, Sign.PERHAPS_SOLVED}:
            agreed = True
        if agreed is not None:
            return _answered(guide, state, agreed=agreed)
    state = replace(state, asked="")
    sign = None if named else read_sign(answer)
    move = None if named else read_move(answer)
    if move is Move.BACK:
        return back(guide, state)
    if move is Move.START_AGAIN:
        return start(guide)
    if move is Move.LEAVE:
        return Paused(state)
    if move in {Move.EXPLAIN, Move.WAIT}:
        return _wait(guide, state, Aside(move.value))
    option = named or _meant(step, answer, move, sign, encoder)
    if option is not None:
        return _with_sign(guide, _go(guide, state, option.next, option.id, later=option.later), step, option, sign)
    if move is not None:
        return _without_answer(guide, state, step, move, answer)
    return _without_option(guide, state, step, sign, answer)


def ask_whether_solved(guide: Guide, state: GuideState) -> Waiting:
    """Put the question whether it works again before the step."""
    return _wait(guide, replace(state, asked=Asked.SOLVED), Aside.IS_IT_SOLVED)


def _answered(guide: Guide, state: GuideState, *, agreed: bool) -> Outcome:
    """What a yes or no to the question that stands before the step leads to."""
    if not agreed:
        return _wait(guide, replace(state, asked="", misses=0), Aside.GO_ON)
    if state.asked == Asked.SOLVED:
        return Solved(guide.solved, steps_tried(guide, state), state)
    return Handoff(guide.handoff, HandoffReason.NOT_UNDERSTOOD, steps_tried(guide, state), state)


def _meant(step: Step, answer: str, move: Move | None, sign: Sign | None, encoder: Encoder | None) -> Option | None:
    """The option that free words mean, beside a wish about the guide or a sign of how the device does."""
    choices = step.choices()
    if step.check and only_hopes(answer):
        return None
    if step.check and sign is not None:
        by_words = match_option(answer, choices)
        # "Done, still red" and "yes, still the same" begin like a yes.
        wrong = sign is Sign.SAME and (by_words is None or by_words.id == YES)
        return next(each for each in choices if each.id == NO) if wrong else by_words or choices[0]
    if move is not None:
        yes = match_option(answer, choices) if move is Move.DONE and normalise(answer).startswith("y") else None
        return mentioned_option(answer, choices) or yes
    if sign is Sign.SOLVED:
        # "Yes, it runs now" is more than a yes to the step.
        return mentioned_option(answer, choices)
    return match_option(answer, choices, encoder)


def _with_sign(guide: Guide, outcome: Outcome, step: Step, taken: Option, sign: Sign | None) -> Outcome:
    """ "Done, still red" answers the step and the question that follows it, whether that helped."""
    if step.check or sign not in {Sign.SAME, Sign.SOLVED} or not isinstance(outcome, StepView) or not outcome.is_check:
        return outcome
    if sign is Sign.SAME and taken is not _done_option(step):
        return outcome
    return advance(guide, outcome.state, NO if sign is Sign.SAME else YES)


def _done_option(step: Step) -> Option | None:
    return next((option for option in step.options if option.id == "done" or "done" in option.means), None)


def _without_answer(guide: Guide, state: GuideState, step: Step, move: Move, answer: str) -> Outcome:
    """Skip, "I did that already", done and "I can't tell", where no option has words for it."""
    done = _done_option(step)
    if move in {Move.ALREADY, Move.DONE} and done is not None:
        return _go(guide, state, done.next, ALREADY if move is Move.ALREADY else done.id)
    if move is Move.DONE:
        return _wait(guide, state, Aside.DONE_AND)
    if move is Move.UNSURE:
        return _go(guide, state, step.different, SKIPPED) if step.different else _wait(guide, state, Aside.EXPLAIN)
    if move is Move.ALREADY and not step.skip and not step.check:
        return _wait(guide, _remember(state, answer), Aside.ALREADY)
    target = _way_on(step)
    if target is None:
        return _wait(guide, state, Aside.CANNOT_SKIP)
    return _go(guide, state, target, ALREADY if move is Move.ALREADY else SKIPPED)


def _without_option(guide: Guide, state: GuideState, step: Step, sign: Sign | None, answer: str) -> Outcome:
    """Words that are none of the answers: a sign, a question about the step, something else to be seen, or a miss."""
    if sign is Sign.SOLVED:
        return Solved(guide.solved, steps_tried(guide, state), state)
    if sign is Sign.PERHAPS_SOLVED:
        return ask_whether_solved(guide, state)
    if sign is Sign.SAME:
        done = _done_option(step)
        if done is not None:
            return _with_sign(guide, _go(guide, state, done.next, done.id), step, done, sign)
        target = step.skip or (step.different if tells_what_is_seen(answer) else None) or _way_on(step)
        if target is not None:
            return _go(guide, state, target, UNCHANGED)
    passed = [guide.step(tried.step) for tried in reversed(state.path)]
    told = next((t for each in (step, *passed) if each and (t := answer_within(each, answer))), None)
    if told is not None:
        return Waiting(_view(guide, state), Aside.ANSWERED, told)
    seen = tells_what_is_seen(answer) and not is_question(answer)
    if seen and step.different:
        return _go(guide, _remember(state, answer), step.different, DIFFERENT)
    seen = seen and not tells_what_is_seen(step.text)
    missed = replace(_remember(state, answer), misses=state.misses + 1)
    if missed.misses >= MISSES_BEFORE_PERSON:
        missed = replace(missed, asked=Asked.PERSON)
    return NotUnderstood(_view(guide, missed), missed.misses, noted=seen)


def _remember(state: GuideState, told: str) -> GuideState:
    """Keep what was told by the way: a later step that listens may be answered by it."""
    return replace(state, said=f"{state.said}; {told}"[-LONGEST_SAID:])


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
    moved = replace(state, path=(*state.path, Tried(state.step, answer)), misses=0, asked="")
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
    return resume(guide, replace(state, step=state.path[-1].step, path=state.path[:-1], misses=0, said="", asked=""))


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
