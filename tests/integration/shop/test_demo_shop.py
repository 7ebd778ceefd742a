"""The shop as people use it: pages, basket, checkout, identity, orders; and how it starts and stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import jwt
import pytest

from bot.domain.page import read_page
from demo.__main__ import main
from demo.delivery import expected_day
from tests.integration.shop.demo_shop import (
    IDENTITY,
    Shop,
    new_browser,
    running_shop,
)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with running_shop(tmp_path) as running:
        yield running


async def test_the_chat_is_told_which_product_and_basket_the_customer_looks_at(shop: Shop) -> None:
    async def told(path: str) -> dict[str, Any] | None:
        async with shop.browser.get(shop.url + path) as answer:
            found = re.search(r'data-page="([^"]*)"', await answer.text())
        return read_page(json.loads(unescape(found[1]))) if found else None

    assert await told("/help") is None
    product = await told("/products/glow-lamp")
    assert product is not None
    assert product["product"]["name"] == "Glow Table Lamp"
    await shop.browser.post(shop.url + "/basket", data={"product": "glow-lamp", "quantity": "2", "add": "1"})
    assert await told("/help") == {"cart": {"items": "2"}}
    basket = await told("/basket")
    assert basket is not None
    assert basket["cart"]["total"].startswith("€")


async def test_every_page_embeds_the_widget_with_one_tag_under_a_strict_policy(shop: Shop) -> None:
    tag = '<script src="http://127.0.0.1:9/widget.js" async data-rapport data-identity-url="/rapport-identity"'
    paths = ("/", "/products", "/products?category=light", "/products/glow-lamp", "/basket", "/sign-in", "/help",
             "/backstage", "/no-such-page", "/products/whisper-alarm")  # fmt: skip
    for path in paths:
        async with shop.browser.get(shop.url + path) as answer:
            page = await answer.text()
            policy = answer.headers["Content-Security-Policy"]
        assert page.count("<script") == 1
        assert tag in page
        assert not re.search(r'\sstyle="|<style|\son\w+="', page)
        assert "default-src 'none'" in policy
        assert "script-src http://127.0.0.1:9;" in policy
        assert "ws://127.0.0.1:9" in policy
        assert "unsafe" not in policy
        assert answer.status == (404 if path == "/no-such-page" else 200)


async def test_identity_follows_signing_in_and_out(shop: Shop) -> None:
    async with shop.browser.get(shop.url + "/rapport-identity") as answer:
        assert (answer.status, await answer.text()) == (204, "")
    for who, name in (("cus_mira", "Mira Okafor"), ("cus_chloe", "Chloé Marchand")):
        await shop.submit("/sign-in", customer=who)
        async with shop.browser.get(shop.url + "/rapport-identity") as answer:
            assert answer.headers["Cache-Control"] == "no-store"
            token = (await answer.json())["token"]
        claims = jwt.decode(token, IDENTITY, algorithms=["HS256"], options={"verify_exp": False})
        assert (claims["sub"], claims["name"]) == (who, name)
        assert 0 < claims["exp"] - shop.clock.now.timestamp() <= 3600
        assert {"email", "locale"} <= claims.keys()
    await shop.submit("/sign-out")
    async with shop.browser.get(shop.url + "/rapport-identity") as answer:
        assert answer.status == 204


async def test_signing_in_ends_the_session_that_was_there_before(shop: Shop) -> None:
    await shop.submit("/basket", product="tap-plug", quantity="2", add="1")
    planted = {cookie.key: cookie.value for cookie in shop.browser.cookie_jar}["lh_session"]
    await shop.submit("/sign-in", customer="cus_mira")
    assert "Tap Smart Plug" in await shop.look("/basket")
    thief = {"lh_session": planted}
    async with new_browser() as other, other.get(shop.url + "/rapport-identity", cookies=thief) as answer:
        assert answer.status == 204


async def test_a_form_from_another_site_is_refused(shop: Shop) -> None:
    for origin in ("https://evil.example", "null"):
        async with shop.browser.post(
            shop.url + "/sign-in", data={"customer": "cus_mira"}, headers={"Origin": origin}
        ) as answer:
            assert answer.status == 403
    async with shop.browser.post(
        shop.url + "/sign-in", data={"customer": "cus_mira", "next": "//evil.example"}, headers={"Origin": shop.url}
    ) as answer:
        assert answer.url.path == "/account"


async def test_an_order_page_is_for_its_buyer_only(shop: Shop) -> None:
    async with shop.browser.get(shop.url + "/orders/LH-100234") as answer:
        assert answer.url.path == "/sign-in"
    await shop.submit("/sign-in", customer="cus_jonas")
    async with shop.browser.get(shop.url + "/orders/LH-100234") as answer:
        assert answer.status == 404
    await shop.submit("/sign-in", customer="cus_mira")
    page = await shop.look("/orders/LH-100234")
    assert "2 days late" in page
    assert "wrong depot" in page
    tracking = re.search(r"/track/(LP\d+)", page)
    assert tracking
    public = await shop.look(f"/track/{tracking[1]}")
    assert "Lantern Row" not in public


async def test_a_customer_cancels_and_returns_on_the_order_page(shop: Shop) -> None:
    await shop.submit("/sign-in", customer="cus_jonas")
    assert "Cancelled on" in (await shop.submit("/orders/LH-100243/cancel"))[2]
    assert (await shop.submit("/orders/LH-100243/cancel"))[0] == 409
    assert "is open" in (await shop.submit("/orders/LH-100229/return"))[2]


async def test_a_guest_buys_and_sees_only_the_own_order(shop: Shop) -> None:
    await shop.submit("/basket", product="ember-valve", quantity="2", add="1")
    status, path, page = await shop.check_out()
    assert (status, path) == (200, "/orders/LH-100301")
    assert "Thank you, Nia." in page
    _, order = await shop.get("/api/orders/LH-100301")
    assert (order["status"], order["total_text"]) == ("placed", "€138.00")
    assert order["expected_delivery"] == "2026-03-16"
    _, product = await shop.get("/api/products?q=radiator valve")
    assert product["items"][0]["stock"] == 208
    assert "Nothing in here yet" in await shop.look("/basket")
    async with new_browser() as other, other.get(shop.url + path) as answer:
        assert answer.url.path == "/sign-in"


async def test_a_form_sent_twice_is_one_order(shop: Shop) -> None:
    await shop.submit("/basket", product="tap-plug", quantity="1", add="1")
    first = await shop.check_out(checkout_id="the-same-form")
    await shop.submit("/basket", product="tap-plug", quantity="1", add="1")
    second = await shop.check_out(checkout_id="the-same-form")
    assert first[1] == second[1]
    assert len((await shop.get("/api/orders?email=nia@example.com"))[1]["items"]) == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "not-an-address", "does not look like an e-mail"),
        ("name", " ", "tell us your name"),
        ("line1", "", "Street and number"),
        ("delivery", "catapult", "Choose a delivery"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_typed_is_lost(shop: Shop, field: str, value: str, words: str) -> None:
    await shop.submit("/basket", product="tap-plug", quantity="1", add="1")
    status, _, page = await shop.check_out(**{"city": "Utrecht", field: value})
    assert status == 422
    assert words in page
    assert 'value="Utrecht"' in page


async def test_more_than_there_is_cannot_be_bought(shop: Shop) -> None:
    await shop.submit("/basket", product="whisper-alarm", quantity="1", add="1")
    assert "Nothing in here yet" in await shop.look("/basket")
    await shop.submit("/basket", product="breeze-purifier", quantity="20", add="1")
    async with new_browser() as other:
        rival = replace(shop, browser=other)
        await rival.submit("/basket", product="breeze-purifier", quantity="20", add="1")
        await rival.check_out(email="rival@example.com")
    status, _, page = await shop.check_out()
    assert status == 422
    assert "only 6 left" in page


@pytest.mark.parametrize(
    ("product", "delivery", "country", "shipping", "day"),
    [
        ("dial-remote", "standard", "Ireland", 490, "2026-03-16"),
        ("nook-camera", "standard", "Ireland", 0, "2026-03-16"),
        ("nook-camera", "express", "Ireland", 990, "2026-03-11"),
        ("nook-camera", "abroad", "Spain", 1290, "2026-03-20"),
    ],
)
async def test_delivery_costs_and_takes_what_the_faq_says(
    shop: Shop, product: str, delivery: str, country: str, shipping: int, day: str
) -> None:
    await shop.submit("/basket", product=product, quantity="1", add="1")
    assert (await shop.check_out(delivery=delivery, country=country))[0] == 200
    _, order = await shop.get("/api/orders/LH-100301")
    assert (order["shipping_cents"], order["expected_delivery"]) == (shipping, day)


async def test_another_country_is_chosen_knowingly_and_only_where_we_deliver(shop: Shop) -> None:
    await shop.submit("/basket", product="nook-camera", quantity="1", add="1")
    status, _, page = await shop.check_out(country="Spain")
    assert status == 422
    assert "To Spain we send parcels another way" in page
    assert "€111.90" in page
    assert 'value="abroad" checked' in page
    assert (await shop.check_out(country="Ireland", delivery="abroad"))[0] == 422
    status, _, page = await shop.check_out(country="Japan", delivery="abroad")
    assert status == 422
    assert "not to Japan yet" in page


async def test_the_delivery_cost_comes_back_with_the_last_piece_but_not_the_surcharge_for_express(shop: Shop) -> None:
    amounts = []
    for number, delivery in (("LH-100301", "standard"), ("LH-100302", "express")):
        await shop.submit("/basket", product="drip-sensor", quantity="1", add="1")
        await shop.check_out(delivery=delivery, email=f"{delivery}@example.com")
        await shop.submit(f"/backstage/orders/{number}/ship")
        await shop.submit(f"/backstage/orders/{number}/deliver")
        _, answer = await shop.post(f"/api/orders/{number}/returns", {"reason": "No leak here"})
        amounts.append(answer["return"]["amount_cents"])
    assert amounts == [3990, 3990]


def test_express_counts_from_two_in_the_afternoon_and_over_the_weekend() -> None:
    friday = datetime(2026, 3, 6, 13, 59, tzinfo=UTC)
    assert expected_day("express", friday) == date(2026, 3, 9)
    assert expected_day("express", friday + timedelta(minutes=1)) == date(2026, 3, 10)
    assert expected_day("express", friday + timedelta(days=1)) == date(2026, 3, 10)
    assert expected_day("express", datetime(2026, 7, 1, 13, 30, tzinfo=UTC)) == date(2026, 7, 3), "summer time"


async def test_an_order_can_be_followed_from_placing_to_delivery(shop: Shop) -> None:
    assert (await shop.submit("/backstage/orders/LH-100243/ship"))[0] == 200
    _, order = await shop.get("/api/orders/LH-100243")
    assert (order["status"], order["carrier"], order["can_cancel"]) == ("shipped", "DHL", False)
    await shop.submit("/backstage/orders/LH-100243/deliver")
    _, order = await shop.get("/api/orders/LH-100243")
    assert (order["status"], order["can_return"], order["return_until"]) == ("delivered", True, "2026-04-09")


def test_a_taken_port_and_a_wrong_address_are_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAPPORT_PUBLIC_URL", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--data", str(tmp_path)]) == 3
    errors = capsys.readouterr().err
    assert errors == f"Port {port} is already in use; stop what uses it, or choose another with --port.\n"
    assert not list(tmp_path.iterdir()), "the database of a running shop is not touched"
    assert main(["--data", str(tmp_path), "--rapport-url", "nonsense"]) == 2
    assert "--rapport-url must look like http://host:port" in capsys.readouterr().err
    monkeypatch.setenv("RAPPORT_SHOP_SECRET", "whsec_x")
    assert main(["--data", str(tmp_path)]) == 2
    assert "RAPPORT_SHOP_SECRET must be whsec_ followed by base64" in capsys.readouterr().err
    monkeypatch.delenv("RAPPORT_SHOP_SECRET")
    monkeypatch.setenv("RAPPORT_FRIEND_REWARD", "10%")
    assert main(["--data", str(tmp_path)]) == 2
    assert "RAPPORT_FRIEND_REWARD must be a whole number of cents" in capsys.readouterr().err


def test_the_process_stops_cleanly_at_a_signal(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "demo", "--port", str(port), "--data", str(tmp_path)]
    env = {**os.environ, "RAPPORT_SHOP_SECRET": ""}
    folder = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, cwd=folder) as process:
        try:
            assert _healthy(f"http://127.0.0.1:{port}/healthz")
        finally:
            process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=15)
    assert process.returncode == 0
    assert b"Traceback" not in errors


def _healthy(url: str) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except urllib.error.URLError:
            time.sleep(0.05)
    return False
