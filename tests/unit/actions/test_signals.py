"""What is plain to a person and nothing to a classifier: a thumb, "stop asking", "no more persons", a curse."""

from __future__ import annotations

import pytest

from bot.domain.emoji_answers import EmojiAnswer, emoji_answer
from bot.domain.mood import is_low, read_mood
from bot.domain.plain_answers import begins_as_question, is_plain_no, is_plain_yes, says_stop_asking, wants_no_person
from tests.unit.actions.fakes import (
    SIGNED,
    Dialogue,
    FakeShop,
    a_runtime,
    an_order,
    envelope,
    fake_model,
    options,
    texts,
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("👍", EmojiAnswer.YES), ("👍🏽👍🏽", EmojiAnswer.YES), ("👎", EmojiAnswer.NO), ("❤️", EmojiAnswer.THANKS),
        ("🙏 😊", EmojiAnswer.THANKS), ("🤷‍♀️", EmojiAnswer.UNSURE), ("👍👎", None), ("😡", None), ("ok 👍", None),
        ("?", None), ("", None), ("5️⃣", None),
    ],
)  # fmt: skip
def test_what_emoji_alone_answer(text: str, meant: EmojiAnswer | None) -> None:
    assert emoji_answer(text) is meant


@pytest.mark.parametrize(
    "text",
    [
        "stop asking me", "stop asking me if that helped", "please stop asking me that", "and dont send surveys",
        "no more questions", "don't ask me again", "enough with the surveys", "quit asking",
    ],
)  # fmt: skip
def test_no_more_questions_is_heard_however_it_is_said(text: str) -> None:
    assert says_stop_asking(text)


@pytest.mark.parametrize(
    "text",
    ["stop the update", "it keeps asking me for a code", "don't ask me how, but it works"],
)
def test_other_words_about_asking_are_left_alone(text: str) -> None:
    assert not says_stop_asking(text)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("i dont want another person, i want an apology", True), ("no human please", True), ("not a person", True),
        ("i don't want to talk to someone", True), ("i want a person", False), ("no, a person", False),
    ],
)  # fmt: skip
def test_a_refused_person_is_told_from_a_wanted_one(text: str, refused: bool) -> None:
    assert wants_no_person(text) is refused


@pytest.mark.parametrize("text", ["sí", "oui", "ja", "sim"])
def test_yes_is_known_in_other_languages(text: str) -> None:
    assert is_plain_yes(text) and not is_plain_no(text)


def test_a_question_is_no_yes() -> None:
    assert begins_as_question("when exactly") and begins_as_question("ok and how")
    assert not begins_as_question("why not") and not begins_as_question("yes")


async def test_a_thumb_takes_the_offer_of_a_person_and_another_refuses_it() -> None:
    for thumb, moved in (("👍", "queue"), ("👎", None)):
        talk = Dialogue(a_runtime())
        talk.slots["pending"] = "person_offer"
        answer = await talk.hears(thumb, "nlu_fallback").runs("action_fallback")
        assert (envelope(answer).get("transition") or {}).get("to") == moved


async def test_a_shrug_is_no_miss() -> None:
    talk = Dialogue(a_runtime())
    answer = await talk.hears("🤷", "nlu_fallback").runs("action_fallback")
    assert options(answer) and not talk.slots.get("misses")


async def test_a_foreign_yes_answers_the_open_question() -> None:
    talk = Dialogue(a_runtime())
    talk.slots.update(pending="solved", problem_open=True)
    answer = await talk.hears("sí", "nlu_fallback").runs("action_fallback")
    assert envelope(answer)["transition"]["to"] == "resolved"


async def test_whoever_refuses_a_person_is_not_offered_one_in_the_same_breath() -> None:
    talk = Dialogue(a_runtime())
    talk.slots["pending"] = "person_offer"
    answer = await talk.hears("i dont want another person, i want an apology", "complaint").runs("action_complaint")
    assert "sorry" in texts(answer) and not options(answer) and talk.slots.get("pending") is None


async def test_a_curse_within_a_question_hides_nothing() -> None:
    understand = fake_model(lamp=("track_order", 0.9))
    talk = Dialogue(a_runtime(FakeShop(an_order()), understand=understand), **SIGNED)
    answer = await talk.hears("where the hell is the lamp", "out_of_scope").runs("action_out_of_scope")
    assert envelope(answer)["card"]["number"] == "LH-100234"


async def test_after_stop_asking_an_answer_ends_without_did_that_help() -> None:
    talk = Dialogue(a_runtime())
    asked = texts(await talk.hears("which ways to pay", "check_payment_methods").runs("action_answer_question"))
    assert asked.endswith("?")
    talk.events.append({"event": "bot", "text": talk.runtime.texts.say("stopped_asking", ""), "data": {}})
    talk.slots["articles_shown"] = []
    quiet = texts(await talk.hears("how can i pay then", "check_payment_methods").runs("action_answer_question"))
    assert "PayPal" in quiet and "?" not in quiet


async def test_stop_asking_ends_the_question_for_an_order() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears("where is my order", "track_order").runs("action_order")
    assert talk.loop == "order_form"
    await talk.hears("stop asking me that", "stop_asking").runs("validate_order_form")
    assert talk.slots["requested_slot"] is None and talk.slots["order_task"] == "stopped"


async def test_a_form_stops_asking_after_three_answers_to_other_questions() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears("where is my order", "track_order").runs("action_order")
    await talk.runs("action_ask_order_number")
    answered = 0
    while talk.slots["requested_slot"] is not None:
        await talk.hears("which ways to pay", "check_payment_methods").runs("action_answer_question")
        answered += 1
        await talk.runs("validate_order_form")
        if talk.slots["requested_slot"] is not None:
            await talk.runs("action_ask_order_number")
    assert answered == 3 and talk.slots["order_task"] == "quiet"
    talk.loop = None
    talk.events.append({"event": "action", "name": "order_form"})
    assert await talk.runs("action_order") == []


async def test_the_colleague_is_told_which_order_could_not_be_proven() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    for address in ("one@example.com", "two@example.com", "three@example.com"):
        talk.hears(f"LH-100234 {address}", "track_order", order_number="LH-100234", email=address)
        said = await talk.runs("action_order")
    promise = envelope(said)["transition"]["context"]["open_promises"][0]["text"]
    assert "LH-100234" in promise and "three@example.com" in promise


async def test_three_wants_are_counted_and_all_of_them_done_in_turn() -> None:
    understand = fake_model(invoice=("get_invoice", 0.9), refund=("track_refund", 0.9), pair=("device_offline", 0.9))
    order = an_order(refund={"status": "pending", "amount_text": "€9.00", "expected_by": "2026-03-15"})
    talk = Dialogue(a_runtime(FakeShop(order), understand=understand), **SIGNED)
    text = "i need the invoice, and where is the refund, and how do i pair the plug?"
    talk.runtime.routes.setdefault("device_offline", "action_guide")
    answer = texts(await talk.hears(text, "get_invoice").runs("action_order"))
    assert "three things" in answer and "INV-1" in answer and "€9.00" in answer
    assert talk.loop == "guide_form" and not talk.slots.get("next_wants")


@pytest.mark.parametrize("said", ["hmm", "uh", "errm", "let me think"])
async def test_hesitating_is_no_miss_and_keeps_the_open_question(said: str) -> None:
    talk = Dialogue(a_runtime())
    talk.slots["pending"] = "cancel:LH-100234"
    await talk.hears(said, "out_of_scope").runs("action_out_of_scope")
    assert not talk.slots.get("misses") and talk.slots["pending"] == "cancel:LH-100234"


async def test_what_the_assistant_can_do_is_told_with_ways_to_begin() -> None:
    answer = await Dialogue(a_runtime()).hears("what can you do?", "bot_challenge").runs("action_bot_challenge")
    assert "return an order" in texts(answer) and "Track an order" in options(answer)


@pytest.mark.parametrize("said", ["sure, because that always helps", "as if that would help", "this is pointless"])
def test_sarcasm_about_help_is_heard(said: str) -> None:
    assert is_low(read_mood(said))
