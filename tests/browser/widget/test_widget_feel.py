"""How the chat feels: unread, sound, scrolling, choices, pictures, phones, the end."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import answer, choose, closed, composer, dialog, opened, say, until, violations

EARS = """
  window.tones = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (when) { window.tones += 1; start.call(this, when); };
"""


def menu(page: Page, item: str) -> None:
    page.get_by_role("button", name="More options").click()
    page.get_by_role("button", name=item).click()


def test_a_message_nobody_sees_sounds_and_mute_is_kept(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script(EARS)
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    closed(page)
    gateway.say("one more thing")
    until(lambda: page.evaluate("tones") == 2)
    page.get_by_role("button", name="Open chat").click()
    menu(page, "Turn sound off")
    page.reload()
    expect(answer(page, "one more thing")).to_be_visible()
    closed(page)
    page.clock.install()
    gateway.say("and another")
    expect(page.get_by_role("button", name="Open chat, 1 unread message")).to_be_visible()
    page.clock.run_for(1_000)
    assert page.evaluate("tones") == 0
    page.get_by_role("button", name="Open chat").click()
    page.get_by_role("button", name="More options").click()
    expect(page.get_by_role("button", name="Turn sound on")).to_be_visible()


def test_the_site_can_turn_the_sound_off_and_on(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script(EARS)
    opened(page, gateway)
    page.evaluate("Rapport.mute(true)")
    page.get_by_role("button", name="More options").click()
    expect(page.get_by_role("button", name="Turn sound on")).to_be_visible()
    page.evaluate("Rapport.mute(false)")
    expect(page.get_by_role("button", name="Turn sound off")).to_be_visible()
    closed(page)
    gateway.say("anybody there?")
    until(lambda: page.evaluate("tones") == 2)


def test_what_is_read_in_the_open_chat_makes_no_sound(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script(EARS)
    opened(page, gateway)
    page.clock.install()
    say(page, "hello")
    page.clock.run_for(200)
    expect(answer(page, "You said: hello")).to_be_visible()
    page.clock.run_for(2_000)
    assert page.evaluate("tones") == 0


def test_news_is_counted_on_a_pill_and_the_reader_stays_in_place(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    for word in ("order", "guide", "rich"):
        count = page.locator(".message").count()
        say(page, word)
        expect(page.locator(".message")).to_have_count(count + 2)
    expect(page.locator(".card .track")).to_be_visible()
    expect(page.locator(".card .picture")).to_be_visible()
    log = page.locator(".log")
    log.evaluate("(log) => { log.scrollTop = 0 }")
    expect(page.get_by_role("button", name="Go to the newest message")).to_be_visible()
    gateway.say("One")
    gateway.say("Two")
    pill = page.get_by_role("button", name="2 new messages")
    expect(pill).to_be_visible()
    assert log.evaluate("(log) => log.scrollTop") == 0
    assert violations(page) == []
    pill.click()
    expect(answer(page, "Two")).to_be_in_viewport()
    expect(page.locator(".pill")).to_have_count(0)


def test_who_scrolls_up_in_the_moment_in_which_news_comes_stays_there(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    for number in range(9):
        say(page, f"line {number}")
        expect(answer(page, f"You said: line {number}")).to_be_in_viewport()
    # The browser tells of a scroll with its next frame; this one brings the message before.
    page.locator(".log").evaluate("""(log) => {
      log.addEventListener('scroll', (event) => event.stopImmediatePropagation(), true);
      log.scrollTop = 0;
    }""")
    gateway.say("One")
    expect(page.get_by_role("button", name="1 new message")).to_be_visible()
    assert page.locator(".log").evaluate("(log) => log.scrollTop") == 0


def test_a_line_stands_above_what_came_while_the_chat_was_closed(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    closed(page)
    gateway.say("Your parcel is on its way.")
    page.get_by_role("button", name="Open chat, 1 unread message").click()
    expect(page.locator(".unread + .message")).to_contain_text("Your parcel is on its way.")
    say(page, "great")
    expect(page.locator(".unread")).to_have_count(0)


def test_a_used_choice_stays_seen_as_chosen(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "choices")
    expect(answer(page, "Which of these is it?")).to_be_visible()
    page.get_by_role("button", name="Return something").click()
    expect(answer(page, "You said: Return something")).to_be_visible()
    expect(page.get_by_role("button", name="Track my order")).to_have_count(0)
    expect(page.locator(".chip.was[data-chosen=true]")).to_have_text("chosen: Return something")
    page.reload()
    expect(page.locator(".chip.was[data-chosen=true]")).to_have_text("chosen: Return something")


def test_a_picture_opens_large_by_keyboard_and_gives_the_focus_back(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "guide")
    button = page.get_by_role("button", name="Enlarge the picture")
    button.focus()
    page.keyboard.press("Enter")
    large = page.get_by_role("dialog", name="The hub's cable is pulled out")
    expect(large.get_by_role("button", name="Close the picture")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    expect(button).to_be_focused()
    expect(dialog(page)).to_be_visible()


def test_a_question_put_off_can_be_taken_up_again(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "survey ces")
    page.get_by_role("button", name="Not now").click()
    until(lambda: [a.get("skip") for a in gateway.sent("survey")] == [True])
    page.reload()
    page.get_by_role("button", name="Rate after all").click()
    choose(page.get_by_role("radio", name="6", exact=True))
    until(lambda: gateway.sent("survey")[-1].get("score") == 6)
    expect(page.locator(".saved")).to_contain_text("Saved, thank you.")


def test_a_link_is_drawn_as_a_code_on_the_strictest_page(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script("window.broken = []; addEventListener('securitypolicyviolation', (e) => broken.push(e))")
    opened(page, gateway, policy="strict")
    say(page, "referral")
    page.get_by_role("button", name="QR code").click()
    expect(page.get_by_role("img", name="QR code of your personal link")).to_be_visible()
    assert page.evaluate("broken.length") == 0
    assert violations(page) == []
    until(lambda: [a["answer"] for a in gateway.sent("invitation")] == ["accept"])


def test_without_a_clipboard_the_link_is_selected_and_it_is_said(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined }); document.execCommand = () => false"
    )
    opened(page, gateway)
    say(page, "referral")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".invite").get_by_text("please copy it yourself")).to_be_visible()
    assert page.evaluate("String(getSelection())") == "https://shop.example/r/K7f3-9Qx2-LmZ4"
    assert gateway.sent("invitation") == []


def test_a_testimonial_needs_words_and_consent_and_can_be_taken_back(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "testimonial")
    page.get_by_role("button", name="Yes, gladly").click()
    page.get_by_role("textbox", name="Your words").fill("They fixed it in minutes.")
    page.get_by_role("button", name="Send my words").click()
    until(lambda: gateway.sent("invitation"))
    assert [a["answer"] for a in gateway.sent("invitation")] == ["accept"], "not without consent"
    page.get_by_role("checkbox", name="You may show these words").check()
    assert violations(page) == []
    page.get_by_role("button", name="Send my words").click()
    expect(page.locator("blockquote")).to_have_text("They fixed it in minutes.")
    until(lambda: gateway.sent("invitation")[-1].get("words") == "They fixed it in minutes.")
    page.reload()
    expect(page.locator("blockquote")).to_have_text("They fixed it in minutes.")
    page.get_by_role("button", name="Take them back").click()
    expect(page.locator("blockquote")).to_have_count(0)
    expect(page.locator(".invite")).to_contain_text("Your words are taken back and are not shown.")
    until(lambda: gateway.sent("invitation")[-1]["answer"] == "later")


def test_a_few_emoji_stand_large_and_text_does_not(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    for text in ("👍🏽", "❤️ 🇪🇸", "12", "ok 👍"):
        say(page, text)
    expect(page.locator(".customer .bubble")).to_have_count(4)
    expect(page.locator(".customer .bubble.emoji")).to_have_text(["👍🏽", "❤️ 🇪🇸"])


def test_plain_http_links_to_strangers_stay_text(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    gateway.say(f"See http://evil.example/a, {gateway.url}/b and https://shop.example/c")
    bubble = page.locator(".bot .bubble")
    expect(bubble).to_contain_text("http://evil.example/a")
    links = [link.get_attribute("href") for link in bubble.locator("a").all()]
    assert links == [f"{gateway.url}/b", "https://shop.example/c"]


def test_the_rest_of_the_length_is_told_near_its_end(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    composer(page).fill("x" * 1_890)
    expect(page.get_by_text("characters left")).to_have_count(0)
    composer(page).fill("x" * 1_999)
    expect(page.get_by_text("1 character left")).to_be_visible()


def test_a_wider_window_is_kept(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    narrow = dialog(page).bounding_box()
    menu(page, "Wider window")
    page.reload()
    expect(dialog(page)).to_be_visible()
    wide = dialog(page).bounding_box()
    assert narrow and wide and wide["width"] == pytest.approx(720, abs=2) and narrow["width"] < 450
    menu(page, "Narrower window")
    until(lambda: dialog(page).bounding_box() == narrow)


def test_an_ended_chat_offers_a_fresh_start(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    menu(page, "End chat")
    page.get_by_role("group", name="End this chat?").get_by_role("button", name="End chat").click()
    again = page.get_by_role("group", name="Start again")
    expect(again).to_be_visible()
    assert violations(page) == []
    again.get_by_role("button", name="Where is my order?").click()
    until(lambda: gateway.sent()[-1].get("text") == "Where is my order?")


def test_an_ended_chat_does_not_go_on_asking(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "choices")
    asked = page.get_by_role("group", name="Answers to choose from")
    expect(asked).to_be_visible()
    menu(page, "End chat")
    page.get_by_role("group", name="End this chat?").get_by_role("button", name="End chat").click()
    expect(page.get_by_role("group", name="Start again")).to_be_visible()
    expect(asked).to_have_count(0)


def test_a_lost_connection_can_be_tried_at_once(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "hello")
    expect(answer(page, "You said: hello")).to_be_visible()
    gateway.faults.refuse_sockets = True
    page.route("**/api/v1/visitor/**", lambda route: route.abort())
    gateway.kill_sockets()
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    gateway.faults.refuse_sockets = False
    page.unroute("**/api/v1/visitor/**")
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(".banner")).to_have_count(0)


def test_a_phone_keeps_its_page_still_and_its_keyboard_down(phone: Page, gateway: FakeGateway) -> None:
    opened(phone, gateway)
    assert phone.evaluate("document.documentElement.style.overflow") == "hidden"
    say(phone, "choices")
    phone.get_by_role("button", name="Track my order").tap()
    expect(phone.get_by_role("region", name="Conversation")).to_be_focused()
    closed(phone)
    assert phone.evaluate("document.documentElement.style.overflow") == ""


def test_a_long_talk_scrolls_in_its_own_place_and_never_the_whole_chat(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    for word in ("rich", "order", "survey csat"):
        say(page, word)
    expect(page.locator(".rating")).to_be_visible()
    expect(page.locator(".card .track")).to_be_visible()
    log, panel = (
        page.locator(place).evaluate("(node) => [node.scrollHeight, node.clientHeight]") for place in (".log", ".panel")
    )
    assert log[0] > log[1] + 200, "nothing to scroll: this test shows nothing"
    assert panel[0] == panel[1]
