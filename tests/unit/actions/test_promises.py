"""What an answer asks the customer for leads on: an order for a wrong charge, a company for an invoice."""

from __future__ import annotations

import pytest

from bot.knowledge.articles import Article
from bot.knowledge.ranking import Intents
from bot.knowledge.retrieval import Answer
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

CHARGED = Article("charged", "Charged twice", "Tell me your order number.", intents=("payment_issue",))
CAMERA = [{"sku": "CAM", "name": "Nook Camera", "quantity": 1}]


class OnCharges(FakeKnowledge):
    """Has one article, found for charges."""

    async def answer(self, text: str, intents: Intents = ()) -> Answer:
        found = CHARGED if "charged" in text else None
        return Answer(found, found.body if found else None, 0.9, found is None, ())

    async def article(self, article_id: str) -> Article | None:
        return CHARGED if article_id == CHARGED.id else None


async def told_of_charges() -> Dialogue:
    shop = FakeShop(an_order(), an_order("LH-100235", items=CAMERA))
    talk = Dialogue(a_runtime(shop, knowledge=OnCharges()), **SIGNED)
    await talk.hears("you charged me twice", "payment_issue").runs("action_answer_question")
    return talk


async def test_the_order_number_that_an_answer_on_charges_asks_for_leads_to_a_person_who_checks() -> None:
    talk = await told_of_charges()
    said = await talk.hears("100234", "track_order", order_number="LH-100234").runs("action_order")
    assert "LH-100234 over €40.00" in texts(said) and "pays back what is too much" in texts(said)
    assert "Yes, talk to a person" in options(said)


@pytest.mark.parametrize("named", ["the camera order", "it was for the nook camera one"])
async def test_the_order_may_be_named_by_its_thing_as_well(named: str) -> None:
    talk = await told_of_charges()
    said = await talk.hears(named, "nlu_fallback", product="camera").runs("action_fallback")
    assert "LH-100235 over" in texts(said) and "Yes, talk to a person" in options(said)


@pytest.mark.parametrize(
    "wish",
    ["I need the VAT number and company name on my invoice", "invoice for my company please", "put our firm on it"],
)
async def test_an_invoice_for_a_company_is_passed_on_with_the_details(wish: str) -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())), **SIGNED)
    said = await talk.hears(f"{wish}, invoice of LH-100234", "get_invoice", order_number="LH-100234").runs(
        "action_order"
    )
    assert "https://shop.example/invoice" in texts(said) and "Tell me here what it should say" in texts(said)
    shouted = await talk.hears("ANSWER ME AS SOON AS POSSIBLE", "out_of_scope").runs("action_out_of_scope")
    assert "I've got that" not in texts(shouted)
    noted = await talk.hears("Tanaka Design, Prinsenkade 77, 1013 AB Amsterdam", "nlu_fallback").runs("action_fallback")
    assert "I've got that" in texts(noted)
    noted = await talk.hears("Tanaka Design BV, NL123456789B01", "out_of_scope").runs("action_out_of_scope")
    assert "Yes, talk to a person" in options(noted)
    over = await talk.hears("yes please", "affirm").runs("action_affirm")
    assert "transition" in envelope(over)


@pytest.mark.parametrize("said", ["let me think about it first", "i would rather do that another time"])
async def test_putting_the_offer_off_is_no_part_of_the_story(said: str) -> None:
    talk = await told_of_charges()
    await talk.hears("100234", "track_order", order_number="LH-100234").runs("action_order")
    answer = await talk.hears(said, "nlu_fallback").runs("action_fallback")
    assert not any(word in texts(answer) for word in ("goes along", "noted that"))


async def test_where_a_parcel_should_go_is_no_detail_of_an_invoice() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())), **SIGNED)
    await talk.hears("put our firm on the invoice of LH-100234", "get_invoice", order_number="LH-100234").runs(
        "action_order"
    )
    wish = "deliver it to Prinsenkade 77, 1013 AB Amsterdam"
    said = await talk.hears(wish, "change_shipping_address").runs("action_order")
    assert "I've got that" not in texts(said)


async def test_a_plain_invoice_asks_for_no_details() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())), **SIGNED)
    wish = "need the invoice of LH-100234 for the tax office"
    said = await talk.hears(wish, "get_invoice", order_number="LH-100234").runs("action_order")
    assert "what it should say" not in texts(said)


async def test_an_order_named_by_its_thing_alone_is_told_of() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order(), an_order("LH-100235", items=CAMERA))), **SIGNED)
    said = await talk.hears("the camera order", "nlu_fallback", product="camera").runs("action_fallback")
    assert "LH-100235" in texts(said) and "LH-100234" not in texts(said)


async def test_a_question_is_answered_below_which_the_form_goes_on() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order(), an_order("LH-100235")), FakeKnowledge("card")), **SIGNED)
    talk.loop, talk.slots = "order_form", {"requested_slot": "order_number", "order_task": "track_order"}
    said = await talk.hears("is my card safe with you", "nlu_fallback").runs("validate_order_form")
    assert "By card or PayPal" in texts(said) and talk.slots["requested_slot"] == "order_number"


@pytest.mark.parametrize(
    ("told", "taken_for"),
    [
        ("it was 356 euros, two times on the same day", "price_or_promo_problem"),
        ("it was 356 euros, two times on the same day", "nlu_fallback"),
        ("no, i want my money back", "check_refund_policy"),
    ],
)
async def test_what_is_told_below_the_offer_of_a_person_goes_along_and_the_offer_stands(
    told: str, taken_for: str
) -> None:
    talk = await told_of_charges()
    await talk.hears("100234", "track_order", order_number="LH-100234").runs("action_order")
    said = await talk.hears(told, taken_for, sure=0.6).runs("action_answer_question")
    assert "Yes, talk to a person" in options(said) and talk.slots["pending"] == "person_offer"
    over = await talk.hears("yes please", "affirm").runs("action_affirm")
    assert "transition" in envelope(over)


@pytest.mark.parametrize(
    ("said", "intent"), [("no, go on please", "deny"), ("how long does that take?", "nlu_fallback")]
)
async def test_a_no_or_a_question_below_that_offer_is_no_detail(said: str, intent: str) -> None:
    talk = await told_of_charges()
    await talk.hears("100234", "track_order", order_number="LH-100234").runs("action_order")
    answer = await talk.hears(said, intent).runs(f"action_{'deny' if intent == 'deny' else 'fallback'}")
    assert "goes along" not in texts(answer) and "noted that for them" not in texts(answer)


async def test_a_voucher_that_was_offered_before_is_offered_anew_when_it_is_asked_for() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order(late=True, days_late=2))), **SIGNED)
    await talk.hears("where is it", "track_order").runs("action_order")
    await talk.hears("how can I pay", "check_payment_methods").runs("action_answer_question")
    said = await talk.hears("ok send me the voucher", "gift_card").runs("action_answer_question")
    assert "Yes, please" in options(said) and talk.slots["pending"].startswith("goodwill")


async def test_is_that_all_is_no_yes_to_the_offer_of_a_person() -> None:
    talk = await told_of_charges()
    await talk.hears("100234", "track_order", order_number="LH-100234").runs("action_order")
    said = await talk.hears("is that all", "affirm").runs("action_affirm")
    assert "transition" not in envelope(said)


async def test_an_order_that_is_to_go_somewhere_is_not_merely_told_of() -> None:
    there = {"status": "packed", "shipped_at": None, "can_change_address": True}
    talk = Dialogue(a_runtime(FakeShop(an_order(**there))), **SIGNED)
    wish = "please send 100234 to 5 Mill Road, D08 K5P7 Dublin"
    said = await talk.hears(wish, "track_order", order_number="LH-100234").runs("action_order")
    assert "5 Mill Road" in texts(said) and "Yes, change it" in options(said)
