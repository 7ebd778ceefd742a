"""What a customer sees and does in the chat."""

from urllib.parse import unquote

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import answer, choose, composer, dialog, opened, say, until


def test_a_quick_reply_is_sent_as_a_choice_and_only_once(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "choices")
    expect(page.get_by_role("group", name="Answers to choose from")).to_be_visible()
    gateway.faults.silent_bot = True
    page.get_by_role("button", name="Return something", exact=True).click()
    expect(page.locator(".customer .bubble")).to_have_text(["choices", "Return something"])
    until(lambda: len(gateway.sent()) == 2)
    assert gateway.sent()[1]["choice"] == "c-2"
    expect(page.get_by_role("button", name="Track my order")).to_be_disabled()
    expect(composer(page)).to_be_focused()


def test_a_score_is_saved_on_selection_a_comment_follows_and_both_may_change(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "survey ces")
    choose(page.get_by_role("radio", name="6", exact=True))
    expect(page.locator(".saved")).to_contain_text("Saved, thank you.")
    page.get_by_role("textbox", name="Would you like to add why?").fill("Quick and clear")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".saved")).to_contain_text("Thank you for taking the time.")
    choose(page.get_by_role("radio", name="7, Strongly agree"))
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
    choose(page.get_by_role("radio", name="Very happy"))
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


def test_copying_the_referral_link_takes_the_invitation(
    context: BrowserContext, page: Page, gateway: FakeGateway
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, gateway)
    say(page, "referral")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "https://shop.example/r/K7f3-9Qx2-LmZ4"
    until(lambda: [a["answer"] for a in gateway.sent("invitation")] == ["accept", "done"])


def test_what_is_shared_speaks_to_the_friend_and_not_to_the_customer(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script("window.shared = []; navigator.share = async (what) => { shared.push(what); }")
    opened(page, gateway)
    say(page, "referral")
    page.get_by_role("button", name="Share").click()
    until(lambda: len(page.evaluate("shared")) == 1)
    (shared,) = page.evaluate("shared")
    words = "I like shopping at Lumen Home. With my link there is a welcome for you:"
    link = "https://shop.example/r/K7f3-9Qx2-LmZ4"
    assert shared == {"title": "Something you might like", "text": words, "url": link}
    mail = page.get_by_role("link", name="E-mail").get_attribute("href") or ""
    assert unquote(mail) == f"mailto:?subject=Something you might like&body={words}\n\n{link}"
    until(lambda: [a["answer"] for a in gateway.sent("invitation")] == ["accept", "done"])


def test_the_place_for_a_comment_stays_in_sight_when_more_comes(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "survey csat")
    choose(page.get_by_role("radio", name="Very happy"))
    field = page.get_by_role("textbox", name="Would you like to add why?")
    expect(field).to_be_in_viewport()
    for n in range(6):
        gateway.say(f"Here is one more thing for you, number {n}. It takes a line or two of room.")
    pill = page.get_by_role("button", name="new message")
    expect(pill).to_be_visible()
    expect(page.locator(".bot .bubble").filter(has_text="number 5")).to_have_count(1)
    expect(page.locator("legend")).to_be_in_viewport()
    expect(field).to_be_in_viewport()
    field.fill("Quick and clear")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".bot .bubble").filter(has_text="number 5")).to_be_in_viewport()
    expect(pill).to_have_count(0)


def test_an_invitation_can_be_refused_for_good(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "referral")
    page.get_by_role("button", name="Do not ask again").click()
    expect(page.get_by_text("we will not ask again").first).to_be_visible()
    until(lambda: [a["answer"] for a in gateway.sent("invitation")] == ["never"])


def test_the_review_walk_carries_ones_own_words_to_the_chosen_site(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    say(page, "survey ces")
    choose(page.get_by_role("radio", name="2", exact=True))
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
