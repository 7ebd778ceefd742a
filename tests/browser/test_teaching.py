"""An admin teaches the bot what it missed and lets the new model answer, while customers keep chatting."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Error, Page, expect

from bot.domain.inbox import NOT_UNDERSTOOD
from tests.support.browser import Chat, People, shoot, until, violations
from tests.support.staff import admin_page
from tests.support.system import System
from tests.support.threads import check, settle
from tests.support.visitor import Visitor

MISSED = "do you sponsor a football club for girls and boys in our town"
ALIKE = [
    "do you sponsor a football club for girls and boys in our town please",
    "do you sponsor the football club for girls and boys in our town",
    "do you sponsor a football club for girls and boys in my town",
    "do you sponsor football clubs for girls and boys in our town",
    "do you sponsor a football club for girls or boys in our town",
]
INTENT = "sponsoring"
ANSWER = "We do not sponsor clubs, but our workshop in Dublin gladly gives lamps to raffles."
CHAT = ["how long does delivery take?", "can i pay with paypal", "thanks", "what is your warranty"]
TRAINED_WITHIN_MS = 480_000
SWITCHED_WITHIN_MS = 180_000


@pytest.mark.timeout(1500)  # more than all that is waited for within
async def test_what_an_admin_teaches_is_understood_after_a_switch_that_loses_no_message(
    system: System, crowd: People
) -> None:
    for text in [*ALIKE, MISSED]:
        assert await understood_by(system, text) in NOT_UNDERSTOOD
    admin = await admin_page(crowd, system, "/studio/inbox")
    await teach(admin)

    async with customers_chatting(system) as visitors:
        await train(admin)
        for visitor in visitors:
            assert any(visitor.said_by("bot")), "nobody was answered while the model was trained"
        await compare(admin)
        await promote(admin)
    for visitor in visitors:
        assert len(visitor.sent) > 3
        check(system, visitor)

    page = await crowd.page()
    await page.goto(system.shop)
    chat = await Chat(page).open()
    assert "workshop in Dublin" in await chat.ask(MISSED)
    await shoot(page, "48-next-customer-is-understood")
    assert newest_intent(system, MISSED) == INTENT

    await roll_back(admin)
    assert await understood_by(system, MISSED) in NOT_UNDERSTOOD


async def teach(admin: Page) -> None:
    """Find the message among those that were missed, and make an intent of it with the keyboard."""
    card = admin.locator(".card.review")
    await expect(card).to_be_visible()
    for _ in range(30):
        if "sponsor" in (await card.locator("blockquote").inner_text()):
            break
        await admin.keyboard.press("x")
    await expect(card.locator("blockquote")).to_contain_text("sponsor")
    await expect(card).to_contain_text("near-identical")
    await expect(card.get_by_role("group", name="What the customer wanted").get_by_role("button")).to_have_count(5)
    await shoot(admin, "40-inbox")
    assert await violations(admin) == []
    await admin.keyboard.press("n")
    dialog = admin.get_by_role("dialog", name="A new intent")
    await expect(dialog.get_by_label("Name")).to_be_focused()
    await admin.keyboard.type(INTENT)
    await dialog.get_by_label("Answer", exact=True).fill(ANSWER)
    await shoot(admin, "41-new-intent")
    await dialog.get_by_role("button", name="Make it").click()
    await expect(admin.locator("#said")).to_contain_text(f"Made {INTENT}")


async def train(admin: Page) -> None:
    """Start a training from the page of models and see it through, by what the page shows."""
    await admin.get_by_role("link", name="Models").click()
    await expect(admin.get_by_text(re.compile(r"\d+ examples were taught"))).to_be_visible()
    await shoot(admin, "42-models")
    await admin.get_by_role("button", name="Train a candidate").click()
    progress = admin.get_by_role("progressbar", name="Training")
    await expect(progress).to_be_visible()
    await expect(admin.locator("#progress")).to_contain_text(re.compile("training|collecting|checking", re.IGNORECASE))
    await until(lambda: advanced(admin), "progress on the page", within_s=240)
    await shoot(admin, "43-training")
    assert await violations(admin) == []
    made = admin.get_by_text("The last training made")
    await until(lambda: over(admin), "the end of the training", within_s=TRAINED_WITHIN_MS / 1000)
    await expect(made).to_be_visible()
    await shoot(admin, "44-trained")
    await made.get_by_role("link").click()


async def advanced(admin: Page) -> bool:
    failed = admin.locator(".note.bad", has_text="training failed")
    assert not await failed.count(), await failed.inner_text()
    # The page replaces the bar every second.
    with contextlib.suppress(Error):
        value = await admin.get_by_role("progressbar", name="Training").get_attribute("value", timeout=1000)
        return float(value or 0) > 0.05
    return False


async def over(admin: Page) -> bool:
    return not await admin.get_by_role("progressbar").count()


async def compare(admin: Page) -> None:
    """The candidate beside the live model: overall, newly broken, by intent."""
    await expect(admin.get_by_role("heading", name="Right on held-out phrases")).to_be_visible()
    await expect(admin.get_by_role("heading", name=re.compile("Newly broken"))).to_be_visible()
    await expect(admin.get_by_role("columnheader", name="Recall, change")).to_be_visible()
    await expect(admin.get_by_role("rowheader", name="track_order", exact=True)).to_be_visible()
    await shoot(admin, "45-compare", whole=True)
    assert await violations(admin) == []


async def promote(admin: Page) -> None:
    """Give the reason, and wait until the new model answers."""
    await admin.get_by_role("button", name=re.compile("Let it answer customers")).click()
    dialog = admin.get_by_role("dialog", name="Let this model answer customers")
    await dialog.get_by_label("Why?").fill("It knows what to say about sponsoring")
    # The gate may object to a change of other intents; what is shown here is the switch.
    force = dialog.get_by_label("although the gate refuses")
    if await force.count():
        await force.check()
    await shoot(admin, "46-promote")
    await dialog.get_by_role("button", name="Promote").click()
    await switched(admin, "It knows what to say about sponsoring")
    await shoot(admin, "47-promoted", whole=True)


async def roll_back(admin: Page) -> None:
    await admin.get_by_role("button", name=re.compile("Roll back")).first.click()
    dialog = admin.get_by_role("dialog", name="Roll back")
    await dialog.get_by_label("Why?").fill("Only a rehearsal")
    await shoot(admin, "49-roll-back")
    await dialog.get_by_role("button", name="Roll back").click()
    await switched(admin, "Only a rehearsal")


async def switched(admin: Page, reason: str) -> None:
    await admin.wait_for_url("**/studio/models")
    row = admin.get_by_role("region", name="Switches").get_by_role("row").filter(has_text=reason)
    await expect(row).to_contain_text("done", timeout=SWITCHED_WITHIN_MS)


@asynccontextmanager
async def customers_chatting(system: System) -> AsyncIterator[list[Visitor]]:
    """Two customers who write, are answered, and write again, until the end; then all they said is settled."""
    stop = asyncio.Event()

    async def talk(visitor: Visitor, first: int) -> None:
        said = first
        while not stop.is_set():
            await visitor.ask(CHAT[said % len(CHAT)], within_s=60)
            said += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1.5)

    async with Visitor(system.base) as one, Visitor(system.base) as two:
        talking = asyncio.gather(talk(one, 0), talk(two, 2))
        try:
            yield [one, two]
        finally:
            stop.set()
            await talking
        for visitor in (one, two):
            await settle(system, visitor, what="chats during the switch")


async def understood_by(system: System, text: str) -> str:
    """The intent that the bot gives to the words of a customer it has not met."""
    async with Visitor(system.base) as visitor:
        await visitor.ask(text)
    return newest_intent(system, text)


def newest_intent(system: System, text: str) -> str:
    rows = system.rows(
        "SELECT nlu FROM rp_message WHERE text = ? AND author = 'customer' ORDER BY created_at DESC LIMIT 1", text
    )
    return str(json.loads(rows[0]["nlu"])["intent"])
