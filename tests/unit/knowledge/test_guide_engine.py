"""Walking through a guide: buttons, typed answers, interruptions, ways back and dead ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.embedding import FloatArray
from bot.knowledge.guide_answers import match_option
from bot.knowledge.guide_check import load_guides, parse_guide
from bot.knowledge.guide_engine import MAX_STEPS, advance, resume, start
from bot.knowledge.guide_state import GuideState, Handoff, HandoffReason, NotUnderstood, Solved, StepView, Waiting
from bot.knowledge.guides import Option

GUIDES = load_guides(Path(__file__).parents[3] / "data" / "knowledge" / "guides")
OFFLINE = GUIDES["device_offline"]

LOOP = parse_guide(
    """guide: loop
title: Loop
intent: loop
opening: Hello.
solved: Good.
handoff: Over.
first: ask
steps:
  - {id: ask, text: "Better?", check: {yes: solved, no: again}}
  - id: again
    text: Try again.
    options: [{id: done, label: Done, next: ask}, {id: cannot, label: I cannot, next: handoff}]
""",
    "loop.yml",
)


def walk(*answers: str) -> StepView | Solved | Handoff | NotUnderstood:
    view: StepView | Solved | Handoff | NotUnderstood = start(OFFLINE)
    for answer in answers:
        assert isinstance(view, StepView), f"the guide was over before '{answer}'"
        view = advance(OFFLINE, view.state, answer)
    return view


def test_first_step_comes_with_the_opening_and_options() -> None:
    view = start(OFFLINE)
    assert view.opening
    assert view.number == 1
    assert [option.id for option in view.options] == ["one", "several", "hub"]


def test_guide_leads_by_buttons_to_a_solution_and_tells_what_was_tried() -> None:
    outcome = walk("one", "mains", "switch_off", "yes")
    assert isinstance(outcome, Solved)
    assert [tried.step for tried in outcome.steps_tried] == ["how_many", "which_kind", "wall_switch", "after_power"]
    assert outcome.steps_tried[2].answer == "The switch was off"


def test_same_way_is_found_by_typing() -> None:
    outcome = walk("only one is gone", "it's a lamp", "oh it was off", "yes it is working again!")
    assert isinstance(outcome, Solved)


def test_dead_end_hands_over_with_the_steps_tried() -> None:
    outcome = walk("one", "wifi", "no, nothing", "still dead")
    assert isinstance(outcome, Handoff)
    assert outcome.reason is HandoffReason.DEAD_END
    assert len(outcome.steps_tried) == 4
    assert outcome.text == OFFLINE.handoff


def test_did_that_help_is_asked_before_a_case_counts_as_solved() -> None:
    view = walk("hub", "white", "white")
    assert isinstance(view, StepView)
    assert view.is_check
    assert [option.id for option in view.options] == ["yes", "no", "partly"]


def test_what_i_see_is_different_is_an_answer() -> None:
    view = walk("hub", "none of these, it looks different")
    assert isinstance(view, StepView)
    assert view.step == "restart_hub"


def test_words_that_mean_nothing_here_keep_the_step_and_are_counted() -> None:
    first = advance(OFFLINE, start(OFFLINE).state, "do you sell curtains")
    assert isinstance(first, NotUnderstood)
    again = advance(OFFLINE, first.view.state, "la la la")
    assert isinstance(again, NotUnderstood)
    assert (first.misses, again.misses) == (1, 2)
    moved = advance(OFFLINE, again.view.state, "just one")
    assert isinstance(moved, StepView)
    assert moved.state.misses == 0


def test_guide_goes_on_after_an_interruption_from_its_json() -> None:
    view = walk("one", "mains")
    assert isinstance(view, StepView)
    stored = json.loads(json.dumps(view.state.to_json()))
    again = resume(OFFLINE, GuideState.from_json(stored))
    assert again == view
    assert again.opening is None


def test_going_back_forgets_the_answer() -> None:
    view = walk("one", "mains", "back")
    assert isinstance(view, StepView)
    assert (view.step, view.number) == ("which_kind", 2)
    first = walk("back")
    assert isinstance(first, StepView)
    assert first.step == "how_many"


def test_step_removed_by_an_edit_starts_the_guide_again() -> None:
    assert resume(OFFLINE, GuideState("device_offline", "gone")).step == "how_many"


def test_state_of_another_guide_is_refused() -> None:
    with pytest.raises(ValueError, match="not of 'device_offline'"):
        advance(OFFLINE, start(LOOP).state, "yes")


@pytest.mark.parametrize("data", [{}, {"guide": "a", "step": "b", "path": [1], "misses": 0}, {"path": None}])
def test_damaged_state_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no state of a guide"):
        GuideState.from_json(data)


def test_customer_going_in_circles_gets_a_person() -> None:
    outcome: object = start(LOOP)
    for _ in range(MAX_STEPS + 1):
        if not isinstance(outcome, StepView):
            break
        outcome = advance(LOOP, outcome.state, "no" if outcome.is_check else "done")
    assert isinstance(outcome, Handoff)
    assert outcome.reason is HandoffReason.GOING_IN_CIRCLES


@pytest.mark.parametrize("guide", GUIDES.values(), ids=lambda guide: guide.id)
def test_every_option_of_every_guide_is_reached_by_its_id_label_number_and_meanings(guide: object) -> None:
    assert hasattr(guide, "steps")
    for step in guide.steps:
        choices = step.choices()
        for number, choice in enumerate(choices, 1):
            for said in (choice.id, choice.label, choice.label.upper() + "!", str(number), *choice.means):
                found = match_option(said, choices)
                assert found is not None, f"{guide}.{step.id}: '{said}' is not understood"
                assert found.id == choice.id, f"{step.id}: '{said}' is taken for {found.id}, not {choice.id}"


LIGHT = (
    Option(id="white", label="Steady white", next="a", means=("white", "light is on")),
    Option(id="red", label="Blinking red", next="b", means=("red",)),
    Option(id="dark", label="No light", next="c", means=("dark", "off")),
)
CHECK = LOOP.steps[0].choices()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("its blinkin red", "red"),
        ("the light is white i think", "white"),
        ("2", "red"),
        ("the second one", "red"),
        ("the last one", "dark"),
        ("there's no light at all", "dark"),
        ("the light is not on", None),
        ("7", None),
        ("red and white", "white"),
        ("", None),
        ("purple", None),
    ],
)
def test_what_customers_say_about_a_light(said: str, meant: str | None) -> None:
    option = match_option(said, LIGHT)
    if said == "red and white":
        assert option is None or option.id in {"white", "red"}
        return
    assert (option.id if option else None) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("yes", "yes"),
        ("Yep, all good", "yes"),
        ("YES!!", "yes"),
        ("it's working again", "yes"),
        ("that fixed it thanks", "yes"),
        ("no", "no"),
        ("nope", "no"),
        ("no it doesn't work", "no"),
        ("it didn\u2019t help", "no"),
        ("still offline", "no"),
        ("still not working", "no"),
        ("doesn't work", "no"),
        ("it isn't working", "no"),
        ("yes but only for a minute", "partly"),
        ("sort of", "partly"),
        ("it comes and goes", "partly"),
        ("where is my parcel", None),
        ("no confirmation mail", None),
        ("no, same as before", "no"),
        ("no, it works now", "yes"),
        ("no worries it is working again", "yes"),
        ("no it's still blinking", "no"),
        ("can you tell me whether it works now?", None),
    ],
)
def test_did_that_help_is_understood_in_ordinary_words(said: str, meant: str | None) -> None:
    option = match_option(said, CHECK)
    assert (option.id if option else None) == meant


class NearEncoder:
    """Says that 'the glowing ruby' is near to the word red and to nothing else."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        rows = [[1.0, 0.0] if text in {"the glowing ruby", "red"} else [0.0, 1.0] for text in texts]
        return np.asarray(rows, dtype=np.float32)

    def knows(self, word: str) -> bool:
        return bool(word)


def test_meaning_is_asked_only_when_the_rules_are_silent() -> None:
    option = match_option("the glowing ruby", LIGHT, NearEncoder())
    assert option is not None
    assert option.id == "red"
    assert match_option("the glowing ruby", LIGHT) is None


@given(st.text(max_size=300))
def test_no_text_whatever_breaks_a_step(text: str) -> None:
    outcome = advance(OFFLINE, start(OFFLINE).state, text)
    assert isinstance(outcome, StepView | NotUnderstood | Waiting)
