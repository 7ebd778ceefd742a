"""Training with a stand-in for Rasa, models and cache in the test's own folder."""

import sys
from pathlib import Path

import pytest

from bot.services.app import App
from bot.services.staff import StaffMember, create_account
from bot.training import evaluate, files, rasa_process, run

NAMES = ("greet", "thank", "goodbye")
STAND_IN = "tests.integration.training.stand_in"


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own Python runs the stand-in where Rasa's would run its programs."""

    def ensure(_settings: object, _say: object) -> Path:
        return Path(sys.executable)

    for module in (run, evaluate):
        monkeypatch.setattr(module, "ensure_rasa", ensure)
    monkeypatch.setattr(run, "TRAINER", STAND_IN)
    monkeypatch.setattr(evaluate, "PARSER", STAND_IN)
    monkeypatch.setattr(files, "MODELS", tmp_path / "models")
    monkeypatch.setattr(
        evaluate, "held_out_phrases", lambda: [(f"{name} {n}", name) for name in NAMES for n in range(6)]
    )
    # The stand-in is no burden; on a busy machine it must not wait for everybody else.
    monkeypatch.setattr(rasa_process, "NICENESS", 0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
async def admin(app: App, quick_hashing: None) -> StaffMember:
    """Somebody who may teach."""
    id_ = await create_account(app, email="ada@example.com", role="admin", name="Ada", password="a long enough secret")
    return StaffMember(id=id_, email="ada@example.com", name="Ada", role="admin")
