"""The snippets of docs/embed.md, taken out of the document and put onto a page.

React and Vue are played by a few lines with their rules for mounting, strict mode's second mount among them: what is
tested is the snippet's own coming and going.
"""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widget.fake_gateway import ROOT, FakeGateway
from tests.browser.widget.kit import dialog, until

TEXT = (ROOT / "docs" / "embed.md").read_text()
REACT = """
// Effects run after the mount, in order, and again when what they depend on changed; strict mode mounts twice.
let effects = null;
export const useEffect = (run, on) => effects.push({ run, on });
export function mount(component, props, strict) {
  let live = [];
  const draw = (next) => { effects = []; component(next); return effects; };
  const begin = (made) => { live = made.map(({ run, on }) => ({ on, end: run() })); };
  const end = () => { live.forEach((one) => one.end?.()); live = []; };
  begin(draw(props));
  if (strict) { end(); begin(draw(props)); }
  return {
    change(next) {
      live = draw(next).map(({ run, on }, n) => {
        if (on.every((value, k) => Object.is(value, live[n].on[k]))) return live[n];
        live[n].end?.();
        return { on, end: run() };
      });
    },
    unmount: end,
  };
}
"""
VUE = """
let hooks = null;
export const defineComponent = (made) => made;
export const onMounted = (run) => hooks.mounted.push(run);
export const onBeforeUnmount = (run) => hooks.unmount.push(run);
export const watch = (of, tell, { immediate } = {}) => {
  hooks.watched.push({ of, tell, was: of() });
  if (immediate) tell(of());
};
export function mount(component, given) {
  const props = { ...given };
  const mine = (hooks = { mounted: [], unmount: [], watched: [] });
  component.setup(props);
  mine.mounted.forEach((run) => run());
  return {
    change(next) {
      Object.assign(props, next);
      for (const one of mine.watched) if (one.of() !== one.was) one.tell((one.was = one.of()));
    },
    unmount: () => mine.unmount.forEach((run) => run()),
  };
}
"""


def block(language: str, beginning: str) -> str:
    """The one fenced block of this language that has these words."""
    [found] = [code for code in re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S) if beginning in code]
    return str(found)


def site(page: Page, gateway: FakeGateway, body: str, files: dict[str, str] | None = None) -> None:
    """Open a page with this body; the documentation's address is the fake gateway's."""
    whole = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><body>{body}'
    gateway.snippets = {"": whole.replace("https://chat.example.com", gateway.url), **(files or {})}
    page.goto(f"http://127.0.0.1:{gateway.site_port}/snippet/")


@pytest.mark.parametrize("beginning", ["<script src", "createElement"])
def test_the_tag_and_the_tag_managers_code_show_the_chat(page: Page, gateway: FakeGateway, beginning: str) -> None:
    calls = block("js", "window.Rapport = window.Rapport")
    site(page, gateway, f"<script>{calls}</script>{block('html', beginning)}")
    page.get_by_role("button", name="Open chat").click()
    expect(dialog(page)).to_be_visible()
    until(lambda: gateway.hellos)
    assert gateway.hellos[0]["page"]["product"]["name"] == "Hub 2"
    page.evaluate("Rapport.close()")
    gateway.say("An answer")
    expect(page).to_have_title("(1) Shop")


@pytest.mark.parametrize(
    ("library", "language", "played"),
    [("react", "jsx", REACT), ("vue", "js", VUE)],
)
def test_a_component_comes_follows_its_props_and_goes_without_a_trace(
    page: Page, gateway: FakeGateway, library: str, language: str, played: str
) -> None:
    component = block(language, f"from '{library}'").replace(f"from '{library}'", "from './library.mjs'")
    props = {"src": f"{gateway.url}/widget.js", "options": {"company": "Lumen Home"}, "page": {"url": "/a"}}
    main = (
        "import { mount } from './library.mjs'; import { Rapport as Chat } from './component.mjs';"
        f"const props = {json.dumps(props)};"
        "window.begin = (more) => { window.mounted = mount(Chat, { ...props, ...more }, true); };"
        "window.follow = (more) => mounted.change({ ...props, ...more });"
        "begin({});"
    )
    files = {"library.mjs": played, "component.mjs": component, "main.mjs": main}
    site(page, gateway, '<script type="module" src="main.mjs"></script>', files)
    page.get_by_role("button", name="Open chat").click()
    expect(dialog(page)).to_be_visible()
    expect(page.locator("[data-rapport-host]")).to_have_count(1)
    until(lambda: gateway.hellos)
    assert gateway.hellos[0]["page"]["url"] == "/a"
    page.evaluate("follow({ page: { url: '/b' } })")
    until(lambda: gateway.sent("page"))
    assert gateway.sent("page")[0]["page"]["url"] == "/b"
    page.evaluate("mounted.unmount()")
    expect(page.locator("[data-rapport-host]")).to_have_count(0)
    until(lambda: not gateway.talk.sockets)
    page.evaluate("begin({}); mounted.unmount(); begin({ page: { url: '/c' } })")
    expect(
        page.get_by_role("button", name="Close chat").or_(page.get_by_role("button", name="Open chat")).first
    ).to_be_visible()
    expect(page.locator("[data-rapport-host]")).to_have_count(1)
