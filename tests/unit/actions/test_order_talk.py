"""How people talk about their orders: by what was in them, in pieces, and back to what was just done."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from actions.order_lookup import only_details
from actions.order_words import names_own_thing, said_spans
from actions.wants import parts_of
from bot.adapters.rasa import Understanding
from bot.adapters.shop import Order
from tests.unit.actions.fakes import (
    SIGNED,
    Dialogue,
    FakeShop,
    a_runtime,
    an_order,
    envelope,
    options,
    talk_with,
    texts,
)

DELIVERED = {
    "status": "delivered",
    "delivered_at": datetime(2026, 3, 3, tzinfo=UTC),
    "can_return": True,
    "return_until": "2026-04-02",
}


def camera(**changes: Any) -> Order:
    items = [
        {"sku": "CAM", "name": "Nook Camera", "quantity": 1},
        {"sku": "PLUG", "name": "Tap Smart Plug", "quantity": 2},
    ]
    return an_order("LH-100232", items=items, **{**DELIVERED, **changes})


def lock(**changes: Any) -> Order:
    items = [{"sku": "LOCK", "name": "Keystone Lock", "quantity": 1}]
    return an_order("LH-100221", items=items, **{**DELIVERED, **changes})


@pytest.mark.parametrize(
    ("said", "intent", "number"),
    [
        ("where is my lamp", "track_order", "LH-100234"),
        ("the camera i got last week hasn't moved", "track_order", "LH-100232"),
        ("where are the plugs", "track_order", "LH-100232"),
        ("tracking for the lock please", "track_order", "LH-100221"),
    ],
)
async def test_an_order_is_chosen_by_what_was_in_it(said: str, intent: str, number: str) -> None:
    talk = talk_with(an_order(), camera(), lock())
    shown = await talk.hears(said, intent).runs("action_order")
    assert envelope(shown)["card"]["number"] == number


async def test_an_article_that_two_orders_have_is_asked_about_among_those_two() -> None:
    talk = talk_with(an_order(), lock(), lock().model_copy(update={"number": "LH-100299"}))
    await talk.hears("where is my lock", "track_order").runs("action_order")
    offered = options(await talk.runs("action_ask_order_number"))
    assert [title.split(":")[0] for title in offered] == ["LH-100221", "LH-100299", "Never mind"]


async def test_another_article_means_another_order_than_the_one_spoken_of() -> None:
    talk = talk_with(an_order(), camera())
    await talk.hears("where is LH-100234", "track_order", order_number="LH-100234").runs("action_order")
    said = await talk.hears("and where is the camera", "track_order").runs("action_order")
    assert envelope(said)["card"]["number"] == "LH-100232"


async def test_returning_a_named_article_goes_straight_to_the_confirmation() -> None:
    talk = talk_with(an_order(), camera())
    said = await talk.hears("i want to return the camera i got last week", "return_item").runs("action_answer_question")
    assert "Nook Camera" in texts(said) and talk.slots["pending"] == "return:LH-100232:CAM"


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("the box was crushed and the camera has a crack", "order_damaged"),
        ("you sent me a camera, i ordered plugs", "order_wrong_item"),
        ("only one of the plugs was in my box", "order_missing_item"),
    ],
)
async def test_a_damaged_wrong_or_missing_article_of_a_known_customer_reaches_a_person(said: str, intent: str) -> None:
    talk = talk_with(an_order(), camera())
    answer = await talk.hears(said, intent).runs("action_answer_question")
    assert envelope(answer)["card"]["number"] == "LH-100232"
    assert talk.slots["pending"] == "person_offer"


async def test_how_returning_works_stays_a_question_for_the_articles() -> None:
    talk = talk_with(camera())
    await talk.hears("how do i return a camera and pay for it", "return_item").runs("action_answer_question")
    assert talk.slots["pending"] == "helped:paying:1"
    assert not names_own_thing("do you take back cameras")


async def test_after_a_mismatch_each_half_is_taken_by_itself_and_three_tries_bring_a_person() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears("track LH-100234", "track_order", order_number="LH-100234").runs("action_order")
    for address in ("one@example.com", "two@example.com", "three@example.com"):
        await talk.hears(address, "nlu_fallback", email=address).runs("validate_order_form")
        assert talk.slots["requested_slot"] is None
        talk.loop = None
        talk.events.append({"event": "action", "name": "order_form"})
        said = await talk.runs("action_order")
    assert envelope(said)["transition"]["reason"] == "not_verified"


async def test_after_a_mismatch_a_corrected_number_is_proven_with_the_address_given_before() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    talk.hears("LH-100999 mira@example.com", "track_order", order_number="LH-100999", email="mira@example.com")
    await talk.runs("action_order")
    assert "number or the e-mail address" in texts(await talk.runs("action_ask_order_number"))
    said = await talk.hears("sorry, wrong number: 100234", "track_order", order_number="100234").runs("action_order")
    assert envelope(said)["card"]["number"] == "LH-100234"


async def test_a_tried_pair_is_forgotten_when_something_new_is_wanted() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    talk.hears("LH-100999 x@example.com", "track_order", order_number="LH-100999", email="x@example.com")
    await talk.runs("action_order")
    await talk.hears("cancel my order please", "cancel_order").runs("action_order")
    assert talk.slots["order_tried"] is None and talk.slots["requested_slot"] == "order_number"


@pytest.mark.parametrize(
    ("said", "details"),
    [
        ("sorry, wrong number: 100238", True),
        ("100209 and samuel.osei@example.com", True),
        ("it's order no. 100232, thanks", True),
        ("cancel 100241", False),
        ("return 100241 please", False),
        ("my order", False),
    ],
)
def test_a_number_with_words_around_it_is_told_from_a_new_wish(said: str, details: bool) -> None:
    assert only_details(said) is details


def cancellable() -> Order:
    return an_order(status="placed", shipped_at=None, can_cancel=True)


async def asked_to_cancel(order: Order) -> Dialogue:
    talk = talk_with(order)
    await talk.hears("cancel LH-100234", "cancel_order", order_number="LH-100234").runs("action_order")
    assert talk.slots["pending"].startswith("cancel:LH-100234")
    return talk


async def test_what_cancelling_costs_is_told_from_the_order_and_yes_still_means_it() -> None:
    fee = {"cancel_fee_cents": 500, "cancel_fee_text": "€5.00", "cancel_refund_text": "€35.00"}
    talk = await asked_to_cancel(cancellable().model_copy(update=fee))
    said = await talk.hears("what does that cost me?", "nlu_fallback").runs("action_fallback")
    assert "€5.00" in texts(said) and "€35.00" in texts(said) and "Yes, cancel it" in options(said)
    assert "is cancelled" in texts(await talk.hears("yes go ahead", "affirm").runs("action_affirm"))


@pytest.mark.parametrize("said", ["yes cancel it", "sure, cancel my order", "cancel it please"])
async def test_a_yes_that_names_the_deed_is_no_new_wish_for_it(said: str) -> None:
    talk = await asked_to_cancel(cancellable())
    done = texts(await talk.hears(said, "cancel_order").runs("action_order"))
    assert "is cancelled" in done and "Shall I" not in done


async def test_a_yes_to_something_else_cancels_nothing() -> None:
    talk = await asked_to_cancel(cancellable())
    await talk.hears("yes but what does it cost", "check_cancellation_fee").runs("action_answer_question")
    assert talk.slots["pending"] == "cancel:LH-100234"


async def test_another_question_is_answered_and_then_the_confirmation_is_asked_again() -> None:
    talk = await asked_to_cancel(cancellable())
    said = await talk.hears("which ways to pay are there", "check_payment_methods").runs("action_answer_question")
    assert "PayPal" in texts(said) and "Yes, cancel it" in options(said) and "Yes, thanks" not in options(said)
    assert talk.slots["pending"] == "cancel:LH-100234"


async def test_a_confirmation_is_not_asked_for_ever() -> None:
    talk = await asked_to_cancel(cancellable())
    for _ in range(3):
        said = await talk.hears("which ways to pay are there", "check_payment_methods").runs("action_answer_question")
    assert "Yes, cancel it" not in options(said)


async def test_a_new_wish_takes_the_place_of_the_confirmation() -> None:
    talk = await asked_to_cancel(cancellable())
    said = await talk.hears("where is it now", "track_order").runs("action_order")
    assert "Yes, cancel it" not in options(said)


async def test_the_reason_for_a_return_is_no_refusal_of_it() -> None:
    talk = talk_with(camera())
    await talk.hears("return the camera", "return_item").runs("action_answer_question")
    await talk.hears("don't need it", "deny").runs("action_deny")
    assert talk.slots["pending"] == "return:LH-100232:CAM"


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("it came scratched", "order_damaged"),
        ("the box was half empty", "order_missing_item"),
        ("not what I expected", "nlu_fallback"),
        ("it was a present and I have one already", "out_of_scope"),
        ("found it cheaper elsewhere", "price_or_promo_problem"),
        ("ordered it by mistake", "change_order"),
    ],
)
async def test_any_reason_for_a_return_leaves_its_question_standing(said: str, intent: str) -> None:
    talk = talk_with(camera())
    await talk.hears("return the camera", "return_item").runs("action_answer_question")
    answered = await talk.hears(said, intent).runs("action_answer_question")
    assert "reason enough" in texts(answered)
    assert talk.slots["pending"] == "return:LH-100232:CAM"


async def test_a_question_about_the_return_is_no_reason_for_it() -> None:
    talk = talk_with(camera())
    await talk.hears("return the camera", "return_item").runs("action_answer_question")
    answered = await talk.hears("is the refund ever late?", "track_refund").runs("action_answer_question")
    assert "reason enough" not in texts(answered)


@pytest.mark.parametrize(
    ("order", "help_with_it"),
    [
        (an_order(can_change_address=False), "Redirect"),
        (camera(can_change_address=False), "For your next orders"),
    ],
)
async def test_an_address_given_when_it_is_too_late_is_told_what_it_is_still_good_for(
    order: Order, help_with_it: str
) -> None:
    talk = talk_with(order)
    await talk.hears("change the address of my order", "change_shipping_address").runs("action_order")
    said = await talk.hears("12 Mill Lane, Leeds, LS1 4AB", "set_up_shipping_address").runs("action_answer_question")
    assert "Thanks, but order" in texts(said) and help_with_it in texts(said)


async def test_an_address_given_later_is_no_longer_about_that_order() -> None:
    talk = talk_with(an_order(can_change_address=False))
    await talk.hears("change the address of my order", "change_shipping_address").runs("action_order")
    for _ in range(2):
        await talk.hears("which ways to pay are there", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears("12 Mill Lane, Leeds, LS1 4AB", "set_up_shipping_address").runs("action_answer_question")
    assert "Thanks, but order" not in texts(said)


async def test_was_it_really_cancelled_tells_the_state_of_the_order() -> None:
    talk = await asked_to_cancel(cancellable())
    await talk.hears("no", "deny").runs("action_deny")
    said = await talk.hears("was it really cancelled?", "out_of_scope").runs("action_out_of_scope")
    assert "neither cancelled nor returned" in texts(said)


async def test_what_happens_now_after_a_return_is_its_next_step() -> None:
    waiting = [{"number": "RT-7", "status": "requested"}]
    talk = talk_with(lock().model_copy(update={"returns": lock(returns=waiting).returns}))
    await talk.hears("I want my money back for the lock", "get_refund").runs("action_answer_question")
    said = await talk.hears("so what happens now?", "nlu_fallback").runs("action_fallback")
    assert "RT-7" in texts(said)


async def test_where_a_device_is_that_is_on_its_way_is_about_its_order() -> None:
    talk = talk_with(an_order(), camera())
    said = await talk.hears("where's my lamp?", "device_offline", product="lamp").runs("action_guide")
    assert envelope(said)["card"]["number"] == "LH-100234"


async def test_money_back_for_what_was_cancelled_tells_where_the_refund_is() -> None:
    refund = {"status": "pending", "amount_text": "€99.00"}
    talk = talk_with(an_order(), camera(refund=refund, cancelled_at=datetime(2026, 3, 2, tzinfo=UTC)))
    said = await talk.hears("where's my money for the camera", "get_refund", product="camera").runs(
        "action_answer_question"
    )
    assert "€99.00" in texts(said)


async def test_when_do_i_get_it_after_a_deed_is_no_question_about_products() -> None:
    talk = talk_with(an_order())
    await talk.hears("where is my lamp", "track_order").runs("action_order")
    said = await talk.hears("when do I get it", "product_availability").runs("action_answer_question")
    assert envelope(said)["card"]["number"] == "LH-100234"


async def test_an_invoice_is_mailed_when_that_is_asked_for_afterwards() -> None:
    talk = talk_with(an_order())
    await talk.hears("invoice for LH-100234", "get_invoice", order_number="LH-100234").runs("action_order")
    said = await talk.hears("can you mail it to me", "contact_customer_service").runs("action_answer_question")
    assert "m•••@example.com" in texts(said)


async def test_cancelling_one_order_and_asking_for_the_refund_of_another_are_two_wants() -> None:
    async def model(parts: list[str]) -> list[Understanding]:
        return [
            Understanding(
                intent="cancel_order", confidence=0.9, entities=[{"entity": "order_number", "value": "100234"}]
            )
            if "cancel" in part
            else Understanding(intent="get_refund", confidence=0.9, entities=[{"entity": "product", "value": "camera"}])
            for part in parts
        ]

    said = "cancel 100234 and where is the refund for the camera?"
    assert len(parts_of(said)) == 2
    refunded = camera(refund={"status": "pending", "amount_text": "€99.00"})
    talk = Dialogue(a_runtime(FakeShop(cancellable(), refunded), understand=model), **SIGNED)
    await talk.hears(said, "cancel_order", order_number="100234").runs("action_order")
    assert talk.slots["pending"] == "cancel:LH-100234"
    done = await talk.hears("yes cancel it", "affirm").runs("action_affirm")
    assert "€99.00" in texts(done) and "LH-100232" in texts(done)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("the one from last week", date(2026, 3, 3)),
        ("from last month", date(2026, 2, 10)),
        ("my purchase from last year", date(2025, 5, 1)),
        ("the one I bought in spring", date(2025, 4, 15)),
    ],
)
def test_times_are_understood_as_loosely_as_they_are_said(said: str, day: date) -> None:
    assert any(begin <= day <= end for begin, end in said_spans(said, date(2026, 3, 10)))


async def test_whoever_asks_for_a_person_amid_an_order_question_is_not_asked_back_however_cross() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())), **SIGNED)
    talk.loop, talk.slots = "order_form", {"requested_slot": "order_number", "order_task": "track_order"}
    cross = "this is ridiculous, third time i ask and nothing works, i want a human NOW"
    said = await talk.hears(cross, "contact_human_agent").runs("validate_order_form")
    assert not texts(said)
    assert talk.slots["order_task"] == "track_order"
