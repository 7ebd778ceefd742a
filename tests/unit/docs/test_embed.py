"""docs/embed.md and the widget agree, and the server examples in it sign what the real verifier accepts."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.services.app import App
from bot.services.visitors import BadIdentity, read_identity
from bot.settings import ROOT, Settings
from bot.store.engine import Store

TEXT = (ROOT / "docs" / "embed.md").read_text()
STATIC = ROOT / "bot" / "gateway" / "static"
WIDGET = STATIC / "widget"
CUSTOMER = {"id": 7, "email": "mira@example.com", "name": "Mira Ö"}


def rows(name: str) -> list[str]:
    """The first column of the table whose head begins with `name`, without the backticks."""
    table = re.search(rf"^\| {name} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.M)
    assert table, name
    return [re.split(r"(?<!\\)\|", line)[1].strip().strip("`") for line in table[1].splitlines()]


def block(language: str, beginning: str) -> str:
    """The one fenced block of this language that has these words."""
    [found] = [code for code in re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S) if beginning in code]
    return str(found)


def sources() -> str:
    return "".join(path.read_text() for path in sorted(WIDGET.glob("*.mjs")))


def kebab(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", name)


def test_the_table_has_exactly_the_attributes_the_widget_reads() -> None:
    declared = re.search(r"export interface Options \{(.*?)\n\}", (WIDGET / "types.d.ts").read_text(), re.S)
    assert declared
    known = set(re.findall(r"(\w+)\??:", declared[1])) - {"base"}
    launcher = (STATIC / "widget.js").read_text()
    read = set(re.findall(r"\boptions\.(\w+)", sources() + launcher)) - {"base"}
    assert read <= known, "the widget reads an attribute that types.d.ts does not declare"
    assert {f"data-{kebab(name)}" for name in known} | {"data-rapport"} == set(rows("attribute"))


def test_the_table_has_exactly_the_methods_of_the_api() -> None:
    launcher = (STATIC / "widget.js").read_text()
    queued = re.search(r"'(on off [\w ]+)'", launcher)
    assert queued
    checked = set(re.findall(r"^  (\w+): \[", (WIDGET / "api.mjs").read_text(), re.M))
    assert checked == set(queued[1].split())
    documented = {row.partition("(")[0] for row in rows("method")}
    assert documented == checked | {"push", "shutdown"}


def test_the_table_has_exactly_the_events_that_are_told() -> None:
    assert set(re.findall(r"\bemit\('(\w+)'", sources())) == set(rows("event"))


def test_the_table_has_exactly_the_custom_properties_that_are_used() -> None:
    styles = (WIDGET / "widget.css").read_text() + (STATIC / "widget.js").read_text()
    assert set(re.findall(r"var\((--rapport-\w+)", styles)) == set(rows("property"))


def test_the_table_has_exactly_the_keys_that_are_kept_in_the_browser() -> None:
    code = sources()
    written = set(re.findall(r"\b(?:device|tab)\.set\('([\w:]+)'", code))
    named = dict(re.findall(r"^const ([A-Z]+) = '([\w:]+)';", code, re.M))
    written |= {named[name] for name in re.findall(r"\b(?:device|tab)\.set\(([A-Z]+)\b", code)}
    assert {f"rapport:{key}…" if key.endswith(":") else f"rapport:{key}" for key in written} == set(rows("key"))


@pytest.fixture
def app(tmp_path: Path) -> App:
    settings = Settings(data=tmp_path, identity_secret="one secret of at least thirty-two bytes")  # type: ignore[arg-type]

    class NoHints:
        def publish(self, topic: str, subject: str) -> None:
            raise AssertionError("nothing is published here")

    def now() -> datetime:
        return datetime.now(UTC)

    return App(settings=settings, store=Store(f"sqlite+aiosqlite:///{tmp_path}/none.db"), clock=now, hints=NoHints())


def check(app: App, answers: list[Any]) -> None:
    """The first is for a customer, the second for nobody, the third was signed with a wrong secret."""
    known = read_identity(app, answers[0]["token"])
    assert (known.sub, known.email, known.name) == ("7", "mira@example.com", "Mira Ö")
    assert answers[1] is None
    with pytest.raises(BadIdentity):
        read_identity(app, answers[2]["token"])


def test_what_the_python_example_signs_is_accepted(app: App) -> None:
    names: dict[str, Any] = {}
    exec(block("python", "rapport_identity"), names)
    sign = names["rapport_identity"]
    secret = app.settings.secret("identity_secret")
    check(app, [sign(CUSTOMER, secret), sign(None, secret), sign(CUSTOMER, secret + "x")])


def test_what_the_node_example_signs_is_accepted(app: App, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node, "Node is needed for the browser's libraries anyway"
    (tmp_path / "identity.mjs").write_text(block("js", "rapportIdentity"))
    (tmp_path / "main.mjs").write_text(
        "import { rapportIdentity as sign } from './identity.mjs';\n"
        "const [customer, secret] = JSON.parse(process.argv[2]);\n"
        "console.log(JSON.stringify([sign(customer, secret), sign(null, secret), sign(customer, `${secret}x`)]));"
    )
    given = json.dumps([CUSTOMER, app.settings.secret("identity_secret")])
    done = subprocess.run([node, tmp_path / "main.mjs", given], capture_output=True, text=True, check=True, timeout=30)
    check(app, json.loads(done.stdout))
