"""People at their screens: headless Chromium with a context for each, what they do in the chat, and what they see."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from os import environ
from typing import Any

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.support.system import ROOT, System

CHROMIUM = environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "artifacts" / "walk"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
WITHIN_MS = 30_000
"""How long anything on a page may take on a busy machine."""
WAIT_MS = 15_000
"""The same where the product is not behind the page; the library's own five seconds are too few."""

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Whatever was changed before is on the screen."""


class People:
    """Everybody in one test, each with cookies and storage of their own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.complaints: list[str] = []

    async def page(self, **context: Any) -> Page:
        """A page of somebody new. What the page complains about is kept in `complaints`."""
        options: dict[str, Any] = {"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce"}
        made = await self._browser.new_context(**(options | context))
        made.set_default_timeout(WITHIN_MS)
        page = await made.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on(
            "console", lambda line: self.complaints.append(f"{page.url}: {line.text}") if line.type == "error" else None
        )
        return page


@asynccontextmanager
async def people() -> AsyncIterator[People]:
    """A browser. When all went well no page may have complained: no script error, no refusal by a policy."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            everybody = People(browser)
            yield everybody
            assert everybody.complaints == []
        finally:
            await browser.close()


async def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep what is on the screen in `artifacts/walk`, for a person to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png", full_page=whole)


async def violations(page: Page) -> list[str]:
    """The accessibility rules that axe finds broken, each with its element."""
    await page.evaluate(f"() => {{ {AXE.read_text()} }}")
    found = await page.evaluate(
        "async () => (await axe.run(document)).violations.flatMap("
        "  v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary}`))"
    )
    return [f"{page.url} {line}" for line in found]


async def until(true: Callable[[], Awaitable[Any]], what: str, within_s: float = 30) -> Any:
    """Poll a condition on what the browser or the store shows; its value, once it is true."""
    deadline = time.monotonic() + within_s
    while not (found := await true()):
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        await asyncio.sleep(0.1)
    return found


async def sign_in_to_shop(page: Page, system: System, number: int) -> str:
    """Step into the shoes of the shop's n-th sample customer; their name."""
    await page.goto(f"{system.shop}/sign-in")
    button = page.locator("button.person").nth(number)
    name = await button.locator("strong").inner_text()
    await button.click()
    await expect(page.locator('a[href="/account"]').first).to_be_visible()
    return name.replace("Sign in as", "").strip()


async def sign_in_as_staff(page: Page, system: System, account: tuple[str, str], path: str) -> None:
    """Through the sign-in page to `path`."""
    email, password = account
    await page.goto(system.base + path)
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**{path}")


class Chat:
    """The widget on a page, as a customer uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.locator("dialog.panel")
        self.header = self.panel.locator("header p")
        self.composer = page.get_by_role("textbox", name="Your message")
        self.options = page.locator(".log .choices button:not([disabled])")

    async def open(self) -> "Chat":
        """The launcher is pressed and the chat is connected."""
        await self.page.get_by_role("button", name=re.compile("^Open chat")).click()
        await expect(self.panel).to_be_visible()
        await expect(self.composer).to_be_visible()
        return self

    def said_by(self, author: str) -> Locator:
        """The messages of `customer`, `bot`, `agent` or `system`."""
        return self.panel.locator(f".message.{author}")

    async def say(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.said_by("customer").last).to_contain_text(text)

    async def ask(self, text: str) -> str:
        """Say something; all that the bot said to it."""
        return await self._answer(lambda: self.say(text))

    async def tap(self, title: str | re.Pattern[str]) -> str:
        """Press a quick reply; all that the bot said to it."""
        return await self._answer(self.options.filter(has_text=title).last.click)

    async def _answer(self, act: Callable[[], Awaitable[None]]) -> str:
        # What follows one's own words: an earlier answer may still be coming when they are said.
        own = self.said_by("customer").nth(await self.said_by("customer").count())
        await act()
        answers = own.locator("xpath=following-sibling::li[contains(concat(' ', @class, ' '), ' bot ')]")
        await expect(answers.first).to_be_visible(timeout=WITHIN_MS)
        return "\n".join(await answers.all_inner_texts())

    async def follow_guide(self, last: re.Pattern[str]) -> None:
        """Take the first option of each step until one is offered that matches `last`."""
        for _ in range(15):
            await expect(self.options.first).to_be_visible(timeout=WITHIN_MS)
            if await self.options.filter(has_text=last).count():
                return
            step = await self.said_by("bot").count()
            await self.options.first.click()
            await expect(self.said_by("bot").nth(step)).to_be_visible(timeout=WITHIN_MS)
        raise AssertionError("the guide had no end")

    async def rate(self, label: str) -> None:
        """Choose a score of the survey shown, and see that it was saved."""
        # By its label, as a finger does: the button itself is not seen, and what may still move is waited for.
        await self.panel.get_by_role("radio", name=label).locator("xpath=..").click()
        await expect(self.panel.locator(".rating .saved")).to_be_visible(timeout=WITHIN_MS)

    def invitation(self, kind: str) -> Locator:
        """The newest invitation card: `review`, `referral` or `testimonial`."""
        icon = {"review": "star", "referral": "gift", "testimonial": "quote"}[kind]
        return self.panel.locator(".card.invite").filter(has=self.page.locator(f".i-{icon}")).last
