"""Changing, mailing, returning, making up for lateness: asked first, done once, and honest when it cannot be done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.actions.fakes import (
    MIRA,
    SIGNED,
    Dialogue,
    FakeDesk,
    FakeKnowledge,
    FakeShop,
    a_runtime,
    an_order,
    envelope,
    options,
    texts,
)

LINES = [{"sku": "LAMP", "name": "Glow Lamp", "quantity": 1}, {"sku": "PLUG", "name": "Tap Plug", "quantity": 3}]
PACKED = {"status": "packed", "shipped_at": None, "can_change": True, "can_change_address": True, "can_cancel": True}


def talk_about(**changes: Any) -> tuple[Dialogue, FakeShop, FakeDesk]:
    """A signed-in customer with one order."""
    shop = FakeShop(an_order(**{"items": LINES, **changes}))
    runtime = a_runtime(shop)
    desk = runtime.desk
    assert isinstance(desk, FakeDesk)
    return Dialogue(runtime, **SIGNED), shop, desk


async def in_the_form(talk: Dialogue, text: str, intent: str = "nlu_fallback", **entities: Any) -> list[dict[str, Any]]:
    """A reply to the form's question: validated, and when it was taken, looked at by `action_order`."""
    await talk.hears(text, intent, **entities).runs("validate_order_form")
    if talk.slots["requested_slot"] is not None:
        return await talk.runs(f"action_ask_{talk.slots['requested_slot']}")
    talk.events.append({"event": "action", "name": "order_form"})
    talk.loop = None
    said = await talk.runs("action_order")
    if talk.loop:
        said += await talk.runs(f"action_ask_{talk.slots['requested_slot']}")
    return said


async def test_an_exact_wish_is_quoted_and_done_only_after_a_yes() -> None:
    talk, shop, _ = talk_about(**PACKED)
    said = await talk.hears("remove one plug", "change_order", order_number="LH-100234").runs("action_order")
    assert "2 × Tap Plug instead of 3" in texts(said) and "€25.00" in texts(said) and "€15.00" in texts(said)
    assert shop.changed == {}
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    assert shop.changed == {"m2:action_change_items": {"PLUG": 2}}
    assert envelope(said)["card"]["number"] == "LH-100234"


async def test_without_an_exact_wish_line_and_number_are_asked_for() -> None:
    talk, shop, _ = talk_about(**PACKED)
    offered = options(await talk.hears("change my order", "change_order").runs("action_order"))
    assert '/choose_line{"sku": "PLUG", "order_number": "LH-100234"}' in offered.values()
    await talk.hears("Tap Plug", "choose_line", tapped=True, sku="PLUG").runs("action_order")
    assert talk.slots["requested_slot"] == "order_detail"
    assert "Tap Plug" in texts(await talk.runs("action_ask_order_detail"))
    said = await in_the_form(talk, "hmm")
    assert "catch a number" in texts(said)
    said = await in_the_form(talk, "make it two")
    assert "2 × Tap Plug" in texts(said)
    await talk.hears("no", "deny").runs("action_deny")
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert shop.changed == {}


async def test_a_tapped_number_is_a_reply_too() -> None:
    talk, _, _ = talk_about(**PACKED)
    await talk.hears("Tap Plug", "choose_line", tapped=True, sku="PLUG").runs("action_order")
    said = await in_the_form(talk, "Take it out", "choose_quantity", quantity=0, sku="PLUG")
    assert "without Tap Plug" in texts(said)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [("nothing_left", "nothing would be left"), ("sold_out", "in stock"), ("not_changeable", "can't be changed")],
)
async def test_a_change_the_shop_refuses_is_explained(refusal: str, words: str) -> None:
    talk, shop, _ = talk_about(**PACKED)
    shop.refuses = refusal
    said = await talk.hears("remove the lamp", "change_order").runs("action_order")
    assert words in texts(said)
    assert talk.slots.get("pending") is None


@pytest.mark.parametrize("intent", ["change_order", "change_shipping_address"])
async def test_an_order_that_has_left_is_not_changed_and_what_helps_is_said(intent: str) -> None:
    talk, _, _ = talk_about()
    said = await talk.hears("change LH-100234", intent, order_number="LH-100234").runs("action_order")
    assert "on its way" in texts(said)
    assert {"/start_return", "/contact_human_agent"} <= set(options(said).values())


async def test_an_address_is_read_back_in_full_and_changed_after_a_yes() -> None:
    talk, shop, _ = talk_about(**PACKED)
    await talk.hears("change the delivery address", "change_shipping_address").runs("action_order")
    assert talk.slots["requested_slot"] == "order_detail"
    said = await in_the_form(talk, "12 New Street, Cork", "set_up_shipping_address")
    assert "postcode" in texts(said) and shop.sent_to == {}
    said = await in_the_form(talk, "T12 W3X8")
    assert "Mira Okafor, 12 New Street, T12 W3X8 Cork, Ireland" in texts(said)
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert shop.sent_to["m4:action_change_address"]["city"] == "Cork"


async def test_an_address_in_the_first_message_needs_no_second_one() -> None:
    talk, _, _ = talk_about(**PACKED)
    said = await talk.hears("send it to 12 New Street, T12 W3X8 Cork", "change_shipping_address").runs("action_order")
    assert "12 New Street" in texts(said)
    assert talk.slots["pending"] == "address:LH-100234"


async def test_an_address_the_shop_does_not_serve_brings_the_offer_of_a_person() -> None:
    talk, shop, _ = talk_about(**PACKED)
    await talk.hears("send it to 12 Street, 10435 Berlin, Germany", "change_shipping_address").runs("action_order")
    shop.refuses = "other_delivery"
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    assert "Germany" in texts(said)
    assert talk.slots["pending"] == "person_offer"


async def test_a_question_in_the_midst_of_the_address_is_left_to_its_own_rule() -> None:
    talk, _, _ = talk_about(**PACKED)
    await talk.hears("change the delivery address", "change_shipping_address").runs("action_order")
    before = dict(talk.slots)
    await talk.hears("how do I pay", "check_payment_methods").runs("validate_order_form")
    assert talk.slots == before


async def test_three_replies_without_an_address_offer_a_person() -> None:
    talk, _, _ = talk_about(**PACKED)
    await talk.hears("change the delivery address", "change_shipping_address").runs("action_order")
    for _ in range(3):
        said = await in_the_form(talk, "dunno")
    assert "/contact_human_agent" in options(said).values()


async def test_a_fee_is_shown_before_and_agreed_to_with_the_yes() -> None:
    fee = {"cancel_fee_cents": 500, "cancel_fee_text": "€5.00", "cancel_refund_text": "€35.00"}
    talk, shop, _ = talk_about(**PACKED, **fee)
    said = await talk.hears("cancel it", "cancel_order").runs("action_order")
    assert "€40.00" in texts(said) and "€5.00" in texts(said) and "€35.00" in texts(said)
    shop.orders["LH-100234"] = shop.orders["LH-100234"].model_copy(
        update={"cancel_fee_cents": 700, "cancel_fee_text": "€7.00"}
    )
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    assert shop.cancelled == {} and "€7.00" in texts(said), "a fee that rose is asked about again"
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.cancelled.values()) == ["LH-100234"]


async def test_an_invoice_comes_as_a_link_with_the_mail_one_tap_away() -> None:
    talk, _, desk = talk_about()
    said = await talk.hears("my invoice", "get_invoice").runs("action_order")
    assert "https://shop.example/invoice" in texts(said)
    assert "Send it to m•••@example.com" in options(said)
    assert desk.mails == {}
    await talk.hears("Send it", "send_invoice", tapped=True, order_number="LH-100234").runs("action_order")
    recipient, subject, text = desk.mails["m2"]
    assert recipient == "mira@example.com" and "INV-1" in subject and "https://shop.example/invoice" in text


async def test_an_invoice_goes_to_no_other_address_than_the_one_on_file() -> None:
    talk, _, desk = talk_about()
    said = await talk.hears(
        "email me the invoice to boss@evil.example", "get_invoice", order_number="LH-100234", email="boss@evil.example"
    ).runs("action_order")
    assert [mail[0] for mail in desk.mails.values()] == ["mira@example.com"]
    assert "nowhere else" in texts(said)


async def test_an_invoice_is_not_promised_by_mail_where_no_mail_is_sent() -> None:
    talk, _, desk = talk_about()
    talk.runtime.app.settings = talk.runtime.settings.model_copy(update={"smtp_url": ""})
    said = await talk.hears("e-mail me my invoice", "get_invoice").runs("action_order")
    assert desk.mails == {} and "https://shop.example/invoice" in texts(said)


@pytest.mark.parametrize(
    ("until", "warranty", "words"),
    [("2026-03-09", "2027-03-09", "warranty still covers"), ("2023-03-09", "2025-03-09", "so is its warranty")],
)
async def test_a_late_return_names_what_still_holds(until: str, warranty: str, words: str) -> None:
    talk, _, _ = talk_about(
        status="delivered", delivered_at="2023-02-07T10:00:00Z", return_until=until, warranty_until=warranty
    )
    said = await talk.hears("Start a return", "start_return", tapped=True).runs("action_order")
    assert words in texts(said) and talk.slots["pending"] == "person_offer"


async def test_a_late_order_earns_a_gesture_once_though_asked_twice() -> None:
    talk, shop, _ = talk_about(late=True, days_late=2, delay_reason="A storm has closed the ferry route.")
    said = await talk.hears("where is it, it is late", "order_delayed").runs("action_order")
    assert "sorry" in texts(said) and "storm" in texts(said) and "€5" in texts(said)
    assert shop.vouchers == {}
    said = await talk.hears("yes please", "affirm").runs("action_affirm")
    assert "THANKS-1" in texts(said)
    said = await talk.hears("it is still late", "order_delayed").runs("action_order")
    assert "THANKS-1" in texts(said) and "already" in texts(said)
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.vouchers.values()) == [500]


async def test_a_declined_gesture_is_not_offered_again() -> None:
    talk, shop, _ = talk_about(late=True, days_late=2)
    await talk.hears("it is late", "order_delayed").runs("action_order")
    await talk.hears("no", "deny").runs("action_deny")
    said = await talk.hears("it is late", "order_delayed").runs("action_order")
    assert "apology" not in texts(said) and talk.slots["pending"] == "person_offer"
    assert shop.vouchers == {}


async def test_a_gesture_the_shop_cannot_book_now_is_promised_and_passed_on() -> None:
    talk, shop, _ = talk_about(late=True, days_late=6, total_cents=20_000)
    await talk.hears("it is late", "order_delayed").runs("action_order")
    shop.down = True
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    moved = envelope(said)["transition"]
    assert moved["reason"] == "shop_unavailable" and "€15" in moved["context"]["open_promises"][0]["text"]


@pytest.mark.parametrize(
    ("pending", "change", "words"),
    [
        ("cancel:LH-100234", None, "cancel order LH-100234"),
        ("return:LH-100234:LAMP", None, "LAMP of order LH-100234"),
        (
            "items:LH-100234",
            {"number": "LH-100234", "wanted": {"PLUG": 1}, "total": 2500, "what": "1 × Plug"},
            "1 × Plug",
        ),
        ("address:LH-100234", {"number": "LH-100234", "address": {}, "what": "5 Quay"}, "5 Quay"),
        ("account:newsletter_off", None, "newsletter"),
    ],
)
async def test_every_deed_without_an_answer_tells_a_person_what_was_wanted(
    pending: str, change: dict[str, Any] | None, words: str
) -> None:
    talk, shop, _ = talk_about(**PACKED)
    talk.slots |= {"pending": pending, "order_change": change}
    shop.down = True

    async def down(*_: object) -> None:
        shop._up()

    shop.set_newsletter = down  # type: ignore[method-assign]
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    moved = envelope(said)["transition"]
    assert (moved["to"], moved["reason"]) == ("queue", "shop_unavailable")
    assert words in moved["context"]["open_promises"][0]["text"]
    assert "can't say for certain" in texts(said)


async def test_a_yes_to_one_order_never_changes_another() -> None:
    talk, shop, _ = talk_about(**PACKED)
    talk.slots |= {
        "pending": "items:LH-100999",
        "order_change": {"number": "LH-100234", "wanted": {"PLUG": 1}, "total": 1},
    }
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert shop.changed == {}


async def test_after_three_failed_proofs_the_right_address_opens_nothing_either() -> None:
    shop = FakeShop(an_order())
    talk = Dialogue(a_runtime(shop))
    for _ in range(3):
        talk.hears("LH-100234 evil@example.com", "track_order", order_number="LH-100234", email="evil@example.com")
        said = await talk.runs("action_order")
    assert envelope(said)["transition"]["reason"] == "not_verified"
    talk.hears("LH-100234 mira@example.com", "track_order", order_number="LH-100234", email="mira@example.com")
    said = await talk.runs("action_order")
    assert "card" not in envelope(said) and envelope(said)["transition"]["reason"] == "not_verified"


async def test_an_address_named_later_does_not_undo_the_proof() -> None:
    talk = Dialogue(a_runtime(FakeShop(an_order())))
    talk.hears("LH-100234 mira@example.com", "track_order", order_number="LH-100234", email="mira@example.com")
    await talk.runs("action_order")
    talk.hears("email me the invoice to boss@example.com", "get_invoice", email="boss@example.com")
    said = await talk.runs("action_order")
    assert "m•••@example.com" in texts(said)


async def test_the_newsletter_is_switched_for_a_signed_in_customer_after_a_yes() -> None:
    talk = Dialogue(a_runtime(FakeShop(), FakeKnowledge("newsletter")), **SIGNED)
    said = await talk.hears("stop the newsletter", "newsletter_subscription").runs("action_answer_question")
    assert "/account_request" in options(said).values()
    said = await talk.hears("Do it for me", "account_request", tapped=True).runs("action_account_request")
    assert "off the newsletter" in texts(said)
    await talk.hears("yes", "affirm").runs("action_affirm")
    shop = talk.runtime.shop
    assert isinstance(shop, FakeShop) and shop.newsletter == {MIRA: False}


@pytest.mark.parametrize("intent", ["delete_account", "privacy_data_request", "edit_account"])
async def test_what_needs_a_person_becomes_a_ticket_with_the_wish(intent: str) -> None:
    talk = Dialogue(a_runtime(FakeShop(), FakeKnowledge("account")))
    await talk.hears("delete my account data", intent).runs("action_answer_question")
    await talk.hears("Ask the team", "account_request", tapped=True).runs("action_account_request")
    said = await talk.hears("yes", "affirm").runs("action_affirm")
    moved = envelope(said)["transition"]
    assert moved["reason"] == "account_request" and moved["context"]["open_promises"]
