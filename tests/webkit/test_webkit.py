"""The chat in WebKit, the engine of Safari: what a customer does from the first look to the rating.

What the chat does in detail is tested in Chromium (tests/browser/widget); this says that a second engine does it too.
The pictures are kept in `artifacts/webkit`, for a person to look at.
"""

from pathlib import Path

from tests.browser.widget.fake_gateway import ROOT, FakeGateway
from tests.browser.widget.kit import AXE, until
from tests.browser.widget.test_widget_theme import AA, GRID, NAMED, RATIOS
from tests.webkit.conftest import OpenWindow
from tests.webkit.driver import ENTER, ESCAPE, Driver, Window

SHOTS = ROOT / "artifacts" / "webkit"
FIELD = ".composer textarea"
FOCUSED = "return document.querySelector('[data-rapport-host]').shadowRoot.activeElement?.ariaLabel"
AT_THE_END = """
const log = document.querySelector('[data-rapport-host]').shadowRoot.querySelector('.log');
return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
"""
AUDIT = """
const tell = arguments[arguments.length - 1];
axe.run(document).then(({ violations }) => tell(
  violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${node.html.slice(0, 160)}`))));
"""


def opened(window: Window, gateway: FakeGateway) -> Window:
    """The launcher is pressed, and the chat is connected."""
    until(lambda: window.find("button.launcher"))
    window.click("button.launcher")
    until(lambda: window.find(FIELD))
    until(lambda: gateway.talks)
    return window


def say(window: Window, text: str) -> None:
    """Write it, and wait for an answer."""
    heard = len(window.find(".message.bot"))
    window.type(FIELD, text + ENTER)
    until(lambda: len(window.find(".message.bot")) > heard)


def violations(window: Window) -> list[str]:
    window.js(AXE.read_text())
    found: list[str] = window.js_async(AUDIT)
    return found


def test_a_customer_writes_is_answered_and_rates(driver: Driver, open_window: OpenWindow, gateway: FakeGateway) -> None:
    window = open_window(driver)
    until(lambda: window.find("button.launcher"))
    window.picture(SHOTS / "launcher.png")
    opened(window, gateway)
    until(lambda: window.js(FOCUSED) == "Your message")
    assert window.box("dialog.panel")["width"] == 400
    say(window, "hello")
    assert window.texts(".bubble") == ["hello", "You said: hello"]
    say(window, "survey csat")
    window.click(".scale label:nth-child(4)")
    until(lambda: window.find(".rating .saved"))
    assert [frame["score"] for frame in gateway.sent("survey")] == [4]
    assert violations(window) == []
    window.picture(SHOTS / "rated.png")


def test_the_next_page_shows_the_chat_as_it_was(driver: Driver, open_window: OpenWindow, gateway: FakeGateway) -> None:
    window = opened(open_window(driver), gateway)
    say(window, "hello")
    window.type(FIELD, "half a sent")
    window.go(gateway.page(company="Lumen%20Home", watch="yes"))
    until(lambda: window.texts(".bubble") == ["hello", "You said: hello"])
    assert window.js("return arguments[0].value", window.reference(FIELD)) == "half a sent"
    assert len(gateway.talks) == 1


def test_every_kind_of_card_is_shown(driver: Driver, open_window: OpenWindow, gateway: FakeGateway) -> None:
    window = opened(open_window(driver, height=980), gateway)
    for word, shown in (
        ("rich", ".bubble ul"),
        ("guide", ".choices"),
        ("referral", ".card.invite"),
        ("order", ".track"),
    ):
        say(window, word)
        until(lambda shown=shown: window.find(shown))
        until(lambda: window.js(AT_THE_END))
        window.picture(SHOTS / f"{word}.png")
    assert violations(window) == []


def test_a_message_whose_socket_breaks_arrives_once(
    driver: Driver, open_window: OpenWindow, gateway: FakeGateway
) -> None:
    window = opened(open_window(driver), gateway)
    say(window, "first")
    gateway.faults.kill_after_commit = 1
    say(window, "second")
    assert window.texts(".customer .bubble") == ["first", "second"]
    assert [frame["text"] for frame in gateway.sent()] == ["first", "second"]


def test_where_sockets_are_blocked_it_goes_over_plain_requests(
    driver: Driver, open_window: OpenWindow, gateway: FakeGateway
) -> None:
    gateway.faults.refuse_sockets = True
    window = open_window(driver)
    until(lambda: window.find("button.launcher"))
    window.click("button.launcher")
    until(lambda: gateway.talks, 30)
    say(window, "hello")
    assert window.texts(".bubble") == ["hello", "You said: hello"]


def test_a_picture_is_sent(driver: Driver, open_window: OpenWindow, gateway: FakeGateway, tmp_path: Path) -> None:
    picture = tmp_path / "lamp.png"
    picture.write_bytes(b"x" * 3000)
    window = opened(open_window(driver), gateway)
    until(lambda: window.find("button[aria-label='Attach files']"))
    window.choose_file(picture)
    until(lambda: any("lamp.png" in text for text in window.texts(".composer")))
    say(window, "look")
    assert len(gateway.sent()[0]["attachments"]) == 1


def test_a_long_text_makes_the_field_grow(driver: Driver, open_window: OpenWindow, gateway: FakeGateway) -> None:
    window = opened(open_window(driver), gateway)
    before = window.box(FIELD)["height"]
    window.type(FIELD, "a lamp that flickers whenever the kettle is on " * 4)
    until(lambda: window.box(FIELD)["height"] > before + 40)
    window.type(FIELD, ENTER)
    until(lambda: window.box(FIELD)["height"] == before)


def test_escape_closes_the_chat_and_gives_the_focus_back(
    driver: Driver, open_window: OpenWindow, gateway: FakeGateway
) -> None:
    window = opened(open_window(driver), gateway)
    until(lambda: window.js(FOCUSED) == "Your message")
    window.press(ESCAPE)
    until(lambda: not window.find("dialog.panel"))
    assert window.js(FOCUSED) == "Open chat"


def test_a_readers_dark_desktop_is_followed(dark_driver: Driver, open_window: OpenWindow, gateway: FakeGateway) -> None:
    window = opened(open_window(dark_driver), gateway)
    say(window, "hello")
    say(window, "survey nps")
    assert window.js("return matchMedia('(prefers-color-scheme: dark)').matches")
    assert window.style("dialog.panel", "backgroundColor") == "rgb(29, 33, 38)"
    assert violations(window) == []
    window.picture(SHOTS / "dark.png")


def test_arabic_is_written_from_right_to_left(driver: Driver, open_window: OpenWindow, gateway: FakeGateway) -> None:
    window = opened(open_window(driver, lang="ar", dir="rtl", locale="ar"), gateway)
    say(window, "مرحبا")
    assert window.box("dialog.panel")["left"] == 20
    assert window.style(FIELD, "direction") == "rtl", "the empty field: its words begin at the right"
    own, bots = window.box(".customer .bubble"), window.box(".bot .bubble")
    assert own["left"] < bots["left"], "what the customer wrote is at the end of the line, to the left"
    assert violations(window) == []
    window.picture(SHOTS / "arabic.png")


def test_a_small_screen_is_filled(driver: Driver, open_window: OpenWindow, gateway: FakeGateway) -> None:
    window = opened(open_window(driver, width=400, height=760), gateway)
    say(window, "hello")
    inner = window.js("return [innerWidth, innerHeight]")
    box = window.box("dialog.panel")
    assert [round(box["width"]), round(box["height"])] == inner
    assert window.box(FIELD)["bottom"] <= inner[1]
    window.picture(SHOTS / "small.png")


def test_a_page_with_a_strict_policy_is_not_broken(
    driver: Driver, open_window: OpenWindow, gateway: FakeGateway
) -> None:
    window = open_window(driver, policy="strict", watch="")
    window.js(
        "window.complaints = [];"
        "addEventListener('securitypolicyviolation', (e) => complaints.push(e.violatedDirective))"
    )
    opened(window, gateway)
    say(window, "guide")
    say(window, "survey ces")
    assert window.style("dialog.panel", "borderTopLeftRadius") == "18px"


def test_text_can_be_read_on_any_accent(driver: Driver, open_window: OpenWindow, gateway: FakeGateway) -> None:
    window = opened(open_window(driver), gateway)
    ratios = window.js(f"return ({RATIOS})(arguments[0])", [*NAMED, *GRID])
    assert [found for found in ratios if found["ratio"] < AA] == []
