"""The demo shop as its customers use it: signed identities, and a friend who buys with a referral code."""

import re
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
    ids = await customers(system)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.post(f"{system.shop}/sign-in", data={"customer": ids[number]}) as response:
            assert response.status == 200, await response.text()
        async with session.get(f"{system.shop}/rapport-identity") as response:
            body: dict[str, Any] = await response.json()
    return str(body["token"])


async def buy_as_friend(system: System, code: str) -> None:
    """Open the landing page, follow it to the shop, put something into the basket and order as a guest."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{system.base}/r/{code}") as response:
            page = await response.text()
        link = re.search(r'href="([^"]+\?ref=[^"]+)"', page)
        assert link, page
        assert urlsplit(link[1]).netloc == urlsplit(system.shop).netloc
        async with session.get(link[1]) as response:
            home = await response.text()
        product = re.search(r'href="(/products/[^"]+)"', home)
        assert product, home[:3000]
        async with session.get(system.shop + product[1]) as response:
            form = await response.text()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        action = re.search(r'<form[^>]+action="(/basket[^"]*)"', form)
        assert action, form[:3000]
        async with session.post(system.shop + action[1], data={**fields, "quantity": "1"}) as response:
            assert response.status == 200, await response.text()
        async with session.get(f"{system.shop}/checkout") as response:
            checkout = await response.text()
        data = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', checkout))
        name = uuid4().hex[:10]
        data |= {
            "name": "Fern Friend", "email": f"{name}@friends.example", "street": "1 Elm Street", "line1": "1 Elm Street",
            "address": "1 Elm Street", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB",
        }  # fmt: skip
        async with session.post(f"{system.shop}/checkout", data=data) as response:
            text = await response.text()
            assert response.status == 200, text[-3000:]
