"""Guides in the conversation: heard at the beginning, interrupted, paused, left, and taken up again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.actions.fakes import Dialogue, FakeKnowledge, GuideForAll, a_runtime, envelope, options, texts


async def begun(text: str = "my lamp is offline") -> Dialogue:
    talk = Dialogue()
    await talk.hears(text, "device_offline").runs("action_guide")
    await talk.runs("action_ask_guide_reply")
    return talk


async def replies(talk: Dialogue, text: str, intent: str, **options: Any) -> list[dict[str, Any]]:
    """A typed reply within the form, and what the form says to it, the next step included."""
    said = await talk.hears(text, intent, **options).runs("validate_guide_form")
    if talk.slots["requested_slot"] is None:
        talk.loop = None  # as Rasa does with a form that has all it wants
        return said + await talk.runs("action_guide_end")
    return said + await talk.runs("action_ask_guide_reply")


async def test_step_after_a_detour_says_so_and_offers_a_way_out() -> None:
    talk = await begun()
    assert "Stop the steps" not in options(await talk.runs("action_ask_guide_reply"))
    talk.hears("how can I pay", "check_payment_methods")
    await talk.runs("action_answer_question")
    again = await talk.runs("action_ask_guide_reply")
    assert "our step" in texts(again)
    assert "Is a light on?" in texts(again)
    assert options(again)["Stop the steps"] == "/never_mind"
    assert "effort" not in envelope(again)


async def test_steps_tried_go_into_the_store_with_each_step() -> None:
    talk = await begun()
    shown = await replies(talk, "yes it is lit", "affirm")
    assert envelope(shown)["steps_tried"] == [
        {"guide": "A device is offline", "step": "Is a light on?", "answer": "Yes, it is lit"}
    ]


@pytest.mark.parametrize(
    ("said", "answered"),
    [("what do you mean?", "Look at the front."), ("one moment", ""), ("skip", "need to know this one"), ("ok", "")],
)
async def test_words_about_the_step_are_answered_and_the_step_stays(said: str, answered: str) -> None:
    talk = await begun()
    told = await replies(talk, said, "nlu_fallback")
    assert answered in texts(told)
    assert "Yes, it is lit" in options(told)
    assert not envelope(told).get("effort", {}).get("missed")


async def test_question_that_no_intent_fits_is_answered_and_the_step_comes_again() -> None:
    talk = await begun()
    said = await replies(talk, "how much would it cost to pay by invoice", "nlu_fallback")
    assert "By card" in texts(said) and "Is a light on?" in texts(said)


async def test_exact_answer_counts_even_when_it_sounds_like_another_trouble() -> None:
    talk = await begun()
    await replies(talk, "no light at all", "battery_problem", sure=0.9)
    assert talk.slots["guide_end"] is None and talk.loop is None


@pytest.mark.parametrize(
    ("said", "taken_for", "sure"),
    [
        ("it's blinking red", "battery_problem", 0.95),
        ("the led is purple", "track_order", 0.9),
        ("elephant", "track_order", 0.5),
        ("yes runs now", "praise", 0.9),
    ],
)
async def test_words_about_the_device_start_no_other_flow(said: str, taken_for: str, sure: float) -> None:
    talk = Dialogue(a_runtime(knowledge=GuideForAll()))
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    await talk.hears(said, taken_for, sure=sure).runs("validate_guide_form")
    assert talk.slots["guide_state"]["guide"] == "device_offline"
    assert talk.slots["requested_slot"] == "guide_reply" or talk.slots["guide_end"] == "solved"


async def test_sure_wish_about_something_else_is_left_to_its_rule() -> None:
    talk = await begun()
    assert await talk.hears("where is my parcel", "track_order", sure=0.9).runs("validate_guide_form") == []


async def test_each_miss_says_less_and_the_third_asks_about_a_person() -> None:
    talk = await begun()
    first = await replies(talk, "an elephant", "nlu_fallback")
    second = await replies(talk, "two elephants", "nlu_fallback")
    third = await replies(talk, "three elephants", "nlu_fallback")
    assert "Is a light on?" in texts(first)
    assert "Is a light on?" not in texts(second) and "Yes, it is lit" in options(second)
    assert "Shall I get a person?" in texts(third)
    assert set(options(third).values()) == {"/contact_human_agent", "/continue_guide"}
    over = await replies(talk, "yes please", "affirm")
    assert talk.loop is None and envelope(over)["transition"]["reason"] == "guide_not_understood"


async def test_going_on_after_the_third_miss_shows_the_whole_step_again() -> None:
    talk = await begun()
    for said in ("an elephant", "two elephants", "three elephants"):
        await replies(talk, said, "nlu_fallback")
    await talk.hears("No, go on", "continue_guide", tapped=True).runs("action_guide")
    assert talk.slots["guide_state"]["misses"] == 0


async def test_no_change_after_the_guide_was_left_is_no_good_news() -> None:
    talk = await begun()
    await replies(talk, "yes it is lit", "affirm")
    await replies(talk, "never mind", "deny")
    await talk.hears("ok back to the lamp, nothing changed", "issue_resolved").runs("action_confirm_resolved")
    assert talk.loop == "guide_form"


async def test_symptom_told_after_asking_begins_its_guide_with_all_that_was_said() -> None:
    talk = Dialogue()
    await talk.hears("it doesn't work", "nlu_fallback").runs("action_fallback")
    await talk.hears("the camera", "nlu_fallback").runs("action_fallback")
    await talk.hears("no picture", "deny").runs("action_deny")
    assert talk.loop == "guide_form"
    assert talk.slots["guide_state"]["said"] == "the camera, no picture"
    assert "our step" not in texts(await talk.runs("action_ask_guide_reply"))


async def test_other_trouble_in_the_midst_of_the_steps_is_offered_and_not_jumped_to() -> None:
    talk = Dialogue(a_runtime(knowledge=GuideForAll()))
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    await replies(talk, "yes it is lit", "affirm")
    said = await replies(talk, "it belongs to my landlord", "battery_problem", sure=0.9)
    assert "/battery_problem" in options(said).values()
    assert "Unplug it" in texts(said)


async def test_tapped_way_out_keeps_the_place() -> None:
    talk = await begun()
    said = await talk.hears("Stop the steps", "never_mind", tapped=True).runs("action_never_mind")
    assert talk.loop is None
    assert "/continue_guide" in options(said).values()
    assert talk.slots["guide_state"]


async def test_answers_after_leaving_offer_to_go_on() -> None:
    talk = await begun()
    await replies(talk, "never mind", "deny")
    said = await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    assert options(said)["Go on with the steps"] == "/continue_guide"


async def test_same_trouble_again_asks_whether_to_go_on_and_yes_goes_on() -> None:
    talk = await begun()
    await replies(talk, "yes it is lit", "affirm")
    await replies(talk, "never mind", "deny")
    said = await talk.hears("my lamp is still offline", "device_offline").runs("action_guide")
    assert "go on where we stopped" in texts(said)
    assert {"/continue_guide", '/continue_guide{"guide_choice": "start_again"}'} <= set(options(said).values())
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert talk.loop == "guide_form"
    assert "Unplug it" in texts(await talk.runs("action_ask_guide_reply"))


async def test_start_again_begins_at_the_first_step() -> None:
    talk = await begun()
    await replies(talk, "yes it is lit", "affirm")
    await replies(talk, "never mind", "deny")
    await talk.hears("Start again", "continue_guide", tapped=True, guide_choice="start_again").runs("action_guide")
    assert "Is a light on?" in texts(await talk.runs("action_ask_guide_reply"))


async def test_reply_to_a_guide_that_was_left_takes_it_up() -> None:
    talk = await begun()
    await replies(talk, "never mind", "deny")
    await talk.hears("there is no light, wait yes it is lit", "nlu_fallback").runs("action_fallback")
    assert talk.loop is None, "two answers in one are none"
    await talk.hears("yes it is lit", "nlu_fallback").runs("action_fallback")
    assert talk.loop == "guide_form"
    assert "Unplug it" in texts(await talk.runs("action_ask_guide_reply"))


@pytest.mark.parametrize(("later", "asked"), [(60.0, False), (20 * 3600.0, True)])
async def test_who_comes_back_after_hours_is_asked_before_the_guide_goes_on(later: float, asked: bool) -> None:
    talk = await begun()
    for event in talk.events:
        event["timestamp"] = 1000.0
    talk.hears("hello", "greet")
    talk.events[-1]["timestamp"] = 1000.0 + later
    await talk.runs("validate_guide_form")
    assert (talk.slots.get("guide_end") == "came_back") is asked
    if asked:
        talk.loop = None
        said = await talk.runs("action_guide_end")
        assert "go on where we stopped" in texts(said)
        await talk.hears("yes", "affirm").runs("action_affirm")
        assert talk.loop == "guide_form"


async def test_clear_reply_after_hours_is_taken_at_once() -> None:
    talk = await begun()
    for event in talk.events:
        event["timestamp"] = 1000.0
    talk.hears("yes it is lit", "affirm")
    talk.events[-1]["timestamp"] = 90_000.0
    await talk.runs("validate_guide_form")
    assert "Unplug it" in texts(await talk.runs("action_ask_guide_reply"))


async def test_guide_that_is_gone_offers_a_person() -> None:
    talk = Dialogue()
    talk.slots["guide_state"] = {"guide": "removed", "step": "a", "path": [], "misses": 0}
    said = await talk.hears("Go on with the steps", "continue_guide", tapped=True).runs("action_guide")
    assert "/contact_human_agent" in options(said).values()
    assert talk.slots["guide_state"] is None


async def test_did_not_help_keeps_its_meaning_while_an_answer_is_open() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears("it doesn't work", "not_helpful").runs("action_not_helpful")
    assert "/battery_problem" not in options(said).values()


@pytest.mark.parametrize(
    ("said", "taken_for"),
    [
        ("like 3 weeks", "delivery_period"),
        ("for two hours now", "delivery_period"),
        ("since a few days", "track_order"),
    ],
)
async def test_how_long_it_has_been_is_no_question_about_delivery(said: str, taken_for: str) -> None:
    talk = await begun()
    answer = await replies(talk, said, taken_for)
    assert "Is a light on?" in texts(answer) and talk.loop == "guide_form"


@pytest.mark.parametrize("said", ["it's on", "yes the switch is on", "location is allowed"])
async def test_a_part_that_is_on_is_no_good_news(said: str) -> None:
    talk = await begun()
    answer = await replies(talk, said, "issue_resolved")
    assert "work again" not in texts(answer) and "works now" not in texts(answer)


async def test_whoever_is_fed_up_amid_the_steps_hears_that_it_was_heard() -> None:
    talk = await begun()
    answer = await replies(talk, "this is pointless", "nlu_fallback")
    assert "sorry" in texts(answer) and "person takes over" in texts(answer) and "Yes, it is lit" in options(answer)


async def test_back_to_the_lamp_within_its_steps_is_no_miss() -> None:
    talk = await begun()
    answer = await replies(talk, "ok back to the lamp", "nlu_fallback")
    assert "Yes, it is lit" in options(answer) and not envelope(answer).get("effort", {}).get("missed")


async def test_stop_asking_leaves_the_steps_and_they_can_be_taken_up_again() -> None:
    talk = await begun()
    await talk.hears("stop asking me if that helped", "not_helpful").runs("validate_guide_form")
    assert talk.slots["guide_end"] == "stopped" and talk.slots["requested_slot"] is None


class AnswersTogether(FakeKnowledge):
    """Knows the answer to a question only together with the one before it."""

    async def answer(self, question: str, *arguments: Any) -> Any:
        return await super().answer("hub" if "do I need a hub" in question else "zxqv", *arguments)


async def test_question_that_leans_on_the_one_before_is_answered_within_the_steps() -> None:
    talk = Dialogue(a_runtime(knowledge=AnswersTogether("hub")))
    talk.hears("do I need a hub for the lamp", "product_availability")
    await talk.runs("action_answer_question")
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    await talk.runs("action_ask_guide_reply")
    said = await replies(talk, "So do I need one?", "nlu_fallback")
    assert "which answer that is" not in texts(said) and "Is a light on?" in texts(said)


async def test_question_without_an_answer_is_called_so_and_not_a_wrong_answer() -> None:
    said = texts(await replies(await begun(), "So do I need one of those zebras?", "nlu_fallback"))
    assert "know" in said and "Which is closest" not in said and "Is a light on?" in said


async def test_whoever_finds_the_steps_too_long_hears_that_it_was_heard() -> None:
    said = texts(await replies(await begun(), "this is taking too long", "nlu_fallback"))
    assert "sorry" in said


@pytest.mark.parametrize("said", ["yes it works!! you're brilliant", "works. thx"])
async def test_good_news_is_no_yes_to_the_person_whom_the_third_miss_offers(said: str) -> None:
    talk = await begun()
    for miss in ("an elephant", "two elephants", "three elephants"):
        await replies(talk, miss, "nlu_fallback")
    asked = await replies(talk, said, "affirm")
    assert "transition" not in envelope(asked) and "It works now" in options(asked)
    over = await replies(talk, "yes", "affirm")
    assert envelope(over)["transition"]["to"] == "resolved"


async def test_a_yes_after_another_answer_calls_no_person_whom_nothing_offers_any_more() -> None:
    talk = await begun()
    for miss in ("an elephant", "two elephants", "three elephants"):
        await replies(talk, miss, "nlu_fallback")
    await talk.hears("thank you", "thank").runs("action_thank")
    await talk.runs("action_ask_guide_reply")
    said = await replies(talk, "yes it is lit", "affirm")
    assert "transition" not in envelope(said) and "Unplug it" in texts(said)


async def test_whoever_has_to_go_finds_the_step_again() -> None:
    talk = await begun()
    await replies(talk, "yes it is lit", "affirm")
    later = await replies(talk, "hmm gotta go, dinner is ready", "nlu_fallback")
    assert talk.loop is None and "keep our place" in texts(later)
    await talk.hears("ok back", "greet").runs("action_greet")
    assert talk.loop == "guide_form" and talk.slots["guide_state"]["step"] == "restart"


async def test_no_it_is_not_about_that_is_no_answer_to_the_step() -> None:
    talk = await begun()
    await replies(talk, "yes it is lit", "affirm")
    said = await replies(talk, "no it's not about the lamp now", "deny")
    assert "transition" not in envelope(said) and talk.loop is None


async def test_bitter_praise_amid_the_steps_is_no_praise() -> None:
    talk = await begun()
    said = await talk.hears("great, broken after 2 weeks. well done.", "praise").runs("action_praise")
    assert "makes our day" not in texts(said) and "lovely to hear" not in texts(said)
    assert "Yes, talk to a person" in options(said)
