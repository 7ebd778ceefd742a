"""The site's colours and measures: five custom properties, and text that can be read on any of them."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.widget.fake_gateway import FakeGateway
from tests.browser.widget.kit import dialog, opened, until

AA = 4.5
"""WCAG 2.2, contrast (minimum) for text."""

NAMED = [
    "transparent", "rebeccapurple", "yellow", "black", "white", "rgb(255 255 0 / .3)", "color(display-p3 1 0 .2)",
    "hsl(50 100% 50%)", "lab(50 80 -90)", "color-mix(in oklab, teal, orange)", "light-dark(navy, gold)",
]  # fmt: skip
GRID = [f"rgb({r} {g} {b})" for r in range(0, 256, 51) for g in range(0, 256, 51) for b in range(0, 256, 51)]
POLAR = [
    f"oklch({tone} {chroma} {hue})" for tone in (0.3, 0.58, 0.8) for chroma in (0.1, 0.4) for hue in range(0, 360, 24)
]
# The canvas gives the pixels that are really painted, whatever space a colour was written in.
RATIOS = """(colours) => {
  const host = document.querySelector('[data-rapport-host]');
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const luminance = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => byte / 255);
    if (a !== 1) throw new Error(`${colour} can be seen through`);
    const [x, y, z] = [r, g, b].map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const probe = host.shadowRoot.appendChild(document.createElement('i'));
  const painted = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const pairs = [['--on', '--accent'], ['--link', '--surface'], ['--link', '--raised'], ['--ink', '--surface'],
    ['--ink', '--raised'], ['--muted', '--surface'], ['--muted', '--raised'], ['--bad', '--surface'],
    ['--good', '--surface']];
  const out = [];
  for (const colour of colours) {
    host.style.setProperty('--rapport-color', colour);
    for (const theme of ['light', 'dark']) {
      host.dataset.theme = theme;
      for (const [text, ground] of pairs) {
        out.push({ colour, theme, text, ground, ratio: contrast(painted(text), painted(ground)) });
      }
    }
  }
  return out;
}"""


def test_text_can_be_read_with_any_accent_in_light_and_dark(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    ratios: list[dict[str, Any]] = page.evaluate(RATIOS, [*NAMED, *GRID, *POLAR])
    assert [found for found in ratios if found["ratio"] < AA] == []


def test_an_accent_that_can_be_read_is_left_as_it_is(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway, color="%23005fcc", theme="light")
    same = page.locator("button.human").evaluate("(link) => getComputedStyle(link).color")
    button = page.locator("button.launcher").evaluate("(button) => getComputedStyle(button).backgroundColor")
    assert button == "color(srgb 0 0.372549 0.8)"
    # #005fcc in OKLCH has the lightness 0.495: a shade too light for small text on the grey bubble.
    assert same.startswith("oklch(0.48 0.17")


def test_the_launcher_is_readable_before_the_chat_is_loaded(page: Page, gateway: FakeGateway) -> None:
    for color, drawn in (("%23ffd400", "rgb(0, 0, 0)"), ("navy", "rgb(255, 255, 255)")):
        page.goto(gateway.page(color=color))
        launcher = page.get_by_role("button", name="Open chat")
        assert launcher.evaluate("(button) => getComputedStyle(button).color") == drawn


@pytest.mark.parametrize("missing", ["light-dark(", "from ", "contrast-color("])
def test_a_browser_that_does_not_know_a_colour_function_shows_text_that_can_be_read(
    page: Page, gateway: FakeGateway, missing: str
) -> None:
    def age(route: Route) -> None:
        """What the browser does not know it cannot read: the function gets a name that none has."""
        answer = route.fetch()
        assert answer.ok
        route.fulfill(response=answer, body=answer.text().replace(missing, f"un{missing}"))

    page.route("**/widget.css", age)
    page.route("**/widget.js", age)
    opened(page, gateway, theme="dark")
    ratios: list[dict[str, Any]] = page.evaluate(RATIOS, ["#14665a"])
    assert [found for found in ratios if found["ratio"] < AA] == []
    light = missing == "light-dark("
    expect(dialog(page)).to_have_css("background-color", "rgb(255, 255, 255)" if light else "rgb(29, 33, 38)")
    expect(dialog(page)).to_have_css("color-scheme", "light" if light else "dark")


def test_the_five_properties_are_heard_on_any_ancestor_and_at_once(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    page.evaluate("""() => {
      const set = (name, value) => document.documentElement.style.setProperty(`--rapport-${name}`, value);
      set('color', 'rgb(128 0 64)');
      set('font', 'Georgia, serif');
      set('radius', '4px');
      set('offset', '64px');
      set('z', '10');
    }""")
    found = page.evaluate("""() => {
      const root = document.querySelector('[data-rapport-host]').shadowRoot;
      const [panel, launcher] = ['dialog', '.launcher'].map((name) => getComputedStyle(root.querySelector(name)));
      return { font: panel.fontFamily, radius: panel.borderTopLeftRadius, right: panel.right, above: panel.zIndex,
        z: launcher.zIndex, bottom: launcher.bottom, side: launcher.right, color: launcher.backgroundColor };
    }""")
    assert found == {
        "font": "Georgia, serif", "radius": "4px", "right": "64px", "above": "10", "z": "10", "bottom": "64px",
        "side": "64px", "color": "color(srgb 0.501961 0 0.25098)",
    }  # fmt: skip


@pytest.mark.parametrize(("position", "side"), [("left", "left"), ("right", "right")])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_site_chooses_the_side_in_either_direction(
    page: Page, gateway: FakeGateway, position: str, side: str, direction: str
) -> None:
    opened(page, gateway, position=position, dir=direction)
    for place in (page.locator("button.launcher"), dialog(page)):
        assert place.evaluate(f"(node) => getComputedStyle(node).{side}") == "20px"


@pytest.mark.parametrize(
    ("theme", "of_system", "dark"),
    [("light", "dark", False), ("dark", "light", True), ("auto", "dark", True), ("auto", "light", False)],
)
def test_the_theme_is_the_sites_or_with_auto_the_readers(
    page: Page, gateway: FakeGateway, theme: str, of_system: str, dark: bool
) -> None:
    page.emulate_media(color_scheme="dark" if of_system == "dark" else "light")
    opened(page, gateway, theme=theme)
    ground = "rgb(29, 33, 38)" if dark else "rgb(255, 255, 255)"
    expect(dialog(page)).to_have_css("background-color", ground)


def test_nothing_moves_for_readers_who_asked_for_rest(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway)
    gateway.hint({"type": "typing", "author": "bot"})
    expect(page.locator(".typing")).to_be_visible()
    moving = "() => document.querySelector('[data-rapport-host]').shadowRoot.getAnimations().length"
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    gateway.hint({"type": "typing", "author": "bot"})  # lasts six seconds
    until(lambda: page.evaluate(moving) > 0)


def test_more_contrast_is_given_to_who_asks_for_it(page: Page, gateway: FakeGateway) -> None:
    opened(page, gateway, theme="light")
    speaker = page.locator("header p")
    expect(speaker).to_have_css("color", "rgb(86, 96, 107)")
    page.emulate_media(contrast="more")
    expect(speaker).to_have_css("color", "rgb(27, 32, 39)")
