"""The chat by keyboard, for a screen reader, in any colour and on a phone."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import composer, dialog, opened, say, until, violations


def test_the_whole_journey_works_by_keyboard(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.locator("#host").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Open chat")).to_be_focused()
    page.keyboard.press("Enter")
    expect(composer(page)).to_be_focused()
    page.keyboard.type("survey ces")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="1, Strongly disagree")).to_be_visible()
    page.keyboard.press("F6")
    expect(page.get_by_role("region", name="Conversation")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="1, Strongly disagree")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    until(lambda: [a["score"] for a in gateway.sent("survey")] == [7])
    page.keyboard.press("F6")
    page.keyboard.type("two")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("lines")
    page.keyboard.press("Enter")
    until(lambda: gateway.sent()[-1].get("text") == "two\nlines")
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Open chat")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_guides_picture_is_drawn_and_told_on_the_smallest_phone(
    browser: Browser, gateway: FakeGateway, theme: str
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, reduced_motion="reduce")
    page = context.new_page()
    opened(page, gateway, theme=theme)
    say(page, "guide")
    picture = page.get_by_role("img", name="The hub's cable is pulled out, and plugged in again after ten seconds")
    until(lambda: picture.evaluate("(image) => image.complete && image.naturalWidth") == 320)
    box = picture.bounding_box()
    assert box and 200 <= box["width"] <= 320 and box["height"] == pytest.approx(box["width"] / 2, abs=1)
    assert page.locator(".log").evaluate("(log) => log.scrollWidth <= log.clientWidth")
    page.get_by_text("That helped").scroll_into_view_if_needed()
    assert violations(page) == []
    context.close()
    gateway.reset()


def test_a_phone_gets_the_whole_screen_and_no_zoom(browser: Browser, gateway: FakeGateway) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    page = context.new_page()
    opened(page, gateway)
    assert dialog(page).bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 640}
    assert page.evaluate(
        "document.querySelector('[data-rapport-host]').shadowRoot.querySelector('dialog').matches(':modal')"
    )
    assert composer(page).evaluate("(field) => parseFloat(getComputedStyle(field).fontSize)") >= 16
    say(page, "survey nps")
    expect(page.get_by_role("radio")).to_have_count(11)
    assert page.locator(".log").evaluate("(log) => log.scrollWidth <= log.clientWidth")
    assert violations(page) == []
    context.close()
    gateway.reset()
