"""What has not come, what only sounds late, and what is asked for the wait."""

from __future__ import annotations

import pytest

from actions.compensation import asks_compensation
from tests.unit.actions.fakes import Dialogue, FakeShop, a_runtime, an_order, talk_with, texts


async def test_compensation_leads_to_the_gesture_for_the_late_order_and_then_to_a_person() -> None:
    late = an_order(late=True, days_late=6)
    talk = talk_with(late, an_order("LH-100232"))
    talk.loop, talk.slots = "order_form", {"requested_slot": "order_number", "order_task": "track_order"}
    await talk.hears("that's not good enough, i want compensation", "get_refund").runs("validate_order_form")
    assert (talk.slots["order_number"], talk.slots["requested_slot"]) == ("LH-100234", None)
    talk.loop = None
    talk.events.append({"event": "action", "name": "order_form"})
    await talk.runs("action_order")
    assert talk.slots["pending"].startswith("goodwill")
    await talk.hears("and what do i get for the trouble", "nlu_fallback").runs("action_fallback")
    assert talk.slots["pending"] == "person_offer"


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("thank you so much for all the trouble you took", False),
        ("sorry for the trouble", False),
        ("sorry for the trouble is not enough, I want compensation", True),
        ("what do I get for the trouble?", True),
    ],
)
def test_thanks_for_the_trouble_ask_for_nothing(said: str, asks: bool) -> None:
    assert asks_compensation(said) is asks


@pytest.mark.parametrize(
    ("said", "task"),
    [
        ("the camera is over a week late", "order_delayed"),
        ("where's my camera", "track_order"),
        ("my camera still hasn't arrived", "order_delayed"),
    ],
)
async def test_thing_that_has_not_come_is_an_order_whatever_trouble_its_name_resembles(said: str, task: str) -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears(said, "automation_not_running", sure=0.78, product="camera").runs("action_guide")
    assert talk.slots.get("guide_state") is None and talk.slots["order_task"] == task


async def test_praise_for_a_thing_that_never_came_is_none() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    said = await talk.hears("loved paying for a camera that never comes", "praise", product="camera").runs(
        "action_praise"
    )
    assert talk.slots["order_task"] == "order_delayed" and "lovely" not in texts(said)


@pytest.mark.parametrize("said", ["the camera turns on an hour late", "my camera is late to notice people"])
async def test_thing_that_does_something_late_is_no_late_order(said: str) -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears(said, "device_offline", product="camera").runs("action_guide")
    assert talk.slots.get("order_task") is None


async def test_something_for_the_wait_is_the_gesture_that_stands_offered() -> None:
    talk = talk_with(an_order(late=True, days_late=6))
    await talk.hears("where is it", "track_order").runs("action_order")
    said = await talk.hears("can I at least get something for the wait", "nlu_fallback").runs("action_fallback")
    assert "voucher" in texts(said) and talk.slots["pending"].startswith("goodwill")


async def test_a_discount_for_many_is_a_question_and_no_claim() -> None:
    talk = talk_with(an_order())
    said = await talk.hears("is there a discount for that", "price_or_promo_problem").runs("action_answer_question")
    assert "for the trouble" not in texts(said)
