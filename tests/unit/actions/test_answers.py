"""Short answers in their place: what was asked decides what they mean."""

from __future__ import annotations

from tests.unit.actions.fakes import Dialogue, FakeKnowledge, a_runtime, envelope, fake_model, options, texts


async def answered() -> Dialogue:
    talk = Dialogue(a_runtime(understand=fake_model(cancel=("cancel_order", 0.9), lamp=("device_offline", 0.8))))
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    return talk


async def test_case_is_not_closed_by_words_that_say_nothing_of_a_solution() -> None:
    talk = await answered()
    said = await talk.hears("i already typed it again", "issue_resolved").runs("action_confirm_resolved")
    assert "transition" not in envelope(said)
    assert {"/issue_resolved", "/not_helpful"} <= set(options(said).values())
    said = await talk.hears("i typed it again", "issue_resolved").runs("action_confirm_resolved")
    assert "transition" not in envelope(said), "it is asked once, and then not understood"


async def test_case_is_closed_by_words_that_say_so_and_by_a_plain_yes() -> None:
    for text, intent, action in (
        ("it works now", "issue_resolved", "action_confirm_resolved"),
        ("it worked, thanks", "thank", "action_thank"),
        ("yes thanks", "affirm", "action_affirm"),
    ):
        said = await (await answered()).hears(text, intent).runs(action)
        assert envelope(said)["transition"]["to"] == "resolved", text


async def test_wish_after_a_yes_is_what_is_done() -> None:
    talk = await answered()
    said = await talk.hears("yes cancel my order", "affirm").runs("action_affirm")
    assert "transition" not in envelope(said)
    assert talk.loop == "order_form"


async def test_who_will_try_is_left_in_peace_and_the_question_stands() -> None:
    talk = await answered()
    asked = talk.slots["pending"]
    said = await talk.hears("ok i'll try that", "not_helpful").runs("action_not_helpful")
    assert talk.slots["pending"] == asked and "transition" not in envelope(said)


async def test_nothing_changed_is_no_solution_whatever_the_classifier_says() -> None:
    said = await (await answered()).hears("done, nothing changed", "issue_resolved").runs("action_confirm_resolved")
    assert "transition" not in envelope(said) and "/contact_human_agent" in options(said).values()


async def test_no_luck_after_the_offer_of_a_person_is_no_refusal_of_the_person() -> None:
    talk = await answered()
    talk.slots["pending"] = "person_offer"
    said = await talk.hears("checked, nothing there", "deny").runs("action_deny")
    assert "/contact_human_agent" in options(said).values()
    talk.slots["pending"] = "person_offer"
    said = await talk.hears("no", "deny").runs("action_deny")
    assert "/contact_human_agent" not in options(said).values()


async def test_yes_i_am_sure_takes_the_deed_that_was_offered() -> None:
    talk = Dialogue(a_runtime(knowledge=FakeKnowledge("delete")))
    await talk.hears("delete my account", "delete_account").runs("action_answer_question")
    await talk.hears("yes I'm sure", "issue_resolved").runs("action_confirm_resolved")
    assert talk.slots["pending"] == "account:delete_account"


async def test_praise_that_is_none_is_a_complaint_and_is_not_thanked_for() -> None:
    said = await Dialogue().hears("great, just great. another day lost", "praise").runs("action_praise")
    assert "/contact_human_agent" in options(said).values() and "lovely" not in texts(said)


async def test_praise_that_is_none_may_name_what_it_is_about() -> None:
    talk = Dialogue(a_runtime(understand=fake_model(lamp=("device_offline", 0.8))))
    await talk.hears("great, just great. my lamp is dead again", "praise").runs("action_praise")
    assert talk.loop == "guide_form"


async def test_person_on_offer_comes_at_once_in_any_words() -> None:
    for text, intent in (
        ("yes a person then", "bot_challenge"),
        ("a real one", "nlu_fallback"),
        ("someone please", "greet"),
    ):
        talk = Dialogue()
        await talk.hears("blorf", "nlu_fallback").runs("action_fallback")
        said = await talk.hears(text, intent).runs("action_bot_challenge")
        assert envelope(said)["transition"]["to"] == "queue", text


async def test_lack_is_a_description_while_the_trouble_is_asked_about() -> None:
    talk = Dialogue(a_runtime(understand=fake_model(picture=("device_offline", 0.8))))
    await talk.hears("it doesn't work", "not_helpful").runs("action_not_helpful")
    await talk.hears("the camera", "nlu_fallback").runs("action_fallback")
    await talk.hears("no picture", "deny").runs("action_deny")
    assert talk.loop == "guide_form"


async def test_no_thats_all_is_a_goodbye() -> None:
    said = await Dialogue().hears("no that's all", "deny").runs("action_deny")
    assert "else" not in texts(said) and ("Bye" in texts(said) or "Goodbye" in texts(said))


async def test_person_asked_for_in_another_language_is_brought() -> None:
    said = await Dialogue().hears("Ich möchte mit einem Menschen sprechen", "nlu_fallback").runs("action_fallback")
    assert envelope(said)["transition"]["to"] == "queue"


async def test_words_beside_i_mean_are_the_message_wherever_they_stand() -> None:
    talk = Dialogue(a_runtime(understand=fake_model(refund=("track_refund", 0.9))))
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    await talk.hears("the refund i mean", "nlu_fallback").runs("action_fallback")
    assert talk.loop == "order_form"


async def test_words_that_lead_nowhere_count_as_not_understood() -> None:
    talk = Dialogue(a_runtime(knowledge=FakeKnowledge("nothing at all")))
    await talk.hears("blorp the frumious thing", "nlu_fallback").runs("action_fallback")
    await talk.hears("the frumious one i said", "nlu_fallback").runs("action_fallback")
    assert talk.slots["pending"] == "person_offer"
