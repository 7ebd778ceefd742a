"""Answers, misses, guides, yes and no: the craft of the conversation."""

from __future__ import annotations

import pytest

from tests.unit.actions.fakes import Dialogue, envelope, options, texts


async def test_question_is_answered_with_the_article_and_asked_whether_it_helped() -> None:
    talk = Dialogue()
    said = await talk.hears("how can I pay?", "check_payment_methods").runs("action_answer_question")
    assert "By card or PayPal, says Lumen & Hearth." in texts(said)
    assert envelope(said)["article"] == {"id": "paying", "version": 1, "title": "Ways to pay", "score": 0.9}
    assert {"/issue_resolved", "/not_helpful", "/contact_human_agent"} <= set(options(said).values())
    assert talk.slots["pending"] == "helped:paying:1"


async def test_question_without_an_answer_gets_near_matches_and_ways_out() -> None:
    talk = Dialogue()
    said = await talk.hears("do you sell boats", "product_availability").runs("action_answer_question")
    offered = options(said)
    assert offered["Gift cards"] == '/choose_article{"article": "gift-cards"}'
    assert offered["Track an order"] == "/track_order"
    assert "Nonsense" not in offered
    assert {"/none_of_these", "/contact_human_agent"} <= set(offered.values())


async def test_first_miss_offers_three_near_matches_and_the_second_a_person() -> None:
    talk = Dialogue()
    first = await talk.hears("blorf", "nlu_fallback").runs("action_fallback")
    assert len(options(first)) == 5
    assert envelope(first)["effort"]["missed"] is True
    second = await talk.hears("snarg", "nlu_fallback").runs("action_fallback")
    assert talk.slots["pending"] == "person_offer"
    assert "/contact_human_agent" in options(second).values()


async def test_an_understood_message_between_two_misses_begins_the_count_anew() -> None:
    talk = Dialogue()
    await talk.hears("blorf", "nlu_fallback").runs("action_fallback")
    said = await talk.hears("hello", "greet").runs("action_greet")
    assert envelope(said)["effort"]["missed"] is False
    await talk.hears("snarg", "nlu_fallback").runs("action_fallback")
    assert talk.slots.get("pending") is None


async def test_repeated_question_offers_a_person_instead_of_the_same_answer() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay for it", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears("how can I pay for it??", "check_payment_methods").runs("action_answer_question")
    assert "By card" not in texts(said)
    assert envelope(said)["effort"]["repeated"] is True
    assert talk.slots["pending"] == "person_offer"


async def test_angry_question_is_answered_and_a_person_offered() -> None:
    talk = Dialogue()
    text = "this is ridiculous, I am furious, let me pay you idiots"
    said = await talk.hears(text, "check_payment_methods").runs("action_answer_question")
    assert "By card" in texts(said)
    assert talk.slots["pending"] == "person_offer"
    assert envelope(said)["effort"]["mood"] < -0.5


@pytest.mark.parametrize("times", [1, 2])
async def test_what_did_not_help_leads_to_a_person_at_the_latest_the_second_time(times: int) -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    for _ in range(times):
        said = await talk.hears("no", "deny").runs("action_not_helpful")
    assert "/contact_human_agent" in options(said).values()
    assert (talk.slots["pending"] == "person_offer") is (times == 2)


@pytest.mark.parametrize(
    ("said", "intent", "action", "helped"),
    [("yes", "affirm", "action_affirm", True), ("no", "deny", "action_deny", False)],
)
async def test_whether_an_article_helped_is_told_with_its_version(
    said: str, intent: str, action: str, helped: bool
) -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    told = await talk.hears(said, intent).runs(action)
    assert envelope(told)["verdict"] == {"id": "paying", "version": 1, "helped": helped}


async def test_thanks_and_then_yes_still_speak_of_the_article() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    await talk.hears("thanks", "thank").runs("action_thank")
    told = await talk.hears("yes", "affirm").runs("action_affirm")
    assert envelope(told)["verdict"] == {"id": "paying", "version": 1, "helped": True}


async def test_a_yes_to_another_question_is_no_word_on_an_article() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    await talk.hears("what a mess, all of it", "complaint").runs("action_complaint")
    told = await talk.hears("yes", "affirm").runs("action_affirm")
    assert "verdict" not in envelope(told)


async def test_what_did_not_help_leads_on_to_articles_not_shown_yet() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    told = await talk.hears("no", "deny").runs("action_not_helpful")
    assert "Gift cards" in options(told)
    assert {"/none_of_these", "/contact_human_agent"} <= set(options(told).values())
    assert "Ways to pay" not in options(told)


async def test_yes_means_the_last_question_only() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    await talk.hears("something off topic", "out_of_scope").runs("action_out_of_scope")
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    assert "transition" not in envelope(said)


async def test_yes_to_did_that_help_resolves_the_case() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    assert envelope(said)["transition"] == {"to": "resolved", "reason": "customer_confirmed"}


async def test_solved_without_a_problem_is_only_kind() -> None:
    talk = Dialogue()
    said = await talk.hears("all good now", "issue_resolved").runs("action_confirm_resolved")
    assert texts(said) and "transition" not in envelope(said)


async def test_thanks_asks_whether_it_is_solved_only_when_something_was_open() -> None:
    talk = Dialogue()
    assert options(await talk.hears("thanks", "thank").runs("action_thank")) == {}
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears("thanks", "thank").runs("action_thank")
    assert "/issue_resolved" in options(said).values()


@pytest.mark.parametrize("text", ["yes that's it, thanks", "Yep! thank you", "all good, cheers"])
async def test_thanks_that_say_yes_answer_did_that_help(text: str) -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears(text, "thank").runs("action_thank")
    assert envelope(said)["transition"]["to"] == "resolved"


async def test_a_person_is_brought_at_once_with_what_was_tried() -> None:
    talk = Dialogue()
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    await talk.hears("Yes, it is lit", "guide_reply", tapped=True, guide_choice="lit").runs("validate_guide_form")
    said = await talk.hears("get me a human", "contact_human_agent").runs("action_escalate")
    wanted = envelope(said)["transition"]
    assert (wanted["to"], wanted["reason"]) == ("queue", "asked_for_person")
    assert wanted["context"]["steps_tried"] == [
        {"guide": "A device is offline", "step": "Is a light on?", "answer": "Yes, it is lit"}
    ]
    assert talk.loop is None


async def test_first_greeting_says_that_it_is_a_bot() -> None:
    talk = Dialogue(name="Mira Okafor")
    first = texts(await talk.hears("hi", "greet").runs("action_greet"))
    assert "Mira" in first and ("bot" in first or "automated" in first)
    again = texts(await talk.hears("hi", "greet").runs("action_greet"))
    assert "automated" not in again and "bot" not in again


async def test_guide_shows_steps_as_cards_and_ends_resolved() -> None:
    talk = Dialogue()
    opening = await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    assert "bring it back" in texts(opening)
    assert (talk.loop, talk.slots["requested_slot"]) == ("guide_form", "guide_reply")
    step = await talk.runs("action_ask_guide_reply")
    assert envelope(step)["card"]["kind"] == "guide" and envelope(step)["card"]["step"] == 1
    assert envelope(step)["effort"] == {"guide_step": True}
    assert options(step)["Yes, it is lit"] == '/guide_reply{"guide_choice": "lit"}'

    await talk.hears("yes it is lit", "affirm").runs("validate_guide_form")
    assert envelope(await talk.runs("action_ask_guide_reply"))["card"]["step"] == 2
    await talk.hears("it works now", "issue_resolved").runs("validate_guide_form")
    assert talk.slots["requested_slot"] is None
    said = await talk.runs("action_guide_end")
    assert envelope(said)["transition"]["to"] == "resolved"


async def test_dead_end_of_a_guide_goes_to_a_person() -> None:
    talk = Dialogue()
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    said = await talk.hears("no light at all", "deny").runs("validate_guide_form")
    assert "colleague" in texts(said)
    ended = envelope(await talk.runs("action_guide_end"))["transition"]
    assert (ended["to"], ended["reason"]) == ("queue", "guide_dead_end")


async def test_question_within_a_guide_is_left_to_its_rule_and_the_step_stays() -> None:
    talk = Dialogue()
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    before = dict(talk.slots)
    assert await talk.hears("how can I pay", "check_payment_methods").runs("validate_guide_form") == []
    assert talk.slots == before
    said = await talk.runs("action_answer_question")
    assert "/issue_resolved" not in options(said).values()


async def test_two_replies_a_guide_cannot_place_offer_a_person() -> None:
    talk = Dialogue()
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    first = await talk.hears("purple", "nlu_fallback").runs("validate_guide_form")
    assert "Look at the front." in texts(first) and options(first) == {}
    await talk.hears("elephant", "nlu_fallback").runs("validate_guide_form")
    second = await talk.runs("action_ask_guide_reply")
    assert "/contact_human_agent" in options(second).values()


async def test_never_mind_in_words_leaves_a_guide_that_can_be_taken_up_again() -> None:
    talk = Dialogue()
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    await talk.hears("ok forget it", "affirm").runs("validate_guide_form")
    assert talk.slots["requested_slot"] is None
    said = await talk.runs("action_guide_end")
    assert "/continue_guide" in options(said).values() and "transition" not in envelope(said)
    await talk.hears("Go on", "continue_guide", tapped=True).runs("action_guide")
    assert (talk.loop, talk.slots["requested_slot"]) == ("guide_form", "guide_reply")


async def test_device_without_a_guide_is_answered_from_the_articles() -> None:
    talk = Dialogue()
    said = await talk.hears("how to pay for a new battery", "battery_problem").runs("action_guide")
    assert "By card" in texts(said) and talk.loop is None


async def test_repeated_turn_says_the_same_words() -> None:
    said = []
    for _ in range(2):
        said.append(texts(await Dialogue().hears("bye", "goodbye").runs("action_goodbye")))
    assert said[0] == said[1]


async def test_way_out_of_a_form_keeps_the_guide_for_later() -> None:
    talk = Dialogue()
    await talk.hears("my lamp is offline", "device_offline").runs("action_guide")
    talk.loop = "order_form"
    said = await talk.hears("Never mind", "never_mind", tapped=True).runs("action_never_mind")
    assert talk.loop is None
    assert options(said) == {"Go on with the steps": "/continue_guide"}
