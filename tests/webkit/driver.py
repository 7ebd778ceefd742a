"""WebKitGTK on a screen of its own, driven over the W3C WebDriver protocol: a handful of HTTP calls.

It is the engine of Safari as far as Debian has it (`webkit2gtk-driver`, `xvfb`).
"""

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.support.system import free_base_port

DRIVER = "WebKitWebDriver"
SCREEN = "1200x1000x24"
START_S = 30.0
ENTER, ESCAPE, TAB = "\ue007", "\ue00c", "\ue004"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which the protocol puts a reference to an element."""

# What is found is in the chat's shadow tree and can be seen; the first thing a customer could point at.
FIND = """
const root = document.querySelector('[data-rapport-host]')?.shadowRoot;
return [...root?.querySelectorAll(arguments[0]) ?? []].filter((node) => node.checkVisibility());
"""


class WebKitError(Exception):
    """The driver refused a command; the text is the driver's."""


class Driver:
    """A running WebKitWebDriver, by its port."""

    def __init__(self, port: int) -> None:
        self._port = port

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One command. Raises WebKitError when it is refused, OSError when nobody listens."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            text = json.dumps(body or {}) if method == "POST" else None
            connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            value = json.loads(answer.read())["value"]
        finally:
            connection.close()
        if answer.status != 200:
            raise WebKitError(f"{value['error']}: {value['message']}")
        return value

    @contextmanager
    def window(self, width: int = 1000, height: int = 850) -> Iterator["Window"]:
        """A fresh browser that remembers nothing of another one."""
        options = {"binary": str(_browser()), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        path = f"/session/{self.call('POST', '/session', wanted)['sessionId']}"
        try:
            self.call("POST", f"{path}/window/rect", {"x": 0, "y": 0, "width": width, "height": height})
            yield Window(self, path)
        finally:
            self.call("DELETE", path)


class Window:
    """A browser with one page. Selectors look for what can be seen of the chat."""

    def __init__(self, driver: Driver, path: str) -> None:
        self._driver, self._path = driver, path

    def go(self, address: str) -> None:
        self._driver.call("POST", f"{self._path}/url", {"url": address})

    def js(self, code: str, *values: Any) -> Any:
        """Run a function's body; what it returns."""
        return self._driver.call("POST", f"{self._path}/execute/sync", {"script": code, "args": list(values)})

    def js_async(self, code: str, *values: Any) -> Any:
        """The same for one whose last argument is called with the result."""
        return self._driver.call("POST", f"{self._path}/execute/async", {"script": code, "args": list(values)})

    def find(self, selector: str) -> list[str]:
        """References to what can be seen of the chat."""
        return [found[ELEMENT] for found in self.js(FIND, selector)]

    def texts(self, selector: str) -> list[str]:
        return [str(text) for text in self.js(f"return (() => {{{FIND}}})().map((n) => n.innerText.trim())", selector)]

    def style(self, selector: str, name: str) -> str:
        """A computed style of the first that is found."""
        return str(self.js("return getComputedStyle(arguments[0])[arguments[1]]", self.reference(selector), name))

    def box(self, selector: str) -> dict[str, float]:
        found: dict[str, float] = self.js(
            "return arguments[0].getBoundingClientRect().toJSON()", self.reference(selector)
        )
        return found

    def click(self, selector: str) -> None:
        self._driver.call("POST", f"{self._path}/element/{self._first(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        self._driver.call("POST", f"{self._path}/element/{self._first(selector)}/value", {"text": text})

    def choose_file(self, file: Path) -> None:
        """As if it had been chosen in the system's dialog; the field itself is not seen."""
        field = self.js(
            "return document.querySelector('[data-rapport-host]').shadowRoot.querySelector('input[type=file]')"
        )
        self._driver.call("POST", f"{self._path}/element/{field[ELEMENT]}/value", {"text": str(file)})

    def press(self, *keys: str) -> None:
        """Keys one after the other, to whatever has the focus."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._driver.call(
            "POST", f"{self._path}/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]}
        )

    def picture(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self._driver.call("GET", f"{self._path}/screenshot")))

    def _first(self, selector: str) -> str:
        found = self.find(selector)
        assert found, f"nothing to be seen of {selector}"
        return found[0]

    def reference(self, selector: str) -> dict[str, str]:
        return {ELEMENT: self._first(selector)}


@contextmanager
def running_driver(folder: Path, **env: str) -> Iterator[Driver]:
    """A screen and a driver, whose words go into `folder`; both end with the block."""
    with (folder / "webkit.log").open("ab") as log, _screen(log) as display:
        port = free_base_port()
        process = subprocess.Popen(
            [DRIVER, f"--port={port}"],
            # Nothing of the person at this machine: no session bus, no desktop settings.
            env={**os.environ, "DISPLAY": display, "GSETTINGS_BACKEND": "memory", "GTK_A11Y": "none", **env},
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            driver = Driver(port)
            _until_it_listens(driver, process)
            yield driver
        finally:
            process.terminate()
            process.wait(START_S)


@contextmanager
def _screen(log: Any) -> Iterator[str]:
    """A screen that nobody sees: its name for `DISPLAY`. The server chooses a free number and tells it."""
    told, tell = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(tell), "-screen", "0", SCREEN, "-nolisten", "tcp"],
        pass_fds=[tell], stdout=log, stderr=log,
    )  # fmt: skip
    os.close(tell)
    try:
        with os.fdopen(told) as reader:
            number = reader.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(START_S)


def _until_it_listens(driver: Driver, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            driver.call("GET", "/status")
            return
        except OSError:
            assert process.poll() is None, f"{DRIVER} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{DRIVER} does not listen"
            time.sleep(0.05)


def _browser() -> Path:
    """The small browser that comes with WebKitGTK: distributions keep it beside the library."""
    places = ("lib/*/webkit2gtk-*/MiniBrowser", "lib*/webkit2gtk-*/MiniBrowser")
    found = sorted(path for place in places for path in Path("/usr").glob(place))
    assert found, "WebKitGTK's MiniBrowser is missing: install webkit2gtk-driver"
    return found[0]
