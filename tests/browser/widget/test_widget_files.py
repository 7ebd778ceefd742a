"""Sending files: chosen, dropped or pasted; checked before they go; never lost without a word."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import answer, composer, dialog, hold, opened, say, told, until, violations

LAMP = {"name": "lamp.png", "mimeType": "image/png", "buffer": b"x" * 3000}
BILL = {"name": "bill.pdf", "mimeType": "application/pdf", "buffer": b"x" * 1500}
GROW = """box => {
  box.querySelector('.photo').style.height = '700px';
  box.dispatchEvent(new Event('scroll'));
}"""


def choose(page: Page, *files: dict[str, Any]) -> None:
    """By the button, as a customer does."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach files").click()
    chooser.value.set_files(list(files))


def tray(page: Page) -> Locator:
    return page.get_by_role("list", name="Files to send").get_by_role("listitem")


def uploaded(gateway: FakeGateway, count: int) -> None:
    until(lambda: len(gateway.uploads.files) == count)


def send(page: Page) -> None:
    page.get_by_role("button", name="Send", exact=True).click()


def test_files_are_uploaded_at_once_and_sent_with_the_words(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    choose(page, LAMP, BILL)
    expect(page.get_by_text("Pictures, PDF or text, up to 195 kB each, 3 at a time.")).to_be_visible()
    expect(tray(page)).to_have_count(2)
    uploaded(gateway, 2)
    say(page, "look at this")
    until(lambda: len(gateway.sent()) == 1)
    frame = gateway.sent()[0]
    assert (frame["text"], len(frame["attachments"])) == ("look at this", 2)
    expect(tray(page)).to_have_count(0)
    expect(page.locator(".customer .photo img")).to_have_attribute("alt", "lamp.png")
    assert page.locator(".customer .photo img").evaluate("(img) => img.decode().then(() => img.naturalWidth > 0)")
    expect(page.locator(".customer .file")).to_contain_text("bill.pdf")
    expect(page.locator(".customer .file")).to_contain_text("1.5 kB")
    page.reload()
    expect(page.locator(".customer .photo img")).to_be_visible()


def test_a_picture_alone_is_a_message(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    choose(page, LAMP)
    uploaded(gateway, 1)
    expect(tray(page).locator("progress")).to_have_count(0)
    send(page)
    until(lambda: len(gateway.sent()) == 1)
    assert "text" not in gateway.sent()[0]
    expect(page.locator(".customer .photo")).to_be_visible()
    expect(page.locator(".customer .bubble")).to_have_count(0)


def test_a_picture_leaves_the_newest_in_sight(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    log = page.locator(".log")
    for number in range(8):
        say(page, f"line {number}")
        expect(answer(page, f"You said: line {number}")).to_be_visible()
    choose(page, LAMP)
    uploaded(gateway, 1)
    send(page)
    expect(page.locator(".customer .photo img")).to_have_js_property("complete", value=True)
    # It is drawn between a scroll to the end and the browser's word of it.
    log.evaluate(
        "box => { box.querySelector('.photo').style.height = '700px'; box.dispatchEvent(new Event('scroll')); }"
    )
    gateway.say("a lovely lamp")
    expect(answer(page, "a lovely lamp")).to_be_in_viewport()
    expect(page.locator(".pill")).to_have_count(0)
    log.evaluate("box => box.scrollTo(0, 100)")
    expect(page.locator(".pill")).to_be_visible()


def test_what_cannot_be_sent_is_said_before_it_is_sent(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    choose(
        page,
        {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"x"},
        {"name": "huge.png", "mimeType": "image/png", "buffer": b"x" * 200_001},
        BILL, LAMP,
    )  # fmt: skip
    expect(page.locator("[aria-live]")).to_contain_text("Only 3 files can go with a message.")
    expect(tray(page).nth(0)).to_contain_text("film.mp4 is not a picture (PNG, JPEG, WebP, GIF), PDF or text file.")
    expect(tray(page).nth(1)).to_contain_text("huge.png is larger than 195 kB.")
    card, line = (place.bounding_box() for place in (tray(page).nth(0), tray(page).nth(0).locator("p")))
    assert card is not None
    assert line is not None
    assert line["y"] - card["y"] >= 6, "two lines of refusal touch the edge"
    uploaded(gateway, 1)
    say(page, "here")
    until(lambda: len(gateway.sent()) == 1)
    assert len(gateway.sent()[0]["attachments"]) == 1


def test_a_failed_upload_can_be_tried_again(page: Page, gateway: FakeGateway) -> None:
    gateway.uploads.fail = 1
    opened(page, gateway)
    choose(page, LAMP)
    expect(tray(page)).to_contain_text("Not uploaded.")
    tray(page).get_by_role("button", name="Try again").click()
    uploaded(gateway, 1)
    send(page)
    until(lambda: len(gateway.sent()) == 1)


def test_the_servers_refusal_stands_at_the_file_and_the_chat_goes_on(page: Page, gateway: FakeGateway) -> None:
    gateway.uploads.refuse = "That picture is damaged."
    opened(page, gateway)
    choose(page, LAMP)
    expect(page.locator("[aria-live]")).to_contain_text("lamp.png: That picture is damaged.")
    expect(tray(page)).to_contain_text("That picture is damaged.")
    expect(tray(page).get_by_role("button", name="Try again")).to_have_count(0)
    say(page, "it does not work")
    until(lambda: len(gateway.sent()) == 1)
    assert "attachments" not in gateway.sent()[0]


def test_a_message_waits_for_its_files(page: Page, gateway: FakeGateway) -> None:
    gateway.uploads.hold = True
    opened(page, gateway)
    choose(page, LAMP)
    expect(page.get_by_role("progressbar", name="Uploading lamp.png")).to_be_visible()
    say(page, "wait for it")
    expect(page.locator("[aria-live]")).to_contain_text("as soon as the files are uploaded")
    expect(composer(page)).to_have_value("wait for it")
    assert gateway.sent() == []
    gateway.uploads.hold = False
    until(lambda: len(gateway.sent()) == 1)
    assert len(gateway.sent()[0]["attachments"]) == 1
    expect(composer(page)).to_have_value("")


def test_words_sent_at_once_go_with_the_file_that_was_just_chosen(page: Page, gateway: FakeGateway) -> None:
    held = hold(page, "**/files.mjs")
    opened(page, gateway)
    composer(page).fill("look at this")
    choose(page, LAMP)
    until(lambda: told(page, held))
    composer(page).press("Enter")
    held[0].continue_()
    until(gateway.sent)
    assert [(frame["text"], len(frame["attachments"])) for frame in gateway.sent()] == [("look at this", 1)]
    expect(composer(page)).to_have_value("")


def test_an_upload_can_be_cancelled_and_a_finished_one_is_deleted(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    choose(page, BILL)
    expect(page.locator("[aria-live]")).to_contain_text("bill.pdf is ready to send.")
    gateway.uploads.hold = True
    choose(page, LAMP)
    page.get_by_role("button", name="Remove lamp.png").click()
    page.get_by_role("button", name="Remove bill.pdf").click()
    expect(tray(page)).to_have_count(0)
    expect(composer(page)).to_be_focused()
    until(lambda: gateway.uploads.removed == list(gateway.uploads.files)[:1])


def test_what_was_uploaded_is_still_there_after_a_reload(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    choose(page, LAMP)
    uploaded(gateway, 1)
    expect(tray(page).locator("img")).to_be_visible()
    page.reload()
    expect(tray(page)).to_contain_text("lamp.png")
    say(page, "still here")
    until(lambda: len(gateway.sent()) == 1)
    assert gateway.sent()[0]["attachments"] == list(gateway.uploads.files)
    page.reload()
    expect(composer(page)).to_be_visible()
    expect(tray(page)).to_have_count(0)


DROP = """async ([kind, name, type]) => {
  const data = new DataTransfer();
  data.items.add(new File(['x'.repeat(500)], name, { type }));
  const panel = [...document.querySelectorAll('*')].map((e) => e.shadowRoot?.querySelector('dialog')).find(Boolean);
  const target = kind === 'paste' ? panel.querySelector('textarea') : panel;
  const event = kind === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
    : new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
  return event.defaultPrevented;
}"""


def test_files_can_be_dropped_on_the_chat(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    assert page.evaluate(DROP, ["dragover", "lamp.png", "image/png"])
    expect(page.get_by_text("Drop files here to attach them")).to_be_visible()
    assert page.evaluate(DROP, ["drop", "lamp.png", "image/png"])
    expect(page.get_by_text("Drop files here to attach them")).to_have_count(0)
    uploaded(gateway, 1)
    expect(tray(page)).to_contain_text("lamp.png")


def test_a_picture_can_be_pasted(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    assert page.evaluate(DROP, ["paste", "image.png", "image/png"])
    uploaded(gateway, 1)


def test_nothing_of_files_is_loaded_before_there_is_one(page: Page, gateway: FakeGateway) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, gateway)
    say(page, "hello")
    expect(page.locator(".bot .bubble")).to_be_visible()
    assert not [url for url in asked if "files.mjs" in url]


def test_an_agents_file_is_shown_and_announced(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    choose(page, BILL)
    uploaded(gateway, 1)
    gateway.say("", author="agent", attachments=list(gateway.uploads.files.values()))
    link = page.locator(".agent .file")
    expect(link).to_contain_text("bill.pdf")
    assert link.get_attribute("target") == "_blank" and "noopener" in str(link.get_attribute("rel"))
    expect(page.locator("[aria-live]")).to_contain_text("bill.pdf")


def test_an_expired_link_is_renewed(page: Page, gateway: FakeGateway) -> None:
    gateway.uploads.expire = True
    opened(page, gateway)
    choose(page, LAMP)
    uploaded(gateway, 1)
    say(page, "look")
    picture = page.locator(".customer .photo img")
    expect(picture).to_have_attribute("src", f"{gateway.url}/api/v1/uploads/{next(iter(gateway.uploads.files))}"
                                      "?until=9999999999&key=fresh&thumbnail=1")  # fmt: skip
    assert picture.evaluate("(img) => img.decode().then(() => img.naturalWidth > 0)")


@pytest.mark.parametrize(
    "options", [{}, {"policy": "strict"}, {"lang": "ar", "dir": "rtl"}], ids=["plain", "strict", "rtl"]
)
def test_files_on_their_way_and_in_the_thread_are_accessible(
    page: Page, gateway: FakeGateway, options: dict[str, str]
) -> None:
    if options.get("lang"):
        page.goto(gateway.page(company="Lumen%20Home", **options))
        page.locator("button").last.click()
        expect(page.get_by_role("textbox")).to_be_visible()
        until(lambda: len(gateway.talks) > 0)
    else:
        opened(page, gateway, **options)
        expect(dialog(page)).to_be_visible()
    page.locator("input[type=file]").set_input_files([LAMP, BILL])  # type: ignore[arg-type]  # Playwright's own shape
    uploaded(gateway, 2)
    page.get_by_role("textbox").press("Enter")
    expect(page.locator(".customer .photo img")).to_be_visible()
    page.locator("input[type=file]").set_input_files([LAMP, {**BILL, "name": "film.mp4", "mimeType": "video/mp4"}])  # type: ignore[arg-type]  # as above
    expect(page.locator(".tray li.bad")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
