"""The teaching inbox over a slow line: what is decided is about the message that is seen, in the order of the keys."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from playwright.async_api import Page, Route, expect

from bot.services import passwords
from bot.services.app import App
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.migrate import migrate
from tests.support.browser import DRAWN, people, until
from tests.support.studio import sign_in, studio_client

MANY, PAGE = 12, 6


class Teaching:
    """What waits, of which the page is told six at a time, and what was decided; while `slow` nothing is answered."""

    def __init__(self) -> None:
        self.waiting = [f"m{number}" for number in range(MANY)]
        self.decided: list[dict[str, Any]] = []
        self.asked = 0
        self.slow = {"GET": False, "POST": False, "undo": False}

    async def answer(self, route: Route) -> None:
        method = route.request.method
        if method == "GET":
            self.asked += 1
            body = {"items": [message(name) for name in self.waiting[:PAGE]], "total": len(self.waiting)}
            await self._may(method)
        else:
            decision = json.loads(route.request.post_data or "{}")
            await self._may("undo" if decision["decision"] == "undo" else method)
            body = {"messages": self._carry_out(decision)}
        await route.fulfill(json=body)

    async def _may(self, method: str) -> None:
        while self.slow[method]:
            await asyncio.sleep(0.02)

    def _carry_out(self, decision: dict[str, Any]) -> list[str]:
        if decision["decision"] == "undo":
            back: list[str] = self.decided.pop()["messages"]
            self.waiting = [*back, *self.waiting]
            return back
        self.decided.append(decision)
        self.waiting = [name for name in self.waiting if name not in decision["messages"]]
        return []

    def told(self) -> list[str]:
        """The messages about which something was decided, in order."""
        return [name for decision in self.decided for name in decision["messages"]]


def message(name: str) -> dict[str, Any]:
    return {
        "message": name, "text": f"words of {name}", "reasons": ["unsure"], "before": [], "after": [], "similar": [],
        "guesses": [{"intent": "greet", "confidence": 0.4}], "understood": "greet", "case_number": None,
        "low_survey": False, "escalated": False, "not_helpful": False,
    }  # fmt: skip


@pytest.fixture
async def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Page, Teaching]]:
    """An admin before the inbox, whose messages are not the store's."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._dummy.cache_clear()
    app = App(
        settings=Settings(data=tmp_path, demo=False), store=Store(f"sqlite+aiosqlite:///{tmp_path / 'rapport.db'}")
    )
    await migrate(app.store)
    teaching = Teaching()
    async with studio_client(app) as client, people() as crowd:
        await sign_in(app, client, "admin")
        page = await crowd.page()
        await page.context.add_cookies(
            [
                {"name": each.key, "value": each.value, "url": str(client.make_url("/"))}
                for each in client.session.cookie_jar
            ]
        )
        await page.route("**/api/v1/nlu/intents", lambda route: route.fulfill(json={"items": []}))
        await page.route("**/api/v1/nlu/inbox*", teaching.answer)
        await page.goto(str(client.make_url("/studio/inbox")))
        await seen(page, "m0")
        yield page, teaching
        await page.close()
    await app.close()


async def seen(page: Page, name: str) -> None:
    await expect(page.locator("blockquote")).to_have_text(f"words of {name}")


async def test_what_is_decided_while_the_next_ones_come_does_not_come_back(inbox: tuple[Page, Teaching]) -> None:
    page, teaching = inbox
    teaching.slow["GET"] = True
    await page.keyboard.press("x")
    await seen(page, "m1")
    await until(lambda: is_at(lambda: teaching.asked == 2), "the question for more")
    await page.keyboard.press("x")
    await seen(page, "m2")
    teaching.slow["GET"] = False
    await expect(page.locator(".review")).to_contain_text("10 left")
    for number in range(2, MANY):
        await seen(page, f"m{number}")
        await page.keyboard.press("x")
    await expect(page.get_by_role("heading", name="Nothing waits here")).to_be_visible()
    await until(lambda: is_at(lambda: len(teaching.decided) == MANY), "all decisions")
    assert teaching.told() == [f"m{number}" for number in range(MANY)]


async def test_who_is_faster_than_the_line_is_shown_the_next_ones_when_they_come(inbox: tuple[Page, Teaching]) -> None:
    page, teaching = inbox
    teaching.slow["GET"] = True
    for number in range(PAGE):
        await seen(page, f"m{number}")
        await page.keyboard.press("x")
    await until(lambda: is_at(lambda: len(teaching.decided) == PAGE), "all decisions")
    teaching.slow["GET"] = False
    await seen(page, f"m{PAGE}")


async def test_undo_takes_back_what_was_decided_before_it(inbox: tuple[Page, Teaching]) -> None:
    page, teaching = inbox
    teaching.slow["undo"] = True
    await page.keyboard.press("x")
    await seen(page, "m1")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("x")
    await seen(page, "m2")
    await until(lambda: is_at(lambda: teaching.decided), "the first decision")
    teaching.slow["undo"] = False
    await seen(page, "m0")
    await until(lambda: is_at(lambda: teaching.told() == ["m1"]), "the second decision, and only that")


async def test_a_new_intent_is_made_of_the_message_it_was_begun_for_and_once(inbox: tuple[Page, Teaching]) -> None:
    page, teaching = inbox
    dialog = page.get_by_role("dialog", name="A new intent")
    teaching.slow["POST"] = True
    await page.keyboard.press("n")
    await dialog.get_by_label("Name").fill("sponsoring")
    await dialog.get_by_label("Answer", exact=True).fill("We gladly do.")
    await dialog.get_by_label("Name").press("Enter")
    await dialog.get_by_label("Name").press("Enter")
    await page.evaluate(DRAWN)
    teaching.slow["POST"] = False
    await expect(page.locator("#said")).to_contain_text("Made sponsoring")
    await seen(page, "m1")
    assert teaching.told() == ["m0"]


async def is_at(what: Any) -> bool:
    return bool(what())
