"""What the routes about articles take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from bot.knowledge.articles import Article, ArticleStatus, Audience
from bot.services.article_verdicts import Tally
from bot.store.tables import ArticleVersion

MAX_ARTICLE = 20_000
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class ArticleQuery(BaseModel):
    q: str | None = Field(default=None, max_length=200, description="Words in the name, title, tags or questions.")
    status: ArticleStatus | None = None
    audience: Audience | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=120)


class TallyOut(BaseModel):
    """In how many cases each came of the article."""

    shown: int
    yes: int
    no: int
    none_of_these: int
    escalated: int
    helped: float | None = Field(description="Share of yes among those who said yes or no.")

    @classmethod
    def of(cls, tally: Tally) -> "TallyOut":
        return cls(
            shown=tally.shown, yes=tally.yes, no=tally.no, none_of_these=tally.none_of_these,
            escalated=tally.escalated, helped=tally.helped,
        )  # fmt: skip


class ArticleIn(BaseModel):
    """An article's content. Placeholders such as `{company}` are filled when it is given as an answer."""

    title: Short
    body: str = Field(min_length=1, max_length=MAX_ARTICLE, description="Markdown.")
    tags: list[Short] = Field(default=[], max_length=30)
    questions: list[Short] = Field(min_length=1, max_length=60, description="What people ask, one each.")
    intents: list[Short] = Field(default=[], max_length=20)
    audience: Audience = Audience.CUSTOMER
    status: ArticleStatus = ArticleStatus.DRAFT
    note: str = Field(default="", max_length=300, description="Why; kept with the version.")

    def article(self, article_id: str, version: int = 1) -> Article:
        return Article(
            id=article_id, title=self.title, body=self.body, tags=tuple(self.tags), questions=tuple(self.questions),
            intents=tuple(self.intents), audience=self.audience, status=self.status, version=version,
        )  # fmt: skip


class NewArticleIn(ArticleIn):
    id: str = Field(min_length=1, max_length=120, description="Short name: a-z, 0-9 and single hyphens; it stays.")


class EditIn(ArticleIn):
    version: int = Field(ge=1, description="The version this edit began from.")


class StatusIn(BaseModel):
    status: ArticleStatus
    note: str = Field(default="", max_length=300)


class ArticleLine(BaseModel):
    id: str
    title: str
    tags: list[str]
    audience: Audience
    status: ArticleStatus
    version: int
    tally: TallyOut


class ArticlesOut(BaseModel):
    items: list[ArticleLine]
    next: str | None


class ArticleOut(ArticleLine):
    body: str
    questions: list[str]
    intents: list[str]

    @classmethod
    def whole(cls, article: Article, tally: Tally) -> "ArticleOut":
        return cls(**line(article, tally), body=article.body, questions=list(article.questions),
                   intents=list(article.intents))  # fmt: skip


class VersionOut(BaseModel):
    """One version with what came of it."""

    version: int
    status: ArticleStatus
    author: str
    origin: str = Field(description="`file`, `import` or `studio`.")
    note: str
    created_at: datetime
    tally: TallyOut

    @classmethod
    def of(cls, row: ArticleVersion, tally: Tally) -> "VersionOut":
        return cls(
            version=row.version, status=ArticleStatus(row.status), author=row.author, origin=row.origin, note=row.note,
            created_at=row.created_at, tally=TallyOut.of(tally),
        )  # fmt: skip


class VersionsOut(BaseModel):
    items: list[VersionOut]
    next: str | None = None


class QuestionIn(BaseModel):
    text: str = Field(min_length=1, max_length=2000)


def line(article: Article, tally: Tally) -> dict[str, object]:
    """What a list shows of an article."""
    return {
        "id": article.id, "title": article.title, "tags": list(article.tags), "audience": article.audience,
        "status": article.status, "version": article.version, "tally": TallyOut.of(tally),
    }  # fmt: skip
