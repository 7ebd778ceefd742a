"""The snippets of docs/embed.md, taken out of the document and put onto a page, as somebody pastes them.

React and Vue are the real ones, in their development builds: React's strict mode mounts twice in no other. What they
would be compiled with is left out: htm reads the JSX, Vue compiles its template in the page.
"""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.widget.fake_gateway import ROOT, FakeGateway
from tests.browser.widget.kit import dialog, until

TEXT = (ROOT / "docs" / "embed.md").read_text()
MODULES = ROOT / "node_modules"
COMMON = {
    "react": "react/cjs/react.development.js",
    "react-dom": "react-dom/cjs/react-dom.development.js",
    "react-dom/client": "react-dom/cjs/react-dom-client.development.js",
    "scheduler": "scheduler/cjs/scheduler.development.js",
}
"""React comes as CommonJS only."""
REACT = """
import htm from './htm.mjs';
import { StrictMode, createElement, createRoot, flushSync } from 'react';
import { Rapport } from './component.mjs';
const html = htm.bind(createElement);
const App = ({ page }) => html`USAGE`;
let root;
window.follow = (page) => flushSync(() => root.render(html`<${StrictMode}><${App} page=${page} /></>`));
window.begin = (page) => { root = createRoot(document.querySelector('#app')); follow(page); };
window.end = () => root.unmount();
begin({ url: '/a' });
"""
VUE = """
import { createApp, ref } from 'vue';
import { Rapport } from './component.mjs';
const page = ref();
let app;
window.follow = (next) => { page.value = next; };
window.begin = (first) => {
  follow(first);
  app = createApp({ components: { Rapport }, setup: () => ({ page }), template: `USAGE` });
  app.mount('#app');
};
window.end = () => app.unmount();
begin({ url: '/a' });
"""


def react() -> str:
    """React's files as one module."""
    files = ",".join(
        f"{json.dumps(name)}(module, exports) {{ {(MODULES / path).read_text()} }}" for name, path in COMMON.items()
    )
    return (
        "const process = { env: { NODE_ENV: 'development' } }, made = {};"
        f"const files = {{{files}}};"
        "function require(name) {"
        "  if (made[name]) return made[name].exports;"
        "  const module = made[name] = { exports: {} };"
        "  files[name](module, module.exports);"
        "  return module.exports;"
        "}"
        "export const { StrictMode, createElement, useEffect } = require('react');"
        "export const { flushSync } = require('react-dom');"
        "export const { createRoot } = require('react-dom/client');"
    )


def in_react(gateway: FakeGateway) -> dict[str, str]:
    """The page's files: the library, the component, and an application that uses it as the document says."""
    usage = block("jsx", "<Rapport src").replace("<Rapport", "<${Rapport}").replace("={", "=${")
    return {
        "library.mjs": react(),
        "htm.mjs": (MODULES / "htm" / "dist" / "htm.mjs").read_text(),
        "component.mjs": block("jsx", "from 'react'"),
        "main.mjs": REACT.replace("USAGE", usage.replace("https://chat.example.com", gateway.url)),
    }


def in_vue(gateway: FakeGateway) -> dict[str, str]:
    """The same for Vue."""
    usage = block("html", ":options")
    return {
        "library.mjs": (MODULES / "vue" / "dist" / "vue.esm-browser.js").read_text(),
        "component.mjs": block("js", "from 'vue'"),
        "main.mjs": VUE.replace("USAGE", usage.replace("https://chat.example.com", gateway.url)),
    }


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
    assert gateway.hello()["page"]["product"]["name"] == "Hub 2"
    page.evaluate("Rapport.close()")
    gateway.say("An answer")
    expect(page).to_have_title("(1) Shop")


@pytest.mark.parametrize(("library", "files"), [("react", in_react), ("vue", in_vue)])
def test_a_component_comes_follows_its_props_and_goes_without_a_trace(
    page: Page, gateway: FakeGateway, library: str, files: Callable[[FakeGateway], dict[str, str]]
) -> None:
    warned: list[str] = []
    page.on("console", lambda line: warned.append(line.text) if line.type in {"warning", "error"} else None)
    names = json.dumps({"imports": {library: "./library.mjs"}})
    body = (
        f'<script type="importmap">{names}</script><div id="app"></div><script type="module" src="main.mjs"></script>'
    )
    site(page, gateway, body, files(gateway))
    page.get_by_role("button", name="Open chat").click()
    expect(dialog(page)).to_be_visible()
    expect(page.locator("[data-rapport-host]")).to_have_count(1)
    assert gateway.hello()["page"]["url"] == "/a"
    page.evaluate("follow({ url: '/b' })")
    until(lambda: gateway.sent("page"))
    assert gateway.sent("page")[0]["page"]["url"] == "/b"
    page.evaluate("end()")
    expect(page.locator("[data-rapport-host]")).to_have_count(0)
    until(lambda: not gateway.talk.sockets)
    page.evaluate("begin({ url: '/a' }); end(); begin({ url: '/c' })")
    expect(
        page.get_by_role("button", name="Close chat").or_(page.get_by_role("button", name="Open chat")).first
    ).to_be_visible()
    expect(page.locator("[data-rapport-host]")).to_have_count(1)
    assert warned == []
