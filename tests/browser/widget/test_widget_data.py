"""One's own data in the chat: seen in plain words, taken away, sent as a copy, erased; all by keyboard."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import answer, closed, composer, dialog, hold, opened, say, told, until, violations
from tests.support.browser import DRAWN


def turn_to(page: Page, item: str) -> Locator:
    """Open a page of the options menu by keyboard."""
    page.get_by_role("button", name="More options").focus()
    page.keyboard.press("Enter")
    for _ in range(5):
        if page.get_by_role("button", name=item, exact=True).evaluate("one => one.matches(':focus')"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    leaf = page.get_by_role("dialog", name=item)
    expect(leaf.get_by_role("heading", name=item)).to_be_focused()
    return leaf


def test_what_is_held_is_told_in_plain_words(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway, policy="strict", locale="en-GB")
    leaf = turn_to(page, "My data")
    expect(leaf).to_contain_text("This is what Lumen Home keeps about you.")
    expect(leaf).to_contain_text("Nothing: you are anonymous here.")
    expect(leaf).to_contain_text("12 messages, since 15 July 2026")
    expect(leaf).to_contain_text("LH-1001")
    expect(leaf).to_contain_text("30 days after your last visit")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(leaf).not_to_be_visible()
    expect(dialog(page)).to_be_visible()
    expect(page.get_by_role("button", name="More options")).to_be_focused()


@pytest.mark.parametrize(("button", "name"), [("As data (JSON)", "my-data.json"), ("To read (HTML)", "my-data.html")])
def test_what_is_held_is_saved_as_a_file(page: Page, gateway: FakeGateway, button: str, name: str) -> None:
    opened(page, gateway, policy="strict")
    leaf = turn_to(page, "My data")
    with page.expect_download() as download:
        leaf.get_by_role("button", name=button).press("Enter")
    assert download.value.suggested_filename == name
    assert json.loads(download.value.path().read_text())["messages"] == 12
    expect(leaf.get_by_role("status")).to_have_text("The file was saved.")


def test_erasing_is_asked_twice_and_begins_anew(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    leaf = turn_to(page, "My data")
    leaf.get_by_role("button", name="Erase my data").press("Enter")
    expect(leaf.get_by_role("group", name="Erase everything for good?")).to_contain_text("It cannot be undone.")
    expect(leaf.get_by_role("button", name="No, keep it")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(leaf.get_by_role("button", name="Erase my data")).to_be_focused()
    assert gateway.data.erased == 0
    page.keyboard.press("Enter")
    leaf.get_by_role("button", name="Yes, erase everything").press("Enter")
    expect(leaf).to_contain_text("Everything is erased.")
    leaf.get_by_role("button", name="Back to the start").press("Enter")
    expect(page.locator(".customer .bubble")).to_have_count(0)
    until(lambda: len(gateway.talks) == 2)
    say(page, "somebody new")
    expect(answer(page, "You said: somebody new")).to_be_visible()
    assert gateway.data.erased == 1


def test_after_an_erasure_nothing_of_the_one_before_is_in_the_way(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    for n in range(3):
        say(page, f"hello {n}")
        expect(answer(page, f"You said: hello {n}")).to_be_visible()
    page.get_by_role("button", name="Close chat").first.click()
    gateway.say("this one is unread")
    page.get_by_role("button", name="Open chat, 1 unread message").click()
    expect(page.locator("li.unread")).to_be_visible()
    composer(page).fill("half a thought")
    leaf = turn_to(page, "My data")
    leaf.get_by_role("button", name="Erase my data").press("Enter")
    leaf.get_by_role("button", name="Yes, erase everything").press("Enter")
    leaf.get_by_role("button", name="Back to the start").click()
    expect(composer(page)).to_have_value("")
    assert page.evaluate("sessionStorage['rapport:draft']") is None
    until(lambda: len(gateway.talks) == 2)
    for n in range(9):
        gateway.say(f"a line of the new conversation, {n}")
    expect(answer(page, "a line of the new conversation, 8")).to_be_in_viewport()
    expect(page.locator("li.unread")).to_have_count(0)
    page.locator(".log").evaluate("(log) => { log.scrollTop = 0; }")
    gateway.say("one more")
    expect(page.get_by_role("button", name="1 new message")).to_be_visible()


def test_what_goes_wrong_is_said_where_it_is_seen(page: Page, gateway: FakeGateway) -> None:
    page.set_viewport_size({"width": 900, "height": 480})
    opened(page, gateway)
    leaf = turn_to(page, "My data")
    expect(leaf).to_contain_text("12 messages")
    gateway.data.is_down = True
    leaf.get_by_role("button", name="As data (JSON)").press("Enter")
    expect(leaf.locator(".failed")).to_be_in_viewport(ratio=1)


def test_a_copy_is_saved_with_the_times_of_the_reader(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    leaf = turn_to(page, "Copy of this chat")
    zone = page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    with page.expect_download() as download:
        leaf.get_by_role("button", name="As text").press("Enter")
    assert download.value.path().read_text() == f"Your chat, times of {zone}"
    assert violations(page) == []


def test_a_copy_is_saved_while_it_is_still_looked_up_where_it_could_be_sent(page: Page, gateway: FakeGateway) -> None:
    gateway.data.dawdles = True
    opened(page, gateway)
    leaf = turn_to(page, "Copy of this chat")
    with page.expect_download() as download:
        leaf.get_by_role("button", name="As text").press("Enter")
    assert download.value.suggested_filename == "chat.txt"
    gateway.data.dawdles = False
    expect(leaf.get_by_role("textbox", name="Or have it sent to")).to_be_visible()


def test_an_erasure_waits_for_no_file_that_is_still_being_made(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    leaf = turn_to(page, "My data")
    expect(leaf).to_contain_text("12 messages")
    gateway.data.dawdles = True
    leaf.get_by_role("button", name="As data (JSON)").press("Enter")
    leaf.get_by_role("button", name="Erase my data").press("Enter")
    leaf.get_by_role("button", name="Yes, erase everything").press("Enter")
    until(lambda: gateway.data.erased == 1)
    gateway.data.dawdles = False
    expect(leaf).to_contain_text("Everything is erased.")


def test_a_page_of_the_menu_that_comes_after_the_chat_was_closed_is_in_nobodys_way(
    page: Page, gateway: FakeGateway
) -> None:
    held = hold(page, "**/mydata.mjs")
    opened(page, gateway)
    page.get_by_role("button", name="More options").click()
    page.get_by_role("button", name="My data", exact=True).click()
    until(lambda: told(page, held))
    closed(page)
    with page.expect_response("**/mydata.css"):
        held[0].continue_()
    page.evaluate(DRAWN)
    page.locator("#host").click()
    page.get_by_role("button", name="Open chat").click()
    expect(composer(page)).to_be_focused()


def test_a_copy_is_sent_to_an_address_that_is_asked_for_once(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    leaf = turn_to(page, "Copy of this chat")
    field = leaf.get_by_role("textbox", name="Or have it sent to")
    field.fill("not an address")
    field.press("Enter")
    expect(leaf).to_contain_text("Please type a whole e-mail address.")
    expect(field).to_be_focused()
    gateway.data.refuses_mail = True
    field.fill("eve@example.com")
    field.press("Enter")
    expect(leaf).to_contain_text("The copy was sent several times.")
    gateway.data.refuses_mail = False
    field.press("Enter")
    expect(leaf).to_contain_text("The copy is on its way to eve@example.com.")
    assert [copy["email"] for copy in gateway.data.copies] == ["eve@example.com"]
    leaf.get_by_role("button", name="Back to the chat").press("Enter")
    again = turn_to(page, "Copy of this chat")
    expect(again.get_by_role("textbox")).to_have_value("eve@example.com")


def test_a_known_address_is_filled_in_and_without_mail_nothing_is_offered(page: Page, gateway: FakeGateway) -> None:
    gateway.data.held |= {"identified": True, "email": "ada@example.com"}
    opened(page, gateway)
    leaf = turn_to(page, "Copy of this chat")
    expect(leaf.get_by_role("textbox")).to_have_value("ada@example.com")
    page.keyboard.press("Escape")
    gateway.data.held["can_mail"] = False
    leaf = turn_to(page, "Copy of this chat")
    expect(leaf.get_by_role("button", name="As text")).to_be_visible()
    expect(leaf.get_by_role("textbox")).to_have_count(0)


def test_when_it_cannot_be_looked_up_there_is_a_way_to_try_again(page: Page, gateway: FakeGateway) -> None:
    gateway.data.is_down = True
    opened(page, gateway)
    leaf = turn_to(page, "My data")
    expect(leaf).to_contain_text("It is being repaired.")
    gateway.data.is_down = False
    leaf.get_by_role("button", name="Try again").press("Enter")
    expect(leaf).to_contain_text("12 messages")


def test_what_is_typed_there_is_not_the_sites(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate("window.heard = []; addEventListener('keydown', (event) => heard.push(event.key))")
    leaf = turn_to(page, "Copy of this chat")
    before = page.evaluate("heard.length")
    leaf.get_by_role("textbox").type("ab")
    assert page.evaluate("heard.length") == before
    page.keyboard.press("Escape")
    expect(composer(page)).to_be_visible()
