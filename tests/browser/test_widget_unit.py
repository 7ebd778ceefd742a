"""The widget in a real browser against the fake gateway: what a customer sees and does, and what faults do to it."""

import base64
import gzip
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.browser.fake_gateway import ROOT, STATIC, VENDOR, FakeGateway

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


@pytest.fixture(scope="module")
def gateway() -> Iterator[FakeGateway]:
    server = FakeGateway()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, gateway: FakeGateway) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1000, "height": 800}, reduced_motion="reduce", locale="en-GB")
    context.set_default_timeout(8_000)
    yield context
    context.close()
    gateway.reset()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


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


def say(page: Page, text: str) -> None:
    composer(page).fill(text)
    composer(page).press("Enter")


def answer(page: Page, text: str) -> Locator:
    """In the thread; the announcer says it too."""
    return page.locator(".bot .bubble").get_by_text(text, exact=True)


def until(condition: Callable[[], object], seconds: float = 8) -> None:
    """Poll until it holds; the servers run in a thread of their own."""
    deadline = time.monotonic() + seconds
    while not condition():
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


# Delivery --------------------------------------------------------------------------------------------------------


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
    assert [hello["last_seq"] for hello in gateway.hellos] == [0, 0]
    assert gateway.hellos[1]["token"] in gateway.tokens
    assert "?" not in gateway.hellos[0]["page"]


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
    until(lambda: page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('rapport:out:')).length") == 0)


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


def test_blocked_sockets_fall_back_to_http(page: Page, gateway: FakeGateway) -> None:
    gateway.faults.refuse_sockets = True
    page.goto(gateway.page(company="Lumen%20Home"))
    page.get_by_role("button", name="Open chat").click()
    say(page, "over http")
    expect(page.locator(".bubble")).to_have_text(["over http", "You said: over http"], timeout=20_000)
    gateway.say("and back")
    expect(page.get_by_text("and back", exact=True)).to_be_visible()
    assert len(gateway.sent()) == 1


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


# What is shown ---------------------------------------------------------------------------------------------------


def test_a_quick_reply_is_sent_as_a_choice_and_only_once(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "choices")
    gateway.faults.silent_bot = True
    page.get_by_role("button", name="Return something").click()
    expect(page.locator(".customer .bubble")).to_have_text(["choices", "Return something"])
    until(lambda: len(gateway.sent()) == 2)
    assert gateway.sent()[1]["choice"] == "c-2"
    expect(page.get_by_role("button", name="Track my order")).to_be_disabled()
    expect(composer(page)).to_be_focused()


def test_a_score_is_saved_on_selection_a_comment_follows_and_both_may_change(
    page: Page, gateway: FakeGateway
) -> None:
    opened(page, gateway)
    say(page, "survey ces")
    page.get_by_role("radio", name="6", exact=True).check(force=True)
    expect(page.locator(".saved")).to_contain_text("Saved, thank you.")
    page.get_by_role("textbox", name="Would you like to add why?").fill("Quick and clear")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".saved")).to_contain_text("Thank you for taking the time.")
    page.get_by_role("radio", name="7, Strongly agree").check(force=True)
    until(lambda: len(gateway.sent("survey")) == 3)
    answers = gateway.sent("survey")
    assert [(a["score"], a.get("comment")) for a in answers] == [
        (6, None), (6, "Quick and clear"), (7, "Quick and clear"),
    ]  # fmt: skip
    assert len({a["survey"] for a in answers}) == 1
    assert len({a["cid"] for a in answers}) == 3
    page.reload()
    expect(page.get_by_role("radio", name="7, Strongly agree")).to_be_checked()


def test_arrow_keys_move_over_a_scale_without_answering(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "survey nps")
    page.get_by_role("radio", name="0, Not at all likely").focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="9", exact=True)).to_be_focused()
    assert gateway.sent("survey") == []
    page.keyboard.press("Space")
    until(lambda: [a["score"] for a in gateway.sent("survey")] == [9])


def test_satisfaction_is_asked_with_faces_that_have_words(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "survey csat")
    page.get_by_role("radio", name="Very happy").check(force=True)
    until(lambda: [a["score"] for a in gateway.sent("survey")] == [5])


def test_a_survey_can_be_waved_away_for_good(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "survey nps")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("radio")).to_have_count(0)
    page.reload()
    expect(dialog(page)).to_be_visible()
    expect(page.locator(".customer .bubble")).to_have_count(1)
    expect(page.get_by_role("radio")).to_have_count(0)


def test_copying_the_referral_link_takes_the_invitation(context: BrowserContext, page: Page, gateway: FakeGateway) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, gateway)
    say(page, "referral")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "https://shop.example/r/K7f3-9Qx2-LmZ4"
    until(lambda: [a["answer"] for a in gateway.sent("invitation")] == ["accept", "done"])
    assert page.get_by_role("link", name="E-mail").get_attribute("href", timeout=1000).startswith("mailto:?subject=")  # type: ignore[union-attr] # the attribute is there


def test_an_invitation_can_be_refused_for_good(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "referral")
    page.get_by_role("button", name="Do not ask again").click()
    expect(page.get_by_text("we will not ask again").first).to_be_visible()
    until(lambda: [a["answer"] for a in gateway.sent("invitation")] == ["never"])


def test_the_review_walk_carries_ones_own_words_to_the_chosen_site(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "survey ces")
    page.get_by_role("radio", name="2", exact=True).check(force=True)
    page.get_by_role("textbox", name="Would you like to add why?").fill("Too many steps")
    page.get_by_role("button", name="Send comment").click()
    say(page, "review")
    page.get_by_role("button", name="Write a review").click()
    expect(page.get_by_role("textbox", name="Your words")).to_have_value("Too many steps")
    page.get_by_role("button", name="Google").click()
    expect(page.get_by_role("link", name="Open Google")).to_have_attribute("href", "https://reviews.example/b")
    page.get_by_role("button", name="I have posted it").click()
    until(lambda: [a["answer"] for a in gateway.sent("invitation")] == ["accept", "done"])


def test_markup_and_script_links_stay_text(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "rich")
    bubble = page.locator(".bot .bubble")
    expect(bubble.locator("strong")).to_have_text("30 days")
    expect(bubble.locator("li")).to_have_count(2)
    links = [link.get_attribute("href") for link in bubble.locator("a").all()]
    assert links == ["https://shop.example/returns", "https://shop.example/terms"]
    expect(bubble).to_contain_text("<img src=x onerror=alert(1)> [bad](javascript:alert(1))")
    expect(bubble.locator("img")).to_have_count(0)


def test_a_person_is_one_click_away_and_it_is_shown_who_speaks(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.locator("header p")).to_have_text("Number 2 in line · about 3 min")
    gateway.own("agent", "Ana Ruiz")
    gateway.say("Hi, I am Ana.", author="agent")
    expect(page.locator("header p")).to_have_text("Ana Ruiz is with you")
    assert len(gateway.sent("human")) == 1


def test_ending_the_chat_asks_first(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.get_by_role("button", name="More options").click()
    page.get_by_role("button", name="End chat").click()
    page.get_by_role("button", name="Keep chatting").click()
    assert gateway.sent("end") == []
    page.get_by_role("button", name="More options").click()
    page.get_by_role("button", name="End chat").click()
    page.get_by_role("group", name="End this chat?").get_by_role("button", name="End chat").click()
    expect(page.locator("header p")).to_have_text("This chat has ended")


def test_the_launcher_says_how_much_is_unread(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    dialog(page).get_by_role("button", name="Close chat").click()
    gateway.say("one more thing")
    gateway.say("and another")
    launcher = page.get_by_role("button", name="Open chat, 2 unread messages")
    expect(launcher).to_be_visible()
    page.reload()
    expect(launcher).to_be_visible()
    launcher.click()
    until(lambda: any(frame["type"] == "read" for frame in gateway.talk.received))
    dialog(page).get_by_role("button", name="Close chat").click()
    expect(page.get_by_role("button", name="Open chat", exact=True)).to_be_focused()


def test_only_news_is_announced_and_each_once(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    live = page.locator("[aria-live=polite]")
    say(page, "hello")
    expect(live).to_have_text("Lumi says: You said: hello")
    page.reload()
    expect(answer(page, "You said: hello")).to_be_visible()
    expect(live).to_have_text("")
    gateway.kill_sockets()
    gateway.say("**news** after the break")
    expect(live).to_have_text("Lumi says: news after the break")


def test_typing_is_shown_and_expires(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.clock.install()
    gateway.hint({"type": "typing", "author": "agent"})
    page.clock.run_for(100)
    expect(page.locator(".typing")).to_be_visible()
    page.clock.run_for(6_500)
    expect(page.locator(".typing")).to_have_count(0)


# Keyboard, screen reader, phones, hosts --------------------------------------------------------------------------


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
@pytest.mark.parametrize(
    "words",
    [[], ["hello", "choices"], ["survey ces"], ["survey csat"], ["survey nps"], ["referral"], ["review"], ["order"],
     ["guide", "product"], ["rich"], ["refuse this"]],
    ids=lambda words: " ".join(words) or "welcome",
)  # fmt: skip
def test_no_accessibility_rule_is_broken(page: Page, gateway: FakeGateway, words: list[str], theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    opened(page, gateway, theme=theme)
    for word in words:
        count = page.locator(".message").count()
        say(page, word)
        expect(page.locator(".message")).not_to_have_count(count)
    if words and words[0].startswith("survey"):
        page.get_by_role("radio").nth(2).check(force=True)
        expect(page.locator(".saved")).to_be_visible()
    if words == ["review"]:
        page.get_by_role("button", name="Write a review").click()
    assert violations(page) == []


def test_the_queue_the_menu_and_the_offline_state_break_no_accessibility_rule(
    page: Page, gateway: FakeGateway
) -> None:
    opened(page, gateway)
    page.get_by_role("button", name="Talk to a person").click()
    page.get_by_role("button", name="More options").click()
    assert violations(page) == []
    page.get_by_role("button", name="End chat").click()
    assert violations(page) == []
    gateway.faults.refuse_sockets = True
    page.route("**/api/v1/visitor/**", lambda route: route.abort())
    gateway.kill_sockets()
    expect(page.get_by_text("No connection right now")).to_be_visible()
    assert violations(page) == []


def test_a_phone_gets_the_whole_screen_and_no_zoom(browser: Browser, gateway: FakeGateway) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True, reduced_motion="reduce")
    page = context.new_page()
    opened(page, gateway)
    assert dialog(page).bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 640}
    assert page.evaluate("document.querySelector('[data-rapport-host]').shadowRoot.querySelector('dialog').matches(':modal')")
    assert composer(page).evaluate("(field) => parseFloat(getComputedStyle(field).fontSize)") >= 16
    say(page, "survey nps")
    expect(page.get_by_role("radio")).to_have_count(11)
    assert page.locator(".log").evaluate("(log) => log.scrollWidth <= log.clientWidth")
    assert violations(page) == []
    context.close()
    gateway.reset()


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
    expect(page.get_by_text("The chat cannot be reached right now.")).to_be_visible()
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
      document.body.append(Object.assign(document.createElement('script'), { src: document.querySelector('script').src }));
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


@pytest.mark.parametrize("color", ["%23ffd400", "%23000000", "%23e91e63", "%23bbbbbb"])
def test_any_accent_colour_stays_readable(page: Page, gateway: FakeGateway, color: str) -> None:
    for theme in ("light", "dark"):
        opened(page, gateway, color=color, theme=theme)
        say(page, "choices")
        expect(page.get_by_role("button", name="Track my order")).to_be_visible()
        assert violations(page) == []
        page.context.clear_cookies()
        page.evaluate("Rapport.shutdown({ forget: true })")


# What is shipped -------------------------------------------------------------------------------------------------


def test_the_launcher_prefetches_exactly_the_modules_that_are_imported() -> None:
    named = re.search(r"'(main [^']+)'", (STATIC / "widget.js").read_text())
    assert named is not None
    listed = {f"{name.split('/')[-1]}.mjs" for name in named[1].split()}
    assert listed == {path.name for path in (STATIC / "widget").glob("*.mjs")} | set(VENDOR)


def test_the_launcher_is_small_and_the_whole_widget_stays_light() -> None:
    def packed(paths: list[Any]) -> int:
        return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)

    modules = [path for path in (STATIC / "widget").iterdir() if path.suffix in {".mjs", ".css"}]
    assert packed([STATIC / "widget.js"]) <= 2_600
    assert packed([*modules, *VENDOR.values()]) <= 46_000
