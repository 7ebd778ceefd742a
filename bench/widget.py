"""What a page pays for a chat widget: bytes, time, and how soon one can type; ours, an empty page and peers in one run.

    ./rapport bench widget [--runs 5] [--lighthouse]

Chromium with a processor slowed down four times and a slow phone network (150 ms, 1.6 Mbit/s). Each run has a fresh
browser profile; medians are told. `--lighthouse` adds Lighthouse's scores for the empty page and ours (fetched by npm).
"""

import argparse
import json
import os
import statistics
import subprocess
from dataclasses import asdict, dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench._widget_pages import PEERS, PeerError, Site, bundle
from tests.browser.widget.fake_gateway import FakeGateway
from tests.support.browser import CHROMIUM, FLAGS

SLOWDOWN = 4
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
LIGHTHOUSE = "lighthouse@12.8.2"
QUIET_MS = 1_500
WAIT_MS = 30_000

# How far each widget is: whether its button can be pressed, and whether one can type.
OURS = "document.querySelector('[data-rapport-host]')?.shadowRoot"
BUTTON = {
    "ours": f"{OURS}?.querySelector('button.launcher')",
    "rasa-webchat 1.0.1": "document.querySelector('.rw-launcher')",
}
FIELD = {
    "ours": f"{OURS}?.querySelector('dialog[open] textarea')",
    "deep-chat 2.4.2": "document.querySelector('deep-chat')?.shadowRoot?.querySelector('#text-input')",
    # Its field comes with an answer of its server; this is the open window, still without it.
    "rasa-webchat 1.0.1": "document.querySelector('.rw-conversation-container')",
}
WATCH = """() => {
  window.shifts = 0;
  window.blocked = 0;
  const watch = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each))
    .observe({ type, buffered: true });
  watch('layout-shift', (entry) => { if (!entry.hadRecentInput) shifts += entry.value; });
  watch('longtask', (entry) => { blocked += Math.max(0, entry.duration - 50); });
}"""


@dataclass(frozen=True)
class Load:
    """One load of a page: bytes over the wire with headers, requests, script time, blocking time, layout shift."""

    bytes: float
    requests: float
    script_ms: float
    blocking_ms: float
    shift: float
    shown_ms: float | None
    """From the beginning of the load to a button, or without one a field, on the screen."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--lighthouse", action="store_true", help="also Lighthouse's scores")
    options = parser.parse_args()
    gateway = FakeGateway()
    gateway.start()
    embeds = {"empty": "", "ours": f'<script src="{gateway.url}/widget.js" async data-rapport></script>'}
    scripts: dict[str, bytes] = {}
    for name, peer in PEERS.items():
        try:
            scripts[name.split()[0]] = bundle(peer)
            embeds[name] = peer.embed
        except PeerError as error:
            print(f"without {name}: {error}")
    with Site(embeds, scripts) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        loads = {name: [_load(browser, site.url, name) for _ in range(options.runs)] for name in embeds}
        opens = {
            f"{name}{', pointed at before' if hovered else ''}": _middle(
                [_open(browser, site.url, name, hovered=hovered) for _ in range(options.runs)]
            )
            for name in BUTTON
            if name in embeds
            for hovered in (False, True)
        }
        browser.close()
        scores = {name: _lighthouse(f"{site.url}/{name}") for name in ("empty", "ours") if options.lighthouse}
    gateway.stop()
    _tell({name: _median(all_) for name, all_ in loads.items()}, opens, scores)


def _page(browser: Browser) -> tuple[Page, CDPSession]:
    context = browser.new_context(viewport={"width": 1000, "height": 800}, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Performance.enable")
    session.send("Network.emulateNetworkConditions", NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    return page, session


def _load(browser: Browser, site: str, name: str) -> Load:
    page, session = _page(browser)
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(f"({WATCH})()")
    page.goto(f"{site}/{name}", wait_until="load")
    page.wait_for_timeout(QUIET_MS)
    metrics = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
    shift, blocked = page.evaluate("[shifts, blocked]")
    page.context.close()
    shown = _shown(browser, f"{site}/{name}", BUTTON.get(name) or FIELD.get(name))
    return Load(sum(sizes), len(sizes), metrics["ScriptDuration"] * 1000, blocked, shift, shown)


def _shown(browser: Browser, url: str, wanted: str | None) -> float | None:
    """A load of its own, because looking is script too."""
    if wanted is None:
        return None
    page, _ = _page(browser)
    page.goto(url, wait_until="commit")
    found: float = page.wait_for_function(f"() => {wanted} && performance.now()").json_value()
    page.context.close()
    return found


def _open(browser: Browser, site: str, name: str, *, hovered: bool) -> float:
    """Milliseconds from the press of the button to a field one can type in."""
    page, _ = _page(browser)
    page.goto(f"{site}/{name}", wait_until="load")
    page.wait_for_function(f"() => Boolean({BUTTON[name]})")
    page.wait_for_timeout(QUIET_MS)
    if hovered:
        page.evaluate(f"() => {{ {BUTTON[name]}.dispatchEvent(new PointerEvent('pointerenter')) }}")
        page.wait_for_timeout(2 * QUIET_MS)
    took: float = page.evaluate(f"""() => new Promise((done) => {{
      const began = performance.now();
      const look = () => {FIELD[name]} ? done(performance.now() - began) : requestAnimationFrame(look);
      {BUTTON[name]}.click();
      look();
    }})""")
    page.context.close()
    return took


def _lighthouse(url: str) -> dict[str, Any]:
    """Scores of 0 to 100 by category, as Lighthouse's defaults for a phone give them; empty when it cannot be run."""
    done = subprocess.run(
        ["npm", "exec", "--yes", f"--package={LIGHTHOUSE}", "--", "lighthouse", url, "--output=json", "--quiet",
         "--only-categories=performance,accessibility,best-practices,seo",
         "--chrome-flags=--headless --no-sandbox --disable-gpu"],
        capture_output=True, text=True, check=False, env={**os.environ, "CHROME_PATH": CHROMIUM},
    )  # fmt: skip
    if done.returncode != 0:
        print(f"Lighthouse could not be run: {done.stderr.strip()[-300:]}")
        return {}
    found = json.loads(done.stdout)
    scores = {name: round(100 * category["score"]) for name, category in found["categories"].items()}
    for key, audit in (("tbt_ms", "total-blocking-time"), ("cls", "cumulative-layout-shift")):
        scores[key] = round(found["audits"][audit]["numericValue"], 3)
    return scores


def _median(loads: list[Load]) -> Load:
    columns = [asdict(load) for load in loads]
    return Load(**{name: _middle([column[name] for column in columns]) for name in columns[0]})


def _middle(values: list[Any]) -> Any:
    return None if values[0] is None else statistics.median(values)


def _tell(loads: dict[str, Load], opens: dict[str, float], scores: dict[str, dict[str, Any]]) -> None:
    empty = loads["empty"]
    print("| page | KB more | requests more | script ms more | blocking ms | layout shift | on the screen, ms |")
    print("|---|---|---|---|---|---|---|")
    more: dict[str, dict[str, Any]] = {}
    for name, load in loads.items():
        more[name] = {
            "bytes": load.bytes - empty.bytes,
            "requests": load.requests - empty.requests,
            "script_ms": round(load.script_ms - empty.script_ms, 1),
            "blocking_ms": round(load.blocking_ms),
            "shift": round(load.shift, 4),
            "shown_ms": load.shown_ms and round(load.shown_ms),
        }
        row = more[name]
        print(
            f"| {name} | {row['bytes'] / 1000:.1f} | {row['requests']:.0f} | {row['script_ms']} | {row['blocking_ms']} "
            f"| {row['shift']} | {row['shown_ms'] or '–'} |"
        )
    print("\n| press of the button to a field to type in | ms |\n|---|---|")
    for name, took in opens.items():
        print(f"| {name} | {took:.0f} |")
    for name, found in scores.items():
        print(f"\nLighthouse, {name}: {', '.join(f'{key} {value}' for key, value in found.items())}")
    ratios = {name: round(row["bytes"] / more["ours"]["bytes"], 1) for name, row in more.items() if name in PEERS}
    print(
        json.dumps({"loads": more, "open_ms": {k: round(v) for k, v in opens.items()}, "lighthouse": scores,
                    "bytes_to_ours": ratios})
    )  # fmt: skip


if __name__ == "__main__":
    main()
