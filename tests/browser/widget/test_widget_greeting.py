"""How the chat begins: the greeting beside the launcher, and the first words of a new chat."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import answer, closed, composer, dialog, hold, opened, say, told, until, violations
from tests.support.browser import DRAWN

GREETING = {"greeting": "Questions%20about%20lamps?", "greeting-delay": "0"}


def test_the_greeting_comes_once_takes_no_focus_and_goes_by_escape(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home", **GREETING))
    page.locator("#host").focus()
    greeting = page.get_by_role("button", name="Questions about lamps?")
    expect(greeting).to_be_visible()
    expect(page.get_by_role("status").filter(has=greeting)).to_be_visible()
    expect(page.locator("#host")).to_be_focused()
    assert page.title() == "Lumen Home"
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(greeting).to_have_count(0)
    with page.expect_request("**/widget.js"):
        page.reload()
    page.wait_for_load_state("networkidle")
    expect(greeting).to_have_count(0)
    assert gateway.talks == {}


def test_the_greeting_is_dismissed_or_opens_the_chat(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home", **GREETING))
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("button", name="Questions about lamps?")).to_have_count(0)
    expect(page.get_by_role("button", name="Open chat")).to_be_focused()
    page.evaluate("localStorage.clear()")
    page.reload()
    page.get_by_role("button", name="Questions about lamps?").click()
    expect(dialog(page)).to_be_visible()
    expect(page.locator(".teaser")).to_have_count(0)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("width", [640, 1280])
def test_the_greeting_stands_above_the_launcher(page: Page, gateway: FakeGateway, side: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(gateway.page(company="Lumen%20Home", position=side, **GREETING))
    expect(page.get_by_role("button", name="Questions about lamps?")).to_be_visible()
    teaser, launcher = (page.locator(place).bounding_box() for place in (".teaser", "button.launcher"))
    assert teaser is not None
    assert launcher is not None
    assert teaser["y"] + teaser["height"] <= launcher["y"]
    at, below = ((box["x"] + (box["width"] if side == "right" else 0)) for box in (teaser, launcher))
    assert at == pytest.approx(below, abs=1)


def test_small_screens_and_known_visitors_are_not_greeted(phone: Page, page: Page, gateway: FakeGateway) -> None:
    with phone.expect_response("**/teaser.mjs"):
        phone.goto(gateway.page(company="Lumen%20Home", **GREETING))
    phone.wait_for_load_state("networkidle")
    expect(phone.locator(".teaser")).to_have_count(0)
    opened(page, gateway)
    closed(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(gateway.page(company="Lumen%20Home", **GREETING))
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "teaser" in url] == []


def test_a_new_chat_begins_with_its_first_words_where_little_has_room(page: Page, gateway: FakeGateway) -> None:
    page.set_viewport_size({"width": 640, "height": 400})
    opened(page, gateway)
    expect(page.locator(".intro > p").first).to_be_in_viewport()
    assert page.locator(".log").evaluate("box => [box.scrollTop, box.scrollHeight > box.clientHeight]") == [0, True]
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_in_viewport()


def test_a_suggestion_is_not_changed_for_its_like_while_it_is_pressed(page: Page, gateway: FakeGateway) -> None:
    held = hold(page, "**/log.mjs")
    opened(page, gateway)
    suggestion = page.get_by_role("button", name="Where is my order?")
    suggestion.hover()
    page.mouse.down()
    until(lambda: told(page, held))
    with page.expect_response("**/log.mjs"):
        held[0].continue_()
    page.evaluate(DRAWN)
    page.mouse.up()
    until(lambda: [frame["text"] for frame in gateway.sent()] == ["Where is my order?"])
    expect(answer(page, "You said: Where is my order?")).to_be_visible()
    expect(composer(page)).to_be_focused()
