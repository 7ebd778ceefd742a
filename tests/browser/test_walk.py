"""The main job in real browsers on the real product: one customer helped and rewarded, one let down and won back."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.support.browser import PHONE, Chat, People, shoot, sign_in_to_shop, until, violations
from tests.support.staff import AGENT, admin_page, agent_page, figure, funnel
from tests.support.system import System

SOLVED = re.compile("works|solved|back online", re.IGNORECASE)
ANSWER = "I'm sorry about that. I have checked your order and a new one leaves today."


async def test_the_welcome_link_makes_one_admin_and_no_second(system: System, crowd: People) -> None:
    admin = await admin_page(crowd, system)
    await expect(admin.get_by_role("heading", name="How we did")).to_be_visible()
    stranger = await crowd.page()
    await stranger.goto(f"{system.base}/welcome/{system.welcome_link()}")
    await expect(stranger.get_by_role("heading", name="This link does not work")).to_be_visible()
    # A browser reports the refused page itself as an error.
    crowd.complaints[:] = [line for line in crowd.complaints if "/welcome/" not in line]
    assert await violations(stranger) == []


async def test_a_helped_customer_shares_and_is_rewarded_when_a_friend_buys(system: System, crowd: People) -> None:
    studio = await admin_page(crowd, system)
    _, ces_before = await figure(studio, "Ease (CES)", "Bot")
    rewarded_before = await funnel(studio, "Rewarded")

    page = await crowd.page(permissions=["clipboard-read", "clipboard-write"])
    await sign_in_to_shop(page, system, 0)
    await page.goto(system.shop)
    chat = await Chat(page).open()
    await shoot(page, "01-a-opens")
    assert "2-4 working days" in await chat.ask("how long does delivery take?")
    assert "PayPal" in await chat.ask("can I pay with paypal?")
    await shoot(page, "02-a-two-answers")
    await chat.ask("my smart plug is offline, it lost the wifi connection")
    await expect(chat.panel.locator(".card").last).to_contain_text("A device is offline")
    await chat.follow_guide(SOLVED)
    await shoot(page, "03-a-guide")
    await chat.tap(SOLVED)
    await expect(chat.panel.get_by_role("group", name="made it easy for me")).to_be_visible()
    await shoot(page, "04-a-survey")
    await chat.rate("7, Strongly agree")
    review, referral = chat.invitation("review"), chat.invitation("referral")
    await expect(review).to_be_visible()
    await expect(referral).to_be_visible()
    await shoot(page, "05-a-invited")
    assert await violations(page) == []
    await review.get_by_role("button", name="Write a review").click()
    await shoot(page, "06-a-review-walk")
    await review.get_by_role("button", name="I have posted it").click()
    await referral.get_by_role("button", name="Copy link").click()
    await expect(referral.get_by_role("button", name="Copied")).to_be_visible()
    link = await page.evaluate("navigator.clipboard.readText()")
    await expect(referral).to_contain_text(link.rpartition("/")[2])
    await shoot(page, "07-a-shares")

    said = await chat.said_by("system").count() + await chat.said_by("bot").count()
    order = await friend_buys(await crowd.page(), system, link)
    news = chat.panel.locator(".message").filter(has_text=re.compile("friend", re.IGNORECASE)).last
    await until(lambda: news_came(chat, said), "the news of the reward in the open chat", within_s=60)
    await expect(news).to_be_in_viewport()
    await shoot(page, "10-a-reward")
    rewards = await until(lambda: rewarded_by(system, link.rpartition("/")[2]), "both rewards")
    assert sorted(row["party"] for row in rewards) == ["advocate", "friend"], order

    await studio.reload()
    _, ces = await figure(studio, "Ease (CES)", "Bot")
    rewarded = await funnel(studio, "Rewarded")
    assert (ces, rewarded) == (ces_before + 1, rewarded_before + 1)
    await shoot(studio, "11-figures-after-a", whole=True)


async def news_came(chat: Chat, before: int) -> bool:
    return await chat.said_by("system").count() + await chat.said_by("bot").count() > before


async def rewarded_by(system: System, code: str) -> list[dict[str, Any]]:
    rows = system.rows(
        "SELECT r.party FROM rp_reward r JOIN rp_referral f ON f.id = r.referral_id WHERE f.code = ?", code
    )
    return rows if len(rows) > 1 else []


async def friend_buys(page: Page, system: System, link: str) -> str:
    """The friend opens the link, looks, and orders as a guest; the order's number."""
    await page.goto(link)
    await shoot(page, "08-friend-lands")
    assert await violations(page) == []
    await page.emulate_media(color_scheme="dark")
    assert await violations(page) == []
    await page.emulate_media(color_scheme="light")
    await page.locator('a[href*="?ref="]').click()
    await expect(page.get_by_text("off your first order")).to_be_visible()
    await page.locator('a[href^="/products/"]').first.click()
    await page.get_by_role("button", name="Put into the basket").click()
    await expect(page.locator(".basket-link .count")).to_be_visible()
    await page.goto(f"{system.shop}/checkout")
    for label, value in (
        ("Name", "Fern Friend"), ("E-mail", "fern@friends.example"), ("Street and number", "1 Elm Street"),
        ("Postcode", "D01 F5P2"), ("City", "Dublin"),
    ):  # fmt: skip
        await page.get_by_label(label, exact=True).fill(value)
    await page.get_by_role("button", name="Place the order").click()
    await expect(page.get_by_text("Thank you, Fern.")).to_be_visible()
    await shoot(page, "09-friend-bought")
    return page.url.rpartition("/")[2]


async def test_an_angry_customer_is_answered_by_a_person_and_a_low_score_opens_a_recovery(
    system: System, crowd: People
) -> None:
    desk = await agent_page(crowd, system)
    studio = await admin_page(crowd, system)
    _, human_before = await figure(studio, "Ease (CES)", "Human")
    _, bot_before = await figure(studio, "Ease (CES)", "Bot")
    _, first_before = await figure(studio, "First human answer", "Human")

    page = await crowd.page(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark")
    name = await sign_in_to_shop(page, system, 1)
    await page.goto(system.shop)
    chat = await Chat(page).open()
    await chat.say("this is ridiculous, third time i ask and nothing works, i want a human NOW")
    await expect(chat.header).to_contain_text("in line")
    await shoot(page, "20-b-waits")
    waiting = desk.locator('[data-group="waiting"]', has_text=name)
    await expect(waiting).to_be_visible()
    await waiting.click()
    await expect(desk.get_by_role("heading", name=name)).to_be_visible()
    await expect(desk.get_by_role("region", name="Conversation")).to_contain_text("third time i ask")
    await shoot(desk, "21-desk-queue")
    await desk.keyboard.press("Enter")
    await expect(chat.header).to_contain_text("Ana Ruiz is with you")
    await expect(desk.get_by_label("Answer to the customer")).to_be_focused()
    await desk.keyboard.type(ANSWER)
    await desk.keyboard.press("Control+Enter")
    await expect(chat.said_by("agent").last).to_contain_text(ANSWER)
    by_bot = await chat.said_by("bot").count()
    await chat.say("about time. and what about the money i paid for express?")
    await expect(desk.locator(".said.customer").last).to_contain_text("money i paid for express")
    await shoot(page, "22-b-talks")
    await shoot(desk, "23-desk-talks")
    await desk.keyboard.type("You get it back today.")
    await desk.keyboard.press("Control+Enter")
    await expect(chat.said_by("agent").last).to_contain_text("You get it back today.")
    assert await chat.said_by("bot").count() == by_bot, "the bot spoke while a person had the case"

    await desk.get_by_role("button", name="Resolve").click()
    await desk.get_by_label("What was it in the end?").select_option(index=0)
    await shoot(desk, "24-desk-resolves")
    await desk.get_by_role("dialog").get_by_role("button", name="Resolve").click()
    await expect(chat.panel.get_by_role("radio").first).to_be_visible()
    assert await violations(page) == []
    await chat.rate("2")
    await chat.panel.get_by_label("Would you like to add why?").fill("It took far too long")
    await chat.panel.get_by_role("button", name="Send comment").click()
    await expect(chat.invitation("review")).to_be_visible()
    await expect(chat.invitation("referral")).to_have_count(0)
    await shoot(page, "25-b-rated")
    *_, response = await until(lambda: comments(system, "It took far too long"), "the stored comment")
    assert response["score"] == 2

    await desk.get_by_role("button", name="Recoveries").click()
    line = desk.locator("#lines .line").first
    await expect(line).to_contain_text(re.compile(r"Yours|A colleague’s|Nobody’s yet"))
    await expect(line).to_contain_text("Due in")
    await line.click()
    recovery = desk.get_by_role("complementary", name="Details").locator("details", has_text="Recovery").first
    await expect(recovery).to_contain_text("Due")
    await expect(recovery).to_contain_text("Owner")
    await shoot(desk, "26-desk-recovery")
    assert await violations(desk) == []
    owed = system.rows("SELECT * FROM rp_recovery WHERE survey_id = ?", response["survey_id"])
    assert len(owed) == 1
    assert owed[0]["due_at"]

    await studio.reload()
    _, human = await figure(studio, "Ease (CES)", "Human")
    _, bot = await figure(studio, "Ease (CES)", "Bot")
    _, first = await figure(studio, "First human answer", "Human")
    assert (human, bot, first) == (human_before + 1, bot_before, first_before + 1)
    await shoot(studio, "27-figures-after-b", whole=True)


async def comments(system: System, text: str) -> list:  # type: ignore[type-arg] # rows of the store
    return system.rows("SELECT * FROM rp_response WHERE comment = ?", text)


async def test_staff_sign_in_refuses_a_wrong_password_in_words(system: System, crowd: People) -> None:
    await (await agent_page(crowd, system)).context.close()
    page = await crowd.page()
    await page.goto(f"{system.base}/desk")
    await shoot(page, "30-sign-in")
    assert await violations(page) == []
    await page.get_by_label("E-mail").fill(AGENT[0])
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("E-mail")).to_have_value(AGENT[0])
    # A browser reports the refused form itself as an error.
    crowd.complaints[:] = [line for line in crowd.complaints if "/signin" not in line]
    assert await violations(page) == []
