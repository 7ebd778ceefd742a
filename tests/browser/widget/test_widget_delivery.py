"""What faults do to the customer's words: nothing."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import UUID, answer, composer, dialog, identity, opened, say, told, until


def test_a_sent_message_shows_its_state_and_is_answered(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    gateway.faults.silent_bot = True
    say(page, "Where is my parcel?")
    expect(page.locator(".status")).to_have_text("Sent")
    gateway.say("It is on its way.")
    expect(page.locator(".bubble")).to_have_text(["Where is my parcel?", "It is on its way."])
    assert UUID.match(gateway.sent()[0]["cid"])
    expect(composer(page)).to_be_focused()


def test_history_is_there_after_a_reload(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "first")
    expect(answer(page, "You said: first")).to_be_visible()
    page.reload()
    expect(dialog(page)).to_be_visible()
    expect(page.locator(".bubble")).to_have_text(["first", "You said: first"])
    assert [gateway.hello(nth)["last_seq"] for nth in (1, 2)] == [0, 0]
    assert gateway.hello(2)["token"] in gateway.tokens
    assert "?" not in gateway.hello()["page"]


def test_three_unsent_messages_survive_a_dead_connection_and_arrive_once_in_order(
    page: Page, gateway: FakeGateway
) -> None:
    opened(page, gateway)
    gateway.faults.refuse_sockets = True
    page.route("**/api/v1/visitor/**", lambda route: route.abort())
    gateway.kill_sockets()
    for text in ("one", "two", "three"):
        say(page, text)
    expect(page.locator(".status")).to_have_text(["Waiting for the connection"] * 3)
    page.reload()
    expect(page.locator(".bubble")).to_have_text(["one", "two", "three"])
    gateway.faults.refuse_sockets = False
    page.unroute("**/api/v1/visitor/**")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".customer .bubble")).to_have_text(["one", "two", "three"])
    until(lambda: len(gateway.sent()) == 3)
    assert [frame["text"] for frame in gateway.sent()] == ["one", "two", "three"]
    expect(page.locator(".bot .bubble")).to_have_text(["You said: one", "You said: two", "You said: three"])
    until(
        lambda: page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('rapport:out:')).length") == 0
    )


@pytest.mark.parametrize("fault", ["kill_before_commit", "kill_after_commit"])
def test_a_connection_cut_around_the_commit_neither_loses_nor_doubles(
    page: Page, gateway: FakeGateway, fault: str
) -> None:
    opened(page, gateway)
    setattr(gateway.faults, fault, 2)
    say(page, "once only")
    expect(page.locator(".bubble")).to_have_text(["once only", "You said: once only"])
    assert len(gateway.sent()) == 1
    expect(page.locator(".customer .bubble")).to_have_count(1)


def test_what_cannot_be_saved_now_is_sent_again_and_not_overtaken(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    gateway.faults.silent_bot = True
    gateway.faults.unavailable = 1_000
    say(page, "first")
    say(page, "second")
    until(lambda: gateway.faults.unavailable < 1_000)
    expect(page.locator(".status")).to_have_text(["Sending …", "Sending …"])
    gateway.faults.unavailable = 0
    until(lambda: len(gateway.sent()) == 2)
    assert [frame["text"] for frame in gateway.sent()] == ["first", "second"]
    expect(page.locator(".customer .bubble")).to_have_text(["first", "second"])


def test_a_gap_in_the_numbers_is_asked_for_again(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    gateway.faults.drop_frames = 1
    gateway.say("this one is lost on the way")
    gateway.say("this one arrives")
    expect(page.locator(".bot .bubble")).to_have_text(
        ["You said: hello", "this one is lost on the way", "this one arrives"]
    )
    assert gateway.hellos[-1]["last_seq"] == 2


def test_a_refused_message_says_why_and_can_be_retried_or_deleted(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "refuse this")
    expect(page.locator(".status.failed")).to_contain_text("This cannot be sent.")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".status.failed")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".bubble")).to_have_count(0)
    expect(composer(page)).to_be_focused()


def test_who_asks_to_try_now_waits_for_no_attempt_that_hangs(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    gateway.faults.hold_welcome = True
    # After ten seconds it is given up in any case.
    page.evaluate("const set = setTimeout; window.setTimeout = (act, ms) => (ms === 10_000 ? 0 : set(act, ms))")
    gateway.kill_sockets()
    button = page.get_by_role("button", name="Try now")
    expect(button).to_be_visible()
    gateway.hello(2)
    button.click()
    gateway.hello(3)
    gateway.faults.hold_welcome = False
    expect(button).to_have_count(0)


def test_blocked_sockets_fall_back_to_http(page: Page, gateway: FakeGateway) -> None:
    gateway.faults.refuse_sockets = True
    page.goto(gateway.page(company="Lumen%20Home"))
    page.get_by_role("button", name="Open chat").click()
    say(page, "over http")
    expect(page.locator(".bubble")).to_have_text(["over http", "You said: over http"], timeout=20_000)
    gateway.say("and back")
    expect(answer(page, "and back")).to_be_visible()
    assert len(gateway.sent()) == 1


def without_sockets(page: Page, gateway: FakeGateway) -> list[str]:
    """The chat is open over HTTP in a tab that knows that it must; the addresses of all sockets that are tried."""
    tried: list[str] = []
    page.on("websocket", lambda socket: tried.append(socket.url))
    page.clock.install()
    # The socket is tried again after two minutes, the longest that chance allows at first.
    page.add_init_script("sessionStorage['rapport:polls'] = 'true'; Math.random = () => 0.99")
    gateway.faults.refuse_sockets = True
    opened(page, gateway)
    say(page, "over http")
    expect(answer(page, "You said: over http")).to_be_visible()
    return tried


def test_who_fell_back_to_http_returns_to_a_socket_by_itself(page: Page, gateway: FakeGateway) -> None:
    tried = without_sockets(page, gateway)

    def later(news: str) -> None:
        """Twenty seconds in which there is news, so that nobody takes the connection for dead."""
        gateway.say(news)
        expect(answer(page, news)).to_be_visible()
        page.clock.fast_forward("00:20")

    for n in range(7):
        later(f"refused {n}")
    until(lambda: told(page, tried))
    assert not gateway.talk.sockets
    gateway.faults.refuse_sockets = False
    for n in range(14):
        later(f"let in {n}")
        if gateway.talk.sockets:
            break
    until(lambda: gateway.talk.sockets)
    say(page, "over a socket")
    expect(answer(page, "You said: over a socket")).to_be_visible()
    assert [frame["text"] for frame in gateway.sent()] == ["over http", "over a socket"]
    assert page.evaluate("sessionStorage['rapport:polls']") is None


def test_a_chat_over_http_in_which_nothing_is_said_is_not_taken_for_dead(page: Page, gateway: FakeGateway) -> None:
    # The server answers at once instead of waiting for news.
    page.route("**/events?*", lambda route: route.continue_(url=route.request.url.replace("wait=20", "wait=0")))
    tried = without_sockets(page, gateway)
    for _ in range(17):
        with page.expect_response("**/events?*"):
            page.clock.fast_forward("00:03")
    assert told(page, tried) == []
    assert len(gateway.hellos) == 1


def test_an_unknown_token_begins_anew_and_keeps_what_was_not_sent(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "old")
    expect(answer(page, "You said: old")).to_be_visible()
    gateway.faults.bad_tokens = True
    gateway.faults.kill_before_commit = 1
    say(page, "still to send")
    expect(page.locator(".bubble")).to_have_text(["still to send", "You said: still to send"])
    assert len(gateway.talks) == 2


def test_two_tabs_show_the_same_conversation(context: BrowserContext, gateway: FakeGateway) -> None:
    first, second = context.new_page(), context.new_page()
    opened(first, gateway)
    say(first, "from the first")
    expect(answer(first, "You said: from the first")).to_be_visible()
    opened(second, gateway)
    expect(answer(second, "You said: from the first")).to_be_visible()
    say(second, "from the second")
    expect(answer(first, "You said: from the second")).to_be_visible()
    assert len(gateway.talks) == 1


def test_signing_out_begins_a_new_conversation(page: Page, gateway: FakeGateway) -> None:
    gateway.identity = identity("anna")
    opened(page, gateway, **{"identity-url": "/rapport-identity"})
    say(page, "my secret order")
    expect(answer(page, "You said: my secret order")).to_be_visible()
    gateway.identity = None
    page.reload()
    expect(page.get_by_role("heading", name="Hi there. How can we help?")).to_be_visible()
    until(lambda: len(gateway.talks) == 2)
    expect(page.locator(".bubble")).to_have_count(0)
