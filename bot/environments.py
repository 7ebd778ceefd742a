"""Makes what the processes need before they start: Rasa's environment, the browser libraries and the packed widget.

Each has a stamp of its lock, so that the second start does nothing.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bot.node import NodeMissing, Say, npm
from bot.settings import ROOT, Settings
from bot.widget_build import pack_widget

RASA_ENV = ROOT / ".venv-rasa"
RASA_LOCK = ROOT / "bot" / "rasa_runtime" / "requirements.lock"


class SetupFailed(Exception):
    """Something the product needs could not be made; the text is one sentence that says what to do."""


def ensure_rasa(settings: Settings, say: Say) -> Path:
    """The Python of Rasa's environment, built from its lock when missing or outdated. Raises SetupFailed."""
    python = RASA_ENV / "bin" / "python"
    stamp = RASA_ENV / ".stamp"
    wanted = _digest(RASA_LOCK)
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    base = _python310(settings)
    say(f"making Rasa's environment with {base} (about 180 packages; the first time takes a few minutes) ...")
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise SetupFailed("uv is missing: start with ./rapport, which finds or fetches it.")
    _run([uv, "venv", "--quiet", "--clear", "--python", base, str(RASA_ENV)], "could not make Rasa's environment")
    _run(
        [uv, "pip", "sync", "--quiet", "--python", str(python), str(RASA_LOCK)],
        "could not install Rasa's packages; is the package registry reachable and the disk not full?",
    )
    stamp.write_text(wanted)
    return python


def _python310(settings: Settings) -> str:
    """A Python 3.10: the one named by RASA_PYTHON, one on PATH, one of pyenv's, or one that uv can fetch."""
    if settings.rasa_python:
        if _is_310(settings.rasa_python):
            return settings.rasa_python
        raise SetupFailed(f"RASA_PYTHON={settings.rasa_python} is not a Python 3.10 that runs; set it to one that is.")
    for candidate in _candidates():
        if _is_310(candidate):
            return candidate
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is not None:
        found = subprocess.run(
            [uv, "python", "find", "--no-project", "3.10"], capture_output=True, text=True, check=False
        )
        if found.returncode == 0 and _is_310(found.stdout.strip()):
            return found.stdout.strip()
        fetched = subprocess.run([uv, "python", "install", "--quiet", "3.10"], capture_output=True, check=False)
        found = subprocess.run(
            [uv, "python", "find", "--no-project", "3.10"], capture_output=True, text=True, check=False
        )
        if fetched.returncode == 0 and found.returncode == 0:
            return found.stdout.strip()
    raise SetupFailed("Rasa needs Python 3.10 and none was found; install one and set RASA_PYTHON to its path.")


def _candidates() -> Iterator[str]:
    on_path = shutil.which("python3.10")
    if on_path:
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for path in sorted(pyenv.glob("3.10*/bin/python"), reverse=True):
        yield str(path)


def _is_310(python: str) -> bool:
    # A pyenv shim exists and still refuses to run, so it is asked.
    try:
        asked = subprocess.run(
            [python, "-c", "import sys, venv, ssl; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and asked.stdout.strip() == "3.10"


def ensure_browser_libraries(say: Say) -> None:
    """Install the npm packages from the lock, without scripts, and pack the widget with them. Raises SetupFailed."""
    modules = ROOT / "node_modules"
    stamp = modules / ".stamp"
    wanted = _digest(ROOT / "package-lock.json")
    if not stamp.exists() or stamp.read_text() != wanted:
        say("installing the browser libraries ...")
        try:
            command = npm(say)
        except NodeMissing as error:
            raise SetupFailed(str(error)) from error
        _run(
            [*command, "ci", "--ignore-scripts", "--silent", "--fetch-retries=5"],
            "could not install the browser libraries with npm",
        )
        stamp.write_text(wanted)
    pack_widget(say)


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()
        raise SetupFailed(f"{failure}: {last[-1] if last else f'exit code {done.returncode}'}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
