"""Every page by light and in the dark, wide and on a phone: no accessibility rule broken, nothing cut off."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import PHONE, WIDE, Chat, People, shoot, sign_in_to_shop, violations
from tests.support.staff import admin_page, agent_page
from tests.support.system import System

STUDIO = [
    "/studio",
    "/studio/inbox",
    "/studio/taught",
    "/studio/models",
    "/studio/articles",
    "/studio/articles?ask=how+long+does+delivery+take",
    "/studio/articles/new",
    "/studio/articles/delivery-times",
    "/studio/goodwill",
    "/studio/widget?color=%23ffd400&scene=rating",
]
SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])


async def look(page: Page, size: dict[str, int], called: str, *, whole: bool = True) -> list[str]:
    """What is wrong with the page, by light and in the dark."""
    faults = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await shoot(page, f"60-{called}-{'phone' if size is PHONE else 'wide'}-{scheme}", whole=whole)
        faults += await violations(page)
    if not await page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        faults.append(f"{page.url} is wider than the screen")
    return faults


@SIZES
async def test_no_page_breaks_an_accessibility_rule_or_the_layout(
    system: System, crowd: People, size: dict[str, int]
) -> None:
    faults: list[str] = []
    admin = await admin_page(crowd, system, viewport=size)
    for path in STUDIO:
        await admin.goto(system.base + path)
        await expect(admin.get_by_role("heading", level=1)).to_be_visible()
        await expect(admin.locator("[aria-busy=true]")).to_have_count(0)
        faults += await look(admin, size, re.sub(r"\W+", "-", path.strip("/")))
    await admin.goto(f"{system.base}/studio/models")
    await admin.get_by_role("region", name="All models").get_by_role("link").first.click()
    await expect(admin.get_by_role("rowheader").first).to_be_visible()
    faults += await look(admin, size, "model")
    desk = await agent_page(crowd, system, viewport=size)
    await expect(desk.get_by_text("Loading")).to_have_count(0)
    faults += await look(desk, size, "desk")
    stranger = await crowd.page(viewport=size)
    await stranger.goto(f"{system.base}/signin")
    faults += await look(stranger, size, "sign-in")
    assert faults == []


@SIZES
async def test_the_chat_in_the_shop_breaks_no_accessibility_rule(
    system: System, crowd: People, size: dict[str, int]
) -> None:
    page = await crowd.page(viewport=size, has_touch=size is PHONE, is_mobile=size is PHONE)
    await sign_in_to_shop(page, system, 2 if size is WIDE else 3)
    await page.goto(system.shop)
    chat = await Chat(page).open()
    assert await violations(page) == []
    await chat.ask("where is my order?")
    faults = await look(page, size, "chat", whole=False)
    await chat.options.first.click()
    await expect(chat.panel.locator(".card").last).to_be_visible()
    assert faults + await look(page, size, "chat-order", whole=False) == []
