"""`window.Rapport`: what a site's own code may ask of the chat, and what it is told."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import answer, choose, composer, dialog, identity, opened, say, until

EVENTS = ["ready", "open", "close", "message", "unread", "handoff", "rated", "ended", "error"]
LISTEN = f"""
window.heard = [];
window.keep = (name) => (detail) => heard.push([name, detail]);
window.Rapport = window.Rapport || [];
for (const name of {EVENTS}) Rapport.push(['on', name, keep(name)]);
"""


def heard(page: Page, name: str) -> list[Any]:
    return [detail for event, detail in page.evaluate("heard") if event == name]


def visit(page: Page, gateway: FakeGateway, early: str = "", **options: str) -> Page:
    """The host page, whose own script ran before ours was there."""
    page.add_init_script(LISTEN + early)
    page.goto(gateway.page(**({"company": "Lumen%20Home"} | options)))
    expect(page.locator("[data-rapport-host]")).to_have_count(1)
    return page


def test_calls_made_before_the_script_is_here_are_carried_out_in_order(page: Page, gateway: FakeGateway) -> None:
    visit(
        page, gateway,
        "Rapport.push(['setPage', '/a'], ['setPage', { product: { id: 'hub' } }]); Rapport.push(['send', 'first']);"
        "Rapport.push(['prefill', 'and then']);",
    )  # fmt: skip
    expect(answer(page, "You said: first")).to_be_visible()
    expect(composer(page)).to_have_value("and then")
    told = gateway.hello()["page"]
    assert (told["product"], told["title"]) == ({"id": "hub"}, "Lumen Home")
    assert [name for name, _ in page.evaluate("heard")][:2] == ["open", "ready"]


def test_what_only_sets_something_does_not_load_the_chat(page: Page, gateway: FakeGateway) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, gateway, "Rapport.push(['setPage', '/a'], ['identify', null], ['setTheme', 'dark']);")
    page.evaluate("Rapport.setLocale('en'); Rapport.mute(true); Rapport.close(); Rapport.off('open', keep)")
    page.evaluate("() => new Promise((done) => setTimeout(done, 50))")
    assert not [url for url in asked if "/static/" in url]


def test_each_event_tells_what_happened(page: Page, gateway: FakeGateway) -> None:
    visit(page, gateway)
    page.evaluate("Rapport.open()")
    say(page, "survey ces")
    choose(page.get_by_role("radio", name="5", exact=True))
    until(lambda: heard(page, "rated"))
    assert heard(page, "rated") == [{"kind": "ces", "score": 5, "comment": False}]
    gateway.own("queue", position=2)
    until(lambda: heard(page, "handoff"))
    gateway.own("agent", agent="Ana")
    until(lambda: len(heard(page, "handoff")) == 2)
    assert [detail["owner"] for detail in heard(page, "handoff")] == ["queue", "agent"]
    assert heard(page, "handoff")[1] == {"owner": "agent", "agent": "Ana", "ticket": False}
    page.evaluate("Rapport.toggle()")
    gateway.say("Are you there?", author="agent")
    until(lambda: heard(page, "unread"))
    assert heard(page, "unread")[-1] == {"count": 1}
    told = heard(page, "message")[-1]
    assert (told["author"], told["name"], told["text"], sorted(told)) == (
        "agent", "Ana", "Are you there?", ["at", "author", "id", "name", "text"],
    )  # fmt: skip
    gateway.own("nobody")
    until(lambda: heard(page, "ended"))
    assert [heard(page, name) for name in ("open", "close", "ready")] == [[{"restored": False}], [{}], [{}]]


def test_a_listener_that_throws_breaks_nothing(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script(
        "addEventListener('error', (event) => { window.thrown = event.message; event.preventDefault(); })"
    )
    visit(page, gateway, "Rapport.push(['on', 'message', () => { throw new Error('the site is wrong'); }]);")
    page.evaluate("const it = (d) => heard.push(['off', d]); Rapport.on('message', it); Rapport.off('message', it)")
    page.evaluate("Rapport.send('hello')")
    expect(answer(page, "You said: hello")).to_be_visible()
    until(lambda: heard(page, "message"))
    assert heard(page, "off") == []
    assert "the site is wrong" in page.evaluate("thrown")


def test_a_wrong_call_is_named_and_stops_none_of_the_others(page: Page, gateway: FakeGateway) -> None:
    visit(
        page, gateway,
        "Rapport.push(['send', 5], ['setTheme', 'pink'], ['identify'], ['setPage', []], ['mute', 1]);"
        "Rapport.push(['on', 'open'], ['open']);",
    )  # fmt: skip
    expect(dialog(page)).to_be_visible()
    errors = heard(page, "error")
    assert {error["code"] for error in errors} == {"bad_call"}
    assert [error["message"].split()[0] for error in errors] == [
        "Rapport.send", "Rapport.setTheme", "Rapport.identify", "Rapport.setPage", "Rapport.mute",
        "Rapport.on",
    ]  # fmt: skip
    until(lambda: gateway.talks)
    assert gateway.talk.received == []


def test_a_page_told_while_connected_reaches_the_server_at_most_once_a_second(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate("for (let n = 0; n < 20; n += 1) Rapport.setPage({ url: `/p/${n}` })")
    until(lambda: gateway.sent("page") and gateway.sent("page")[-1]["page"]["url"] == "/p/19")
    assert len(gateway.sent("page")) == 2
    page.evaluate("Rapport.setPage({ url: '/p/19' })")
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    assert len(gateway.sent("page")) == 2


def test_a_single_page_site_that_says_nothing_is_followed_at_the_next_message(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate("history.pushState({}, '', '/products/hub?secret=1')")
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    assert [frame["page"].partition("/products")[2] for frame in gateway.sent("page")] == ["/hub"]


def test_a_page_without_sockets_is_told_too(page: Page, gateway: FakeGateway) -> None:
    gateway.faults.refuse_sockets = True
    page.add_init_script("sessionStorage.setItem('rapport:polls', 'true')")
    opened(page, gateway)
    page.evaluate("Rapport.setPage('/basket')")
    until(lambda: gateway.sent("page"))
    assert gateway.sent("page")[0]["page"] == "/basket"


def test_a_page_told_while_the_chat_connects_reaches_the_server(page: Page, gateway: FakeGateway) -> None:
    gateway.faults.hold_welcome = True
    visit(page, gateway, "Rapport.push(['open']);")
    gateway.hello()
    page.evaluate("Rapport.setPage('/basket')")
    gateway.faults.hold_welcome = False
    until(lambda: gateway.sent("page"))
    assert gateway.sent("page")[0]["page"] == "/basket"


def test_a_page_too_large_to_send_is_left_out(page: Page, gateway: FakeGateway) -> None:
    visit(page, gateway, "const round = {}; round.round = round; Rapport.push(['setPage', round], ['open']);")
    assert gateway.hello()["page"].startswith("http://")
    page.evaluate("Rapport.setPage({ title: 'x'.repeat(40000) })")
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()


def test_the_attribute_can_hold_the_page(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(page="{%26quot;order%26quot;:{%26quot;number%26quot;:%26quot;LH-7%26quot;}}"))
    page.evaluate("Rapport.open()")
    assert gateway.hello()["page"]["order"] == {"number": "LH-7"}


def test_a_function_is_asked_for_a_new_identity_at_each_connection(page: Page, gateway: FakeGateway) -> None:
    tokens = [identity("mira"), identity("mira")[:-1] + "x"]
    visit(page, gateway, f"const made = {tokens}; Rapport.push(['identify', async () => made.shift()], ['open']);")
    gateway.hello()
    gateway.kill_sockets()
    assert [gateway.hello(nth)["identity"] for nth in (1, 2)] == tokens


def test_an_identity_the_server_refuses_is_an_error_and_the_customer_stays_anonymous(
    page: Page, gateway: FakeGateway
) -> None:
    visit(page, gateway, "Rapport.push(['open']);")
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    page.evaluate(f"Rapport.identify('{identity('forged')}')")
    until(lambda: heard(page, "error"))
    assert heard(page, "error")[0] == {"code": "bad_identity", "message": "The identity is not valid."}
    say(page, "still here")
    expect(answer(page, "You said: still here")).to_be_visible()
    expect(answer(page, "You said: hello")).to_be_visible()
    assert len(gateway.talks) == 1
    page.evaluate(f"Rapport.identify('{identity('mira')}')")
    until(lambda: "mira" in gateway.people)


def test_a_site_that_cannot_say_who_it_is_costs_nobody_the_chat(page: Page, gateway: FakeGateway) -> None:
    visit(page, gateway, "Rapport.push(['identify', () => { throw new Error('signed out'); }], ['send', 'hello']);")
    expect(answer(page, "You said: hello")).to_be_visible()
    assert heard(page, "error")[0]["code"] == "identity_unavailable"


def test_another_person_sees_nothing_of_the_one_before(page: Page, gateway: FakeGateway) -> None:
    visit(page, gateway, f"Rapport.push(['identify', '{identity('mira')}'], ['send', 'my secret']);")
    expect(answer(page, "You said: my secret")).to_be_visible()
    page.evaluate(f"Rapport.identify('{identity('ben')}')")
    expect(answer(page, "You said: my secret")).to_have_count(0)
    until(lambda: "ben" in gateway.people)
    page.evaluate("Rapport.identify(null)")
    until(lambda: len(gateway.talks) == 3)
    page.evaluate(f"Rapport.identify('{identity('mira')}')")
    expect(answer(page, "You said: my secret")).to_be_visible()


def test_the_theme_follows_the_sites_own_switch(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    host = "document.querySelector('[data-rapport-host]').shadowRoot"
    ground = f"getComputedStyle({host}.querySelector('dialog')).backgroundColor"
    light = page.evaluate(ground)
    page.evaluate("Rapport.setTheme('dark')")
    until(lambda: page.evaluate(ground) != light)
    page.evaluate("Rapport.setTheme('auto')")
    until(lambda: page.evaluate(ground) == light)


def test_the_language_follows_the_sites_own_switch(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    page.evaluate("Rapport.setLocale('fr'); Rapport.setLocale('ar')")
    expect(page.locator("dialog.panel")).to_have_attribute("dir", "rtl")
    page.evaluate("Rapport.setLocale('de-AT')")
    expect(page.locator("dialog.panel")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Senden")).to_be_visible()
    page.evaluate("Rapport.setLocale(null)")
    expect(composer(page)).to_be_visible()


def test_a_chat_taken_down_can_be_put_up_again_and_holds_nothing(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate(
        "window.old = Rapport; Rapport.shutdown(); Rapport.push(['prefill', 'again']); old.open(); old.shutdown()"
    )
    until(lambda: not gateway.talk.sockets)
    expect(page.locator("[data-rapport-host]")).to_have_count(0)
    page.evaluate(
        "const tag = document.querySelector('script[data-rapport]'); const next = document.createElement('script');"
        "Object.assign(next.dataset, tag.dataset); next.src = tag.src; document.head.append(next)"
    )
    expect(composer(page)).to_have_value("again")
    expect(page.locator("[data-rapport-host]")).to_have_count(1)


def test_forgetting_leaves_nothing_even_when_the_chat_was_never_opened(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script("localStorage.setItem('rapport:draft-of-before', '1')")
    visit(page, gateway)
    page.evaluate("Rapport.shutdown({ forget: true })")
    until(lambda: page.evaluate("Object.keys(localStorage)") == [])
    assert gateway.hellos == []


def test_a_script_taken_out_before_it_ran_does_nothing(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.evaluate("""() => {
      Rapport.shutdown();
      const src = document.querySelector('script[data-rapport]').src;
      const mount = () => Object.assign(document.createElement('script'), { src: src + '?' + Math.random() });
      const first = mount(); first.dataset.company = 'Taken out';
      document.head.append(first); first.remove();
      const second = mount(); second.dataset.company = 'Lumen Home';
      second.onload = () => Rapport.open();
      document.head.append(second);
    }""")
    expect(dialog(page)).to_be_visible()
    expect(page.locator("[data-rapport-host]")).to_have_count(1)


def test_a_chat_that_cannot_be_loaded_is_told_to_the_site(page: Page, gateway: FakeGateway) -> None:
    visit(page, gateway)
    page.route("**/static/**", lambda route: route.abort())
    page.evaluate("Rapport.open()")
    until(lambda: heard(page, "error"))
    assert heard(page, "error")[0]["code"] == "unreachable"
    page.unroute("**/static/**")
    page.get_by_role("button", name="Open chat").click()
    expect(dialog(page)).to_be_visible()
