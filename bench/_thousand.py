"""A thousand messages typed into real widgets through a network that kills every fifth send's connection."""

import asyncio
import random
import time
from typing import Any

from playwright.async_api import Page

from tests.support.browser import people
from tests.support.fault_proxy import FaultProxy, Loss
from tests.support.system import System

WIDGETS = 4
RELOAD_EVERY = 40
EACH_S = 0.42
"""A little slower than the widget's own limit of 25 sends in ten seconds."""
WITHIN_S = 300.0
OUTBOX = "Object.keys(localStorage).filter((key) => key.startsWith('rapport:out:')).length"


async def thousand(system: System, messages: int, seed: int) -> dict[str, Any]:
    """Returns counts of what was sent, lost, doubled and out of order, by the store and by the screens."""
    begun = time.monotonic()
    draw = random.Random(seed)
    async with FaultProxy(system.port) as proxy, people() as crowd:
        proxy.lose = lambda _frame: draw.choice(list(Loss)) if draw.random() < 0.2 else None
        pages = [await crowd.page() for _ in range(WIDGETS)]
        for page in pages:
            await page.goto(proxy.page)
            await _open(page)
        shares = [messages // WIDGETS + (number < messages % WIDGETS) for number in range(WIDGETS)]
        restart = asyncio.create_task(_restart(system, max(shares) * EACH_S / 2))
        await asyncio.gather(
            *(_type(page, name, share) for name, (page, share) in enumerate(zip(pages, shares, strict=True)))
        )
        await restart
        for page in pages:
            await _settle(page)
        screens = [await page.locator(".customer .bubble").all_inner_texts() for page in pages]
        losses = proxy.losses
        # A page that lost its socket says so on its console, as it should.
        crowd.complaints.clear()
    await _all_decided(system)
    result: dict[str, Any] = {
        "sent": messages,
        "losses": losses,
        "lost": 0,
        "doubled": 0,
        "unordered": 0,
        "undecided": 0,
    }
    for name, (share, screen) in enumerate(zip(shares, screens, strict=True)):
        wanted = [_words(name, number) for number in range(share)]
        rows = system.rows(
            "SELECT text, outcome FROM rp_message WHERE author = 'customer' AND text LIKE ? ORDER BY seq",
            f"widget {name} %",
        )
        texts = [row["text"] for row in rows]
        result["lost"] += len(set(wanted) - set(texts))
        result["doubled"] += len(texts) - len(set(texts))
        result["unordered"] += texts != wanted
        result["undecided"] += sum(row["outcome"] is None for row in rows)
        # After a reload the widget shows the newest part of a long thread.
        assert screen and screen == wanted[-len(screen) :], f"widget {name} shows {screen[-3:]}"
    result["seconds"] = round(time.monotonic() - begun, 1)
    return result


def _words(name: int, number: int) -> str:
    return f"widget {name} says {number:04}"


async def _open(page: Page) -> None:
    await page.wait_for_function("window.Rapport")
    await page.evaluate("Rapport.open()")


async def _type(page: Page, name: int, share: int) -> None:
    for number in range(share):
        if number and number % RELOAD_EVERY == 0:
            await page.reload()
            await _open(page)
        await page.evaluate("(text) => Rapport.send(text)", _words(name, number))
        await asyncio.sleep(EACH_S)


async def _restart(system: System, after_s: float) -> None:
    await asyncio.sleep(after_s)
    system.kill("gateway")


async def _settle(page: Page) -> None:
    await page.wait_for_function(f"{OUTBOX} === 0", timeout=WITHIN_S * 1000)


async def _all_decided(system: System) -> None:
    query = "SELECT count(*) AS n FROM rp_message WHERE author = 'customer' AND outcome IS NULL"
    deadline = time.monotonic() + WITHIN_S
    while system.rows(query)[0]["n"] and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
