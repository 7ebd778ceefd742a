"""What is typed to a step beside its answers, what the first message answers already, and that every walk ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.knowledge.guide_check import load_guides
from bot.knowledge.guide_engine import advance, start
from bot.knowledge.guide_moves import Move, read_move
from bot.knowledge.guide_signs import Sign, read_sign
from bot.knowledge.guide_state import (
    Aside,
    Asked,
    GuideState,
    Handoff,
    NotUnderstood,
    Paused,
    Solved,
    StepView,
    Waiting,
)
from bot.knowledge.guides import Guide

GUIDES = load_guides(Path(__file__).parents[3] / "data" / "knowledge" / "guides")
OFFLINE = GUIDES["device_offline"]


def at(guide: Guide, step: str) -> GuideState:
    return GuideState(guide.id, step)


@pytest.mark.parametrize(
    ("said", "next_step"),
    [
        ("yes in the app they work", "rediscover"),
        ("ja", "rediscover"),
        ("no, in the app they don't either", "fix_here"),
        ("yes but only sometimes", None),
    ],
)
def test_a_yes_goes_on_as_it_likes(said: str, next_step: str | None) -> None:
    guide = GUIDES["voice_assistant_link"]
    came_to = advance(guide, at(guide, "online_here"), said)
    assert (came_to.state.step if isinstance(came_to, StepView) else None) == next_step


@pytest.mark.parametrize(("said", "solved"), [("now it works", True), ("yes location allowed", False), ("yes", True)])
def test_is_it_solved_takes_good_news_and_no_other_yes(said: str, solved: bool) -> None:
    state = GuideState("device_offline", "wall_switch", asked=Asked.SOLVED)
    assert isinstance(advance(OFFLINE, state, said), Solved) is solved


@pytest.mark.parametrize(
    ("said", "move"),
    [
        ("go back", Move.BACK),
        ("oops, wrong one", Move.BACK),
        ("sorry i clicked the wrong button", Move.BACK),
        ("can we go back please", Move.BACK),
        ("it is back", None),
        ("start over", Move.START_AGAIN),
        ("skip", Move.SKIP),
        ("skip this one please", Move.SKIP),
        ("next step", Move.SKIP),
        ("i can't do that right now", Move.SKIP),
        ("what do you mean?", Move.EXPLAIN),
        ("What do you mean by ring?", Move.EXPLAIN),
        ("i don't understand", Move.EXPLAIN),
        ("???", Move.EXPLAIN),
        ("where do i find that", Move.EXPLAIN),
        ("ok", Move.WAIT),
        ("one moment", Move.WAIT),
        ("let me check", Move.WAIT),
        ("done", Move.DONE),
        ("ok done", Move.DONE),
        ("i did that already", Move.ALREADY),
        ("already tried that twice", Move.ALREADY),
        ("I've restarted it three times", Move.ALREADY),
        ("not sure", Move.UNSURE),
        ("no idea", Move.UNSURE),
        ("i have no idea which band that is", Move.UNSURE),
        ("it was already on", None),
        ("it's blinking red now", None),
        ("how do i pay with paypal", None),
    ],
)
def test_wishes_about_the_guide_are_told_from_answers(said: str, move: Move | None) -> None:
    assert read_move(said) == move


@pytest.mark.parametrize(
    ("step", "said", "leads_to"),
    [
        ("hub_light", "it's blinking red now", "restart_hub"),
        ("hub_light", "the second", "hub_cable"),
        ("hub_light", "2nd one", "hub_cable"),
        ("hub_light", "number four", "hub_power"),
        ("hub_light", "i don't know", "restart_hub"),
        ("how_many", "first one", "which_kind"),
        ("how_many", "2", "internet"),
        ("power_cycle", "done", "did_it_help"),
        ("power_cycle", "i did that already", "did_it_help"),
        ("power_cycle", "I did that before, twice", "did_it_help"),
        ("did_it_help", "nope still nothing", "remove_add"),
        ("did_it_help", "skip", "remove_add"),
        ("did_it_help", "still not", "remove_add"),
        ("restart_router", "also not", "provider"),
        ("restart_hub", "i already restarted it and it's white again", "after_hub"),
        ("wifi_changed", "skip this", "power_cycle"),
    ],
)
def test_reply_in_free_words_takes_its_branch(step: str, said: str, leads_to: str) -> None:
    outcome = advance(OFFLINE, at(OFFLINE, step), said)
    assert isinstance(outcome, StepView), outcome
    assert outcome.step == leads_to


@pytest.mark.parametrize(
    ("step", "said", "why"),
    [
        ("how_many", "what do you mean?", Aside.EXPLAIN),
        ("fresh_needed", "skip", Aside.CANNOT_SKIP),
        ("how_many", "no idea", Aside.EXPLAIN),
        ("restart_hub", "one moment", Aside.WAIT),
        ("other_supply", "done", Aside.DONE_AND),
    ],
)
def test_understood_words_without_an_answer_keep_the_step_and_are_no_miss(step: str, said: str, why: Aside) -> None:
    outcome = advance(OFFLINE, at(OFFLINE, step), said)
    assert isinstance(outcome, Waiting)
    assert (outcome.why, outcome.view.step, outcome.view.state.misses) == (why, step, 0)


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        ("it works now!!", Sign.SOLVED),
        ("yes it runs now", Sign.SOLVED),
        ("that was it, thank you!", Sign.SOLVED),
        ("never mind, it works again", Sign.SOLVED),
        ("problem solved, thanks", Sign.SOLVED),
        ("finally back online", Sign.SOLVED),
        ("it works", Sign.PERHAPS_SOLVED),
        ("all good", Sign.PERHAPS_SOLVED),
        ("still there", Sign.SAME),
        ("same", Sign.SAME),
        ("nothing changed", Sign.SAME),
        ("no change", Sign.SAME),
        ("still stuck", Sign.SAME),
        ("it's the same as before", Sign.SAME),
        ("ok back to the plug, nothing changed", Sign.SAME),
        ("it didn't help", Sign.SAME),
        ("done, still red", Sign.SAME),
        ("still working", None),
        ("i hope it works now", None),
        ("it works now but only for a minute", None),
        ("it is not working now", None),
        ("i still have to buy one", None),
        ("does it work now?", None),
        ("how do i know that it works now", None),
        ("where is my parcel", None),
        ("", None),
    ],
)
def test_outcome_told_by_the_way_is_heard_and_what_only_looks_like_it_is_not(said: str, sign: Sign | None) -> None:
    assert read_sign(said) == sign


def places(guide: str, step: str, *said: str) -> list[str]:
    """The kind of outcome of each message in turn, or the step it leads to."""
    state, seen = at(GUIDES[guide], step), []
    for text in said:
        outcome = advance(GUIDES[guide], state, text)
        seen.append(outcome.step if isinstance(outcome, StepView) else type(outcome).__name__)
        state = outcome.state if isinstance(outcome, StepView | Solved | Handoff | Paused) else outcome.view.state
    return seen


def test_done_and_still_the_same_answers_the_step_and_its_check() -> None:
    assert places("device_offline", "wall_switch", "it's blinking red", "done, still red") == [
        "power_cycle",
        "remove_add",
    ]
    assert places("device_offline", "did_it_help", "yes, still the same") == ["remove_add"]
    assert places("device_noise_or_heat", "dimmer", "still there") == ["Handoff"]


def test_good_news_solves_at_any_step_and_a_doubt_is_asked_once() -> None:
    assert places("device_offline", "power_cycle", "yes it runs now") == ["Solved"]
    assert places("device_offline", "remove_add", "all good", "yes") == ["Waiting", "Solved"]
    assert places("device_offline", "remove_add", "all good", "no", "done") == ["Waiting", "Waiting", "last_check"]


def test_third_miss_asks_about_a_person_and_yes_hands_over() -> None:
    odd = ("an elephant", "two elephants", "three of them")
    assert places("automation_not_running", "run_by_hand", *odd, "yes please")[-2:] == ["NotUnderstood", "Handoff"]
    assert places("automation_not_running", "run_by_hand", *odd, "no", "nothing")[-2:] == ["Waiting", "enabled"]


def test_question_about_a_step_that_was_passed_is_still_answered() -> None:
    begun = start(GUIDES["firmware_update_problem"], "update stuck at 40% since last night")
    outcome = advance(GUIDES["firmware_update_problem"], begun.state, "how long should i wait?")
    assert isinstance(outcome, Waiting) and "15 minutes" in str(outcome.answer)


def test_yes_to_what_was_not_asked_is_no_answer() -> None:
    assert places("automation_not_running", "run_by_hand", "yes it's enabled") == ["NotUnderstood"]
    assert places("automation_not_running", "enabled", "yes it's enabled") == ["device_online"]


def test_what_was_told_by_the_way_answers_a_later_step_that_listens() -> None:
    assert places("device_offline", "provider", "the ring is blinking red", "no") == [
        "NotUnderstood",
        "restart_hub",
    ]


@pytest.mark.parametrize(
    ("guide", "step", "asked", "holds"),
    [
        ("firmware_update_problem", "how_long", "how long should i wait?", "15 minutes"),
        ("device_offline", "power_cycle", "how long do i have to wait", "one minute"),
        ("device_offline", "hub_light", "where is the ring on the hub?", "on top of the hub"),
        ("device_offline", "power_cycle", "how long does delivery take", None),
        ("device_offline", "did_it_help", "how long should i wait", None),
    ],
)
def test_question_about_the_step_is_answered_by_its_own_words(
    guide: str, step: str, asked: str, holds: str | None
) -> None:
    outcome = advance(GUIDES[guide], at(GUIDES[guide], step), asked)
    told = outcome.answer if isinstance(outcome, Waiting) else None
    assert holds in told if holds and told else told is holds


_WHICH = re.compile(r"(?i)(?:what|which|where|how|who|when)\b[^?]*\?")


def test_steps_that_ask_what_or_which_take_no_bare_yes_or_no() -> None:
    for guide in GUIDES.values():
        for step in guide.steps:
            asked = [part for part in re.split(r"(?<=[.!?;:,]) ", step.text) if part.endswith("?")]
            if not asked or not _WHICH.match(asked[-1]):
                continue
            for option in step.choices():
                assert not {"yes", "no"} & set(option.means), f"{guide.id}.{step.id}.{option.id}"


LIGHTS = (
    "it's red",
    "blinking red",
    "amber",
    "its orange",
    "yellow light",
    "green",
    "blue",
    "white",
    "off",
    "it is dark",
)
_ASKS_FOR_A_LIGHT = re.compile(r"(?i)\b(?:light|ring|blink\w*|white)\b[^.?!]*\?")


def test_every_step_that_asks_for_a_light_knows_each_colour() -> None:
    for guide in GUIDES.values():
        for step in guide.steps:
            if not step.options or not _ASKS_FOR_A_LIGHT.search(step.text):
                continue
            for said in LIGHTS:
                outcome = advance(guide, at(guide, step.id), said)
                assert not isinstance(outcome, NotUnderstood), f"{guide.id}.{step.id}: '{said}'"


def test_what_was_skipped_or_done_before_is_told_to_the_person() -> None:
    view = advance(OFFLINE, at(OFFLINE, "power_cycle"), "i did that already")
    assert isinstance(view, StepView)
    skipped = advance(OFFLINE, view.state, "skip")
    assert isinstance(skipped, StepView)
    over = advance(OFFLINE, skipped.state, "it can't be added")
    assert isinstance(over, Handoff)
    assert [tried.answer for tried in over.steps_tried] == ["Done before", "Skipped", "It cannot be added"]


def test_danger_is_never_skipped_into_harmless() -> None:
    guide = GUIDES["device_noise_or_heat"]
    outcome = advance(guide, start(guide).state, "skip")
    assert isinstance(outcome, StepView)
    assert outcome.step == "switch_off"


@pytest.mark.parametrize(
    ("intent", "said", "step"),
    [
        ("device_offline", "my smart plug is offline, it lost the wifi connection", "wall_switch"),
        ("device_offline", "the hub led is red and nothing reacts", "restart_hub"),
        ("device_offline", "everything is offline", "how_many"),
        ("device_offline", "it's not the hub, one lamp is gone", "wall_switch"),
        ("device_noise_or_heat", "LED is red and it's beeping", "beeping"),
        ("device_noise_or_heat", "my plug smells burnt and is humming", "switch_off"),
        ("device_noise_or_heat", "no smell but it hums", "hum_source"),
        ("battery_problem", "the motion sensor drains its battery in a week", "cell_type"),
        ("voice_assistant_link", "alexa says device not responding", "online_here"),
        ("app_login_problem", "it keeps saying wrong password", "website"),
        ("firmware_update_problem", "update failed again", "power_and_place"),
        ("device_setup_failed", "the qr code does not scan", "code_problem"),
        ("device_setup_failed", "setup of the new camera fails at the wifi", "wifi_band"),
        ("automation_not_running", "my sunset automation did nothing", "run_by_hand"),
    ],
)
def test_guide_begins_at_the_step_the_first_message_leaves_open(intent: str, said: str, step: str) -> None:
    view = start(GUIDES[intent], said)
    assert (view.step, view.number) == (step, 1)
    assert bool(view.heard) == (step != GUIDES[intent].first)


def test_going_back_from_what_was_heard_asks_openly() -> None:
    view = start(OFFLINE, "my plug is offline")
    for _ in range(3):
        back = advance(OFFLINE, view.state, "go back")
        assert isinstance(back, StepView)
        view = back
    assert (view.step, view.state.said) == ("how_many", "")
    again = advance(OFFLINE, view.state, "one")
    assert isinstance(again, StepView)
    assert again.step == "which_kind"


def test_waiting_for_something_pauses_the_guide_at_the_step_to_go_on_with() -> None:
    outcome = advance(OFFLINE, at(OFFLINE, "provider"), "i will call my provider")
    assert isinstance(outcome, Paused)
    assert outcome.state.step == "after_router"
    assert GuideState.from_json(outcome.state.to_json()) == outcome.state


@pytest.mark.parametrize("said", ["i have to go to the app", "i need to go to settings", "i have to run the update"])
def test_going_somewhere_within_a_step_does_not_leave_the_guide(said: str) -> None:
    assert read_move(said) is None


@pytest.mark.parametrize(
    "said", ["i have to go to work now", "gotta go", "we need to go out for dinner", "must go home"]
)
def test_having_to_go_leaves_the_guide(said: str) -> None:
    assert read_move(said) is Move.LEAVE


def test_state_kept_by_an_older_version_is_still_read() -> None:
    old = {
        "guide": "device_offline",
        "step": "internet",
        "path": [{"step": "how_many", "answer": "several"}],
        "misses": 0,
    }
    state = GuideState.from_json(old)
    assert (state.step, state.said, state.path[0].heard) == ("internet", "", False)
