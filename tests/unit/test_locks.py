"""Locks hold versions and hashes; where a package comes from is the business of the machine that installs it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [
    *ROOT.glob("*.lock"),
    ROOT / "package-lock.json",
    ROOT / "bench" / "nlpjs" / "package-lock.json",
    ROOT / "bot" / "rasa_runtime" / "requirements.lock",
]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))
def test_a_lock_names_no_address(lock: Path) -> None:
    lines = [line for line in lock.read_text("utf-8").splitlines() if "://" in line]
    assert not lines, "npm adds `funding` and `resolved` again when it writes the lock; take them out"
