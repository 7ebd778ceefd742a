"""A benchmark that nobody runs for weeks still has to be there when it is wanted."""

import importlib
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
RUN_INSIDE_RASA = {"_understanding_rasa", "_action_server"}
NAMES = sorted(path.stem for path in BENCH.glob("*.py") if path.stem not in {"__init__", *RUN_INSIDE_RASA})


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_finds_what_it_imports(name: str) -> None:
    assert importlib.import_module(f"bench.{name}").__doc__
