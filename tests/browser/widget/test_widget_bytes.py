"""What a page pays for the chat: bytes and requests, as they go over the wire."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from bot.widget_build import PLAIN, pack_widget
from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import answer, composer, dialog, opened, say, until

LAUNCHER = 2_048
OPENED = 20_000
TALK = 6_500
"""What the first message brings: what shows a conversation, its style, and the words of all that is fetched later."""


def packed(address: str) -> int:
    """Bytes of the body, gzipped as browsers ask for it."""
    with urlopen(Request(address, headers={"Accept-Encoding": "gzip"})) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        return len(response.read())


def fetched(page: Page, gateway: FakeGateway) -> list[str]:
    """What the page has asked of the gateway so far, but for the talk itself."""
    names = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    return [name for name in names if name.startswith(gateway.url) and "/api/" not in name]


def test_a_page_load_costs_one_request_of_two_kilobytes(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(), wait_until="networkidle")
    assert fetched(page, gateway) == [f"{gateway.url}/widget.js"]
    size = packed(f"{gateway.url}/widget.js")
    assert size <= LAUNCHER, f"widget.js is {size} bytes, more than {LAUNCHER}"


def test_the_open_chat_costs_what_it_may_and_each_file_comes_once(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    files = [name for name in fetched(page, gateway) if not name.endswith("/widget.js")]
    sizes = {urlsplit(name).path.split("/")[-1]: packed(name) for name in files}
    assert len(sizes) == len(files), files
    assert sum(sizes.values()) <= OPENED, f"{sum(sizes.values())} bytes, more than {OPENED}: {sizes}"


def test_the_first_message_costs_what_it_may_and_each_file_comes_once(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    before = fetched(page, gateway)
    composer(page).press_sequentially("hi")
    until(lambda: len(fetched(page, gateway)) >= len(before) + 3)
    say(page, "hi there")
    expect(answer(page, "You said: hi there")).to_be_visible()
    sizes = {urlsplit(name).path.split("/")[-1]: packed(name) for name in fetched(page, gateway)[len(before) :]}
    assert set(sizes) == {"log.mjs", "log.css", "en.mjs"}
    assert sum(sizes.values()) <= TALK, f"{sum(sizes.values())} bytes, more than {TALK}: {sizes}"


def test_a_conversation_that_cannot_be_fetched_leaves_its_words(page: Page, gateway: FakeGateway) -> None:
    page.route("**/log.mjs", lambda route: route.abort())
    opened(page, gateway)
    say(page, "hello")
    expect(page.locator(".thread > p").get_by_text("You said: hello", exact=True)).to_be_visible()
    page.unroute("**/log.mjs")
    say(page, "again")
    expect(page.locator(".bubble")).to_have_text(["hello", "You said: hello", "again", "You said: again"])


def test_what_is_fetched_never_changes_under_its_address(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    for name in fetched(page, gateway)[1:]:
        with urlopen(name) as response:
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable", name


def test_pointing_at_the_button_fetches_all_that_a_click_needs(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.get_by_role("button", name="Open chat").hover()
    # Beside the modules: the launcher, the words and the style sheet.
    until(lambda: len(fetched(page, gateway)) >= len(pack_widget(print).modules) + 3)
    before = set(fetched(page, gateway))
    page.get_by_role("button", name="Open chat").click()
    expect(dialog(page)).to_be_visible()
    assert set(fetched(page, gateway)) == before


def test_a_card_is_fetched_when_the_first_one_comes(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    before = set(fetched(page, gateway))
    say(page, "order")
    expect(page.locator(".card .track")).to_be_visible()
    late = {urlsplit(name).path.split("/")[-1] for name in set(fetched(page, gateway)) - before}
    assert {"cards.mjs", "cards.css"} <= late
    assert page.locator(".card").first.evaluate("(card) => getComputedStyle(card).borderTopLeftRadius") == "16px"


def test_a_card_that_cannot_be_fetched_leaves_its_words(page: Page, gateway: FakeGateway) -> None:
    page.route("**/rating.mjs", lambda route: route.abort())
    opened(page, gateway)
    say(page, "survey ces")
    expect(page.locator(".bot .bubble:visible").last).to_contain_text("easy")
    say(page, "still here")
    expect(composer(page)).to_have_value("")


def test_a_launcher_from_before_an_update_gets_the_chat_of_today(page: Page, gateway: FakeGateway) -> None:
    name = pack_widget(print).name
    with urlopen(f"{gateway.url}/widget.js") as response:
        old = response.read().decode().replace(name, "0123456789ab")
    page.route("**/widget.js", lambda route: route.fulfill(body=old, content_type="text/javascript"))
    opened(page, gateway)


def test_the_sources_serve_where_nothing_can_be_packed(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.widget_build.BUILDS", tmp_path)
    monkeypatch.setattr("bot.widget_build.node", lambda: None)
    plain = FakeGateway()
    plain.start()
    try:
        opened(page, plain)
        names = fetched(page, plain)[1:]
        assert f"{plain.url}/static/widget-{PLAIN}/main.mjs" in names
        say(page, "order")
        expect(page.locator(".card .track")).to_be_visible()
        page.goto("about:blank")
    finally:
        plain.stop()
