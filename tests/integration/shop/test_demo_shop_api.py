"""The orders API as Rapport uses it: who may ask, what may be done when, and nothing done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openapi_spec_validator import validate

from tests.integration.shop.demo_shop import AUTH, Shop, running_shop


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with running_shop(tmp_path) as running:
        yield running


async def test_nobody_without_the_token_reads_an_order(shop: Shop) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        async with shop.browser.get(shop.url + "/api/orders/LH-100234", headers=headers) as answer:
            assert answer.status == 401
            assert answer.content_type == "application/problem+json"
            assert (await answer.json(content_type=None))["code"] == "unauthorized"


async def test_an_order_is_found_however_its_number_is_written(shop: Shop) -> None:
    for spelling in ("LH-100234", "lh100234", "100234", "lh 100234", "%23100234"):
        status, order = await shop.get(f"/api/orders/{spelling}")
        assert (status, order["number"]) == (200, "LH-100234")
    assert order["status"] == "shipped"
    assert order["late"] is True
    assert order["days_late"] == 2
    assert order["total_text"] == "€147.00"
    assert order["tracking_url"].startswith("http://shop.test/track/LP")


async def test_orders_of_a_customer_come_newest_first_and_in_pages(shop: Shop) -> None:
    _, by_mail = await shop.get("/api/orders?email=Mira.Okafor@Example.com")
    _, by_id = await shop.get("/api/orders?customer=cus_mira")
    assert by_mail == by_id
    dates = [order["placed_at"] for order in by_id["items"]]
    assert dates == sorted(dates, reverse=True)
    assert len(dates) == 4
    _, first = await shop.get("/api/orders?customer=cus_mira&limit=3")
    _, rest = await shop.get(f"/api/orders?customer=cus_mira&limit=3&cursor={first['next']}")
    assert [*first["items"], *rest["items"]] == by_id["items"]
    assert rest["next"] is None
    assert (await shop.get("/api/orders?email=nobody@example.com"))[1]["items"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/orders", 400, "bad_request"),
        ("/api/orders?customer=cus_mira&limit=0", 400, "bad_request"),
        ("/api/orders?customer=cus_mira&cursor=x", 400, "bad_request"),
        ("/api/orders/LH-999999", 404, "not_found"),
        ("/api/customers/nobody", 404, "not_found"),
        ("/api/nonsense", 404, "not_found"),
    ],
)
async def test_bad_questions_get_a_problem_document(shop: Shop, path: str, status: int, code: str) -> None:
    got, problem = await shop.get(path)
    assert (got, problem["code"], problem["status"]) == (status, code, status)
    assert problem["detail"]
    assert problem["type"].startswith("urn:")


async def test_bodies_that_are_no_json_objects_are_refused_in_words(shop: Shop) -> None:
    for raw in (b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 50_000):
        async with shop.browser.post(shop.url + "/api/orders/100243/cancel", data=raw, headers=AUTH) as answer:
            assert answer.status == 400
            assert "JSON object" in (await answer.json(content_type=None))["detail"]
    async with shop.browser.post(shop.url + "/api/orders/100243/cancel", data=b" " * 70_000, headers=AUTH) as answer:
        assert answer.status == 413


async def test_an_email_is_verified_and_an_unknown_order_is_no_match(shop: Shop) -> None:
    yes = await shop.post("/api/orders/100234/verify", {"email": " MIRA.okafor@example.com "})
    assert yes == (200, {"match": True, "customer": "cus_mira"})
    no = (200, {"match": False, "customer": None})
    assert await shop.post("/api/orders/100234/verify", {"email": "jonas.lindqvist@example.com"}) == no
    assert await shop.post("/api/orders/999999/verify", {"email": "mira.okafor@example.com"}) == no
    assert (await shop.post("/api/orders/100234/verify", {}))[0] == 400


@pytest.mark.parametrize("number", ["LH-100243", "LH-100240"])
async def test_a_placed_or_packed_order_is_cancelled_and_its_refund_is_owed(shop: Shop, number: str) -> None:
    status, order = await shop.post(f"/api/orders/{number}/cancel", {"reason": "Bought twice"})
    assert (status, order["status"], order["cancel_reason"]) == (200, "cancelled", "Bought twice")
    _, refund = await shop.get(f"/api/orders/{number}/refund")
    assert (refund["status"], refund["amount_cents"]) == ("pending", order["total_cents"])
    assert refund["expected_by"] == "2026-03-18", "five working days, and St Patrick's is none"


@pytest.mark.parametrize(
    ("number", "state"),
    [("LH-100234", "shipped"), ("LH-100232", "delivered"), ("LH-100236", "cancelled"), ("LH-100225", "returned")],
)
async def test_an_order_that_has_left_cannot_be_cancelled(shop: Shop, number: str, state: str) -> None:
    before = await shop.get(f"/api/orders/{number}")
    status, problem = await shop.post(f"/api/orders/{number}/cancel", {"reason": "Too late"})
    assert (status, problem["code"], problem["reason"]) == (409, "not_cancellable", state)
    assert await shop.get(f"/api/orders/{number}") == before


async def test_a_return_is_open_for_thirty_days_and_not_a_moment_longer(shop: Shop) -> None:
    # LH-100232 was delivered seven days and 62 minutes before the shop was filled.
    shop.clock.move(days=22, hours=22)
    status, answer = await shop.post(
        "/api/orders/100232/returns", {"items": [{"sku": "LH-CAM-N1"}], "reason": "No use"}
    )
    assert status == 201
    assert answer["return"]["amount_text"] == "€99.00"
    shop.clock.move(hours=1)
    status, problem = await shop.post("/api/orders/100232/returns", {"reason": "The rest as well"})
    assert (status, problem["code"]) == (409, "return_window_closed")


async def test_only_delivered_things_come_back_and_each_piece_once(shop: Shop) -> None:
    assert (await shop.post("/api/orders/100234/returns", {}))[1]["code"] == "not_delivered"
    assert (await shop.post("/api/orders/100225/returns", {}))[1]["code"] == "already_returned"
    assert (await shop.post("/api/orders/100233/returns", {}))[1]["code"] == "already_returned"
    path = "/api/orders/100228/returns"
    for wrong in ([], "all", [{"sku": "LH-CAM-N1"}], [{"sku": "LH-LMP-T1", "quantity": 3}], [{"quantity": 1}], [7],
                  [{"sku": "LH-LMP-T1", "quantity": True}], [{"sku": "LH-LMP-T1", "quantity": -1}]):  # fmt: skip
        status, problem = await shop.post(path, {"items": wrong})
        assert (status, problem["code"]) == (422, "invalid_items")
    assert (await shop.post(path, {"items": [{"product": "glow-lamp", "quantity": 1}]}))[0] == 201
    status, second = await shop.post(path, {"reason": "The other one, too"})
    assert (status, second["return"]["items"][0]["quantity"]) == (201, 1)
    assert (await shop.post(path, {}))[1]["code"] == "already_returned"


async def test_an_address_changes_until_the_parcel_leaves(shop: Shop) -> None:
    address = {"line1": "5 Quay", "postcode": "1000", "city": "Brussels", "country": "Belgium"}
    status, order = await shop.post("/api/orders/100243/address", address)
    assert status == 200
    assert order["address"] == {"name": "Jonas Lindqvist", "line2": "", **address}
    assert (await shop.post("/api/orders/100234/address", address))[1]["code"] == "address_locked"
    status, problem = await shop.post("/api/orders/100243/address", address | {"city": " "})
    assert (status, problem["field"]) == (400, "city")
    status, problem = await shop.post("/api/orders/100243/address", address | {"line1": "a\nb"})
    assert (status, problem["field"]) == (400, "line1")


async def test_a_repeated_request_with_its_key_is_done_once_and_answered_alike(shop: Shop) -> None:
    body = {"items": [{"sku": "LH-PLG-T1", "quantity": 1}], "reason": "One too many"}
    answers = await asyncio.gather(*(shop.post("/api/orders/100232/returns", body, key="k-1") for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 201
    _, order = await shop.get("/api/orders/100232")
    assert len(order["returns"]) == 1
    status, problem = await shop.post("/api/orders/100232/returns", body | {"reason": "Other"}, key="k-1")
    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    assert (await shop.post("/api/orders/100232/returns", body, key="k-2"))[0] == 201
    assert (await shop.post("/api/orders/100232/returns", body, key="bad\tkey"))[0] == 400


async def test_a_refusal_is_remembered_under_its_key_too(shop: Shop) -> None:
    first = await shop.post("/api/orders/100234/cancel", {"reason": "x"}, key="c")
    assert first[0] == 409
    async with shop.browser.post(
        shop.url + "/api/orders/100234/cancel", json={"reason": "x"}, headers=AUTH | {"Idempotency-Key": "c"}
    ) as again:
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.content_type == "application/problem+json"
        assert (again.status, await again.json(content_type=None)) == first


async def test_keys_and_orders_outlive_a_restart_and_nothing_is_seeded_twice(tmp_path: Path) -> None:
    async with running_shop(tmp_path) as shop:
        first = await shop.post("/api/orders/100243/cancel", {"reason": "x"}, key="k")
    async with running_shop(tmp_path) as shop:
        assert await shop.post("/api/orders/100243/cancel", {"reason": "x"}, key="k") == first
        assert len((await shop.get("/api/orders?customer=cus_jonas"))[1]["items"]) == 3
        assert len((await shop.get("/api/products"))[1]["items"]) == 16


async def test_products_are_searched_by_every_word(shop: Shop) -> None:
    _, found = await shop.get("/api/products?q=RADIATOR valve")
    assert [product["id"] for product in found["items"]] == ["ember-valve"]
    assert found["items"][0]["price_text"] == "€69.00"
    assert (await shop.get("/api/products?q=unobtainable"))[1] == {"items": [], "next": None}


async def test_a_customer_record_counts_their_orders(shop: Shop) -> None:
    _, customer = await shop.get("/api/customers/cus_aiko")
    assert (customer["name"], customer["orders"], customer["guest"]) == ("Aiko Tanaka", 5, False)


async def test_an_invoice_link_opens_for_a_day_without_signing_in(shop: Shop) -> None:
    _, invoice = await shop.get("/api/orders/100232/invoice")
    assert (invoice["number"], invoice["total_text"]) == ("INV-100232", "€149.00")
    path = invoice["url"].removeprefix("http://shop.test")
    assert "Invoice INV-100232" in await shop.look(path)
    forged = path.replace("100232", "100234")
    async with shop.browser.get(shop.url + forged) as answer:
        assert answer.status == 404
    shop.clock.move(days=1, seconds=1)
    async with shop.browser.get(shop.url + path) as answer:
        assert answer.status == 404


async def test_the_description_is_valid_and_names_every_route(shop: Shop) -> None:
    async with shop.browser.get(shop.url + "/api/openapi.json") as answer:
        document: dict[str, Any] = await answer.json()
    validate(document)
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    from demo.api import api_routes

    served = {(route.path, route.method.lower()) for route in api_routes()} - {("/api/openapi.json", "get")}
    assert described == served
    readme = (Path(__file__).parents[3] / "demo" / "README.md").read_text()
    for path, method in served:
        assert f"`{method.upper()} {path}" in readme


async def test_trouble_on_demand_breaks_the_api_and_nothing_else(tmp_path: Path) -> None:
    async with running_shop(tmp_path, chaos=True) as shop:
        for mode, status in (("500", 500), ("garbage", 200)):
            assert (await shop.post("/backstage/chaos", {"mode": mode}))[1] == {"mode": mode}
            async with shop.browser.get(shop.url + "/api/products", headers=AUTH) as answer:
                assert answer.status == status
                with pytest.raises(ValueError):
                    await answer.json(content_type=None)
            assert "Come home" in await shop.look("/")
        await shop.post("/backstage/chaos", {"mode": "down"})
        with pytest.raises(aiohttp.ClientConnectionError):
            await shop.get("/api/products")
        await shop.post("/backstage/chaos", {"mode": "lost"})
        with pytest.raises(aiohttp.ClientConnectionError):
            await shop.post("/api/orders/100243/cancel", {"reason": "x"}, key="k")
        await shop.post("/backstage/chaos", {"mode": "ok"})
        status, order = await shop.post("/api/orders/100243/cancel", {"reason": "x"}, key="k")
        assert (status, order["status"]) == (200, "cancelled")
        await shop.post("/backstage/chaos", {"mode": "500", "seconds": 0})
        assert (await shop.get("/api/products"))[0] == 200
        assert (await shop.post("/backstage/chaos", {"mode": "sideways"}))[0] == 400
        assert (await shop.post("/backstage/chaos", {"mode": "slow", "delay": "x"}))[0] == 400


async def test_trouble_cannot_be_made_in_a_shop_that_was_not_started_for_it(shop: Shop) -> None:
    assert (await shop.submit("/backstage/chaos", mode="down"))[0] == 404
    assert (await shop.get("/api/products"))[0] == 200
