"""Every page by light and in the dark, wide and on a phone: no accessibility rule broken, nothing cut off."""

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import PHONE, WIDE, Chat, People, shoot, sign_in_to_shop, violations
from tests.support.staff import admin_page, agent_page
from tests.support.system import System

STUDIO = ["/studio", "/studio/inbox", "/studio/taught", "/studio/models", "/studio/articles"]


async def fits(page: Page) -> bool:
    """Nothing is wider than the screen."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")],
    ids=["wide-light", "wide-dark", "phone-light", "phone-dark"],
)  # fmt: skip
async def test_no_page_breaks_an_accessibility_rule_or_the_layout(
    system: System, crowd: People, size: dict[str, int], scheme: str
) -> None:
    name = f"{'phone' if size is PHONE else 'wide'}-{scheme}"
    faults: list[str] = []

    async def look(page: Page, called: str) -> None:
        await shoot(page, f"60-{name}-{called}", whole=True)
        faults.extend(await violations(page))
        if not await fits(page):
            faults.append(f"{page.url} is wider than the screen")

    admin = await admin_page(crowd, system, viewport=size, color_scheme=scheme)
    for path in STUDIO:
        await admin.goto(system.base + path)
        await expect(admin.get_by_role("heading", level=1)).to_be_visible()
        await expect(admin.locator("[aria-busy=true]")).to_have_count(0)
        await look(admin, path.strip("/").replace("/", "-"))
    await admin.goto(f"{system.base}/studio/models")
    await admin.get_by_role("region", name="All models").get_by_role("link").first.click()
    await expect(admin.get_by_role("rowheader").first).to_be_visible()
    await look(admin, "model")
    desk = await agent_page(crowd, system, viewport=size, color_scheme=scheme)
    await expect(desk.get_by_text("Loading")).to_have_count(0)
    await look(desk, "desk")
    stranger = await crowd.page(viewport=size, color_scheme=scheme)
    await stranger.goto(f"{system.base}/signin")
    await look(stranger, "sign-in")
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_the_chat_in_the_shop_breaks_no_accessibility_rule(
    system: System, crowd: People, size: dict[str, int], scheme: str
) -> None:
    page = await crowd.page(viewport=size, color_scheme=scheme, has_touch=size is PHONE, is_mobile=size is PHONE)
    await sign_in_to_shop(page, system, 2)
    await page.goto(system.shop)
    chat = await Chat(page).open()
    assert await violations(page) == []
    await chat.ask("where is my order?")
    await shoot(page, f"70-chat-{'phone' if size is PHONE else 'wide'}-{scheme}")
    assert await violations(page) == []
    assert await fits(page)
