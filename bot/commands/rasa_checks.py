"""`python -m bot.commands.rasa_checks PYTHON`: data validation and test stories, inside Rasa's environment.

The test stories need a model, so one is trained here or taken from the cache, like everywhere else.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.bootstrap import ready_app
from bot.settings import ROOT, load_settings
from bot.training.ensure import ensure_live_model


def main(python: str) -> int:
    """0 when the data is valid and every test story is predicted as written."""
    with tempfile.TemporaryDirectory(prefix="rapport-check-") as folder:
        model = asyncio.run(_model(Path(folder)))
        commands = {
            "data validation": [python, "-m", "rasa", "data", "validate", "--quiet"],
            "test stories": [
                python, "-m", "rasa", "test", "core", "--quiet", "--model", model, "--stories", "tests/stories",
                "--fail-on-prediction-errors", "--out", str(Path(folder) / "results"), "--no-plot",
            ],
        }  # fmt: skip
        failed = [name for name, command in commands.items() if _run(name, command) != 0]
    if failed:
        print(f"rasa: {', '.join(failed)} failed", flush=True)
    return 1 if failed else 0


async def _model(folder: Path) -> str:
    async with ready_app(load_settings(data=folder)) as app:
        return (await ensure_live_model(app, lambda text: print(f"  {text}", flush=True))).path


def _run(name: str, command: list[str]) -> int:
    env = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}", flush=True)
    if done.returncode != 0:
        print((done.stdout + done.stderr)[-4000:], flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
