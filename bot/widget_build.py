"""The widget as it is sent to browsers: packed once for each state of its sources, and plain where packing cannot run.

A build lies in a folder named by a digest of all that goes into it, so an address never changes its content and a start
with nothing new does nothing. Older builds stay for pages that were loaded before an update.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.node import Say, node
from bot.settings import ROOT

STATIC = ROOT / "bot" / "gateway" / "static"
NODE_MODULES = ROOT / "node_modules"
BUILDS = STATIC / "build"
_PACKER = ROOT / "bot" / "gateway" / "pack"
_KEPT = 8
_TIMEOUT_S = 120

PLAIN = "plain"
"""What stands for the digest in addresses while the sources themselves are served."""


@dataclass(frozen=True)
class Widget:
    """What the gateway serves: the folder of the modules, the launcher, its name, and what is fetched on intent."""

    folder: Path
    launcher: Path
    name: str
    modules: tuple[str, ...]


def pack_widget(say: Say) -> Widget:
    """The packed widget of the present sources, made when it is missing; the sources as they are when that fails."""
    name = _digest()
    made = BUILDS / name
    if not (made / "modules.json").is_file():
        problem = _make(made, say)
        if problem is not None:
            say(f"the chat is served unpacked, about twice the size: {problem}")
            return _plain()
    modules = json.loads((made / "modules.json").read_text("utf-8"))
    return Widget(made, made / "widget.js", name, tuple(modules))


def _plain() -> Widget:
    sources = STATIC / "widget"
    own = sorted(path.name for path in sources.glob("*.mjs") if path.name != "main.mjs")
    modules = ("main.mjs", *own, "../vendor/preact.mjs", "../vendor/htm.mjs")
    return Widget(sources, STATIC / "widget.js", PLAIN, modules)


def _make(made: Path, say: Say) -> str | None:
    """Pack into `made`, in one step for whoever looks; the problem in a few words when it cannot be done."""
    program = node()
    if program is None:
        return "there is no Node on PATH to pack it with"
    say("packing the chat ...")
    try:
        BUILDS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=BUILDS) as scratch:
            out = Path(scratch) / "out"
            command = [program, str(_PACKER / "pack.mjs"), str(STATIC), str(NODE_MODULES), str(out)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
            if done.returncode != 0:
                return _reason(done.stderr) or f"exit code {done.returncode}"
            try:
                out.rename(made)
            except OSError:
                # Another process was faster, with the same content: that is what the name says.
                if not (made / "modules.json").is_file():
                    raise
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    _forget_oldest()
    return None


def _reason(words: str) -> str:
    """The line of Node's complaint that names the error."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return next((line for line in lines if "Error" in line), lines[0] if lines else "")


def _forget_oldest() -> None:
    builds = [path for path in BUILDS.iterdir() if not path.name.startswith(".")]
    for path in sorted(builds, key=os.path.getmtime, reverse=True)[_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def _digest() -> str:
    """Twelve hex digits of the sources, the packer and the lock of the libraries that go in."""
    whole = hashlib.sha256()
    for path in _sources():
        whole.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


def _sources() -> Iterator[Path]:
    yield from sorted(path for path in (STATIC / "widget").rglob("*") if path.suffix in {".mjs", ".css"})
    yield STATIC / "widget.js"
    yield from sorted(_PACKER.glob("*.mjs"))
    yield ROOT / "package-lock.json"
