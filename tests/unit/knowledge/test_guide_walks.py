"""Every walk through every guide ends, whatever is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.guide_check import load_guides
from bot.knowledge.guide_engine import MAX_STEPS, advance, start
from bot.knowledge.guide_state import (
    Handoff,
    NotUnderstood,
    Paused,
    Solved,
    StepView,
    Waiting,
)
from bot.knowledge.guides import Guide

GUIDES = load_guides(Path(__file__).parents[3] / "data" / "knowledge" / "guides")
SAYINGS = ("go back", "skip", "i did that already", "done", "what?", "no idea", "purple elephants", "start again")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(GUIDES)), st.data())
def test_any_answers_whatever_lead_to_an_end_or_a_step_with_answers(name: str, data: st.DataObject) -> None:
    """No dead end: each step offers an answer, each walk ends solved or with a person, and nothing raises."""
    guide = GUIDES[name]
    view = start(guide, data.draw(st.sampled_from(["", "my plug smells and the hub is red", "alexa finds no lamp"])))
    for _ in range(3 * MAX_STEPS):
        assert view.options, view.step
        wishes = data.draw(st.integers(0, 4)) == 0
        said = data.draw(st.sampled_from(SAYINGS if wishes else [option.id for option in view.options]))
        outcome = advance(guide, view.state, said)
        if isinstance(outcome, Solved | Handoff):
            assert outcome.text and outcome.steps_tried
            return
        if isinstance(outcome, Paused):
            outcome = advance(guide, outcome.state, "what do you mean")
        if isinstance(outcome, NotUnderstood | Waiting):
            outcome = outcome.view
        view = outcome
    # Going back and forth is the customer's choice; answering the same way each time must end.
    state = view.state
    for _ in range(MAX_STEPS + 1):
        outcome = advance(guide, state, view.options[-1].id)
        if isinstance(outcome, Solved | Handoff):
            return
        state = outcome.state if isinstance(outcome, Paused | StepView) else outcome.view.state
        following = advance(guide, state, "what do you mean")
        assert isinstance(following, Waiting)
        view = following.view
    raise AssertionError(f"{name} goes on for ever at {view.step}")


@pytest.mark.parametrize("guide", GUIDES.values(), ids=lambda guide: guide.id)
def test_from_every_step_plain_buttons_reach_an_end(guide: Guide) -> None:
    for step in guide.steps:
        seen, waiting = set(), [step.id]
        while waiting:
            current = guide.step(waiting.pop())
            if current is not None and current.id not in seen:
                seen.add(current.id)
                waiting += [option.next for option in current.choices()]
        ends = {option.next for each in seen for option in (guide.step(each) or step).choices()} & {"solved", "handoff"}
        assert "handoff" in ends, f"{guide.id}.{step.id}"
