"""Articles as JSON. Agents read what is published, supervisors all of it, admins write."""

from bot.gateway.api import Api, Call
from bot.gateway.article_models import (
    ArticleIn,
    ArticleLine,
    ArticleOut,
    ArticleQuery,
    ArticlesOut,
    EditIn,
    NewArticleIn,
    QuestionIn,
    StatusIn,
    VersionOut,
    VersionsOut,
    line,
)
from bot.gateway.keys import APP, WORKER
from bot.gateway.problems import Problem
from bot.gateway.worker_client import WorkerAway
from bot.knowledge.articles import Article, ArticleStatus
from bot.knowledge.explaining import Explanation
from bot.services.app import App
from bot.services.article_verdicts import Tally, by_article, tallies
from bot.services.articles import (
    ArticleMoved,
    ArticleRefused,
    all_articles,
    article_of,
    create_article,
    edit_article,
    history,
    set_status,
)


def add_article_api(api: Api) -> None:
    """`/api/v1/articles/*`."""
    _add_reading(api)
    _add_writing(api)


def _add_reading(api: Api) -> None:
    @api.route(
        "GET", "/api/v1/articles", tag="articles", auth="agent", query=ArticleQuery, returns=ArticlesOut,
        summary="Articles by name, with what came of each; agents see the published ones.",
    )  # fmt: skip
    async def articles(call: Call) -> ArticlesOut:
        query: ArticleQuery = call.query
        found = [a for a in await all_articles(_app(call)) if _visible(call, a) and wanted(a, query)]
        rest = [article for article in found if query.cursor is None or article.id > query.cursor]
        counted = by_article(await tallies(_app(call)))
        page = rest[: query.limit]
        items = [ArticleLine.model_validate(line(a, counted.get(a.id, Tally()))) for a in page]
        return ArticlesOut(items=items, next=page[-1].id if len(rest) > len(page) else None)

    @api.route(
        "GET", "/api/v1/articles/{id}", tag="articles", auth="agent", returns=ArticleOut, errors=(404,),
        summary="An article as it is now.",
    )  # fmt: skip
    async def read(call: Call) -> ArticleOut:
        return await _out(call, await _read(call))

    @api.route(
        "GET", "/api/v1/articles/{id}/versions", tag="articles", auth="supervisor", returns=VersionsOut, errors=(404,),
        summary="All versions of an article, newest first, with what came of each.",
    )  # fmt: skip
    async def versions(call: Call) -> VersionsOut:
        rows = await history(_app(call), call.path("id"))
        if not rows:
            raise Problem(404, "not_found", "There is no such article.")
        counted = await tallies(_app(call), call.path("id"))
        return VersionsOut(
            items=[VersionOut.of(row, counted.get((row.article_id, row.version), Tally())) for row in rows]
        )

    @api.route(
        "GET", "/api/v1/articles/{id}/versions/{version}", tag="articles", auth="supervisor", returns=ArticleOut,
        summary="An article as it was in this version.", errors=(404,),
    )  # fmt: skip
    async def version(call: Call) -> ArticleOut:
        rows = await history(_app(call), call.path("id"))
        row = next((row for row in rows if str(row.version) == call.path("version")), None)
        if row is None:
            raise Problem(404, "not_found", "There is no such version.")
        counted = await tallies(_app(call), row.article_id)
        return ArticleOut.whole(article_of(row), counted.get((row.article_id, row.version), Tally()))

    @api.route(
        "POST", "/api/v1/articles/try", tag="articles", auth="supervisor", body=QuestionIn, returns=Explanation,
        summary="What customers would be answered to this now, with scores and runners-up.", errors=(503,),
    )  # fmt: skip
    async def attempt(call: Call) -> Explanation:
        try:
            return await call.request.app[WORKER].ask(call.body.text)
        except WorkerAway as error:
            raise Problem(503, "worker_away", "The bot cannot be asked just now; try again in a moment.") from error


def _add_writing(api: Api) -> None:
    @api.route(
        "POST", "/api/v1/articles", tag="articles", auth="admin", body=NewArticleIn, returns=ArticleOut,
        summary="Write a new article.", errors=(409, 422),
    )  # fmt: skip
    async def create(call: Call) -> ArticleOut:
        body: NewArticleIn = call.body
        try:
            made = await create_article(_app(call), call.who.email, body.article(body.id), body.note)
        except ArticleRefused as error:
            raise Problem(409, "article_refused", str(error)) from error
        return await _out(call, made)

    @api.route(
        "PUT", "/api/v1/articles/{id}", tag="articles", auth="admin", body=EditIn, returns=ArticleOut,
        summary="Keep a new version; 409 when somebody else has saved one meanwhile.", errors=(404, 409, 422),
    )  # fmt: skip
    async def edit(call: Call) -> ArticleOut:
        body: EditIn = call.body
        return await _out(call, await _kept(call, body, body.version))

    @api.route(
        "POST", "/api/v1/articles/{id}/status", tag="articles", auth="admin", body=StatusIn, returns=ArticleOut,
        summary="Publish an article, archive it, or take it back to a draft.", errors=(404,),
    )  # fmt: skip
    async def status(call: Call) -> ArticleOut:
        body: StatusIn = call.body
        try:
            made = await set_status(_app(call), call.who.email, call.path("id"), body.status, body.note)
        except LookupError as error:
            raise Problem(404, "not_found", str(error)) from error
        return await _out(call, made)


async def _kept(call: Call, body: ArticleIn, version: int) -> Article:
    try:
        return await edit_article(_app(call), call.who.email, body.article(call.path("id"), version), body.note)
    except LookupError as error:
        raise Problem(404, "not_found", str(error)) from error
    except ArticleMoved as error:
        raise Problem(409, "article_moved", str(error)) from error
    except ArticleRefused as error:
        raise Problem(409, "article_refused", str(error)) from error


async def _read(call: Call) -> Article:
    found = next((a for a in await all_articles(_app(call)) if a.id == call.path("id")), None)
    if found is None or not _visible(call, found):
        raise Problem(404, "not_found", "There is no such article.")
    return found


async def _out(call: Call, article: Article) -> ArticleOut:
    counted = by_article(await tallies(_app(call), article.id))
    return ArticleOut.whole(article, counted.get(article.id, Tally()))


def wanted(article: Article, query: ArticleQuery) -> bool:
    """Whether the list asked for shows this article: every word of `q` is in its name, title, tags or questions."""
    text = " ".join([article.id, article.title, *article.tags, *article.questions]).casefold()
    return (
        query.status in {None, article.status}
        and query.audience in {None, article.audience}
        and all(word in text for word in (query.q or "").casefold().split())
    )


def _visible(call: Call, article: Article) -> bool:
    return article.status is ArticleStatus.PUBLISHED or bool(call.who.may("supervisor"))


def _app(call: Call) -> App:
    return call.request.app[APP]
