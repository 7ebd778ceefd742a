"""Trouble told in words: whether its steps begin, what is asked first, and what is no trouble."""

from __future__ import annotations

import pytest

from actions.trouble import is_vague_trouble
from tests.unit.actions.fakes import Dialogue, GuideForAll, a_runtime, envelope, options, texts


@pytest.mark.parametrize(
    ("text", "vague"),
    [
        ("it doesn't work", True),
        ("Hi, my device is not working!!", True),
        ("help it stopped working", True),
        ("not working", True),
        ("it's broken", True),
        ("i have a problem", True),
        ("the thing won't work anymore", True),
        ("my smart device doesnt work properly", True),
        ("my lamp doesn't work", False),
        ("the app does not work on my phone", False),
        ("my hub is offline", False),
        ("the discount code does not work", False),
        ("it works", False),
        ("", False),
    ],
)
def test_trouble_without_a_thing_or_a_symptom_is_vague(text: str, vague: bool) -> None:
    assert is_vague_trouble(text) is vague


async def test_stuff_that_does_not_work_is_no_question_about_an_order() -> None:
    said = await Dialogue().hears("my stuff is not working", "track_order").runs("action_order")
    assert "/device_offline" in options(said).values()


@pytest.mark.parametrize(
    ("intent", "action"),
    [
        ("device_offline", "action_guide"),
        ("nlu_fallback", "action_fallback"),
        ("not_helpful", "action_not_helpful"),
        ("warranty_claim", "action_answer_question"),
        ("out_of_scope", "action_out_of_scope"),
    ],
)
async def test_vague_trouble_is_asked_about_with_the_list_of_troubles(intent: str, action: str) -> None:
    talk = Dialogue()
    said = await talk.hears("it doesn't work", intent).runs(action)
    offered = set(options(said).values())
    assert {"/device_offline", "/battery_problem", "/voice_assistant_link", "/contact_human_agent"} <= offered
    assert talk.loop is None
    assert not envelope(said).get("effort", {}).get("missed")


@pytest.mark.parametrize(
    ("taken_for", "action"),
    [("product_availability", "action_answer_question"), ("device_offline", "action_guide")],
)
async def test_device_named_after_asking_is_remembered_by_the_guide(taken_for: str, action: str) -> None:
    talk = Dialogue()
    await talk.hears("it doesn't work", "nlu_fallback").runs("action_fallback")
    said = await talk.hears("the hallway lamp", taken_for).runs(action)
    assert "what does it do" in texts(said)
    await talk.hears("A device is offline", "device_offline", tapped=True).runs("action_guide")
    assert talk.slots["guide_state"]["said"] == "the hallway lamp"


@pytest.mark.parametrize(
    "asked", ["will it work with homekit", "does the lamp work with alexa?", "is it compatible with siri"]
)
async def test_what_a_thing_works_with_is_a_question_and_no_trouble(asked: str) -> None:
    talk = Dialogue(a_runtime(knowledge=GuideForAll("work", "compatible")))
    said = await talk.hears(asked, "device_offline").runs("action_guide")
    assert "By card" in texts(said) and talk.slots.get("guide_state") is None


@pytest.mark.parametrize(
    "told", ["does not work with alexa any more", "why does it not work with homekit", "can you make it work with siri"]
)
async def test_thing_that_fails_still_begins_its_steps(told: str) -> None:
    talk = Dialogue(a_runtime(knowledge=GuideForAll("work")))
    await talk.hears(told, "device_offline").runs("action_guide")
    assert talk.slots.get("guide_state") is not None
