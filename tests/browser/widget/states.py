"""Every state the widget can be seen in, and every way it can be looked at.

It is the matrix of the accessibility tests and of the contact sheet.

A new state is one line in STATES: its name, and what has to happen after the chat was opened for the first time.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.widget.fake_content import SPECIAL
from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import choose, until
from tests.support.browser import WAIT_MS


@dataclass(frozen=True)
class Look:
    """One way to look at the widget: the browser's settings, the script tag's options, and whether text is doubled."""

    context: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    doubled: bool = False


LAMP: Any = {"name": "lamp.png", "mimeType": "image/png", "buffer": b"x" * 3000}
FILM: Any = {"name": "the-whole-story-of-my-lamp.mp4", "mimeType": "video/mp4", "buffer": b"x" * 900}

DESKTOP = {"viewport": {"width": 500, "height": 800}, "reduced_motion": "no-preference", "color_scheme": "light"}
SMALL = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
ARABIC = {"locale": "ar", "lang": "ar", "dir": "rtl"}

LOOKS = {
    "light": Look(DESKTOP),
    "dark": Look(DESKTOP | {"color_scheme": "dark"}),
    "forced colours": Look(DESKTOP | {"forced_colors": "active"}),
    "Arabic": Look(DESKTOP, ARABIC),
    "German at 320 px": Look(DESKTOP | SMALL, {"locale": "de"}),
    "Arabic at 320 px": Look(DESKTOP | SMALL | {"color_scheme": "dark"}, ARABIC),
    "German, text doubled": Look(DESKTOP, {"locale": "de"}, doubled=True),
    "reduced motion": Look(DESKTOP | {"reduced_motion": "reduce"}),
}

# Text alone at 200 %, as browsers can: every size is read before the first is set.
DOUBLE = """() => {
  const all = [...document.querySelector('[data-rapport-host]').shadowRoot.querySelectorAll('.panel *')];
  const sizes = all.map((node) => parseFloat(getComputedStyle(node).fontSize));
  all.forEach((node, i) => { if (!node.closest('svg, .sr')) node.style.fontSize = `${2 * sizes[i]}px`; });
}"""
STILL = """async () => {
  const root = document.querySelector('[data-rapport-host]').shadowRoot;
  const finite = root.getAnimations().filter((it) => it.effect.getComputedTiming().iterations !== Infinity);
  // One that is broken off is over, too.
  await Promise.all([document.fonts.ready, ...finite.map((it) => it.finished.catch(() => {}))]);
  await Promise.all([...root.querySelectorAll('img')].map((image) => {
    image.loading = 'eager';
    return image.decode().catch(() => {});
  }));
}"""


class Stage:
    """One page, looked at in one way, on which state after state is brought about."""

    def __init__(self, browser: Browser, gateway: FakeGateway, look: Look) -> None:
        self.gateway, self.look = gateway, look
        self.context: BrowserContext = browser.new_context(**look.context)
        self.context.set_default_timeout(WAIT_MS)
        self.page: Page = self.context.new_page()
        self.panel = self.page.locator("dialog.panel:not(.leaf)")

    def reach(self, name: str) -> None:
        """The state of this name, from nothing: another visitor, another page."""
        if self.page.url != "about:blank":
            self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
            self.page.goto("about:blank")  # else the page that is left connects again and begins a conversation
        self.gateway.reset()
        self.page.unroute_all()
        self.visit()
        self.press("button.launcher")
        expect(self.panel).to_be_visible()
        self.sees(".composer .round[type=button]")  # only who was welcomed may send files
        STATES[name](self)
        self.page.evaluate(STILL)
        if self.look.doubled:
            self.page.evaluate(DOUBLE)

    def visit(self, **options: str) -> None:
        self.page.goto(self.gateway.page(**({"company": "Lumen%20Home"} | self.look.options | options)))

    def press(self, selector: str, at: int = 0) -> None:
        self.page.locator(selector).nth(at).click()

    def sees(self, selector: str) -> None:
        expect(self.page.locator(selector).first).to_be_visible()

    def says(self, text: str, answers: int = 1) -> None:
        """The customer writes and is answered."""
        told, heard = (self.page.locator(f".message.{author}").count() for author in ("customer", "bot"))
        self.page.locator(".composer textarea").fill(text)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".message.customer")).to_have_count(told + 1)
        expect(self.page.locator(".message.bot")).to_have_count(heard + answers)

    def shows(self, *words: str) -> None:
        """The assistant shows what the fake gateway has under these words."""
        for word in words:
            for said, parts in SPECIAL[word]:
                fresh = json.loads(json.dumps(parts))
                for part in ("survey", "invitation"):
                    if part in fresh:
                        fresh[part]["id"] = str(uuid4())
                count = self.page.locator(".message").count()
                self.gateway.say(said, **fresh)
                expect(self.page.locator(".message")).to_have_count(count + 1)
                if {"card", "survey", "invitation"} & parts.keys():
                    expect(self.page.locator(".message").last.locator(".card")).to_be_visible()

    def rated(self, word: str, score: int = 1, comment: str = "") -> None:
        """A survey is shown and answered, and perhaps commented."""
        self.shows(word)
        choose(self.page.locator(".scale input").nth(score))
        self.sees(".rating .saved")
        if comment:
            self.page.locator(".rating textarea").fill(comment)
            self.press(".comment .button")
            expect(self.page.locator(".comment")).to_have_count(0)

    def queued(self) -> None:
        self.press("button.human")
        expect(self.page.locator("button.human")).to_have_count(0)

    def joined(self) -> None:
        self.gateway.own("agent", "Ana Ruiz")
        self.gateway.say("Hi, I am Ana. I have read what you wrote: let me look into it.", author="agent")
        self.sees(".message.agent")

    def cut_off(self) -> None:
        self.page.route("**/api/v1/visitor/**", lambda route: route.abort())
        self.gateway.faults.refuse_sockets = True
        self.gateway.kill_sockets()
        self.sees(".banner")

    def closed(self, unread: int = 0) -> None:
        self.page.keyboard.press("Escape")
        expect(self.panel).to_be_hidden()
        for _ in range(unread):
            self.gateway.say("One more thing.")
        if unread:
            self.sees(".launcher span")

    def menu(self) -> None:
        self.press(".menu-box button")
        self.sees(".menu")

    def leaf(self, icon: str, shown: str) -> None:
        """A page of the menu, by the icon of its item: the words are in any language."""
        self.menu()
        self.press(f".menu button:has(.i-{icon})")
        self.sees(f".leaf {shown}")

    def ending(self) -> None:
        self.menu()
        self.press(".menu button:has(.i-close)")
        self.sees(".ending")

    def ended(self) -> None:
        self.says("thanks")
        self.ending()
        self.press(".ending .button")
        self.sees(".message.system")

    def accepted(self, word: str) -> None:
        """An invitation is shown and taken."""
        self.shows(word)
        self.press(".invite .button")
        self.sees(".invite .walk, .invite .agree")

    def given(self) -> None:
        """A testimonial is written and agreed to."""
        self.accepted("testimonial")
        self.page.locator(".invite textarea").fill("They found the fault in minutes, and told me why.")
        self.page.locator(".agree input").check()
        self.press(".comment .button")
        self.sees(".invite blockquote")

    def coded(self) -> None:
        """The referral link as a QR code."""
        self.shows("referral")
        self.press(".invite .button", -1)
        self.sees(".qr svg")

    def chosen(self) -> None:
        """A quick reply was taken and answered; news comes while one reads further up."""
        self.says("order")
        self.sees(".card .track")
        self.says("choices")
        self.press(".choices button")
        self.sees(".chip.was")
        self.page.locator(".log").evaluate("(log) => { log.scrollTop = 0 }")
        self.sees(".pill.bare")
        self.gateway.say("One more thing.")
        self.sees(".pill:not(.bare)")

    def teased(self) -> None:
        """A first visit; on a phone the greeting would cover the page, so there is none."""
        self.page.evaluate("Rapport.shutdown({ forget: true }); localStorage.clear(); sessionStorage.clear()")
        self.visit(greeting="Questions%20about%20delivery%3F%20Just%20ask.", **{"greeting-delay": "0"})
        self.sees("button.launcher")
        if self.page.viewport_size and self.page.viewport_size["width"] > 480:
            self.sees(".teaser .greeting")

    def attached(self, send: bool = False) -> None:
        """One file that can be sent and one that cannot, or what it looks like once sent."""
        self.page.locator("input[type=file]").set_input_files([LAMP] if send else [LAMP, FILM])
        self.sees(".tray img")
        if send:
            until(lambda: len(self.gateway.uploads.files) == 1)
            self.says("This is what it looks like")

    def typing(self) -> None:
        self.gateway.hint({"type": "typing", "author": "bot"})
        self.sees(".typing")


STATES: dict[str, Callable[[Stage], object]] = {
    "launcher": lambda s: s.closed(),
    "launcher, unread": lambda s: s.closed(unread=2),
    "open": lambda s: s.sees(".intro"),
    "conversation": lambda s: (s.says("hello"), s.shows("rich"), s.says("Thank you, that is all I need to know")),
    "typing": lambda s: (s.says("hello"), s.typing()),
    "quick replies": lambda s: s.shows("choices"),
    "CES": lambda s: s.shows("survey ces"),
    "CSAT": lambda s: s.shows("survey csat"),
    "NPS": lambda s: s.shows("survey nps"),
    "rated": lambda s: s.rated("survey csat", 3),
    "commented": lambda s: s.rated("survey nps", 9, "Quick, and kind"),
    "referral": lambda s: s.shows("referral"),
    "review": lambda s: s.shows("review"),
    "testimonial": lambda s: s.shows("testimonial"),
    "review, walk-through": lambda s: s.accepted("review"),
    "testimonial, taken": lambda s: s.accepted("testimonial"),
    "testimonial, given": lambda s: s.given(),
    "referral, QR code": lambda s: s.coded(),
    "quick reply taken, news": lambda s: s.chosen(),
    "teaser": lambda s: s.teased(),
    "files chosen": lambda s: s.attached(),
    "files sent": lambda s: s.attached(send=True),
    "order": lambda s: s.shows("order"),
    "product": lambda s: s.shows("product"),
    "guide": lambda s: s.shows("guide"),
    "queue": lambda s: s.queued(),
    "agent": lambda s: (s.says("my lamp is dark"), s.joined()),
    "failed": lambda s: (s.says("refuse this", answers=0), s.sees(".status.failed")),
    "offline": lambda s: s.cut_off(),
    "menu": lambda s: s.menu(),
    "a copy": lambda s: s.leaf("copy", "button.quiet"),
    "my data": lambda s: s.leaf("box", "dl"),
    "ending": lambda s: s.ending(),
    "ended": lambda s: s.ended(),
}
