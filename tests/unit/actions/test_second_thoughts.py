"""Changing one's mind in the midst of something: nothing is done that was not the last thing meant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.shop import Order
from tests.unit.actions.fakes import SIGNED, Dialogue, FakeShop, a_runtime, an_order, envelope, options, texts

OPEN = {"status": "packed", "shipped_at": None, "can_cancel": True, "can_change": True, "can_change_address": True}
ADDRESS = "5 Mill Road, D08 K5P7 Dublin"
LINES = [{"sku": "CAM", "name": "Nook Camera", "quantity": 1}, {"sku": "PLUG", "name": "Tap Plug", "quantity": 2}]


def delivered(number: str = "LH-100234", **changes: Any) -> Order:
    state = {"status": "delivered", "delivered_at": datetime(2026, 3, 3, tzinfo=UTC), "can_return": True}
    return an_order(number, **{**state, "return_until": "2026-04-02", "items": LINES, **changes})


async def asked_for_address() -> tuple[Dialogue, FakeShop]:
    shop = FakeShop(an_order(**OPEN, cancel_fee_cents=500, cancel_fee_text="€5.00", cancel_refund_text="€35.00"))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    text = f"send order LH-100234 to {ADDRESS}"
    await talk.hears(text, "change_shipping_address", order_number="LH-100234").runs("action_order")
    assert talk.slots["pending"] == "address:LH-100234"
    return talk, shop


async def asked_for_return(text: str = "return the camera from LH-100234") -> tuple[Dialogue, FakeShop]:
    shop = FakeShop(delivered())
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears(text, "start_return", order_number="LH-100234").runs("action_order")
    return talk, shop


@pytest.mark.parametrize("said", ["ok cancel then", "yes cancel it", "actually cancel it"])
async def test_cancel_is_no_yes_to_another_address(said: str) -> None:
    talk, shop = await asked_for_address()
    answer = await talk.hears(said, "affirm").runs("action_affirm")
    assert shop.sent_to == {} and shop.cancelled == {}
    assert "Yes, cancel it" in options(answer) and talk.slots["pending"].startswith("cancel:")


async def test_a_yes_still_changes_the_address() -> None:
    talk, shop = await asked_for_address()
    await talk.hears("yes change it", "change_shipping_address").runs("action_order")
    assert len(shop.sent_to) == 1


async def test_what_cancelling_costs_is_not_answered_with_what_the_address_costs() -> None:
    talk, _ = await asked_for_address()
    answer = await talk.hears("wait, what would cancelling cost again?", "nlu_fallback").runs("action_fallback")
    assert "€5.00" in texts(answer) and "free" not in texts(answer)
    assert talk.slots["pending"] == "address:LH-100234"


async def test_cancel_that_below_the_offer_of_a_return_drops_the_return() -> None:
    talk, shop = await asked_for_return()
    await talk.hears("cancel that", "cancel_order").runs("action_order")
    assert shop.returned == {} and not talk.slots.get("pending")


@pytest.mark.parametrize(
    ("said", "items"),
    [
        ("no, the plugs", {"PLUG": None}),
        ("not the camera, the plugs", {"PLUG": None}),
        ("the plugs too", {"CAM": None, "PLUG": None}),
        ("and one of the plugs", {"CAM": None, "PLUG": 1}),
        ("everything", {}),
        ("all of it please", {}),
        ("just the camera", {"CAM": None}),
    ],
)
async def test_other_pieces_can_be_named_before_the_return_is_opened(said: str, items: dict[str, int | None]) -> None:
    talk, shop = await asked_for_return()
    asked = await talk.hears(said, "device_noise_or_heat").runs("action_guide")
    assert "Yes, return it" in options(asked) and shop.returned == {}
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.returned.values()) == [("LH-100234", items)]


@pytest.mark.parametrize(
    "said", ["the plugs are offline", "does the camera work outside?", "the lamp", "where is my camera"]
)
async def test_other_words_are_no_other_pieces(said: str) -> None:
    talk, _ = await asked_for_return()
    await talk.hears(said, "nlu_fallback").runs("action_fallback")
    assert not talk.slots["pending"].startswith("return:") or talk.slots["pending"] == "return:LH-100234:CAM"


@pytest.mark.parametrize(
    "said", ["one of the two plugs is rubbish, LH-100234", "return half of the plugs of LH-100234"]
)
async def test_a_part_of_a_line_goes_back_alone_and_the_question_says_so(said: str) -> None:
    talk, shop = await asked_for_return(said)
    asked = str(talk.events[-1]["text"])
    assert "Tap Plug from" in asked and "2 ×" not in asked
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.returned.values()) == [("LH-100234", {"PLUG": 1})]


async def test_how_many_go_back_is_said_in_the_question() -> None:
    talk, _ = await asked_for_return("return the plugs of LH-100234")
    assert "2 × Tap Plug" in str(talk.events[-1]["text"])
    await talk.hears("just one of them", "nlu_fallback").runs("action_fallback")
    assert talk.slots["pending"] == "return:LH-100234:PLUG*1"


async def test_another_number_for_the_changed_line_is_no_rating() -> None:
    shop = FakeShop(an_order(**OPEN, items=LINES))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("one plug in LH-100234", "change_order", order_number="LH-100234").runs("action_order")
    assert talk.slots["order_change"]["wanted"] == {"PLUG": 1}
    await talk.hears("make that three", "rate_experience", score=3).runs("action_rate_in_words")
    assert talk.slots["order_change"]["wanted"] == {"PLUG": 3} and talk.slots["pending"] == "items:LH-100234"
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.changed.values()) == [{"PLUG": 3}]


async def late() -> Dialogue:
    order = an_order(late=True, days_late=6, delay_reason="A storm.")
    talk = Dialogue(a_runtime(FakeShop(order)), **SIGNED)
    await talk.hears("where is LH-100234", "track_order", order_number="LH-100234").runs("action_order")
    assert talk.slots["pending"].startswith("goodwill:")
    return talk


@pytest.mark.parametrize("said", ["ok gimme the voucher", "fine, i'll take it", "yes please send me the voucher"])
async def test_an_offered_voucher_is_taken_in_any_words(said: str) -> None:
    talk = await late()
    assert "THANKS-1" in texts(await talk.hears(said, "price_or_promo_problem").runs("action_answer_question"))


@pytest.mark.parametrize(
    "said", ["i don't want your voucher, i want my alarms", "no to the voucher", "keep your voucher"]
)
async def test_a_refused_voucher_is_not_given(said: str) -> None:
    talk = await late()
    assert "THANKS" not in texts(await talk.hears(said, "nlu_fallback").runs("action_fallback"))
    assert not talk.slots.get("pending")


async def test_when_exactly_is_no_yes_to_a_person() -> None:
    talk = Dialogue(a_runtime(), **SIGNED)
    talk.slots["pending"] = "person_offer"
    answer = await talk.hears("when exactly", "affirm").runs("action_affirm")
    assert (envelope(answer).get("transition") or {}).get("to") != "queue"


async def test_a_number_that_is_named_to_be_denied_is_not_the_one_meant() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order("LH-100240"), an_order("LH-100241"))))
    talk.loop, talk.slots["requested_slot"], talk.slots["order_task"] = "order_form", "email", "track_order"
    text = "i meant 100240 not 100241"
    talk.hears(text, "track_order", order_number="100241")
    talk.latest["entities"] = [
        {"entity": "order_number", "value": number, "start": text.index(number)} for number in ("100240", "100241")
    ]
    await talk.runs("validate_order_form")
    assert talk.slots["order_number"] == "100240"


async def test_another_thing_of_another_order_is_meant_by_and_the_other_one() -> None:
    lock = an_order("LH-100221", items=[{"sku": "LOCK", "name": "Keystone Lock", "quantity": 1}])
    talk = Dialogue(a_runtime(FakeShop(an_order(), lock)), **SIGNED)
    await talk.hears("where is the lamp", "track_order").runs("action_order")
    talk.events.append({"event": "action", "name": "action_order"})
    answer = await talk.hears("and the lock one", "order_damaged").runs("action_answer_question")
    assert envelope(answer)["card"]["number"] == "LH-100221" and talk.slots["pending"] == "helped"


async def test_my_refund_after_an_invoice_is_the_one_that_there_is() -> None:
    refund = {"status": "pending", "amount_text": "€159.00", "expected_by": "2026-03-15"}
    cancelled = an_order("LH-100236", status="cancelled", cancelled_at="2026-03-05T10:00:00Z", refund=refund)
    talk = Dialogue(a_runtime(FakeShop(delivered(), cancelled)), **SIGNED)
    await talk.hears("invoice for LH-100234", "get_invoice", order_number="LH-100234").runs("action_order")
    answer = await talk.hears("where is my refund", "track_refund").runs("action_order")
    assert "€159.00" in texts(answer) and "LH-100236" in texts(answer)


@pytest.mark.parametrize(
    ("said", "intent", "number", "pending"),
    [
        ("return what came on 3/3", "start_return", "LH-100234", "return:"),
        ("where's the thing i ordered on thursday", "track_order", "LH-100250", "helped"),
    ],
)
async def test_an_order_is_chosen_by_its_day_without_being_asked_for(
    said: str, intent: str, number: str, pending: str
) -> None:
    other = an_order("LH-100250", placed_at="2026-03-05T10:00:00Z", shipped_at=None, status="placed")
    one_line = delivered(items=[{"sku": "CAM", "name": "Nook Camera", "quantity": 1}])
    talk = Dialogue(a_runtime(FakeShop(one_line, other)), **SIGNED)
    answer = await talk.hears(said, intent).runs("action_order")
    assert number in texts(answer) and talk.slots["pending"].startswith(pending)


async def test_the_day_it_should_have_come_names_no_order() -> None:
    other = an_order("LH-100250", placed_at="2026-03-05T10:00:00Z")
    talk = Dialogue(a_runtime(FakeShop(delivered(), other)), **SIGNED)
    await talk.hears("it should have come on thursday", "track_order").runs("action_order")
    assert talk.slots.get("order_number") is None


@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope"])
async def test_an_order_named_by_its_day_or_number_is_no_nonsense(intent: str) -> None:
    action = "action_fallback" if intent == "nlu_fallback" else "action_out_of_scope"
    talk = Dialogue(a_runtime(FakeShop(delivered(), an_order("LH-100250"))), **SIGNED)
    said = await talk.hears("the one that came on march 3rd", intent).runs(action)
    assert envelope(said)["card"]["number"] == "LH-100234"
    said = await talk.hears("one zero zero two five zero", intent, order_number="100250").runs(action)
    assert envelope(said)["card"]["number"] == "LH-100250"


async def test_not_the_lamp_the_lock_asks_the_same_about_the_other_order() -> None:
    lock = delivered(number="LH-100221", items=[{"sku": "LOCK", "name": "Keystone Lock", "quantity": 1}])
    lamp = delivered(items=[{"sku": "LAMP", "name": "Glow Lamp", "quantity": 1}])
    talk = Dialogue(a_runtime(FakeShop(lamp, lock)), **SIGNED)
    await talk.hears("i want to return the lamp", "start_return").runs("action_order")
    asked = await talk.hears("not the lamp, the lock", "device_offline").runs("action_guide")
    assert talk.slots["pending"] == "return:LH-100221:LOCK" and "Yes, return it" in options(asked)


async def test_naming_the_changed_line_again_asks_the_same_question_again() -> None:
    shop = FakeShop(an_order(**OPEN, items=LINES), delivered("LH-100209"))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("take the camera out of LH-100234", "change_order", order_number="LH-100234").runs("action_order")
    asked = await talk.hears("only the camera", "order_missing_item").runs("action_answer_question")
    assert "Yes, change it" in options(asked) and talk.slots["order_change"]["wanted"] == {"CAM": 0}


async def test_return_that_one_means_the_order_just_spoken_of() -> None:
    one_line = delivered(items=[{"sku": "CAM", "name": "Nook Camera", "quantity": 1}])
    talk = Dialogue(a_runtime(FakeShop(one_line, an_order("LH-100250"))), **SIGNED)
    await talk.hears("where is LH-100234", "track_order", order_number="LH-100234").runs("action_order")
    await talk.hears("return that one", "return_item").runs("action_answer_question")
    assert talk.slots["pending"] == "return:LH-100234:CAM"


async def test_a_parcel_named_after_something_was_missing_is_about_what_is_missing() -> None:
    talk = Dialogue(a_runtime(FakeShop(delivered(), an_order("LH-100250"))), **SIGNED)
    talk.slots["order_task"] = "report_problem"
    said = await talk.hears("the parcel with the camera", "track_order").runs("action_order")
    assert envelope(said)["card"]["number"] == "LH-100234" and talk.slots["pending"] == "person_offer"


async def test_a_day_without_an_order_brings_the_orders_there_are() -> None:
    talk = Dialogue(a_runtime(FakeShop(delivered(), an_order("LH-100250"))), **SIGNED)
    said = await talk.hears("the one from last monday", "out_of_scope").runs("action_out_of_scope")
    assert "of that day" in texts(said) and sum("LH-" in title for title in options(said)) == 2


@pytest.mark.parametrize("said", ["but i never even opened it", "that's a pity", "come on, it's only one day"])
async def test_an_objection_to_a_rule_is_heard_and_left_to_a_person(said: str) -> None:
    old = delivered(delivered_at="2026-01-02T10:00:00Z", can_return=False, return_until="2026-02-01")
    talk = Dialogue(a_runtime(FakeShop(old.model_copy(update={"items": old.items[:1]}))), **SIGNED)
    first = await talk.hears("return the camera", "start_return").runs("action_order")
    assert "are over" in texts(first)
    answer = await talk.hears(said, "nlu_fallback").runs("action_fallback")
    assert "rule" in texts(answer) and talk.slots["pending"] == "person_offer"


async def test_the_same_order_asked_about_again_is_not_told_word_for_word() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())), **SIGNED)
    first = await talk.hears("where is LH-100234", "track_order", order_number="LH-100234").runs("action_order")
    again = await talk.hears("ok and where is it", "track_order").runs("action_order")
    assert "looked again" in texts(again) and first[0]["text"] not in texts(again)
    assert envelope(again)["card"]["number"] == "LH-100234"


async def test_money_that_does_not_come_after_a_cancellation_is_the_refund_whatever_it_resembles() -> None:
    refund = {"status": "pending", "amount_text": "€159.00", "expected_by": "2026-03-15"}
    cancelled = an_order("LH-100236", status="cancelled", cancelled_at="2026-03-05T10:00:00Z", refund=refund)
    talk = Dialogue(a_runtime(FakeShop(cancelled, delivered())), **SIGNED)
    text = "i cancelled an order last week and no money has arrived"
    said = await talk.hears(text, "payment_issue", sure=0.44).runs("action_answer_question")
    assert "€159.00" in texts(said)
    said = await talk.hears("how long does that usually take?", "delivery_period").runs("action_answer_question")
    assert "€159.00" in texts(said)


async def test_only_good_news_closes_a_case_below_the_question_for_an_order() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    await talk.hears("where is my order", "track_order").runs("action_order")
    talk.slots["problem_open"] = True
    said = await talk.hears("done that, blinking white", "issue_resolved").runs("action_confirm_resolved")
    assert not envelope(said).get("transition")


async def test_a_return_named_by_its_day_is_a_return_even_where_it_is_taken_for_a_question() -> None:
    one_line = delivered(items=[{"sku": "CAM", "name": "Nook Camera", "quantity": 1}])
    talk = Dialogue(a_runtime(FakeShop(one_line, an_order("LH-100250"))), **SIGNED)
    await talk.hears("return what came on the 3rd of march", "check_refund_policy").runs("action_answer_question")
    assert talk.slots["pending"] == "return:LH-100234:CAM"


async def test_what_is_sold_out_does_not_leave_the_smaller_change_open() -> None:
    shop = FakeShop(an_order(**OPEN, items=LINES))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("one plug in LH-100234", "change_order", order_number="LH-100234").runs("action_order")
    shop.refuses = "sold_out"
    said = await talk.hears("make that nine", "rate_experience").runs("action_rate_in_words")
    assert "Yes, change it" not in options(said) and not talk.slots.get("pending")


async def test_a_late_order_asked_about_again_promises_no_day() -> None:
    talk = await late()
    again = texts(await talk.hears("when will it actually come", "track_order").runs("action_order"))
    assert "no new day" in again and "5 March" in again


@pytest.mark.parametrize(
    "said", ["actually no, just remove one plug", "no wait, take out the camera", "hmm add one plug"]
)
async def test_change_instead_of_the_cancellation_is_no_second_wish_to_cancel(said: str) -> None:
    shop = FakeShop(an_order(**OPEN, items=LINES, cancel_fee_text="€0.00", cancel_refund_text="€35.00"))
    talk = Dialogue(a_runtime(shop), **SIGNED)
    await talk.hears("cancel LH-100234", "cancel_order", order_number="LH-100234").runs("action_order")
    assert str(talk.slots["pending"]).startswith("cancel:")
    answer = await talk.hears(said, "cancel_order").runs("action_order")
    assert shop.cancelled == {} and not str(talk.slots.get("pending") or "").startswith("cancel:"), texts(answer)
    assert talk.slots.get("order_task") == "change_order" or str(talk.slots.get("pending")).startswith("items:")
