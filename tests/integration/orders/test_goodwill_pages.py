"""Goodwill in the studio and over the API: who may look, who may change, and what a wrong entry is told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher

from bot.domain.goodwill import GestureKind, GoodwillReason
from bot.gateway.api import Api
from bot.gateway.assets import add_asset_routes
from bot.gateway.goodwill_routes import add_goodwill_routes
from bot.gateway.hub import Hub
from bot.gateway.keys import APP, HUB
from bot.gateway.listing_routes import add_listing_routes
from bot.gateway.problems import problem_middleware
from bot.gateway.security import security_middleware
from bot.gateway.staff_auth import add_session_routes, guard
from bot.gateway.staff_pages import add_staff_pages
from bot.services import passwords
from bot.services.app import App
from bot.services.goodwill import Grievance, reserve
from bot.services.goodwill_policy import current_policy
from bot.services.staff import create_account
from bot.settings import Settings

PASSWORD = "a long enough secret"
PAGE = "/studio/goodwill"
Client = TestClient[web.Request, web.Application]


@pytest.fixture(autouse=True)
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least memory: what is tested is who may do what."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._dummy.cache_clear()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, company="Lumen & Hearth", demo=False)


@pytest.fixture
async def client(app: App) -> AsyncIterator[Client]:
    application = web.Application(middlewares=[security_middleware(app.settings), problem_middleware])
    application[APP], application[HUB] = app, Hub(app)
    api = Api()
    add_session_routes(application, api)
    add_staff_pages(application)
    add_listing_routes(application, api)
    add_goodwill_routes(application, api)
    api.mount(application, guard)
    add_asset_routes(application)
    async with TestClient(TestServer(application)) as made:
        yield made


async def sign_in(app: App, client: Client, role: str) -> str:
    email = f"{role}@example.com"
    await create_account(app, email=email, role=role, name=role, password=PASSWORD)
    answer = await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
    return str((await answer.json())["csrf"])


def filled_in(page: str) -> dict[str, str]:
    """The form as the page shows it."""
    fields = dict(re.findall(r'<input name="([^"]+)"[^>]*value="([^"]*)"', page))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]+)" selected', options) or re.search(r'value="([^"]+)"', options)
        assert chosen
        fields[name] = chosen[1]
    return fields | ({"enabled": "yes"} if 'name="enabled" value="yes" checked' in page else {})


async def test_only_admins_change_the_policy_and_supervisors_look(app: App, client: Client) -> None:
    assert (await client.get(PAGE, allow_redirects=False)).status == 303
    await sign_in(app, client, "agent")
    assert (await client.get(PAGE)).status == 403
    assert (await client.get("/api/v1/goodwill")).status == 403
    csrf = await sign_in(app, client, "supervisor")
    assert (await client.get("/api/v1/goodwill/policy")).status == 200
    page = await (await client.get(PAGE)).text()
    assert "Put into force" not in page and "500" in page
    assert (await client.post(PAGE, data={"csrf": csrf})).status == 403


async def test_the_form_comes_back_as_it_was_sent_and_changes_one_thing(app: App, client: Client) -> None:
    csrf = await sign_in(app, client, "admin")
    form = filled_in(await (await client.get(PAGE)).text())
    assert (await client.post(PAGE, data=form | {"csrf": csrf}, allow_redirects=False)).status == 303
    assert (await current_policy(app)).version == 0, "nothing was changed, so there is no new version"
    new = {"days_late_4": "9", "order_value_4": "10,50", "kind_4": "refund", "amount_4": "4.90"}
    answer = await client.post(PAGE, data=form | new | {"csrf": csrf, "monthly_budget": "750"}, allow_redirects=False)
    assert answer.status == 303, await answer.text()
    view = await current_policy(app)
    assert (view.version, view.policy.monthly_budget, view.author) == (1, 75_000, "admin@example.com")
    added = view.policy.rules[-1]
    assert (added.days_late, added.order_value, added.kind, added.amount) == (9, 1_050, GestureKind.REFUND, 490)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"monthly_budget": "lots"}, "The monthly budget must be an amount"),
        ({"customer_cap": "5.005"}, "The cap for a customer must be an amount"),
        ({"customer_days": "-3"}, "must be a whole number"),
        ({"amount_2": "99"}, "above the cap"),
        ({"days_late_2": "2", "order_value_2": "0"}, "same case as row 1"),
        ({"kind_1": "gold"}, "Row 1: the kind must be one of"),
        ({"amount_1": "NaN"}, "Row 1: the amount must be an amount"),
    ],
)
async def test_a_wrong_entry_is_named_and_nothing_is_lost(
    app: App,
    client: Client,
    changes: dict[str, str],
    words: str,
) -> None:
    csrf = await sign_in(app, client, "admin")
    form = filled_in(await (await client.get(PAGE)).text())
    answer = await client.post(PAGE, data=form | changes | {"csrf": csrf})
    page = await answer.text()
    assert answer.status == 422 and words in page
    name, value = next(iter(changes.items()))
    assert name.startswith("kind") or filled_in(page)[name] == value
    assert (await current_policy(app)).version == 0


async def test_the_api_validates_and_lists_the_ledger(app: App, client: Client) -> None:
    csrf = {"X-CSRF-Token": await sign_in(app, client, "admin")}
    policy = await (await client.get("/api/v1/goodwill/policy")).json()
    body = {name: policy[name] for name in ("enabled", "monthly_budget", "customer_cap", "customer_days", "rules")}
    for wrong in (body | {"customer_days": 0}, body | {"monthly_budget": "x"}, body | {"surprise": 1}):
        answer = await client.put("/api/v1/goodwill/policy", json=wrong, headers=csrf)
        assert answer.status == 422, wrong
        assert (await answer.json())["detail"]
    answer = await client.put("/api/v1/goodwill/policy", json=body | {"monthly_budget": 900}, headers=csrf)
    assert ((await answer.json())["version"], (await answer.json())["monthly_budget"]) == (1, 900)
    late = Grievance(GoodwillReason.LATE_ORDER, "LH-1", "cus_1", days_late=3, order_value=1, currency="EUR")
    await reserve(app, late)
    listed = await (await client.get("/api/v1/goodwill")).json()
    assert [(row["order"], row["state"], row["amount"]) for row in listed["items"]] == [("LH-1", "reserved", 500)]
    page = await (await client.get(PAGE)).text()
    assert "LH-1" in page and "€5" in page
    table = await client.get("/api/v1/goodwill", headers={"Accept": "text/csv"})
    assert (await table.text()).startswith("id,order,reason")
