"""The articles in the store: each save is a new version, nothing that was ever said to a customer is lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select

from bot.adapters.assistant_files import domain_intents
from bot.knowledge.articles import Article, ArticleStatus, Audience, parse_article, to_markdown
from bot.knowledge.marked_yaml import KnowledgeFileError
from bot.services.app import App, hint
from bot.store.engine import Tx
from bot.store.tables import ArticleRow, ArticleVersion, TaughtIntent

TOPIC = "articles"
"""The hint that somebody has changed an article."""


class ArticleRefused(Exception):
    """The article cannot be kept like this; the text says why and what to do."""


class ArticleMoved(ArticleRefused):
    """Somebody else has saved a newer version meanwhile."""


async def all_articles(app: App) -> list[Article]:
    """Every article as it is now, whatever its status and audience, by id."""
    async with app.read() as tx:
        return await newest(tx)


async def newest(tx: Tx) -> list[Article]:
    """Every article as it is now, by id."""
    rows = await tx.execute(
        select(ArticleVersion)
        .join(ArticleRow, (ArticleRow.id == ArticleVersion.article_id) & (ArticleRow.version == ArticleVersion.version))
        .order_by(ArticleRow.id)
    )
    return [article_of(row) for row in rows.scalars()]


async def stamp(app: App) -> int:
    """A number that changes with every change of an article: versions are only ever added."""
    async with app.read() as tx:
        return int((await tx.execute(select(func.count()).select_from(ArticleVersion))).scalar_one())


async def history(app: App, article_id: str) -> list[ArticleVersion]:
    """All versions, newest first; empty for an article that does not exist."""
    async with app.read() as tx:
        rows = await tx.execute(
            select(ArticleVersion)
            .where(ArticleVersion.article_id == article_id)
            .order_by(ArticleVersion.version.desc())
        )
        return list(rows.scalars())


async def create_article(app: App, author: str, article: Article, note: str = "") -> Article:
    """Keep a new article as version 1. Raises ArticleRefused when it is not in order or its name is taken."""
    made = checked(replace(article, version=1))
    async with app.write() as tx:
        await _check_intents(tx, made.intents)
        if await tx.get(ArticleRow, made.id) is not None:
            raise ArticleRefused(f"There is an article '{made.id}' already; choose another short name.")
        await write_version(tx, app.now(), made, origin="studio", author=author, note=note)
    return made


async def edit_article(app: App, author: str, article: Article, note: str = "") -> Article:
    """Keep `article` as the next version; its `version` is the one the editor began from.

    The same content again makes no new version. Raises LookupError for an unknown article, ArticleMoved when there
    is a newer version, ArticleRefused when it is not in order.
    """
    wanted = checked(article)
    async with app.write() as tx:
        current = await _current(tx, article.id)
        if current.version != article.version:
            raise ArticleMoved(
                f"Somebody has saved version {current.version} meanwhile; you began from version {article.version}. "
                "Reload it and make your change again."
            )
        if wanted == current:
            return current
        if set(wanted.intents) - set(current.intents):
            await _check_intents(tx, wanted.intents)
        made = replace(wanted, version=current.version + 1)
        await write_version(tx, app.now(), made, origin="studio", author=author, note=note)
    return made


async def set_status(app: App, author: str, article_id: str, status: ArticleStatus, note: str = "") -> Article:
    """Publish, archive or take back to a draft, as a new version. Raises LookupError for an unknown article."""
    async with app.write() as tx:
        current = await _current(tx, article_id)
        if current.status is status:
            return current
        made = replace(current, status=status, version=current.version + 1)
        await write_version(tx, app.now(), made, origin="studio", author=author, note=note)
    return made


async def write_version(
    tx: Tx, now: datetime, article: Article, *, origin: str, author: str, note: str = "", file_hash: str | None = None
) -> None:
    """Add `article` as its newest version. `file_hash` is kept when it comes from its file."""
    row = await tx.get(ArticleRow, article.id)
    if row is None:
        row = ArticleRow(id=article.id, version=article.version, created_at=now, updated_at=now)
        tx.add(row)
        await tx.flush()
    row.version, row.updated_at = article.version, now
    if file_hash is not None:
        row.file_hash = file_hash
    tx.add(
        ArticleVersion(
            article_id=article.id, version=article.version, title=article.title, body=article.body,
            tags=list(article.tags), questions=list(article.questions), intents=list(article.intents),
            audience=article.audience.value, status=article.status.value, origin=origin, author=author,
            note=note.strip(), created_at=now,
        )
    )  # fmt: skip
    hint(tx, TOPIC, article.id)


def article_of(row: ArticleVersion) -> Article:
    """The article that a stored version holds."""
    return Article(
        id=row.article_id,
        title=row.title,
        body=row.body,
        tags=tuple(row.tags),
        questions=tuple(row.questions),
        intents=tuple(row.intents),
        audience=Audience(row.audience),
        status=ArticleStatus(row.status),
        version=row.version,
    )


def checked(article: Article) -> Article:
    """The article as its file would give it back. Raises ArticleRefused for what a file could not hold."""
    try:
        return parse_article(to_markdown(article), article.id, f"{article.id}.md")
    except KnowledgeFileError as error:
        raise ArticleRefused(f"{error.message[:1].upper()}{error.message[1:]}.") from error


async def _current(tx: Tx, article_id: str) -> Article:
    row = await tx.get(ArticleRow, article_id, with_for_update=True)
    if row is None:
        raise LookupError("There is no such article.")
    version = await tx.get(ArticleVersion, (article_id, row.version))
    assert version is not None
    return article_of(version)


async def _check_intents(tx: Tx, intents: Sequence[str]) -> None:
    taught = set((await tx.execute(select(TaughtIntent.name).where(TaughtIntent.removed_at.is_(None)))).scalars())
    unknown = sorted(set(intents) - taught - set(domain_intents()))
    if unknown:
        raise ArticleRefused(f"There is no intent {', '.join(unknown)}; leave it out or choose one that exists.")
