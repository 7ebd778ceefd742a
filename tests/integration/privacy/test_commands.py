"""`./rapport erase` and `./rapport export`, without a running product."""

import asyncio
import io
import json
from pathlib import Path

import pytest

from bot.commands import people
from bot.services.app import App
from bot.settings import Settings
from tests.support.person import CANARY, make_person


@pytest.fixture
def operator(store_url: str, tmp_path: Path) -> Settings:
    """The settings of a shell beside the product."""
    return Settings(data=tmp_path, database_url=store_url)


async def test_the_export_is_json_with_the_colleagues_notes(
    app: App, operator: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = await make_person(app, CANARY)
    for key in (known.customer, f"sub-{CANARY}", f"{CANARY.upper()}@example.com", f"reply-{CANARY}@example.com"):
        assert await asyncio.to_thread(people.export, operator, key, None) == 0
        held = json.loads(capsys.readouterr().out)
        assert held["notes"][0]["text"] == f"note about {CANARY}"
    assert await asyncio.to_thread(people.export, operator, known.customer, tmp_path / "out.json") == 0
    assert json.loads((tmp_path / "out.json").read_text())["person"][0]["name"] == f"Ms {CANARY}"


async def test_an_unknown_customer_and_an_unwritable_file_get_a_sentence(
    app: App, operator: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = await make_person(app, CANARY)
    assert await asyncio.to_thread(people.erase, operator, "nobody@example.com", sure=True) == 2
    assert "No customer has the id" in capsys.readouterr().err
    assert await asyncio.to_thread(people.export, operator, known.customer, tmp_path / "no" / "file.json") == 2
    assert "cannot be written" in capsys.readouterr().err


async def test_erasing_asks_first_and_then_completes_by_itself(
    app: App, operator: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = await make_person(app, CANARY)
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert await asyncio.to_thread(people.erase, operator, known.customer, sure=False) == 1
    assert "Nothing was erased." in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert await asyncio.to_thread(people.erase, operator, f"{CANARY}@example.com", sure=False) == 0
    said = capsys.readouterr().out
    assert f"Ms {CANARY}" in said
    assert "Every trace is gone" in said
    assert await asyncio.to_thread(people.erase, operator, known.customer, sure=True) == 2
