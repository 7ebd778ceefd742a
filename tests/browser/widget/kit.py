"""What the widget's tests share: words for what a customer does, and for what stands on the screen."""

import base64
import contextlib
import json
import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.widget.fake_gateway import ROOT, FakeGateway

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
    until(lambda: len(gateway.talks) > 0)
    return page


def closed(page: Page) -> None:
    """Close the chat by its button."""
    dialog(page).get_by_role("button", name="Close chat").click()
    expect(dialog(page)).to_be_hidden()


def say(page: Page, text: str) -> None:
    composer(page).fill(text)
    composer(page).press("Enter")


def answer(page: Page, text: str) -> Locator:
    """In the thread; the announcer says it too."""
    return page.locator(".bot .bubble").get_by_text(text, exact=True)


def until(condition: Callable[[], object], seconds: float = 8) -> None:
    """Poll until it holds; the servers run in a thread of their own, so a list it looks into may still be empty."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(LookupError):
            if condition():
                return
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def texts(page: Page) -> list[str]:
    return page.locator(".bubble").all_inner_texts()


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("async () => await axe.run(document)")
    return [f"{v['id']}: {node['html'][:160]}" for v in found["violations"] for node in v["nodes"]]


def identity(subject: str) -> str:
    part = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    return f"e30.{part}.c2ln"
