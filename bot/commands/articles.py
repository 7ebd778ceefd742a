"""`./rapport articles export FOLDER` and `import FOLDER`: the articles of the store as files, and back."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from rich.console import Console

from bot.bootstrap import ready_app
from bot.knowledge.marked_yaml import KnowledgeFileError
from bot.services.app import App
from bot.services.article_files import FAQ, export_articles, import_articles, seed_articles
from bot.settings import ROOT, Settings

AUTHOR = "command line"

console = Console(highlight=False, soft_wrap=True)


def export_to(settings: Settings, folder: Path) -> int:
    """Write every article to `folder`; returns the exit code."""

    async def work(app: App) -> str:
        written = await export_articles(app, folder)
        return f"{len(written)} files written to {folder}; the others were up to date."

    return _run(settings, work)


def import_from(settings: Settings, folder: Path) -> int:
    """Take every article of `folder`; returns the exit code, 2 for a file that is not in order."""

    async def work(app: App) -> str:
        taken = await import_articles(app, folder, AUTHOR)
        return f"{len(taken.added)} articles are new and {len(taken.changed)} have a new version."

    return _run(settings, work)


def held_back_sentence(articles: Sequence[str]) -> str:
    """What to do about files that say something else than what was edited in the studio."""
    folder = FAQ.relative_to(ROOT)
    return (
        f"{', '.join(articles)}: edited in the studio, and the file in {folder} says something else. The edit stands. "
        f"'./rapport articles export {folder}' writes the edits into the files, "
        f"'./rapport articles import {folder}' takes the files instead."
    )


def _run(settings: Settings, work: Callable[[App], Awaitable[str]]) -> int:
    async def run() -> str:
        async with ready_app(settings) as app:
            await seed_articles(app)
            return await work(app)

    try:
        console.print(asyncio.run(run()), markup=False)
    except (KnowledgeFileError, OSError) as error:
        console.print(f"rapport: {error}", markup=False)
        return 2
    return 0
