"""The documentation and the code agree: every setting, frame, error code, route and command is documented."""

import re
from pathlib import Path

import pytest

from bot.cli import app as cli
from bot.gateway.app import build_gateway
from bot.gateway.frames import FRAMES
from bot.settings import ROOT, Settings

DOCS = ROOT / "docs"


def test_every_setting_is_documented_with_its_default() -> None:
    text = (DOCS / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        env = "RASA_PYTHON" if name == "rasa_python" else f"RAPPORT_{name.upper()}"
        row = next((line for line in text.splitlines() if line.startswith(f"| `{env}` |")), None)
        assert row, f"{env} is not in docs/settings.md"
        default = field.default
        if isinstance(default, bool | int | float | str) and default != "":
            assert f"`{default}`" in row, f"{env}: docs/settings.md does not give the default {default!r}"
        assert field.description and field.description in row


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(r"^\| `(?:RAPPORT_)?(\w+)` \|", (DOCS / "settings.md").read_text(), re.M))
    assert {name.lower() for name in named} == set(Settings.model_fields)


@pytest.mark.parametrize("frame", sorted(FRAMES))
def test_every_client_frame_is_documented_with_its_fields(frame: str) -> None:
    rows = [line for line in (DOCS / "protocol.md").read_text().splitlines() if line.startswith(f"| `{frame}` |")]
    assert rows, f"{frame} is not in docs/protocol.md"
    for field in FRAMES[frame].model_fields:
        if field != "type":
            assert any(f"`{field}`" in row for row in rows), f"{frame}.{field} is not documented"


def test_every_error_code_in_the_code_is_documented() -> None:
    source = "".join(path.read_text() for path in (ROOT / "bot" / "gateway").glob("*.py"))
    source += "".join(path.read_text() for path in (ROOT / "bot" / "services").glob("*.py"))
    codes = set(re.findall(r'(?<!\w)(?:FrameError|Refused)\(\s*"(\w+)"', source))
    text = (DOCS / "protocol.md").read_text()
    assert codes
    assert {code for code in codes if f"`{code}`" not in text} == set()


def test_every_route_is_documented(tmp_path: Path) -> None:
    application = build_gateway(Settings(data=tmp_path))
    text = (DOCS / "http.md").read_text()
    missing = []
    for route in application.router.routes():
        path = re.sub(r"{(\w+):[^}]*}", r"{\1}", route.resource.canonical if route.resource else "")
        if route.method in {"HEAD", "OPTIONS"}:
            continue
        if not re.search(rf"\b{route.method}\b[^\n]*`{re.escape(path)}`", text):
            missing.append(f"{route.method} {path}")
    assert not missing, "not in docs/http.md: " + ", ".join(sorted(missing))


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    names = [command.name or command.callback.__name__ for command in cli.registered_commands if command.callback]
    assert {name for name in names if f"./rapport {name}" not in text} == set()
