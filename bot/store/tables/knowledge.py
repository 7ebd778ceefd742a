"""What the bot answers from: articles, every version they ever had, and how customers found them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id, id_column

Slug = String(120)


class ArticleRow(Base):
    """An article as it is now; `version` points at its newest version, which holds the content."""

    __tablename__ = "rp_article"

    id: Mapped[str] = mapped_column(Slug, primary_key=True)
    version: Mapped[int]
    file_hash: Mapped[str | None] = mapped_column(String(64))
    """The content of its file when that was last taken over; none for an article that has no file."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ArticleVersion(Base):
    """One version of an article; never changed and never deleted, so that an old answer can be looked up."""

    __tablename__ = "rp_article_version"

    article_id: Mapped[str] = mapped_column(Slug, ForeignKey("rp_article.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[Any]]
    questions: Mapped[list[Any]]
    intents: Mapped[list[Any]]
    audience: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10))
    origin: Mapped[str] = mapped_column(String(10))
    """`file` when it came from a file at start, `studio` when a person made it here, `import` by command."""
    author: Mapped[str] = mapped_column(String(320))
    note: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]


class ArticleVerdict(Base):
    """What came of an article in one case: `shown`, `yes`, `no`, `none_of_these` or `escalated`, each once a case."""

    __tablename__ = "rp_article_verdict"
    __table_args__ = (UniqueConstraint("article_id", "version", "case_id", "verdict"),)

    id: Mapped[str] = id_column()
    article_id: Mapped[str] = mapped_column(Slug)
    version: Mapped[int]
    case_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_case.id"), index=True)
    verdict: Mapped[str] = mapped_column(String(14))
    created_at: Mapped[datetime]
