"""`./rapport test` and `./rapport check`: the same commands on a developer's machine and in CI."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bot.commands.scratch_postgres import scratch_postgres
from bot.environments import SetupFailed, ensure_browser_libraries, ensure_rasa
from bot.settings import ROOT, Settings

SUITES = {
    "unit": ["tests/unit"],
    "integration": ["tests/integration", "tests/contract", "tests/knowledge"],
    "e2e": ["tests/e2e"],
    "browser": ["tests/browser"],
    "webkit": ["tests/webkit"],
}
BY_NAME_ONLY = {"webkit"}
"""Not part of `all`: what it needs is large and not everywhere to be had."""
WITH_CHANCE = {"e2e", "browser"}
"""Whole processes and browsers take part, on a machine that may be busy: what fails there by itself is tried again."""
MOST_BY_CHANCE = 3
NEEDS_BROWSER = {"browser"}
NEEDS_POSTGRES = {"integration"}
PACKAGES = {"chromium": "chromium", "postgres": "postgresql", "WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}


def run_tests(settings: Settings, suite: str, extra: list[str]) -> int:
    """Run a suite or `all`; returns the exit code, 2 when something that it needs is missing."""
    names = [name for name in SUITES if name not in BY_NAME_ONLY] if suite == "all" else [suite]
    missing = _missing_packages(names)
    if missing and not _install(missing):
        return 2
    try:
        if set(names) - {"unit", "webkit"}:
            python = ensure_rasa(settings, _say)
        if set(names) - {"unit"}:
            ensure_browser_libraries(_say)
    except SetupFailed as error:
        _say(str(error))
        return 2
    failed = [name for name in names if _suite(name, extra) != 0]
    if suite in {"all", "integration"} and not extra and _rasa_side(python) != 0:
        failed.append("rasa")
    if failed:
        _say(f"failed: {', '.join(failed)}")
        return 1
    return 0


def _suite(name: str, extra: list[str]) -> int:
    """One suite; the integration tests get a PostgreSQL server beside their SQLite files."""
    if name in WITH_CHANCE and not extra:
        return _with_second_try(name)
    programs = find_postgres() if name in NEEDS_POSTGRES else None
    if programs is None:
        return _pytest(name, extra, {})
    with scratch_postgres(programs) as server:
        return _pytest(name, extra, {"RAPPORT_TEST_POSTGRES_URL": server.url})


def _with_second_try(name: str) -> int:
    """The whole suite, then once more the few tests that failed, in a process of their own.

    The first failure stays in the log: a test that passes only then is a fault to be found, but it stops nothing else.
    """
    cache = Path("var") / "pytest" / name
    memory = ["-o", f"cache_dir={cache}"]
    code = _pytest(name, [*memory, "--cache-clear"], {})
    failed = _failed_before(ROOT / cache)
    if code != 1 or not 0 < len(failed) <= MOST_BY_CHANCE:
        return code
    _say(f"failed at the first try and tried again: {', '.join(failed)}")
    return _pytest(name, [*memory, "--last-failed"], {})


def _failed_before(cache: Path) -> list[str]:
    """The tests that failed when pytest last ran with this cache."""
    try:
        return sorted(json.loads((cache / "v" / "cache" / "lastfailed").read_text()))
    except FileNotFoundError:
        return []


def _pytest(name: str, extra: list[str], env: dict[str, str]) -> int:
    print(f"\n=== {name} ===", flush=True)
    paths = [path for path in SUITES[name] if (ROOT / path).exists()]
    command = [sys.executable, "-m", "pytest", "-q", *paths, *extra]
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=False).returncode
    # 5: a filter given by hand matched nothing in this suite; without a filter an empty suite is a failure.
    return 0 if code == 5 and extra else code


def _rasa_side(python: Path) -> int:
    """What can only be checked inside Rasa's environment: its own unit tests, data validation, test stories."""
    env = {**os.environ, "RAPPORT_INTERNAL_TOKEN": "test", "RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": str(ROOT)}
    env |= {"TF_CPP_MIN_LOG_LEVEL": "3", "SQLALCHEMY_SILENCE_UBER_WARNING": "1"}
    print("\n=== rasa: runtime tests ===", flush=True)
    code = subprocess.run(
        [str(python), "-W", "ignore", "-m", "unittest", "discover", "-q", "-s", "tests/rasa_runtime", "-t", "."],
        cwd=ROOT, env=env, check=False,
    ).returncode  # fmt: skip
    print("\n=== rasa: data validation and test stories ===", flush=True)
    checked = subprocess.run(
        [sys.executable, "-m", "bot.commands.rasa_checks", str(python)], cwd=ROOT, env=env, check=False
    )
    return code or checked.returncode


def check() -> int:
    """Format, lint, types, import contracts; all run, so that one call shows everything."""
    steps = {
        "format": ["ruff", "format", "--check", "--quiet", "."],
        "lint": ["ruff", "check", "--quiet", "--output-format", "concise", "."],
        "types": ["mypy"],
        "imports": ["lint-imports"],
    }
    failed = []
    for name, command in steps.items():
        print(f"=== {name} ===", flush=True)
        tool = Path(sys.executable).parent / command[0]
        if subprocess.run([str(tool), *command[1:]], cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
    print("=== docs match the code ===", flush=True)
    docs = subprocess.run([sys.executable, "-m", "pytest", "-q", "tests/unit/docs"], cwd=ROOT, check=False)
    if docs.returncode != 0:
        failed.append("docs")
    if failed:
        _say(f"check failed: {', '.join(failed)}")
        return 1
    return 0


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's server programs: on PATH, or where Debian keeps its versions."""
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def _missing_packages(names: list[str]) -> list[str]:
    missing = []
    if set(names) & NEEDS_BROWSER and not (shutil.which("chromium") or os.environ.get("CHROMIUM")):
        missing.append(PACKAGES["chromium"])
    if set(names) & NEEDS_POSTGRES and find_postgres() is None:
        missing.append(PACKAGES["postgres"])
    if "webkit" in names:
        missing += [PACKAGES[program] for program in ("WebKitWebDriver", "Xvfb") if not shutil.which(program)]
    return missing


def _install(packages: list[str]) -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        _say(f"these tests need the Debian packages {' '.join(packages)}; install them and run this again.")
        return False
    _say(f"installing {' '.join(packages)} ...")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A mirror may be away for a moment, and the machine may be installing something itself.
    apt = ["apt-get", "-o", "Acquire::Retries=5", "-o", "DPkg::Lock::Timeout=300"]
    subprocess.run([*apt, "update", "-qq"], env=env, check=False, stdout=subprocess.DEVNULL)
    done = subprocess.run(
        [*apt, "install", "-y", "-qq", "--no-install-recommends", *packages], env=env, check=False,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        _say(f"could not install {' '.join(packages)}; install them by hand and run this again.")
    return done.returncode == 0


def _say(text: str) -> None:
    print(f"rapport: {text}", file=sys.stderr, flush=True)
