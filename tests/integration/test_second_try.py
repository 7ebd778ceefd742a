"""What `./rapport test` does when a test with a browser or whole processes in it fails."""

from pathlib import Path

import pytest

from bot.commands import testing

ONCE = """
from pathlib import Path
def test_fails_the_first_time():
    mark = Path(__file__).with_name("been")
    been = mark.exists()
    mark.touch()
    assert been
"""
PASSES = """
from pathlib import Path
def test_counts_how_often_it_ran():
    with Path(__file__).with_name("ran").open("a") as file:
        file.write("x")
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty suite called browser, in a project of its own."""
    monkeypatch.setattr(testing, "ROOT", tmp_path)
    folder = tmp_path / "tests" / "browser"
    folder.mkdir(parents=True)
    return folder


def test_what_failed_by_chance_is_tried_again_alone_and_named(suite: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (suite / "test_once.py").write_text(ONCE)
    (suite / "test_passes.py").write_text(PASSES)
    assert testing._suite("browser", []) == 0
    assert (suite / "ran").read_text() == "x"
    said = capfd.readouterr()
    assert "tried again: tests/browser/test_once.py::test_fails_the_first_time" in said.err
    assert "1 failed, 1 passed" in said.out


def test_what_fails_twice_is_red(suite: Path) -> None:
    (suite / "test_never.py").write_text("def test_never():\n    assert False\n")
    assert testing._suite("browser", []) == 1


def test_many_failures_are_not_chance(suite: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for n in range(testing.MOST_BY_CHANCE + 1):
        (suite / f"test_once_{n}.py").write_text(ONCE.replace('"been"', f'"been{n}"'))
    assert testing._suite("browser", []) == 1
    assert "tried again" not in capfd.readouterr().err


def test_what_failed_in_an_earlier_run_is_forgotten(suite: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken = suite / "test_never.py"
    broken.write_text("def test_never():\n    assert False\n")
    assert testing._suite("browser", []) == 1
    broken.unlink()
    (suite / "test_passes.py").write_text(PASSES)
    assert testing._suite("browser", []) == 0
    assert (suite / "ran").read_text() == "x"


def test_a_suite_without_chance_has_one_try(suite: Path) -> None:
    unit = suite.parent / "unit"
    unit.mkdir()
    (unit / "test_once.py").write_text(ONCE)
    assert testing._suite("unit", []) == 1
