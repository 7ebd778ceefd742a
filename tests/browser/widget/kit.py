"""What the widget's tests share: words for what a customer does, and for what stands on the screen."""

import base64
import contextlib
import json
import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.widget.fake_gateway import ROOT, FakeGateway
from tests.support.browser import WAIT_MS

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Chat with Lumen Home")


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your message")


def opened(page: Page, gateway: FakeGateway, **options: str) -> Page:
    """The host page with the chat open and connected."""
    page.goto(gateway.page(**({"company": "Lumen%20Home"} | options)))
    page.get_by_role("button", name="Open chat").click()
    expect(dialog(page)).to_be_visible()
    # Only who was welcomed may send files.
    expect(page.get_by_role("button", name="Attach files")).to_be_visible()
    return page


def closed(page: Page) -> None:
    """Close the chat by its button."""
    dialog(page).get_by_role("button", name="Close chat").click()
    expect(dialog(page)).to_be_hidden()


def say(page: Page, text: str) -> None:
    composer(page).fill(text)
    composer(page).press("Enter")


def choose(radio: Locator) -> None:
    """By its label, as a finger does: the button itself is not seen, and what may still move is waited for."""
    radio.locator("xpath=..").click()
    expect(radio).to_be_checked()


def answer(page: Page, text: str) -> Locator:
    """In the thread; the announcer says it too."""
    return page.locator(".bot .bubble").get_by_text(text, exact=True)


def until(condition: Callable[[], object], seconds: float = WAIT_MS / 1000) -> None:
    """Poll until it holds; the servers run in a thread of their own, so a list it looks into may still be empty."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(LookupError):
            if condition():
                return
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def hold(page: Page, address: str) -> list[Route]:
    """What is asked for at this address, none of which comes before it is continued."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)
    return held


def told(page: Page, events: list[Any]) -> list[Any]:
    """What listeners of the page have heard; the driver tells them only while it is asked for something."""
    page.evaluate("0")
    return events


def texts(page: Page) -> list[str]:
    return page.locator(".bubble").all_inner_texts()


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("async () => await axe.run(document)")
    return [f"{v['id']}: {node['html'][:160]}" for v in found["violations"] for node in v["nodes"]]


def identity(subject: str) -> str:
    part = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    return f"e30.{part}.c2ln"
