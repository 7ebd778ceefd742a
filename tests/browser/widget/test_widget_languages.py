"""The chat in the reader's language: which one, written how, and with the assistant's own language marked."""

import re

import pytest
from playwright.sync_api import Page, expect

from bot.gateway.words import LOCALES, words
from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import until

LANGUAGES = sorted(path.stem for path in LOCALES.glob("*.mjs"))


def _open(page: Page, gateway: FakeGateway, spoken: str, **options: str) -> None:
    """The chat is opened by its name in this language and is connected."""
    page.goto(gateway.page(**({"company": "Lumen%20Home"} | options)))
    page.get_by_role("button", name=words(LOCALES / f"{spoken}.mjs")["launcher_open"], exact=True).click()
    expect(page.locator("dialog.panel")).to_be_visible()
    expect(page.locator(".composer .round[type=button]")).to_be_visible()  # only who was welcomed may send files


def _composer(page: Page, lang: str) -> None:
    expect(page.get_by_role("textbox", name=words(LOCALES / f"{lang}.mjs")["composer"])).to_be_visible()


@pytest.mark.parametrize(
    ("asked", "of_page", "of_reader", "spoken"),
    [
        ("de", "es", "fr-FR", "de"), ("de_AT", "en", "en-GB", "de"), ("", "es-MX", "fr-FR", "es"),
        ("", "", "fr-CA", "fr"), ("it", "nl", "ar-EG", "ar"), ("it", "", "pl-PL", "en"),
    ],
)  # fmt: skip
def test_the_sites_word_goes_before_the_pages_and_the_pages_before_the_readers(
    page: Page, gateway: FakeGateway, asked: str, of_page: str, of_reader: str, spoken: str
) -> None:
    page.add_init_script(f"Object.defineProperty(navigator, 'languages', {{ get: () => ['{of_reader}', 'xx'] }})")
    _open(page, gateway, spoken, lang=of_page, **({"locale": asked} if asked else {}))
    _composer(page, spoken)


def test_only_the_wanted_language_is_loaded(page: Page, gateway: FakeGateway) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("/")[-1]) if "/locales/" in request.url else None)
    _open(page, gateway, "fr", locale="fr", policy="strict")
    _composer(page, "fr")
    assert set(asked) == {"fr.mjs"}


def test_english_falls_in_when_a_language_cannot_be_loaded(page: Page, gateway: FakeGateway) -> None:
    page.route("**/locales/de*", lambda route: route.abort())
    _open(page, gateway, "de", locale="de")
    _composer(page, "en")
    expect(page.locator("dialog.panel")).to_have_attribute("lang", "en")


def test_what_the_assistant_says_is_marked_with_its_own_language(page: Page, gateway: FakeGateway) -> None:
    _open(page, gateway, "de", locale="de-AT")
    _composer(page, "de")
    expect(page.locator("dialog.panel")).to_have_attribute("lang", "de")
    page.get_by_role("textbox").fill("survey ces")
    page.keyboard.press("Enter")
    expect(page.locator("legend")).to_have_attribute("lang", "en")
    expect(page.locator(".customer .bubble")).not_to_have_attribute("lang", "en")
    gateway.say("Anything else?")
    expect(page.locator(".bot .bubble").last).to_have_attribute("lang", "en")
    said = page.locator("[aria-live] p").last
    expect(said).to_have_text("Lumi schreibt: Anything else?")
    expect(said.locator("span")).to_have_attribute("lang", "en")
    gateway.own("queue", position=2)
    expect(page.locator("header p")).to_have_text("Platz 2 in der Warteschlange · etwa 3 Min.")


def test_arabic_stands_from_right_to_left_and_counts_by_its_six_forms(page: Page, gateway: FakeGateway) -> None:
    _open(page, gateway, "ar", locale="ar", lang="ar", dir="rtl")
    _composer(page, "ar")
    launcher, panel = page.locator("button.launcher").bounding_box(), page.locator("dialog.panel").bounding_box()
    assert launcher and panel and launcher["x"] < 100 and panel["x"] < 100
    say_in = page.get_by_role("textbox")
    say_in.fill("hello")
    say_in.press("Enter")
    expect(page.locator(".bot .bubble")).to_have_count(1)
    page.keyboard.press("Escape")
    table = words(LOCALES / "ar.mjs")
    for count, form in ((1, "one"), (2, "two"), (3, "few")):
        gateway.say("more")
        name = table["unread"][form].replace("{n}", str(count)).replace("{open}", table["launcher_open"])
        expect(page.get_by_role("button", name=name, exact=True)).to_be_visible()


def test_browsers_know_the_plural_forms_that_the_files_are_written_in(page: Page) -> None:
    for lang in LANGUAGES:
        forms = set(page.evaluate(f"new Intl.PluralRules('{lang}').resolvedOptions().pluralCategories"))
        for key, value in words(LOCALES / f"{lang}.mjs").items():
            assert isinstance(value, str) or set(value) == forms, f"{lang}: {key}"


def test_the_launcher_says_in_the_readers_language_that_nothing_can_be_reached(
    page: Page, gateway: FakeGateway
) -> None:
    page.route("**/static/**", lambda route: route.abort())
    page.goto(gateway.page(locale="es"))
    table = words(LOCALES / "es.mjs")
    page.get_by_role("button", name=table["launcher_open"]).click()
    expect(page.get_by_text(table["unavailable"])).to_be_visible()


def test_a_suggestion_is_read_in_the_readers_language_and_sent_in_the_assistants(
    page: Page, gateway: FakeGateway
) -> None:
    _open(page, gateway, "de", locale="de")
    chip = page.get_by_role("button", name="Wo ist meine Bestellung?")
    expect(chip.locator("small")).to_have_attribute("lang", "en")
    chip.click()
    until(lambda: gateway.sent()[-1].get("text") == "Where is my order?")


def test_a_site_gives_suggestions_with_the_words_that_are_sent(page: Page, gateway: FakeGateway) -> None:
    _open(page, gateway, "de", locale="de", starters="Lieferzeit?%3Dhow long does delivery take|Hallo")
    page.get_by_role("button", name="Lieferzeit?").click()
    until(lambda: gateway.sent()[-1].get("text") == "how long does delivery take")


def test_times_are_those_of_the_readers_region_where_the_page_names_none(page: Page, gateway: FakeGateway) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'languages', { get: () => ['fr-FR', 'en-GB'] })")
    _open(page, gateway, "en", lang="en")
    page.get_by_role("textbox").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator("time").first).to_have_text(re.compile(r"^\d{1,2}:\d\d$"))
