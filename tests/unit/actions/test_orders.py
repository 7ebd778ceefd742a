"""Orders: whose they are, what may be done, and what happens when the shop cannot be asked."""

from __future__ import annotations

import pytest

from actions.order_lookup import typed_number
from tests.unit.actions.fakes import (
    SIGNED,
    Dialogue,
    FakeKnowledge,
    FakeShop,
    a_runtime,
    an_order,
    envelope,
    options,
    texts,
)


async def test_unverified_customer_is_asked_for_number_and_then_address() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    assert await talk.hears("where is my order", "track_order").runs("action_order") == []
    assert (talk.loop, talk.slots["requested_slot"]) == ("order_form", "order_number")
    asked = await talk.runs("action_ask_order_number")
    assert "LH-100234" in texts(asked)

    await talk.hears("it is 100234", "nlu_fallback").runs("validate_order_form")
    assert talk.slots["order_number"] == "100234"
    assert talk.slots["requested_slot"] is None
    talk.loop = None
    await talk.runs("action_order")
    assert talk.slots["requested_slot"] == "email"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("it is 100234", "100234"),
        ("lh100234", "LH-100234"),
        ("LH 100234 please", "LH-100234"),
        ("#100234", "100234"),
        ("my phone is 0049301234567", None),
        ("mira100234@example.com", None),
    ],
)
def test_order_numbers_are_read_as_people_type_them(typed: str, number: str | None) -> None:
    assert typed_number(typed) == number


async def test_number_and_address_that_belong_together_show_the_order() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    talk.hears("track LH-100234, mira@example.com", "track_order", order_number="LH-100234", email="mira@example.com")
    said = await talk.runs("action_order")
    card = envelope(said)["card"]
    assert card["kind"] == "order" and card["number"] == "LH-100234"
    assert [step["done"] for step in card["steps"]] == [True, False, True, False]
    assert talk.slots["order_proven"] == ["LH-100234", "mira@example.com"]


async def test_three_failed_proofs_bring_a_person_and_tell_nothing_of_the_order() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    for _ in range(3):
        talk.hears("LH-100234 evil@example.com", "track_order", order_number="LH-100234", email="evil@example.com")
        said = await talk.runs("action_order")
        assert "card" not in envelope(said)
    assert envelope(said)["transition"]["reason"] == "not_verified"


async def test_existing_and_unknown_orders_are_refused_in_the_same_words() -> None:
    replies = []
    for number in ("LH-100234", "LH-999999"):
        talk = Dialogue(a_runtime(FakeShop(an_order())))
        talk.hears("track", "track_order", order_number=number, email="evil@example.com")
        replies.append(texts(await talk.runs("action_order")))
    assert replies[0] == replies[1]


async def test_an_address_proven_for_one_order_does_not_open_another() -> None:
    other = an_order("LH-100999", customer="cus_other")
    shop = FakeShop(an_order(), other)
    talk = Dialogue(a_runtime(shop), **SIGNED)
    shop.email = "other@example.com"
    said = await talk.hears("track LH-100999", "track_order", order_number="LH-100999").runs("action_order")
    assert "card" not in envelope(said)
    assert "account" in texts(said)


async def test_signed_in_customer_with_one_order_is_answered_at_once() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())), **SIGNED)
    said = await talk.hears("where is my order", "track_order").runs("action_order")
    assert envelope(said)["card"]["number"] == "LH-100234"


async def test_signed_in_customer_with_several_orders_chooses() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order(), an_order("LH-100300"))), **SIGNED)
    await talk.hears("where is my order", "track_order").runs("action_order")
    offered = options(await talk.runs("action_ask_order_number"))
    assert '/choose_order{"order_number": "LH-100300"}' in offered.values()


async def test_question_in_the_form_is_left_to_its_own_rule() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears("where is my order", "track_order").runs("action_order")
    before = dict(talk.slots)
    await talk.hears("how do I pay", "check_payment_methods").runs("validate_order_form")
    assert talk.slots == before


async def test_form_gives_up_after_three_answers_without_a_number_and_offers_a_person() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears("where is my order", "track_order").runs("action_order")
    for _ in range(3):
        await talk.hears("dunno mate", "nlu_fallback").runs("validate_order_form")
    assert talk.slots["requested_slot"] is None
    talk.loop = None
    said = await talk.runs("action_order")
    assert "/contact_human_agent" in options(said).values()


async def test_bare_number_in_the_form_does_not_change_what_was_wanted() -> None:
    order = an_order(status="packed", can_cancel=True)
    talk = Dialogue(a_runtime(FakeShop(order)), **SIGNED)
    talk.slots["order_task"] = "cancel_order"
    talk.loop, talk.slots["requested_slot"] = "order_form", "order_number"
    await talk.hears("LH-100234", "track_order", order_number="LH-100234").runs("validate_order_form")
    talk.events.append({"event": "action", "name": "order_form"})
    talk.loop = None
    said = await talk.runs("action_order")
    assert talk.slots["pending"] == "cancel:LH-100234"
    assert "/affirm" in options(said).values()


@pytest.mark.parametrize(("intent", "action"), [("track_order", "action_order"), ("nlu_fallback", "action_fallback")])
async def test_bare_number_after_an_answer_about_returns_begins_the_return(intent: str, action: str) -> None:
    delivered = an_order(status="delivered", delivered_at="2026-03-05T10:00:00Z", can_return=True)
    talk = Dialogue(a_runtime(FakeShop(delivered), FakeKnowledge("return")), **SIGNED)
    await talk.hears("how do I return something", "return_item").runs("action_answer_question")
    await talk.hears("LH-100234", intent, order_number="LH-100234").runs(action)
    assert talk.slots["pending"] == "return:LH-100234:LAMP"


async def test_cancelling_is_confirmed_first_and_carries_a_key_of_the_message() -> None:
    shop = FakeShop(an_order(status="packed", can_cancel=True))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("cancel LH-100234", "cancel_order", order_number="LH-100234").runs("action_order")
    assert shop.cancelled == {}
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    assert shop.cancelled == {"m2:action_cancel_order": "LH-100234"}
    assert envelope(said)["card"]["status"] == "cancelled"


async def test_no_to_the_cancelling_keeps_the_order() -> None:
    shop = FakeShop(an_order(status="packed", can_cancel=True))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("cancel LH-100234", "cancel_order", order_number="LH-100234").runs("action_order")
    await talk.hears("no", "deny").runs("action_deny")
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert shop.cancelled == {}


async def test_order_on_its_way_cannot_be_cancelled_but_returned() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())), **SIGNED)
    said = await talk.hears("cancel it", "cancel_order", order_number="LH-100234").runs("action_order")
    assert "/start_return" in options(said).values()
    assert talk.slots.get("pending") is None


async def test_return_of_one_article_is_confirmed_and_opened_once() -> None:
    lines = [{"sku": sku, "name": sku.title(), "quantity": 1} for sku in ("LAMP", "PLUG")]
    shop = FakeShop(an_order(status="delivered", delivered_at="2026-03-05T10:00:00Z", can_return=True, items=lines))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    offered = options(await talk.hears("Start a return", "start_return", tapped=True).runs("action_order"))
    assert '/choose_return{"sku": "PLUG", "order_number": "LH-100234"}' in offered.values()
    await talk.hears("Plug", "choose_return", tapped=True, sku="PLUG", order_number="LH-100234").runs(
        "action_choose_return"
    )
    said = await talk.hears("Yes, return it", "affirm", tapped=True).runs("action_affirm")
    assert shop.returned == {"m3:action_open_return": ("LH-100234", {"PLUG": None})}
    assert "RT-00001" in texts(said)
    said = await talk.hears("no thats it", "deny").runs("action_deny")
    assert envelope(said)["transition"]["to"] == "resolved"


@pytest.mark.parametrize("task", ["track_order", "cancel_order", "track_refund", "get_invoice"])
async def test_shop_that_is_down_is_admitted_and_a_person_takes_over(task: str) -> None:
    shop = FakeShop(an_order())
    shop.down = True
    talk = Dialogue(a_runtime(shop), **SIGNED)
    said = await talk.hears("my order", task).runs("action_order")
    moved = envelope(said)["transition"]
    assert (moved["to"], moved["reason"]) == ("queue", "shop_unavailable")
    assert moved["context"]["slots"] == {"order_task": task}
    assert task.replace("_", " ") in moved["context"]["open_promises"][0]["text"]
    assert texts(said)


async def test_cancelling_that_got_no_answer_is_promised_to_the_person_who_takes_over() -> None:
    shop = FakeShop(an_order(status="packed", can_cancel=True))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("cancel LH-100234", "cancel_order", order_number="LH-100234").runs("action_order")
    shop.down = True
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    promised = envelope(said)["transition"]["context"]["open_promises"]
    assert "LH-100234" in promised[0]["text"]


async def test_never_mind_in_words_leaves_the_form_without_asking_again() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears("where is my order", "track_order").runs("action_order")
    await talk.hears("never mind", "deny").runs("validate_order_form")
    assert talk.slots["requested_slot"] is None
    talk.events.append({"event": "action", "name": "order_form"})
    talk.loop = None
    said = await talk.runs("action_order")
    assert texts(said) and options(said) == {}


async def test_number_after_a_wrong_item_brings_the_order_and_the_offer_of_a_person() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order()), FakeKnowledge("wrong")), **SIGNED)
    await talk.hears("I got the wrong lamp", "order_wrong_item").runs("action_answer_question")
    said = await talk.hears("LH-100234", "track_order", order_number="LH-100234").runs("action_order")
    assert envelope(said)["card"]["number"] == "LH-100234"
    assert talk.slots["pending"] == "person_offer"


async def test_return_that_is_too_late_says_so_and_a_yes_brings_a_person() -> None:
    old = an_order(status="delivered", delivered_at="2020-01-01T10:00:00Z", return_until="2020-01-31")
    talk = Dialogue(a_runtime(FakeShop(old)), **SIGNED)
    said = await talk.hears("Start a return", "start_return", tapped=True).runs("action_order")
    assert "30 days" in texts(said)
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    assert envelope(said)["transition"]["to"] == "queue"


async def test_late_order_gets_an_apology_and_the_offer_to_look_into_it() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order(late=True, days_late=1))), **SIGNED)
    said = await talk.hears("it is late", "order_delayed").runs("action_order")
    assert "sorry" in texts(said).lower() and "1 day" in texts(said)
    assert talk.slots["pending"] == "person_offer"
