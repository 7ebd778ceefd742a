"""The real widget and the real product with a bad network between them: nothing lost, nothing twice, nothing untrue."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import Chat, People, until
from tests.support.fault_proxy import FaultProxy, Loss, next_ones
from tests.support.system import System
from tests.support.visitor import Visitor

OUTBOX = "Object.keys(localStorage).filter((key) => key.startsWith('rapport:out:')).length"
TOKEN = "JSON.parse(localStorage.getItem('rapport:token'))"
SOCKET = "ws://"


@pytest.fixture
async def proxy(system: System, crowd: People) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(system.port) as between:
        yield between
    # A browser reports each connection it loses itself.
    crowd.complaints[:] = [line for line in crowd.complaints if SOCKET not in line]


async def begin(crowd: People, proxy: FaultProxy) -> Chat:
    """A chat over the proxy that has had one answer."""
    page = await crowd.page()
    await page.goto(proxy.page)
    chat = await Chat(page).open()
    await chat.ask("hello")
    return chat


async def said(chat: Chat) -> list[str]:
    return await chat.said_by("customer").locator(".bubble").all_inner_texts()


async def check(system: System, chat: Chat, *texts: str) -> None:
    """What the customer said is on the screen once, in the store once, in this order, and nothing is left to send."""
    await until(lambda: _is_zero(chat.page), "an empty outbox")
    await expect(chat.said_by("customer").locator(".bubble")).to_have_text(["hello", *texts])
    query = "SELECT text FROM rp_message WHERE author = 'customer' AND conversation_id = ? ORDER BY seq"
    rows = system.rows(query, await _conversation(system, chat))
    assert [row["text"] for row in rows] == ["hello", *texts]


async def _is_zero(page: Page) -> bool:
    return bool(await page.evaluate(f"{OUTBOX} === 0"))


async def _conversation(system: System, chat: Chat) -> str:
    async with Visitor(system.base, token=await chat.page.evaluate(TOKEN)) as same:
        return str(same.welcome["conversation"])


@pytest.mark.parametrize("loss", list(Loss))
async def test_a_send_that_loses_its_connection_is_neither_lost_nor_doubled(
    system: System, crowd: People, proxy: FaultProxy, loss: Loss
) -> None:
    chat = await begin(crowd, proxy)
    proxy.lose = next_ones(loss, 3)
    for text in ("one", "two", "three"):
        await chat.say(text)
    await check(system, chat, "one", "two", "three")
    assert proxy.losses == 3


async def test_a_connection_that_died_silently_is_noticed_while_a_message_waits(
    system: System, crowd: People, proxy: FaultProxy
) -> None:
    chat = await begin(crowd, proxy)
    assert proxy.freeze() > 0
    await chat.say("is anybody there?")
    await expect(chat.panel.locator(".status")).to_have_text("Sending …")
    await expect(chat.said_by("bot").nth(1)).to_be_visible(timeout=40_000)
    await check(system, chat, "is anybody there?")


async def test_a_connection_that_died_silently_is_noticed_without_a_message(
    system: System, crowd: People, proxy: FaultProxy
) -> None:
    page = await crowd.page()
    await page.clock.install()
    await page.goto(proxy.page)
    chat = await Chat(page).open()
    await chat.ask("hello")
    proxy.freeze()
    async with Visitor(system.base, token=await page.evaluate(TOKEN)) as other_tab:
        await other_tab.say("from my phone")
        await other_tab.until(lambda: len(other_tab.said_by("bot")) == 2, "the answer")
    assert await said(chat) == ["hello"]
    for _ in range(6):
        await page.clock.run_for(10_000)
    await expect(chat.said_by("bot").nth(1)).to_be_visible()
    await check(system, chat, "from my phone")


async def test_what_a_stall_held_back_arrives_once(system: System, crowd: People, proxy: FaultProxy) -> None:
    chat = await begin(crowd, proxy)
    proxy.freeze()
    for text in ("one", "two"):
        await chat.say(text)
    await expect(chat.panel.locator(".status")).to_have_text(["Sending …", "Sending …"])
    proxy.thaw()
    await check(system, chat, "one", "two")


async def test_frames_that_come_twice_are_shown_once(system: System, crowd: People, proxy: FaultProxy) -> None:
    proxy.twice = True
    chat = await begin(crowd, proxy)
    await chat.ask("how long does delivery take?")
    await check(system, chat, "how long does delivery take?")
    ids = [
        row["id"]
        for row in system.rows("SELECT id FROM rp_message WHERE conversation_id = ?", await _conversation(system, chat))
    ]
    await expect(chat.panel.locator(".message")).to_have_count(len(ids))


async def test_a_slow_line_brings_everything_in_order(system: System, crowd: People, proxy: FaultProxy) -> None:
    chat = await begin(crowd, proxy)
    proxy.bytes_a_second = 1500
    texts = [f"number {n}" for n in range(6)]
    for text in texts:
        await chat.say(text)
    await check(system, chat, *texts)


async def test_the_status_tells_the_truth_while_nothing_can_be_reached(
    system: System, crowd: People, proxy: FaultProxy
) -> None:
    chat = await begin(crowd, proxy)
    proxy.refuses = True
    proxy.cut()
    await chat.say("later, then")
    await expect(chat.panel.locator(".status")).to_have_text("Waiting for the connection")
    proxy.refuses = False
    await chat.page.reload()
    await expect(chat.said_by("customer").locator(".bubble")).to_have_text(["hello", "later, then"])
    await check(system, chat, "later, then")
