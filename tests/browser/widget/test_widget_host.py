"""The chat on other people's pages."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import UUID, answer, choose, composer, dialog, opened, say


def test_a_page_with_a_strict_policy_and_no_trusted_types_shows_everything(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script(
        "window.broken = []; addEventListener('securitypolicyviolation', (e) => broken.push(e.violatedDirective))"
    )
    opened(page, gateway, policy="strict")
    for word in ("rich", "survey csat", "referral", "order", "guide"):
        say(page, word)
    expect(page.get_by_role("button", name="Still not working")).to_be_visible()
    choose(page.get_by_role("radio", name="Okay"))
    expect(page.locator(".saved")).to_contain_text("Saved, thank you.")
    assert page.evaluate("broken") == []
    assert dialog(page).evaluate("(dialog) => getComputedStyle(dialog).borderTopLeftRadius") == "18px"


def test_blocked_storage_costs_nothing_but_the_memory(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script(
        "for (const area of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, area, { get() { throw new DOMException('denied', 'SecurityError') } });"
        "delete Crypto.prototype.randomUUID"
    )
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    assert UUID.match(gateway.sent()[0]["cid"])


def test_a_gateway_that_is_down_harms_nobody(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.route("**/static/**", lambda route: route.abort())
    page.get_by_role("button", name="Open chat").click()
    expect(page.get_by_text("Chat is not available right now.")).to_be_visible()
    page.unroute("**/static/**")
    page.get_by_role("button", name="Open chat").click()
    expect(dialog(page)).to_be_visible()


def test_the_sites_own_code_can_drive_the_chat(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.evaluate("""() => {
      window.heard = [];
      for (const event of ['open', 'close', 'message', 'unread']) Rapport.on(event, () => heard.push(event));
      Rapport.setPage('https://shop.example/checkout');
      document.querySelector('#host').addEventListener('click', () => Rapport.open());
      const again = document.createElement('script');
      again.src = document.querySelector('script').src;
      document.body.append(again);
    }""")
    page.locator("#host").click()
    expect(composer(page)).to_be_focused()
    page.evaluate("Rapport.prefill('I need')")
    expect(composer(page)).to_have_value("I need")
    page.evaluate("Rapport.send('help')")
    expect(answer(page, "You said: help")).to_be_visible()
    page.evaluate("Rapport.close()")
    expect(page.locator("#host")).to_be_focused()
    assert page.evaluate("heard") == ["open", "message", "close"]
    assert gateway.hello()["page"] == "https://shop.example/checkout"
    expect(page.locator("[data-rapport-host]")).to_have_count(1)
    page.evaluate("Rapport.shutdown({ forget: true })")
    expect(page.locator("[data-rapport-host]")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage)") == []


def test_the_hosts_shortcuts_do_not_hear_what_is_typed(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate("window.keys = 0; addEventListener('keydown', () => keys += 1)")
    composer(page).press_sequentially("abc")
    assert page.evaluate("keys") == 0


HOSTILE = """
  *, *::before, *::after {
    all: unset !important; display: block !important; position: static !important; color: red !important;
    background: yellow !important; font: 40px/3 cursive !important; letter-spacing: 1em !important;
  }
  div, html > div {
    display: none !important; visibility: hidden !important; opacity: 0 !important; transform: scale(.1) !important;
  }
"""


def test_a_page_that_resets_everything_with_force_does_not_reach_the_chat(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.add_style_tag(content=HOSTILE)
    launcher = page.get_by_role("button", name="Open chat")
    assert launcher.bounding_box() == {"x": 924, "y": 724, "width": 56, "height": 56}
    launcher.click()
    expect(composer(page)).to_be_visible()
    say(page, "hello")
    bubble = answer(page, "You said: hello")
    expect(bubble).to_be_visible()
    for place in (bubble, composer(page)):
        style = place.evaluate(
            "(node) => { const s = getComputedStyle(node); return [s.fontSize, s.letterSpacing, s.color] }"
        )
        assert style == ["16px", "normal", "rgb(27, 32, 39)"]


def test_a_page_with_small_rems_has_a_chat_of_the_usual_size(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.add_style_tag(content="html { font-size: 62.5% } body { font-size: 1.4rem; zoom: .9 }")
    page.get_by_role("button", name="Open chat").click()
    expect(composer(page)).to_have_css("font-size", "16px")
    box = dialog(page).bounding_box()
    assert box is not None and box["width"] == 400


def test_whatever_a_page_puts_in_front_the_chat_is_before_it(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.evaluate("""() => {
      const wall = document.createElement('div');
      wall.style.cssText = 'position:fixed;inset:0;z-index:2147483647;background:teal';
      document.body.append(wall);
      document.body.style.transform = 'translateZ(0)';
    }""")
    page.get_by_role("button", name="Open chat").click()
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    page.get_by_role("button", name="Close chat").last.click()
    expect(dialog(page)).to_be_hidden()


def test_a_pages_own_dialog_keeps_its_focus_and_the_chat_waits_behind_it(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate("""() => {
      document.body.insertAdjacentHTML('beforeend', '<dialog id="own">Sizes <button>Done</button></dialog>');
      document.querySelector('#own').showModal();
    }""")
    gateway.say("Still there?")
    expect(page.locator(".bot .bubble").last).to_have_text("Still there?")
    done = page.get_by_role("button", name="Done")
    expect(done).to_be_focused()
    page.evaluate("document.querySelector('#own').close()")
    say(page, "yes")
    expect(answer(page, "You said: yes")).to_be_visible()


def test_a_page_that_changes_its_address_and_its_whole_body_keeps_the_chat(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "before")
    expect(answer(page, "You said: before")).to_be_visible()
    composer(page).fill("half a sent")
    page.evaluate("""() => {
      history.pushState({}, '', '/?elsewhere');
      const body = document.createElement('body');
      body.textContent = 'Another page of the same application';
      document.body.replaceWith(body);
    }""")
    expect(answer(page, "You said: before")).to_be_visible()
    expect(composer(page)).to_have_value("half a sent")
    say(page, "after")
    expect(answer(page, "You said: after")).to_be_visible()
    assert len(gateway.hellos) == 1


@pytest.mark.parametrize("fault", ["404", "500", "nothing", "html"])
def test_a_launcher_that_cannot_be_had_leaves_the_page_as_it_is(page: Page, gateway: FakeGateway, fault: str) -> None:
    def fail(route: Route) -> None:
        if fault == "nothing":
            route.abort()
        elif fault == "html":
            route.fulfill(status=502, body="<h1>Bad gateway</h1>", content_type="text/html")
        else:
            route.fulfill(status=int(fault), body="")

    page.route("**/widget.js", fail)
    page.goto(gateway.page())
    page.evaluate("document.querySelector('#host').addEventListener('click', () => { window.bought = true })")
    page.locator("#host").click()
    assert page.evaluate("window.bought")
    expect(page.locator("[data-rapport-host]")).to_have_count(0)


def test_a_gateway_that_hangs_holds_up_nothing_of_the_page(page: Page, gateway: FakeGateway) -> None:
    page.route("**/widget.js", lambda route: None)
    page.goto(gateway.page(), wait_until="domcontentloaded")
    page.locator("#host").click()
    page.unroute_all(behavior="ignoreErrors")


def test_without_sockets_the_chat_goes_over_plain_requests(page: Page, gateway: FakeGateway) -> None:
    gateway.faults.refuse_sockets = True
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible(timeout=20_000)


def test_neither_launcher_nor_chat_moves_anything_of_the_page(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script("""window.shifts = 0; new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });""")
    page.goto(gateway.page(company="Lumen%20Home"), wait_until="networkidle")
    assert page.evaluate("shifts") == 0
    places = """() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight,
      ...[...document.querySelectorAll('main *')].map((node) => JSON.stringify(node.getBoundingClientRect()))]"""
    before = page.evaluate(places)
    page.get_by_role("button", name="Open chat").click()
    expect(dialog(page)).to_be_visible()
    assert page.evaluate(places) == before
