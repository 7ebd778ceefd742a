"""The operator's commands: migrate, doctor, bench."""

import asyncio
import os
import shutil
import subprocess
import sys

from rich.console import Console

from bot.bootstrap import build_app
from bot.commands.articles import held_back_sentence
from bot.commands.guides import check_guides, told
from bot.environments import SetupFailed, ensure_browser_libraries, ensure_rasa
from bot.knowledge.marked_yaml import KnowledgeFileError
from bot.services.article_files import seed_articles
from bot.settings import ROOT, Settings
from bot.store.migrate import migrate as migrate_store

console = Console(highlight=False, soft_wrap=True)


def migrate(settings: Settings) -> int:
    """Upgrade the schema."""

    async def run() -> None:
        app = build_app(settings)
        try:
            await migrate_store(app.store)
        finally:
            await app.close()

    asyncio.run(run())
    console.print("The store is up to date.")
    return 0


def doctor(settings: Settings) -> int:
    """One line for each need; exit code 1 when one is not met."""
    healthy = True

    def report(name: str, problem: str | None) -> None:
        nonlocal healthy
        healthy = healthy and problem is None
        console.print(
            f"{'ok     ' if problem is None else 'MISSING'} {name}{'' if problem is None else f': {problem}'}"
        )

    report(f"Python {sys.version.split()[0]}", None if sys.version_info >= (3, 11) else "3.11 or newer is needed")
    for name, make in (("Rasa's environment", lambda: ensure_rasa(settings, console.print)),
                       ("browser libraries", lambda: ensure_browser_libraries(console.print))):  # fmt: skip
        try:
            make()
            report(name, None)
        except SetupFailed as error:
            report(name, str(error))
    sound, mistakes = check_guides()
    report(f"{len(sound)} guides", "; ".join(told(mistakes)) or None)
    settings.data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data).free
    report(f"disk of {settings.data}", None if free > 500_000_000 else f"only {free // 1_000_000} MB free")
    report("e-mail", None if settings.smtp_url else "RAPPORT_SMTP_URL is not set; e-mails stay in the outbox")
    try:
        migrate(settings)
        report(f"store {settings.store_url.split('@')[-1]}", None)
    except Exception as error:  # the edge: whatever the driver says is the diagnosis
        report("store", str(error).strip().splitlines()[0])
        return 1
    try:
        held_back = asyncio.run(_held_back(settings))
        report("articles", None)
        if held_back:
            console.print(f"note    articles: {held_back_sentence(held_back)}", markup=False)
    except (KnowledgeFileError, FileNotFoundError) as error:
        report("articles", str(error))
    return 0 if healthy else 1


async def _held_back(settings: Settings) -> tuple[str, ...]:
    app = build_app(settings)
    try:
        return (await seed_articles(app)).held_back
    finally:
        await app.close()


def bench(settings: Settings, name: str, arguments: list[str]) -> int:
    """Run `bench/NAME.py`."""
    script = ROOT / "bench" / f"{name}.py"
    known = sorted(path.stem for path in (ROOT / "bench").glob("*.py") if not path.stem.startswith("_"))
    if script.stem not in known:
        console.print(f"rapport: there is no benchmark {name!r}; choose from {', '.join(known)}.")
        return 2
    env = {**os.environ, "RAPPORT_DATA": str(settings.data), "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, str(script), *arguments], cwd=ROOT, env=env, check=False).returncode
