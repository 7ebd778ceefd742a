"""The agent's work in a real browser over a real store: the fast loop, two agents at once, a lost connection."""

from playwright.async_api import Browser, expect

from bot.store.tables import Case
from tests.browser.desk.kit import PASSWORD, fill, owe_recovery, shoot, sign_in


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
    await sockets[0][0].close(code=1011)
    await expect(page.get_by_text("Connection lost.")).to_be_visible()
    await shop.says(first, "are you still there?")
    page.may_return = True
    await expect(page.get_by_text("Connection lost.")).to_be_hidden(timeout=10000)
    await expect(page.locator(".said.customer").last).to_contain_text("are you still there?")
    await expect(page.locator(".said.customer", has_text="are you still there?")).to_have_count(1)
    await expect(page.get_by_label("Answer to the customer")).to_have_value("A half-written answer")
    await page.reload()
    await expect(page.get_by_label("Answer to the customer")).to_have_value("A half-written answer")
