"""The demo shop as its customers use it: signed identities, and a friend who buys with a referral code."""

import html
import re
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp

from tests.support.system import System


async def customers(system: System) -> list[str]:
    """The ids that the shop's sign-in page offers."""
    async with aiohttp.ClientSession() as session, session.get(f"{system.shop}/sign-in") as response:
        page = await response.text()
    found = re.findall(r'name="customer"\s+value="([^"]+)"', page)
    assert found, page[:2000]
    return found


async def identity_of(system: System, number: int) -> str:
    """The JWT the shop signs for its n-th sample customer."""
    return await identity_for(system, (await customers(system))[number])


async def identity_for(system: System, customer: str) -> str:
    """The JWT the shop signs for this customer."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.post(f"{system.shop}/sign-in", data={"customer": customer}) as response:
            assert response.status == 200, await response.text()
        async with session.get(f"{system.shop}/rapport-identity") as response:
            body: dict[str, Any] = await response.json()
    return str(body["token"])


async def order_of(system: System, number: str) -> dict[str, Any]:
    """The order as the shop's own API tells it."""
    return await _api(system, f"/api/orders/{number}")


async def vouchers_for(system: System, number: str) -> list[dict[str, Any]]:
    """What was given for an order."""
    found: list[dict[str, Any]] = (await _api(system, f"/api/vouchers?order={number}"))["items"]
    return found


async def make_trouble(system: System, mode: str) -> None:
    """Let the shop's API misbehave until told otherwise; `ok` ends it."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{system.shop}/backstage/chaos", json={"mode": mode}) as response,
    ):
        assert response.status == 200, await response.text()


async def _api(system: System, path: str) -> dict[str, Any]:
    token = (system.data / "secrets" / "orders_token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(system.shop + path) as response:
        assert response.status == 200, await response.text()
        answer: dict[str, Any] = await response.json()
    return answer


async def buy_as_friend(system: System, code: str) -> None:
    """Open the landing page, follow it to the shop, put something into the basket and order as a guest."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{system.base}/r/{code}") as response:
            page = await response.text()
        link = re.search(r'href="([^"]+\?ref=[^"]+)"', page)
        assert link, page
        landed = html.unescape(link[1])
        assert urlsplit(landed).netloc == urlsplit(system.shop).netloc
        await order_as_guest(session, system.shop, landed)


async def order_as_guest(session: aiohttp.ClientSession, shop: str, landed: str) -> str:
    """Enter the shop at `landed` (its address with `?ref=`), buy one of the first product shown; the order's number."""
    home = await _read(session.get(landed))
    assert "off your first order" in home, home[:3000]
    product = re.search(r'href="(/products/[^"?]+)"', home)
    assert product, home[:3000]
    form = await _read(session.get(shop + product[1]))
    assert '<form class="buy" method="post" action="/basket">' in form, form[:3000]
    basket = await _read(session.post(f"{shop}/basket", data={**_hidden(form), "quantity": "1"}))
    assert 'href="/checkout"' in basket, basket[:3000]
    checkout = await _read(session.get(f"{shop}/checkout"))
    hidden = _hidden(checkout)
    assert {"checkout_id", "offer"} <= hidden.keys(), checkout[:3000]
    data = hidden | {
        "name": "Fern Friend", "email": f"{uuid4().hex[:10]}@friends.example", "phone": "", "line1": "1 Elm Street",
        "line2": "", "postcode": "D01 F5P2", "city": "Dublin", "country": "Ireland",
        "delivery": "standard", "payment": "card",
    }  # fmt: skip
    async with session.post(f"{shop}/checkout", data=data) as response:
        text = await response.text()
        assert response.status == 200, text[-3000:]
        assert "Thank you, Fern." in text, text[-3000:]
        assert "Your friend's offer" in text or "Your friend&#39;s offer" in text
        return response.url.path.rpartition("/")[2]


def _hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))


async def _read(asked: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> str:
    async with asked as response:
        text = await response.text()
        assert response.status == 200, text[-3000:]
        return text
