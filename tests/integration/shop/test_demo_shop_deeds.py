"""What the sample shop does beside cancelling and returning: other quantities, fees, gestures, the newsletter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from demo.app import make_app
from demo.settings import Settings
from tests.integration.shop.demo_shop import AUTH, TOKEN, Clock, Shop, new_browser, running_shop

PLUGS = "LH-PLG-T1"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with running_shop(tmp_path) as running:
        yield running


async def _stock(shop: Shop, sku: str) -> int:
    _, found = await shop.get(f"/api/products?q={sku}")
    return int(found["items"][0]["stock"])


async def test_a_quote_tells_the_difference_and_changes_nothing(shop: Shop) -> None:
    before = await shop.get("/api/orders/100243")
    status, quote = await shop.post("/api/orders/100243/quote", {"items": [{"sku": PLUGS, "quantity": 1}]})
    assert (status, quote["cheaper"], quote["dearer"]) == (200, True, False)
    assert before[1]["total_cents"] - quote["total_cents"] == quote["difference_cents"] > 0
    assert await shop.get("/api/orders/100243") == before


async def test_fewer_pieces_are_owed_back_and_return_to_the_shelf(shop: Shop) -> None:
    stock = await _stock(shop, PLUGS)
    _, before = await shop.get("/api/orders/100243")
    body = {"items": [{"sku": PLUGS, "quantity": 1}]}
    _, quote = await shop.post("/api/orders/100243/quote", body)
    wanted = body | {"expect_total_cents": quote["total_cents"]}
    answers = [await shop.post("/api/orders/100243/items", wanted, key="k") for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    order = answers[0][1]
    assert {line["sku"]: line["quantity"] for line in order["items"]}[PLUGS] == 1
    assert order["refund"]["amount_cents"] == before["total_cents"] - quote["total_cents"]
    assert await _stock(shop, PLUGS) == stock + 2


async def test_a_line_is_taken_out_and_the_last_one_cannot(shop: Shop) -> None:
    _, order = await shop.post("/api/orders/100243/items", {"items": [{"sku": PLUGS, "quantity": 0}]})
    assert len(order["items"]) == 1
    last = [{"sku": order["items"][0]["sku"], "quantity": 0}]
    assert (await shop.post("/api/orders/100243/items", {"items": last}))[1]["code"] == "nothing_left"


async def test_what_cannot_be_changed_is_refused_with_its_reason(shop: Shop) -> None:
    path, one = "/api/orders/100243/items", [{"sku": PLUGS, "quantity": 1}]
    assert (await shop.post("/api/orders/100234/items", {"items": one}))[1]["code"] == "not_changeable"
    assert (await shop.post(path, {"items": [{"sku": "LH-HUB-2", "quantity": 99}]}))[1]["code"] == "sold_out"
    assert (await shop.post(path, {"items": one, "expect_total_cents": 1}))[1]["code"] == "total_changed"
    for wrong in (None, [], [7], [{"sku": "x", "quantity": 1}], [{"sku": PLUGS, "quantity": -1}],
                  [{"sku": PLUGS, "quantity": True}], [{"sku": PLUGS, "quantity": 100}]):  # fmt: skip
        status, problem = await shop.post(path, {"items": wrong})
        assert (status, problem["code"]) == (422, "invalid_items")
    assert (await shop.post(path, {"items": one, "expect_total_cents": "1"}))[0] == 400


async def test_a_fee_for_packed_parcels_is_shown_and_taken_off_the_refund(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path, orders_token=TOKEN, cancel_fee=500, clock=Clock(), events_url="http://127.0.0.1:9"
    )
    server = TestServer(make_app(settings))
    await server.start_server()
    try:
        async with new_browser() as browser:
            shop = Shop(str(server.make_url("")).rstrip("/"), Clock(), browser)
            _, packed = await shop.get("/api/orders/100240")
            _, placed = await shop.get("/api/orders/100243")
            assert (packed["cancel_fee_cents"], placed["cancel_fee_cents"]) == (500, 0)
            stale = await shop.post("/api/orders/100240/cancel", {"reason": "x", "expect_fee_cents": 0})
            assert (stale[0], stale[1]["code"]) == (409, "fee_changed")
            _, order = await shop.post("/api/orders/100240/cancel", {"reason": "x", "expect_fee_cents": 500})
            assert order["refund"]["amount_cents"] == order["total_cents"] - 500 == packed["cancel_refund_cents"]
    finally:
        await server.close()


async def test_an_address_in_a_country_priced_otherwise_is_refused(shop: Shop) -> None:
    home = {"line1": "5 Quay", "postcode": "D01 F5P2", "city": "Dublin", "country": "Ireland"}
    assert (await shop.post("/api/orders/100243/address", home))[1]["code"] == "other_delivery"
    far = home | {"country": "Atlantis"}
    assert (await shop.post("/api/orders/100243/address", far))[1]["code"] == "not_served"


async def test_a_voucher_is_given_once_for_its_key(shop: Shop) -> None:
    body = {"order": "100234", "amount_cents": 500, "reason": "Late"}
    answers = await asyncio.gather(*(shop.post("/api/vouchers", body, key="goodwill:1") for _ in range(6)))
    assert {answer[1]["code"] for answer in answers} == {answers[0][1]["code"]}
    _, listed = await shop.get("/api/vouchers?order=LH-100234")
    assert [(voucher["amount_text"], voucher["customer"]) for voucher in listed["items"]] == [("€5.00", "cus_mira")]
    assert (await shop.post("/api/vouchers", body | {"amount_cents": 0}))[0] == 400
    assert (await shop.post("/api/vouchers", body | {"order": "999999"}))[0] == 404
    assert (await shop.get("/api/vouchers"))[0] == 400


async def test_money_back_as_a_gesture_never_exceeds_the_price(shop: Shop) -> None:
    status, order = await shop.post("/api/orders/100234/credit", {"amount_cents": 490}, key="g")
    assert (status, order["refund"]["amount_cents"], order["status"]) == (200, 490, "shipped")
    assert (await shop.post("/api/orders/100234/credit", {"amount_cents": 490}, key="g"))[0] == 200
    assert (await shop.get("/api/orders/100234/refund"))[1]["amount_cents"] == 490
    assert (await shop.post("/api/orders/100234/credit", {"amount_cents": 14_700}))[1]["code"] == "too_much"


async def test_the_newsletter_is_switched_for_a_known_customer(shop: Shop) -> None:
    for wanted in (True, False, False):
        status, answer = await shop.post("/api/customers/cus_mira/newsletter", {"subscribed": wanted})
        assert (status, answer) == (200, {"customer": "cus_mira", "subscribed": wanted})
    assert (await shop.post("/api/customers/nobody/newsletter", {"subscribed": True}))[0] == 404
    assert (await shop.post("/api/customers/cus_mira/newsletter", {}))[0] == 400


async def test_an_invoice_link_ends_after_the_hours_asked_for(shop: Shop) -> None:
    _, invoice = await shop.get("/api/orders/100232/invoice?hours=1")
    path = invoice["url"].removeprefix("http://shop.test")
    assert "Invoice INV-100232" in await shop.look(path)
    shop.clock.move(hours=1, seconds=1)
    async with shop.browser.get(shop.url + path) as answer:
        assert answer.status == 404
    for hours in ("0", "73", "x", "-1"):
        assert (await shop.get(f"/api/orders/100232/invoice?hours={hours}"))[0] == 400


async def test_half_an_answer_is_given_although_the_work_was_done(tmp_path: Path) -> None:
    async with running_shop(tmp_path, chaos=True) as shop:
        await shop.post("/backstage/chaos", {"mode": "partial"})
        status, answer = await shop.post("/api/orders/100243/cancel", {"reason": "x"}, key="k")
        assert (status, answer) == (200, {"number": "LH-100243"})
        await shop.post("/backstage/chaos", {"mode": "empty"})
        assert await shop.get("/api/orders/100243") == (200, {})
        await shop.post("/backstage/chaos", {"mode": "html"})
        async with shop.browser.get(shop.url + "/api/orders/100243", headers=AUTH) as page:
            assert (page.status, page.content_type) == (200, "text/html")
            with pytest.raises(aiohttp.ContentTypeError):
                await page.json()
        await shop.post("/backstage/chaos", {"mode": "ok"})
        assert (await shop.get("/api/orders/100243"))[1]["status"] == "cancelled"
