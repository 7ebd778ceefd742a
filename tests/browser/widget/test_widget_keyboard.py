"""Whole journeys with nothing but the keyboard, and what a screen reader hears of them."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import answer, composer, dialog, opened, say, until

FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node;
}"""
# What has the focus can be seen: in the middle of it nothing lies above it (WCAG 2.2, focus not obscured).
HIDDEN = """() => {
  const root = document.querySelector('[data-rapport-host]').shadowRoot;
  const node = root.activeElement;
  if (!node) return null;
  const target = node.matches('.scale input') ? node.parentElement : node;
  const { left, right, top, bottom } = target.getBoundingClientRect();
  const above = root.elementFromPoint((left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2);
  return above && (target.contains(above) || above.contains(target)) ? null : target.outerHTML.slice(0, 120);
}"""


def _tab_to(page: Page, name: str, most: int = 40) -> None:
    """Press Tab until what has the focus is called so; nothing on the way may be hidden."""
    for _ in range(most):
        page.keyboard.press("Tab")
        assert page.evaluate(HIDDEN) is None
        told = page.evaluate(f"() => {{ const it = ({FOCUSED})(); return it.ariaLabel || it.textContent.trim(); }}")
        if told == name:
            return
    raise AssertionError(f"{name} was not reached by the keyboard")


def _type(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def _to_composer(page: Page) -> None:
    """F6 leads from the log to the composer and back."""
    page.keyboard.press("F6")
    if not page.evaluate(f"() => ({FOCUSED})().matches('textarea')"):
        page.keyboard.press("F6")
    expect(composer(page)).to_be_focused()


def _from_log(page: Page) -> None:
    _to_composer(page)
    page.keyboard.press("F6")
    expect(page.get_by_role("region", name="Conversation")).to_be_focused()


@pytest.mark.parametrize(
    ("word", "first", "steps", "score"),
    [("survey ces", "1, Strongly disagree", 5, 6), ("survey csat", "Very unhappy", 4, 5),
     ("survey nps", "0, Not at all likely", 9, 9)],
)  # fmt: skip
def test_a_score_and_its_comment_are_given_by_keyboard(
    page: Page, gateway: FakeGateway, word: str, first: str, steps: int, score: int
) -> None:
    opened(page, gateway)
    expect(composer(page)).to_be_focused()
    _type(page, word)
    expect(page.get_by_role("radio", name=first)).to_be_visible()
    _from_log(page)
    _tab_to(page, first)
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    until(lambda: [a["score"] for a in gateway.sent("survey")] == [score])
    expect(page.locator(".comment textarea")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".comment textarea")).to_be_focused()
    page.keyboard.type("Quick and clear")
    _tab_to(page, "Send comment")
    page.keyboard.press("Enter")
    until(lambda: gateway.sent("survey")[-1].get("comment") == "Quick and clear")
    expect(composer(page)).to_be_focused()


def test_a_choice_an_invitation_a_person_and_the_end_are_reached_by_keyboard(page: Page, gateway: FakeGateway) -> None:
    page.goto(gateway.page(company="Lumen%20Home"))
    page.locator("#host").focus()
    _tab_to(page, "Open chat")
    page.keyboard.press("Enter")
    expect(composer(page)).to_be_focused()
    _type(page, "choices")
    expect(answer(page, "Which of these is it?")).to_be_visible()
    _from_log(page)
    _tab_to(page, "Return something")
    page.keyboard.press("Enter")
    until(lambda: gateway.sent()[-1].get("choice") == "c-2")
    expect(composer(page)).to_be_focused()
    _type(page, "testimonial")
    expect(page.get_by_role("button", name="Yes, gladly")).to_be_visible()
    _from_log(page)
    _tab_to(page, "Yes, gladly")
    page.keyboard.press("Enter")
    until(lambda: [a["answer"] for a in gateway.sent("invitation")][:1] == ["accept"])
    assert page.evaluate("document.querySelector('[data-rapport-host]').shadowRoot.activeElement !== null")
    _from_log(page)
    _tab_to(page, "Talk to a person")
    page.keyboard.press("Enter")
    until(lambda: len(gateway.sent("human")) == 1)
    expect(composer(page)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    _tab_to(page, "More options", 60)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="My data")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    group = page.get_by_role("group", name="End this chat?")
    expect(group.get_by_role("button", name="End chat")).to_be_focused()
    page.keyboard.press("Enter")
    until(lambda: len(gateway.sent("end")) == 1)
    expect(composer(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Open chat")).to_be_focused()


def test_escape_leaves_one_thing_at_a_time_and_the_focus_goes_back(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.get_by_role("button", name="More options").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More options")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="My data")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="End this chat?")).to_be_hidden()
    expect(composer(page)).to_be_focused()
    expect(dialog(page)).to_be_visible()


# What is added to the live region is what a screen reader says.
LISTEN = """() => {
  const root = document.querySelector('[data-rapport-host]').shadowRoot;
  window.heard = [];
  new MutationObserver((changes) => changes.forEach(({ addedNodes, target }) => addedNodes.forEach((node) => {
    if ((target.nodeType === 1 ? target : target.parentElement)?.closest('[aria-live]')) heard.push(node.textContent);
  }))).observe(root, { childList: true, subtree: true });
}"""


def _heard(page: Page, text: str) -> int:
    return int(page.evaluate("(text) => heard.filter((it) => it.includes(text)).length", text))


def _hears_once(page: Page, text: str) -> None:
    until(lambda: _heard(page, text) == 1)


def test_news_is_heard_once_in_each_open_tab_and_history_in_none(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate(LISTEN)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    _hears_once(page, "You said: hello")
    other = page.context.new_page()
    other.goto(gateway.page(company="Lumen%20Home"))
    other.get_by_role("button", name="Open chat").click()
    expect(answer(other, "You said: hello")).to_be_visible()
    other.evaluate(LISTEN)
    gateway.say("for both")
    for tab in (page, other):
        expect(answer(tab, "for both")).to_be_visible()
        _hears_once(tab, "for both")
    gateway.kill_sockets()
    gateway.say("while away")
    for tab in (page, other):
        expect(answer(tab, "while away")).to_be_visible(timeout=20_000)
        assert _heard(tab, "while away") == 1
        assert _heard(tab, "You said: hello") == (1 if tab is page else 0)
        assert _heard(tab, "for both") == 1
    page.reload()
    expect(answer(page, "while away")).to_be_visible()
    expect(page.locator("[aria-live=polite]").first).to_have_text("")


def test_a_thread_sent_anew_is_not_read_out_again(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    page.evaluate(LISTEN)
    gateway.hint({"type": "resync", "seq": len(gateway.talk.log), "messages": list(gateway.talk.log)})
    gateway.say("after it")
    expect(answer(page, "after it")).to_be_visible()
    _hears_once(page, "after it")
    assert page.evaluate("heard.length") == 1
