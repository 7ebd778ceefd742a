"""The chat on other people's pages."""

from playwright.sync_api import Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import UUID, answer, composer, dialog, opened, say


def test_a_page_with_a_strict_policy_and_no_trusted_types_shows_everything(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script(
        "window.broken = []; addEventListener('securitypolicyviolation', (e) => broken.push(e.violatedDirective))"
    )
    opened(page, gateway, policy="strict")
    for word in ("rich", "survey csat", "referral", "order", "guide"):
        say(page, word)
    expect(page.get_by_role("button", name="Still not working")).to_be_visible()
    page.get_by_role("radio", name="Okay").check(force=True)
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
    assert gateway.hellos[0]["page"] == "https://shop.example/checkout"
    expect(page.locator("[data-rapport-host]")).to_have_count(1)
    page.evaluate("Rapport.shutdown({ forget: true })")
    expect(page.locator("[data-rapport-host]")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage)") == []


def test_the_hosts_shortcuts_do_not_hear_what_is_typed(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate("window.keys = 0; addEventListener('keydown', () => keys += 1)")
    composer(page).press_sequentially("abc")
    assert page.evaluate("keys") == 0
