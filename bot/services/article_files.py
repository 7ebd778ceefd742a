"""Articles between files and the store: seeded at start, exported and imported by command.

The files of the seed folder are taken over as long as nobody has edited the article in the store. An edit made there
stands: a file that says something else is held back and told about, never written over it.
"""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.knowledge.articles import Article, ArticleStatus, load_articles, to_markdown
from bot.services.app import App
from bot.services.articles import newest, write_version
from bot.settings import ROOT
from bot.store.engine import Tx
from bot.store.tables import ArticleRow

FAQ = ROOT / "data" / "knowledge" / "faq"
SEEDER = "files"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Taken:
    """What reading a folder changed in the store, as article ids."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    archived: tuple[str, ...] = ()
    held_back: tuple[str, ...] = ()
    """Edited in the store, with a file that says something else and was not taken over."""


async def seed_articles(app: App, folder: Path = FAQ) -> Taken:
    """Bring the store in line with the folder's files; doing it again changes nothing.

    A new file is a new article, a changed one a new version, one that is gone archives its article, each only if the
    article was not edited in the store. Raises KnowledgeFileError for a broken file, FileNotFoundError without folder.
    """
    files = await asyncio.to_thread(load_articles, folder)
    try:
        return await _seed(app, files)
    except IntegrityError:
        # Another process seeded at the same moment; what it left is now seen.
        return await _seed(app, files)


def log_taken(taken: Taken, folder: Path) -> None:
    """Say in the log what seeding changed, and what waits for somebody's decision."""
    for article_id in taken.held_back:
        log.warning(
            "articles.file_held_back",
            article=article_id,
            why="the article was edited in the studio and its file says something else",
            remedy=f"'./rapport articles import {folder}' takes the files, 'export' writes the edits into them",
        )
    if taken.added or taken.changed or taken.archived:
        log.info("articles.seeded", added=len(taken.added), changed=list(taken.changed), archived=list(taken.archived))


async def _seed(app: App, files: list[Article]) -> Taken:
    async with app.write() as tx:
        now = app.now()
        stored, rows = await _stored(tx)
        added, changed, held_back = [], [], []
        for article in files:
            read, row, current = content_hash(article), rows.get(article.id), stored.get(article.id)
            if row is None or current is None:
                await write_version(tx, now, article, origin="file", author=SEEDER, file_hash=read)
                added.append(article.id)
            elif read == content_hash(current):
                row.file_hash = read
            elif row.file_hash == content_hash(current):
                following = replace(article, version=max(current.version + 1, article.version))
                await write_version(tx, now, following, origin="file", author=SEEDER, file_hash=read)
                changed.append(article.id)
            elif row.file_hash != read:
                held_back.append(article.id)
        archived = await _archive_gone(tx, now, {article.id for article in files}, stored, rows)
        return Taken(tuple(added), tuple(changed), tuple(archived), tuple(held_back))


async def _archive_gone(
    tx: Tx, now: datetime, there: set[str], stored: dict[str, Article], rows: dict[str, ArticleRow]
) -> list[str]:
    gone = []
    # An empty folder is a mistake of the installation and no wish to have no answers.
    for article_id in sorted(stored.keys() - there) if there else ():
        current = stored[article_id]
        of_file = rows[article_id].file_hash == content_hash(current)
        if of_file and current.status is not ArticleStatus.ARCHIVED:
            archived = replace(current, status=ArticleStatus.ARCHIVED, version=current.version + 1)
            kept, why = content_hash(archived), "its file is gone"
            await write_version(tx, now, archived, origin="file", author=SEEDER, note=why, file_hash=kept)
            gone.append(article_id)
    return gone


async def import_articles(app: App, folder: Path, author: str) -> Taken:
    """Take every file of `folder`: what differs becomes the article's next version, whoever edited it last.

    Articles without a file stay as they are. Raises KnowledgeFileError and FileNotFoundError; then nothing is changed.
    """
    files = await asyncio.to_thread(load_articles, folder)
    async with app.write() as tx:
        stored, _ = await _stored(tx)
        added: list[str] = []
        changed: list[str] = []
        for article in files:
            current = stored.get(article.id)
            if current is not None and content_hash(current) == content_hash(article):
                continue
            version = article.version if current is None else max(current.version + 1, article.version)
            await write_version(tx, app.now(), replace(article, version=version), origin="import", author=author)
            (added if current is None else changed).append(article.id)
    return Taken(tuple(added), tuple(changed))


async def export_articles(app: App, folder: Path) -> list[Path]:
    """Write each article as it is now to `folder/ID.md`, drafts and archived ones too; returns the files that changed.

    Other files in the folder are left alone. Raises OSError when it cannot be written.
    """
    async with app.read() as tx:
        articles = await newest(tx)
    return await asyncio.to_thread(_write_files, folder, articles)


def _write_files(folder: Path, articles: list[Article]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for article in articles:
        path, text = folder / f"{article.id}.md", to_markdown(article)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        unfinished = path.with_suffix(".md.part")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
        written.append(path)
    return written


def content_hash(article: Article) -> str:
    """What the article says, whatever its version number."""
    return hashlib.sha256(to_markdown(replace(article, version=1)).encode()).hexdigest()


async def _stored(tx: Tx) -> tuple[dict[str, Article], dict[str, ArticleRow]]:
    rows = {row.id: row for row in (await tx.execute(select(ArticleRow).with_for_update())).scalars()}
    return {article.id: article for article in await newest(tx)}, rows
