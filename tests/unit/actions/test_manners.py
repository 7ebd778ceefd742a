"""Heard in the customer's language and mood, in full, and as meant: what holds for every answer."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from actions.wants import parts_of
from tests.unit.actions.fakes import (
    Dialogue,
    FakeKnowledge,
    FakeShop,
    a_runtime,
    an_order,
    envelope,
    fake_model,
    options,
    texts,
)

SIGNED = {"external_id": "cus_mira", "verified": True}
MODEL = fake_model(
    refund=("track_refund", 0.9),
    cancel=("cancel_order", 0.9),
    paypal=("check_payment_methods", 0.9),
    password=("recover_password", 0.9),
    human=("contact_human_agent", 0.9),
    order=("track_order", 0.9),
)


def two_orders() -> FakeShop:
    lamp = an_order("LH-100001", status="placed", can_cancel=True, shipped_at=None)
    plug = an_order("LH-100002", items=[{"sku": "PLUG", "name": "Tap Plug", "quantity": 1}])
    return FakeShop(lamp, plug)


# Misses


async def test_two_dead_ends_in_a_row_of_different_kinds_offer_a_person() -> None:
    talk = Dialogue()
    await talk.hears("do you sell boats", "product_availability").runs("action_answer_question")
    said = await talk.hears("None of these", "none_of_these", tapped=True).runs("action_none_of_these")
    assert talk.slots["pending"] == "person_offer"
    assert "/contact_human_agent" in options(said).values()


async def test_third_miss_is_never_another_please_rephrase() -> None:
    talk = Dialogue()
    await talk.hears("blorf", "nlu_fallback").runs("action_fallback")
    for word in ("snarg", "wibble"):
        said = await talk.hears(word, "nlu_fallback").runs("action_fallback")
        assert talk.slots["pending"] == "person_offer" and "person" in texts(said)


async def test_annoyed_customer_is_offered_a_person_at_the_first_miss() -> None:
    talk = Dialogue()
    await talk.hears("this is really annoying, blorf", "nlu_fallback").runs("action_fallback")
    assert talk.slots["pending"] == "person_offer"


# The same question again


async def test_same_answer_is_not_given_twice_but_near_matches_and_a_person() -> None:
    talk = Dialogue()
    first = await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears("which ways to pay do you take", "check_payment_methods").runs("action_answer_question")
    assert "By card" in texts(first) and "By card" not in texts(said)
    assert {"/none_of_these", "/contact_human_agent"} <= set(options(said).values())
    assert envelope(said)["effort"]["repeated"] is True
    await talk.hears("so in what way could I pay", "check_payment_methods").runs("action_answer_question")
    assert talk.slots["pending"] == "person_offer"


async def test_whoever_asks_to_hear_it_again_hears_it_again() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears("remind me how to pay", "check_payment_methods").runs("action_answer_question")
    assert "By card" in texts(said)


# Wordings and mood


async def test_no_wording_is_used_twice_in_a_row() -> None:
    talk = Dialogue()
    said = [texts(await talk.hears("bye", "goodbye").runs("action_goodbye")) for _ in range(6)]
    assert all(one != other for one, other in pairwise(said)), said


async def test_annoyed_customer_hears_that_we_are_sorry_once_and_not_at_every_turn() -> None:
    talk = Dialogue()
    first = await talk.hears("so annoying, how can I pay", "check_payment_methods").runs("action_answer_question")
    assert "sorry" in (first[0]["text"] or "")
    assert "By card" in texts(first)
    second = await talk.hears("hello, this is annoying", "greet").runs("action_greet")
    assert "sorry" not in texts(second)


async def test_anger_fades_with_calm_messages_and_offers_are_not_repeated_at_once() -> None:
    talk = Dialogue()
    await talk.hears("I am furious, let me pay you idiots", "check_payment_methods").runs("action_answer_question")
    assert talk.slots["pending"] == "person_offer"
    said = await talk.hears("you are still pathetic, hello", "greet").runs("action_greet")
    assert talk.slots["pending"] == "person_offer" and "take over" not in texts(said)
    for _ in range(4):
        said = await talk.hears("hello", "greet").runs("action_greet")
    assert "sorry" not in texts(said) and "person" not in texts(said).replace("A person from the team", "")


async def test_anger_leaves_a_question_about_cancelling_standing_and_adds_a_person_to_it() -> None:
    talk = Dialogue(a_runtime(two_orders()), **SIGNED)
    talk.hears("cancel this crap order LH-100001, I'm furious", "cancel_order", order_number="LH-100001")
    said = await talk.runs("action_order")
    assert talk.slots["pending"] == "cancel:LH-100001"
    assert {"/affirm", "/deny", "/contact_human_agent"} <= set(options(said).values())


async def test_anger_is_heard_even_when_only_the_form_has_something_to_ask() -> None:
    talk = Dialogue()
    said = await talk.hears("this is a joke, I'm furious, where is my parcel", "track_order").runs("action_order")
    assert "sorry" in texts(said) and "/contact_human_agent" in options(said).values()
    assert talk.loop == "order_form"


async def test_what_did_not_help_and_then_is_not_understood_are_two_dead_ends() -> None:
    talk = Dialogue()
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    await talk.hears("No", "not_helpful", tapped=True).runs("action_not_helpful")
    await talk.hears("blorf", "nlu_fallback").runs("action_fallback")
    assert talk.slots["pending"] == "person_offer"


# Small talk, coarse words, other languages


@pytest.mark.parametrize(
    "text", ["how are you?", "Hi, how are you doing", "tell me a joke", "what's your name", "lol", "anyone there?"]
)
async def test_small_talk_gets_one_line_and_no_options(text: str) -> None:
    talk = Dialogue()
    said = await talk.hears(text, "out_of_scope").runs("action_out_of_scope")
    assert len(said) == 1 and options(said) == {}
    assert len(said[0]["text"].split()) < 25


@pytest.mark.parametrize("text", ["how are you going to refund me?", "is anyone there to fix my lamp", "test my plug"])
async def test_wish_that_begins_like_small_talk_is_none(text: str) -> None:
    said = await Dialogue().hears(text, "out_of_scope").runs("action_out_of_scope")
    assert "/track_order" in options(said).values()


async def test_coarse_words_do_not_hide_what_is_wanted() -> None:
    talk = Dialogue(a_runtime(knowledge=FakeKnowledge("paypal"), understand=MODEL))
    said = await talk.hears("fucking hell, paypal or what", "nlu_fallback").runs("action_fallback")
    assert "By card" in texts(said)
    assert talk.slots.get("misses") in {None, 0}


async def test_abuse_gets_a_calm_line_and_the_second_time_a_person() -> None:
    talk = Dialogue()
    said = await talk.hears("you stupid piece of shit", "out_of_scope").runs("action_out_of_scope")
    assert "language" not in texts(said) and "/contact_human_agent" in options(said).values()
    again = await talk.hears("fuck you idiots", "nlu_fallback").runs("action_fallback")
    assert talk.slots["pending"] == "person_offer"
    assert texts(again)


async def test_other_language_is_answered_in_that_language_and_in_english() -> None:
    talk = Dialogue()
    said = await talk.hears("Wo ist meine Bestellung?", "track_order").runs("action_order")
    assert "Englisch" in texts(said) and "I only understand English" in texts(said)
    assert "/contact_human_agent" in options(said).values()
    await talk.hears("ich verstehe das nicht", "nlu_fallback").runs("action_fallback")
    assert talk.slots["pending"] == "person_offer"


async def test_other_language_within_a_form_leaves_the_form_where_it_was() -> None:
    talk = Dialogue()
    await talk.hears("where is my order", "track_order").runs("action_order")
    said = await talk.hears("¿Dónde está mi pedido?", "nlu_fallback").runs("validate_order_form")
    assert "inglés" in texts(said)
    assert (talk.loop, talk.slots["requested_slot"]) == ("order_form", "order_number")
    assert not talk.slots.get("order_asks")


# Options in words


async def test_the_second_one_means_the_second_option() -> None:
    talk = Dialogue(a_runtime(two_orders()), **SIGNED)
    await talk.hears("where is my order", "track_order").runs("action_order")
    await talk.runs("action_ask_order_number")
    await talk.hears("the second one", "nlu_fallback").runs("validate_order_form")
    assert talk.slots["order_number"] == "LH-100002"


@pytest.mark.parametrize(
    ("text", "number"),
    [("the plug", "LH-100002"), ("two", "LH-100002"), ("1", "LH-100001"), ("the lamp one", "LH-100001")],
)
async def test_order_is_chosen_by_its_article_or_place(text: str, number: str) -> None:
    talk = Dialogue(a_runtime(two_orders()), **SIGNED)
    await talk.hears("where is my order", "track_order").runs("action_order")
    await talk.runs("action_ask_order_number")
    await talk.hears(text, "nlu_fallback").runs("validate_order_form")
    assert talk.slots["order_number"] == number


async def test_order_is_chosen_by_its_day() -> None:
    shop = FakeShop(an_order("LH-100001", placed_at=datetime(2026, 2, 7, tzinfo=UTC)), an_order("LH-100002"))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("where is my order", "track_order").runs("action_order")
    await talk.runs("action_ask_order_number")
    await talk.hears("the one from the 7th of February 2026", "nlu_fallback").runs("validate_order_form")
    assert talk.slots["order_number"] == "LH-100001"


async def test_near_match_is_taken_by_its_place() -> None:
    talk = Dialogue()
    await talk.hears("do you sell boats", "product_availability").runs("action_answer_question")
    await talk.hears("the first one please", "affirm").runs("action_affirm")
    assert (talk.slots["order_task"], talk.loop) == ("track_order", "order_form")


async def test_number_stays_a_rating_while_one_is_asked_for() -> None:
    talk = Dialogue()
    await talk.hears("do you sell boats", "product_availability").runs("action_answer_question")
    talk.slots["survey"] = "s1"
    await talk.hears("2", "greet").runs("action_greet")
    assert talk.slots.get("order_task") is None


# Corrections


async def test_wrong_number_is_corrected_and_the_same_thing_done_again() -> None:
    talk = Dialogue(a_runtime(two_orders()), **SIGNED)
    await talk.hears("cancel LH-100002", "cancel_order", order_number="LH-100002").runs("action_order")
    talk.hears("sorry, wrong number: LH-100001", "track_order", order_number="LH-100001")
    await talk.runs("action_order")
    assert talk.slots["pending"] == "cancel:LH-100001"


async def test_no_the_other_order_is_done_with_the_other_one() -> None:
    talk = Dialogue(a_runtime(two_orders()), **SIGNED)
    await talk.hears("where is LH-100001", "track_order", order_number="LH-100001").runs("action_order")
    said = await talk.hears("no, the other order", "deny").runs("action_deny")
    assert envelope(said)["card"]["number"] == "LH-100002"


async def test_not_that_one_asks_which_when_several_could_be_meant() -> None:
    shop = FakeShop(an_order("LH-100001"), an_order("LH-100002"), an_order("LH-100003"))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("where is LH-100001", "track_order", order_number="LH-100001").runs("action_order")
    said = await talk.hears("not that one", "deny").runs("action_deny")
    assert {title[:9] for title in options(said)} == {"LH-100002", "LH-100003", "Never min"}


async def test_i_meant_the_plug_finds_the_order_with_the_plug() -> None:
    talk = Dialogue(a_runtime(two_orders()), **SIGNED)
    await talk.hears("where is LH-100001", "track_order", order_number="LH-100001").runs("action_order")
    said = await talk.hears("I meant the plug", "nlu_fallback", product="Tap Plug").runs("action_fallback")
    assert envelope(said)["card"]["number"] == "LH-100002"


async def test_i_meant_the_first_one_takes_it_from_the_list_shown_before() -> None:
    talk = Dialogue(a_runtime(two_orders()), **SIGNED)
    await talk.hears("where is my order", "track_order").runs("action_order")
    await talk.runs("action_ask_order_number")
    talk.loop = None
    await talk.hears("LH-100002", "choose_order", tapped=True, order_number="LH-100002").runs("action_order")
    said = await talk.hears("sorry I meant the first one", "deny").runs("action_deny")
    assert envelope(said)["card"]["number"] == "LH-100001"


async def test_stranger_who_means_another_order_is_asked_for_its_number() -> None:
    talk = Dialogue(a_runtime(two_orders()), email="mira@example.com")
    await talk.hears("where is LH-100001", "track_order", order_number="LH-100001").runs("action_order")
    await talk.hears("no, the other one", "deny").runs("action_deny")
    assert (talk.loop, talk.slots["requested_slot"]) == ("order_form", "order_number")


async def test_i_meant_something_else_is_answered_for_that() -> None:
    talk = Dialogue(a_runtime(understand=MODEL))
    await talk.hears("do you sell boats", "product_availability").runs("action_answer_question")
    said = await talk.hears("no, I meant can I pay with paypal", "deny").runs("action_deny")
    assert "By card" in texts(said)


async def test_plain_no_is_no_correction() -> None:
    talk = Dialogue(a_runtime(two_orders()), **SIGNED)
    await talk.hears("cancel LH-100001", "cancel_order", order_number="LH-100001").runs("action_order")
    said = await talk.hears("no", "deny").runs("action_deny")
    assert "stays as it is" in texts(said)


# Several wants


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("cancel my order and where's my refund for the other one?", 2),
        ("Can I pay with paypal? Also, how do I reset my password?", 2),
        ("track my order, and also i want to know how to pay with paypal", 2),
        ("hi, 1) where is my lamp 2) i need the invoice 3) how do i delete my account", 3),
        ("1. cancel the plugs\n2. where is my refund for the lamp", 2),
        ("where is my order", 0),
        ("i just bought the hub and can't add it, do you know why", 0),
        ("cancel my order, can you do it? order is LH-100555", 0),
        ("my lamp is broken and it smells odd", 0),
        ("I bought a hub and a plug last week but the plug is dead", 0),
        ("hello, can you help me with my order please", 0),
    ],
)
def test_only_messages_that_may_ask_for_two_things_are_taken_apart(text: str, parts: int) -> None:
    assert len(parts_of(text)) == parts, parts_of(text)


async def test_two_questions_are_both_answered_with_one_did_that_help() -> None:
    knowledge = FakeKnowledge("pay", "password")
    talk = Dialogue(a_runtime(knowledge=knowledge, understand=MODEL))
    text = "can I pay with paypal? also, how do I reset my password?"
    said = await talk.hears(text, "check_payment_methods").runs("action_answer_question")
    assert sum("/issue_resolved" in str(message.get("buttons")) for message in said) <= 1
    assert "other" in texts(said)


async def test_answer_comes_first_and_then_what_has_to_be_done() -> None:
    talk = Dialogue(a_runtime(two_orders(), understand=MODEL), **SIGNED)
    text = "cancel my order LH-100001, and can I pay with paypal next time?"
    said = await talk.hears(text, "cancel_order", order_number="LH-100001").runs("action_order")
    assert texts(said).index("By card") < texts(said).index("other")
    assert talk.loop == "order_form" or talk.slots["pending"].startswith("cancel")


async def test_second_thing_to_do_waits_until_the_first_is_done() -> None:
    talk = Dialogue(a_runtime(two_orders(), understand=MODEL), **SIGNED)
    text = "cancel my order LH-100001 and where's my refund for the other one?"
    talk.hears(text, "cancel_order", order_number="LH-100001")
    said = await talk.runs("action_order")
    assert "one after the other" in texts(said)
    talk.loop = None
    talk.hears("LH-100001", "choose_order", tapped=True, order_number="LH-100001")
    await talk.runs("action_order")
    assert talk.slots["pending"] == "cancel:LH-100001" and talk.slots["next_wants"]
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    assert "is cancelled" in texts(said) and "other" in texts(said)
    assert "LH-100002" in texts(said)
    assert talk.slots["next_wants"] is None


async def test_person_among_the_wants_is_brought_at_once() -> None:
    talk = Dialogue(a_runtime(understand=MODEL))
    text = "where is my order? and can I talk to a human please"
    said = await talk.hears(text, "track_order").runs("action_order")
    assert envelope(said)["transition"]["to"] == "queue"


async def test_unsure_second_part_leaves_the_message_as_it_was() -> None:
    unsure = fake_model(paypal=("check_payment_methods", 0.9), thing=("recover_password", 0.4))
    talk = Dialogue(a_runtime(understand=unsure))
    text = "can I pay with paypal? and what is this thing about"
    said = await talk.hears(text, "check_payment_methods").runs("action_answer_question")
    assert len([message for message in said if "By card" in (message["text"] or "")]) == 1
    assert talk.slots.get("next_wants") is None
