"""A friend's offer in the shop, and the events by which Rapport hears of it and of orders."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from tests.integration.shop.demo_shop import (
    RAW_SECRET,
    running_receiver,
    running_shop,
    until,
)

CODE = "k3Yv9QwErTy_0123456789"


async def test_a_friend_gets_the_offer_and_rapport_hears_of_it_once(tmp_path: Path) -> None:
    async with running_receiver(refusals=2) as receiver, running_shop(tmp_path, events_url=receiver.url) as shop:
        assert "€10 off your first order" in await shop.look(f"/?ref={CODE}")
        assert "€10 off your first order" in await shop.look("/products")
        await shop.submit("/basket", product="glow-lamp", quantity="1", add="1")
        status, path, _ = await shop.check_out(email=" Nia.New+deals@Example.com ", phone="+49 30 5555 0199")
        assert status == 200

        def arrived() -> bool:
            shop.clock.move(seconds=1)  # the waits between attempts pass by the shop's clock
            return bool(receiver.of("referral.ordered"))

        await until(arrived)
    assert [event["type"] for event in receiver.taken] == ["referral.signed_up", "referral.ordered"]
    (ordered,) = receiver.of("referral.ordered")
    mail = hmac.new(RAW_SECRET, b"nia.new+deals@example.com", hashlib.sha256).hexdigest()
    plain = hmac.new(RAW_SECRET, b"nia.new@example.com", hashlib.sha256).hexdigest()
    assert (ordered["code"], ordered["order"]) == (CODE, path.rpartition("/")[2])
    assert (ordered["email_hash"], ordered["email_canonical_hash"]) == (mail, plain)
    assert (ordered["total"], ordered["total_cents"], ordered["currency"]) == (79.0, 7900, "EUR")
    assert {len(ordered["payment_hash"]), len(ordered["phone_hash"])} == {64}
    assert "nia" not in str(receiver.taken).lower().replace(CODE.lower(), "")
    assert len(set(receiver.attempts)) == 2, "a retried event keeps its webhook-id"
    assert len(receiver.attempts) == 4


async def test_the_offer_has_no_minimum_and_never_exceeds_the_goods(tmp_path: Path) -> None:
    async with running_shop(tmp_path, friend_reward=3000) as shop:
        assert "€30 off your first order" in await shop.look(f"/?ref={CODE}")
        await shop.submit("/basket", product="tap-plug", quantity="1", add="1")
        assert (await shop.check_out())[0] == 200
        _, order = await shop.get("/api/orders/LH-100301")
    assert (order["discount_cents"], order["shipping_cents"], order["total_cents"]) == (2500, 490, 490)


async def test_without_a_reward_no_offer_is_promised_but_the_friend_is_reported(tmp_path: Path) -> None:
    async with running_receiver() as receiver, running_shop(tmp_path, events_url=receiver.url, friend_reward=0) as shop:
        assert "off your first order" not in await shop.look(f"/?ref={CODE}")
        await shop.submit("/basket", product="glow-lamp", quantity="1", add="1")
        await shop.check_out()
        await until(lambda: bool(receiver.of("referral.ordered")))
    assert receiver.of("referral.ordered")[0]["total_cents"] == 8900


async def test_the_offer_is_for_first_orders_whatever_alias_is_used(tmp_path: Path) -> None:
    async with running_shop(tmp_path) as shop:
        await shop.look(f"/?ref={CODE}")
        await shop.submit("/basket", product="glow-lamp", quantity="1", add="1")
        status, _, page = await shop.check_out(email="mira.okafor+friend@example.com")
        assert status == 422
        assert "has ordered before" in page
        assert 'name="offer"' not in page
        await shop.submit("/sign-in", customer="cus_mira")
        assert "off your first order" not in await shop.look("/")


async def test_a_new_account_from_a_friends_link_is_reported_and_malformed_codes_are_not(tmp_path: Path) -> None:
    async with running_receiver() as receiver, running_shop(tmp_path, events_url=receiver.url) as shop:
        assert "off your first order" not in await shop.look("/?ref=%3Cscript%3E")
        await shop.submit("/sign-in", create="1", name="Ola Nord", email="ola@example.com")
        await shop.submit("/sign-out")
        await shop.look(f"/?ref={CODE}")
        await shop.submit("/sign-in", customer="cus_chloe")
        await shop.submit("/sign-in", customer="cus_chloe")
        await shop.submit("/sign-in", customer="cus_mira")
        await until(lambda: bool(receiver.taken))
        assert [(data["code"], data["customer"]) for data in receiver.of("referral.signed_up")] == [(CODE, "cus_chloe")]


async def test_events_wait_while_rapport_is_down_and_arrive_after_a_restart(tmp_path: Path) -> None:
    async with running_shop(tmp_path) as shop:
        assert (await shop.submit("/backstage/orders/LH-100238/delay"))[0] == 200
        assert (await shop.submit("/backstage/orders/LH-100238/deliver"))[0] == 200
        assert (await shop.submit("/backstage/orders/LH-100238/deliver"))[0] == 409
        assert (await shop.submit("/backstage/orders/LH-100233/receive"))[0] == 200
        assert (await shop.get("/api/orders/100233/refund"))[1]["status"] == "pending"
        assert (await shop.submit("/backstage/orders/LH-100233/pay"))[0] == 200
        assert (await shop.get("/api/orders/100233/refund"))[1]["status"] == "paid"
    async with running_receiver() as receiver, running_shop(tmp_path, events_url=receiver.url) as shop:
        shop.clock.move(minutes=10)
        await until(lambda: len(receiver.taken) == 3)
    own = [event["type"] for event in receiver.taken if event["data"]["customer"] == "cus_aiko"]
    assert own == ["order.delayed", "order.delivered"], "one customer's events keep their order"
    (late,) = receiver.of("order.delayed")
    assert (late["was_expected_on"], late["expected_on"]) == ("2026-03-11", "2026-03-14")
    (returned,) = receiver.of("order.returned")
    assert (returned["order"], returned["reason"]) == ("LH-100233", "The cylinder is too short")
