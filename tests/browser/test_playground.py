"""The studio's widget playground: the real chat in the chosen colours and words, and the tag to copy."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from playwright.async_api import FrameLocator, Page, expect

from bot.gateway.api import Api
from bot.gateway.assets import add_asset_routes
from bot.gateway.hub import Hub
from bot.gateway.keys import APP, HUB, LIMITER
from bot.gateway.limiter import Limiter
from bot.gateway.problems import problem_middleware
from bot.gateway.security import security_middleware
from bot.gateway.staff_auth import add_session_routes, guard
from bot.gateway.staff_pages import add_staff_pages
from bot.gateway.studio_widget_pages import add_widget_pages
from bot.services import passwords
from bot.services.app import App
from bot.services.staff import create_account
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.migrate import migrate
from tests.support.browser import PHONE, WIDE, People, people, shoot, violations

EMAIL, PASSWORD = "ben@team.example.com", "a long enough secret"


@pytest.fixture
async def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The studio's page alone, over a real store, as the gateway serves it."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._dummy.cache_clear()
    settings = Settings(data=tmp_path, demo=False, company="Lumen & Hearth", public_url="https://chat.example.com")
    app = App(settings=settings, store=Store(f"sqlite+aiosqlite:///{tmp_path / 'rapport.db'}"))
    await migrate(app.store)
    application = web.Application(middlewares=[security_middleware(settings), problem_middleware])
    application[APP], application[HUB], application[LIMITER] = app, Hub(app), Limiter(settings)
    api = Api()
    add_session_routes(application, api)
    api.mount(application, guard)
    add_staff_pages(application)
    add_widget_pages(application)
    add_asset_routes(application)
    await create_account(app, email=EMAIL, role="supervisor", name="Ben", password=PASSWORD)
    async with TestServer(application) as server:
        yield f"http://127.0.0.1:{server.port}"
    await app.close()


@pytest.fixture
async def crowd() -> AsyncIterator[People]:
    async with people() as everybody:
        yield everybody


async def playground(crowd: People, base: str, query: str = "", **context: object) -> tuple[Page, FrameLocator]:
    page = await crowd.page(**context)
    await page.goto(f"{base}/studio/widget{query}")
    if "/signin" in page.url:
        await page.get_by_label("E-mail").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("#measured tbody tr")).to_have_count(3)
    return page, page.frame_locator("iframe")


async def tag(page: Page) -> str:
    return await page.locator("#tag").inner_text()


async def test_the_tag_has_exactly_what_is_not_the_default_and_the_address_keeps_it(base: str, crowd: People) -> None:
    page, chat = await playground(crowd, base)
    assert await tag(page) == '<script src="https://chat.example.com/widget.js" async data-rapport></script>'
    assert urlsplit(page.url).query == ""
    await page.get_by_label("Accent", exact=True).fill("#7a3e9d")
    await page.get_by_label("Company").fill('Lamp & "Light"')
    await page.get_by_label("Position").select_option("left")
    await page.get_by_label("Suggestions").fill("Where is it?\n\nSend it back")
    await page.get_by_label("Roundness").fill("4")
    await expect(chat.get_by_role("heading", name='Lamp & "Light"')).to_be_visible()
    await expect(chat.get_by_role("button", name="Send it back")).to_be_visible()
    assert await tag(page) == (
        "<style>\n:root {\n  --rapport-radius: 4px;\n}\n</style>\n"
        '<script src="https://chat.example.com/widget.js" async data-rapport'
        ' data-company="Lamp &amp; &quot;Light&quot;" data-color="#7a3e9d" data-position="left"'
        ' data-starters="Where is it?|Send it back"></script>'
    )
    # The address follows a quarter of a second after the last change.
    kept = {"color", "company", "position", "starters", "radius"}
    await page.wait_for_url(lambda url: set(parse_qs(urlsplit(url).query)) == kept)
    await page.reload()
    await expect(chat.get_by_role("button", name="Send it back")).to_be_visible()
    assert 'data-starters="Where is it?|Send it back"' in await tag(page)
    panel = chat.locator("dialog.panel")
    assert await panel.evaluate("(it) => getComputedStyle(it).borderTopLeftRadius") == "4px"
    await page.get_by_role("button", name="Back to the defaults").click()
    await expect(page.locator("#tag")).not_to_contain_text("data-color")
    await page.wait_for_url(f"{base}/studio/widget")


async def test_what_was_copied_shows_the_same_chat_on_a_page(base: str, crowd: People) -> None:
    page, _ = await playground(crowd, base, "?color=%237a3e9d&locale=de&position=left")
    code = (await tag(page)).replace("https://chat.example.com", base)
    await page.route("**/a-site", lambda route: route.fulfill(content_type="text/html", body=f"<!doctype html>{code}"))
    await page.goto(f"{base}/a-site")
    launcher = page.get_by_role("button", name="Chat öffnen")
    await expect(launcher).to_be_visible()
    assert (await launcher.bounding_box() or {})["x"] < 100


async def test_each_scene_is_shown_by_keyboard_and_the_focus_stays_with_the_settings(base: str, crowd: People) -> None:
    page, chat = await playground(crowd, base)
    first = page.get_by_role("radio", name="Greeting")
    await first.focus()
    seen = {
        "Conversation": chat.get_by_text("Order LH-20418"),
        "Rating": chat.get_by_role("radio", name="Very happy"),
        "With an agent": chat.get_by_text("Ana is with you"),
        "Closed": chat.get_by_role("button", name="Open chat"),
    }
    for name, what in seen.items():
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("radio", name=name)).to_be_checked()
        await expect(what).to_be_visible()
        await expect(page.get_by_role("radio", name=name)).to_be_focused()


async def test_an_accent_too_faint_for_text_is_named_with_its_numbers(base: str, crowd: People) -> None:
    page, _ = await playground(crowd, base, "?color=%23ffd400")
    verdict = page.get_by_role("status").filter(has_text="light theme")
    await expect(verdict).to_contain_text("a darker tone of it is used")
    ratios = [float(text.split(":")[0]) for text in await page.locator("#measured td").all_inner_texts()]
    assert min(ratios[:4]) >= 4.5, "what is shown can be read"
    assert ratios[4] < 2, "yellow as given on white"
    await page.get_by_label("Accent", exact=True).fill("#767676")
    await expect(page.locator("#verdict")).to_contain_text("dark")
    await page.get_by_label("Accent", exact=True).fill("no colour at all")
    await expect(page.get_by_label("Accent", exact=True)).to_have_attribute("aria-invalid", "true")
    assert "data-color" not in await tag(page)


async def test_hostile_settings_stay_settings(base: str, crowd: People) -> None:
    hostile = '"><img src=x onerror=alert(1)></script>'
    query = f"?company={hostile}&privacyUrl=javascript:alert(1)&font=x;}}</style>{hostile}"
    page, chat = await playground(crowd, base, query)
    await expect(chat.get_by_role("heading", name=hostile)).to_be_visible()
    code = await tag(page)
    assert "</style>\n<script" in code
    assert len(re.findall(r"</style>|</script>", code)) == 2
    assert "<img" not in code
    assert await chat.get_by_role("link").count() == 0


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_the_page_and_its_frame_break_no_rule_in_either_theme(
    base: str, crowd: People, size: dict[str, int]
) -> None:
    page, chat = await playground(crowd, base, "?color=%237a3e9d&scene=rating", viewport=size)
    await expect(chat.get_by_role("radio", name="Very happy")).to_be_visible()
    faults = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await shoot(page, f"70-playground-{'phone' if size is PHONE else 'wide'}-{scheme}", whole=True)
        faults += await violations(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults == []
