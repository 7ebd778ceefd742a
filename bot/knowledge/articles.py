"""FAQ articles: what one is, how it is read from a Markdown file and written back to one.

The files seed the database and are what an export gives back, so reading and writing are exact opposites.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.knowledge.marked_yaml import KnowledgeFileError, read_marked_yaml
from bot.knowledge.placeholders import PLACEHOLDERS, unknown_placeholders

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FENCE = "---"
_EXPORT_WIDTH = 10_000  # never fold a title or question: a folded line makes needless diffs

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\n]*$")]
IntentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Audience(StrEnum):
    """Who may read an article."""

    CUSTOMER = "customer"
    AGENT = "agent"


class ArticleStatus(StrEnum):
    """Only published articles are ever given as an answer."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Article:
    """One answer of the knowledge base; `id` is the slug, which is also the file's name."""

    id: str
    title: str
    body: str
    tags: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    audience: Audience = Audience.CUSTOMER
    status: ArticleStatus = ArticleStatus.PUBLISHED
    version: int = 1


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Line
    tags: list[Line] = Field(default_factory=list)
    questions: list[Line] = Field(min_length=1, max_length=60)
    intents: list[IntentName] = Field(default_factory=list)
    audience: Audience = Audience.CUSTOMER
    status: ArticleStatus = ArticleStatus.PUBLISHED
    version: int = Field(default=1, ge=1, strict=True)


def parse_article(text: str, article_id: str, file: str) -> Article:
    """Read one article: YAML front matter between two lines `---`, then Markdown.

    Raises KnowledgeFileError, naming file and line, for anything that is missing, unknown or malformed.
    """
    if not _SLUG.fullmatch(article_id):
        raise KnowledgeFileError(file, 1, f"'{article_id}' is no slug: use a-z, 0-9 and single hyphens")
    lines = text.replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
    if lines[0].rstrip() != _FENCE:
        raise KnowledgeFileError(file, 1, "the first line must be '---', followed by title, questions, ...")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        raise KnowledgeFileError(file, len(lines), "the front matter is never closed by a second line '---'")

    marked = read_marked_yaml("\n".join(lines[1:end]), file, first_line=2)
    try:
        front = _FrontMatter.model_validate(marked.data)
    except ValidationError as error:
        raise marked.validation_error(error) from error
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        raise KnowledgeFileError(file, end + 1, "the article has no text below its front matter")
    _check_placeholders(lines, file)
    seen: set[str] = set()
    for position, question in enumerate(front.questions):
        if question.casefold() in seen:
            raise marked.error(("questions", position), f"the question '{question}' is there twice")
        seen.add(question.casefold())
    return Article(
        id=article_id,
        title=front.title,
        body=body,
        tags=tuple(front.tags),
        questions=tuple(front.questions),
        intents=tuple(front.intents),
        audience=front.audience,
        status=front.status,
        version=front.version,
    )


def _check_placeholders(lines: Iterable[str], file: str) -> None:
    for number, line in enumerate(lines, 1):
        for name in unknown_placeholders(line):
            known = ", ".join(sorted(PLACEHOLDERS))
            raise KnowledgeFileError(file, number, f"unknown placeholder {{{name}}}; known are {known}")


def load_articles(folder: Path) -> list[Article]:
    """Read every `*.md` of `folder`, sorted by slug.

    Raises KnowledgeFileError for the first bad file, FileNotFoundError when there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder of articles at {folder}")
    articles = []
    for path in sorted(folder.glob("*.md")):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise KnowledgeFileError(str(path), 1, "the file is not UTF-8 text") from error
        articles.append(parse_article(text, path.stem, str(path)))
    return articles


class _OffTopic(BaseModel):
    model_config = ConfigDict(extra="forbid")

    phrases: list[Line]


def load_off_topic(path: Path) -> list[str]:
    """Read the phrases that no article is to answer; raises KnowledgeFileError or FileNotFoundError."""
    marked = read_marked_yaml(path.read_text(encoding="utf-8"), str(path))
    try:
        return _OffTopic.model_validate(marked.data).phrases
    except ValidationError as error:
        raise marked.validation_error(error) from error


class _FlowList(list[str]):
    """A list written on one line: `[a, b]`."""


class _ArticleDumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key, as people write them."""
        super().increase_indent(flow, False)


def _represent_flow_list(dumper: yaml.SafeDumper, items: _FlowList) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_ArticleDumper.add_representer(_FlowList, _represent_flow_list)


def to_markdown(article: Article) -> str:
    """Write an article as the file that `parse_article` reads back into an equal one."""
    front = {
        "title": article.title,
        "tags": _FlowList(article.tags),
        "questions": list(article.questions),
        "intents": _FlowList(article.intents),
        "audience": article.audience.value,
        "status": article.status.value,
        "version": article.version,
    }
    head = yaml.dump(front, Dumper=_ArticleDumper, sort_keys=False, allow_unicode=True, width=_EXPORT_WIDTH)
    return f"{_FENCE}\n{head}{_FENCE}\n{article.body}\n"
