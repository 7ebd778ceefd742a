"""The agent's work in a real browser over a real store: the fast loop, two agents at once, a lost connection."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, Route, expect
from sqlalchemy import select

from bot.store.tables import Case, Note
from tests.browser.desk.kit import PASSWORD, fill, owe_recovery, shoot, sign_in
from tests.support.browser import DRAWN, WITHIN_MS, until


async def test_an_agent_works_a_case_by_keyboard_from_claim_to_resolution(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    page = await sign_in(browser, origin, "Ana", viewport={"width": 1440, "height": 900})
    await expect(page.locator('[data-group="waiting"]')).to_have_count(3)
    assert await page.locator('[data-group="waiting"]').first.get_attribute("data-case") == first, (
        "longest waiting first"
    )
    await expect(page).to_have_title("(3) Desk · Lumen & Hearth")
    await page.locator("body").press("j")
    await expect(page.get_by_role("heading", name="Mara Lindqvist")).to_be_visible()
    await expect(page.get_by_text("Claim this case to answer, or leave a note.")).to_be_visible()
    tried = page.get_by_role("complementary", name="Details").get_by_role("listitem")
    await expect(tried.filter(has_text="What does the ring look like?")).to_contain_text("→ Pulsing amber")
    await expect(tried.filter(has_text="Let us restart the hub.")).to_contain_text("→ Done before")
    await shoot(page, "1-waiting")
    await page.keyboard.press("Enter")
    words = page.get_by_label("Answer to the customer")
    await expect(words).to_be_focused()
    await words.type("Hi Mara, I have everything here. Give me two minutes.")
    await shop.says(first, "ok, <b>thank</b> you")
    await expect(page.locator(".said.customer").last).to_contain_text("ok, <b>thank</b> you")
    await expect(words).to_have_value("Hi Mara, I have everything here. Give me two minutes.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".said.agent:not(.pending)")).to_contain_text("two minutes")
    assert "Hi Mara, I have everything here. Give me two minutes." in await shop.texts(first)
    await page.get_by_role("button", name="Note", exact=True).click()
    await page.get_by_label("Note for the team").fill("Her router is the old model; replacement is fine.")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".noted")).to_contain_text("old model")
    await shoot(page, "2-mine")
    await page.locator(".log").focus()
    await page.keyboard.press("e")
    await expect(page.get_by_role("dialog", name="Resolve this case")).to_be_visible()
    await page.get_by_label("What was it in the end?").select_option("Replacement sent")
    await shoot(page, "3-resolve")
    await page.get_by_role("dialog").get_by_role("button", name="Resolve").click()
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    async with shop.app.read() as tx:
        case = await tx.get(Case, first)
        assert (case.status, case.resolution_reason) == ("resolved", "Replacement sent")
    assert not any("old model" in text for text in await shop.texts(first))
    assert page.complaints == []


async def test_two_agents_see_each_others_claims_at_once(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    ana = await sign_in(browser, origin, "Ana", path=f"/desk?case={first}", viewport={"width": 1440, "height": 900})
    ben = await sign_in(browser, origin, "Ben", path=f"/desk?case={first}", viewport={"width": 1440, "height": 900})
    await expect(ben.get_by_role("button", name="Claim")).to_be_visible()
    await ana.get_by_role("button", name="Claim").click()
    await expect(ben.locator(".bar")).to_contain_text("With Ana")
    await expect(ben.get_by_text("Ana has this case. You can leave a note for the team.")).to_be_visible()
    answer = await ben.evaluate(
        """async (id) => {
             const loaded = performance.getEntriesByType('resource').map(entry => entry.name);
             const { act } = await import(loaded.find(name => name.includes('desk/state.mjs')));
             return act('claim');
           }""",
        first,
    )
    assert answer is False
    await expect(ben.get_by_role("alert")).to_contain_text("Ana took this")
    await shoot(ben, "4-conflict")
    await ben.get_by_role("button", name="Pass on").click()
    await expect(ben.get_by_role("dialog", name="Pass this case on")).to_be_visible()
    await shoot(ben, "5-transfer")
    assert ana.complaints == []
    assert ben.complaints == []


class Held:
    """The answers to what the page asks of an address: made by the server at once, and seen only when they may be."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._may = asyncio.Event()
        self.asked = asyncio.Event()

    async def at(self, address: str) -> "Held":
        await self._page.route(address, self._keep)
        return self

    async def _keep(self, route: Route) -> None:
        answer = await route.fetch()
        self.asked.set()
        await self._may.wait()
        await route.fulfill(response=answer)

    async def release(self, address: str) -> None:
        """Until the page has drawn what it was answered."""
        async with self._page.expect_response(address):
            self._may.set()
        await self._page.evaluate(DRAWN)


async def test_who_presses_enter_before_the_case_is_here_claims_it_all_the_same(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    page = await sign_in(browser, origin, "Ana", viewport={"width": 1440, "height": 900})
    await expect(page.locator('[data-group="waiting"]')).to_have_count(3)
    held = await Held(page).at(f"**/desk/cases/{first}")
    await page.locator("body").press("j")
    await page.keyboard.press("Enter")
    await held.release(f"**/desk/cases/{first}")
    await expect(page.get_by_label("Answer to the customer")).to_be_focused()
    assert page.complaints == []


async def test_a_late_answer_of_how_the_case_was_does_not_undo_a_claim(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    page = await sign_in(browser, origin, "Ana", path=f"/desk?case={first}", viewport={"width": 1440, "height": 900})
    claim = page.get_by_role("button", name="Claim")
    await expect(claim).to_be_visible()
    held = await Held(page).at(f"**/desk/cases/{first}")
    await shop.says(first, "hello?")
    await held.asked.wait()
    await claim.click()
    await expect(page.get_by_label("Answer to the customer")).to_be_focused()
    await held.release(f"**/desk/cases/{first}")
    assert await page.get_by_label("Answer to the customer").is_visible()
    assert page.complaints == []


async def test_what_is_written_while_a_note_is_saved_is_kept(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    page = await sign_in(browser, origin, "Ana", path=f"/desk?case={first}", viewport={"width": 1440, "height": 900})
    held = await Held(page).at("**/notes")
    words = page.get_by_label("Note for the team")
    await words.fill("Her router is the old model")
    await words.press("Control+Enter")
    await held.asked.wait()
    await words.press_sequentially(" and her lamp is new")
    await held.release("**/notes")
    await expect(page.locator(".noted")).to_contain_text("old model")
    await expect(words).to_have_value("and her lamp is new")
    assert page.complaints == []


@pytest.mark.parametrize("before", ["claim", "notes"])
async def test_a_deed_waits_for_the_one_before_and_does_not_take_the_focus_from_another_case(
    desk, browser: Browser, before: str
) -> None:
    shop, origin = desk
    first, second, *_ = await fill(shop)
    page = await sign_in(browser, origin, "Ana", path=f"/desk?case={first}", viewport={"width": 1440, "height": 900})
    words = page.get_by_label("Note for the team")
    await words.fill("Her router is the old model")
    held = await Held(page).at(f"**/{before}")
    if before == "notes":
        await words.press("Control+Enter")
        await held.asked.wait()
        await page.locator(f'[data-case="{first}"]').first.press("Enter")
        await held.release("**/notes")
        await expect(page.get_by_label("Answer to the customer")).to_be_focused()
    else:
        await page.locator(f'[data-case="{first}"]').first.press("Enter")
        await held.asked.wait()
        await words.press("Control+Enter")
        line = page.locator(f'[data-case="{second}"]').first
        await line.click()
        await held.release("**/claim")
        await until(lambda: noted(shop, first), "the note")
        await expect(line).to_be_focused()
    assert page.complaints == []


async def noted(shop, case_id: str) -> bool:
    async with shop.app.read() as tx:
        return (await tx.execute(select(Note).where(Note.case_id == case_id))).first() is not None


async def test_a_recovery_is_contacted_and_closed_with_its_cause(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    await owe_recovery(shop, first)
    page = await sign_in(browser, origin, "Ana", viewport={"width": 1440, "height": 900}, color_scheme="dark")
    await page.get_by_role("button", name="Recoveries").click()
    await page.locator("#lines .line").first.click()
    await expect(page.get_by_role("button", name="Customer contacted")).to_be_visible()
    await shoot(page, "6-recovery-dark")
    await page.get_by_role("button", name="Customer contacted").click()
    await page.get_by_role("button", name="Close it").click()
    await page.get_by_label("What caused it?").select_option("long_wait")
    await page.get_by_label("What was done for the customer?").fill("Called and sent a replacement")
    await page.get_by_role("dialog").get_by_role("button", name="Close it").click()
    await expect(page.locator(".context")).to_contain_text("Called and sent a replacement")
    assert page.complaints == []


async def test_a_lost_connection_is_said_and_caught_up_afterwards(desk, browser: Browser) -> None:
    shop, origin = desk
    first, *_ = await fill(shop)
    page = await (await browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
    sockets = []

    async def through(route) -> None:
        if len(sockets) == 1 and not getattr(page, "may_return", False):
            await route.close(code=1011)
            return
        server = route.connect_to_server()
        sockets.append((route, server))

    await page.route_web_socket("**/ws/staff", through)
    await page.goto(f"{origin}/desk?case={first}")
    await page.get_by_label("E-mail").fill("ana@team.example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="Claim").click()
    await page.get_by_label("Answer to the customer").fill("A half-written answer")

    async def met() -> bool:
        return bool(sockets)

    await until(met, "the desk's socket")
    await sockets[0][0].close(code=1011)
    await expect(page.get_by_text("Connection lost.")).to_be_visible()
    await shop.says(first, "are you still there?")
    page.may_return = True
    await expect(page.get_by_text("Connection lost.")).to_be_hidden(timeout=WITHIN_MS)
    await expect(page.locator(".said.customer").last).to_contain_text("are you still there?")
    await expect(page.locator(".said.customer", has_text="are you still there?")).to_have_count(1)
    await expect(page.get_by_label("Answer to the customer")).to_have_value("A half-written answer")
    await page.reload()
    await expect(page.get_by_label("Answer to the customer")).to_have_value("A half-written answer")
