"""The accounts of the walks: the first admin by the one-time link, the agent by the admin's command."""

import re

from playwright.async_api import Page, expect

from tests.support.browser import People, shoot, sign_in_as_staff
from tests.support.system import System

PASSWORD = "correct horse battery"
ADMIN = ("ada@example.com", PASSWORD)
AGENT = ("ana@example.com", PASSWORD)


async def admin_page(crowd: People, system: System, path: str = "/studio", **context: object) -> Page:
    """A page of the admin, at `path`; whoever comes first makes the account by the one-time link."""
    page = await crowd.page(**context)
    if not _exists(system, ADMIN[0]):
        await welcome(page, system)
        await page.goto(system.base + path)
    else:
        await sign_in_as_staff(page, system, ADMIN, path)
    return page


async def agent_page(crowd: People, system: System, **context: object) -> Page:
    """A page of the agent at the desk, who is on duty from then on."""
    # An account ends the one-time link, which the admin still needs.
    if not _exists(system, ADMIN[0]):
        await (await admin_page(crowd, system)).context.close()
    if not _exists(system, AGENT[0]):
        system.add_user(AGENT[0], "agent", AGENT[1], "Ana Ruiz")
    page = await crowd.page(**context)
    await sign_in_as_staff(page, system, AGENT, "/desk")
    await expect(page.get_by_label("On duty")).to_be_checked()
    return page


async def welcome(page: Page, system: System) -> None:
    """Make the first admin's account with the link that `up` printed."""
    await page.goto(f"{system.base}/welcome/{system.welcome_link()}")
    await expect(page.get_by_role("heading", name="Welcome to Rapport")).to_be_visible()
    await shoot(page, "00-welcome")
    await page.get_by_label("Your name").fill("Ada Byrne")
    await page.get_by_label("E-mail").fill(ADMIN[0])
    await page.get_by_label("Password").fill(ADMIN[1])
    await page.get_by_role("button", name="Make my account").click()
    await expect(page.locator("header.top")).to_be_visible()


async def figure(page: Page, title: str, handler: str) -> tuple[str, int]:
    """A value of the dashboard as it is written, and its n."""
    tile = page.locator("article.tile").filter(has=page.get_by_role("heading", name=title, exact=True))
    row = tile.locator("dl.figures > div").filter(has=page.locator("dt", has_text=re.compile(f"^{handler}$")))
    value = await row.locator(".value").inner_text()
    behind = await row.locator(".from").inner_text()
    found = re.search(r"n = (\d+)", behind)
    assert found, behind
    return value, int(found[1])


async def funnel(page: Page, stage: str) -> int:
    """How many came as far as `stage` from an invitation to a reward, by the chart's table."""
    chart = page.locator("figure").filter(has=page.get_by_role("heading", name="From invitation to reward"))
    for row in await chart.locator("tbody tr").all():
        cells = await row.locator("td").all_text_contents()
        if cells[0] == stage:
            return int(cells[1])
    return 0


def _exists(system: System, email: str) -> bool:
    return bool(system.rows("SELECT 1 FROM rp_staff WHERE email = ?", email))
