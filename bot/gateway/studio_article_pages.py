"""The studio's pages about what the bot answers from: search, try a question, write, publish, look at old versions."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from bot.gateway.article_api import wanted
from bot.gateway.article_models import ArticleIn, ArticleQuery, StatusIn
from bot.gateway.bodies import read_form
from bot.gateway.keys import APP, WORKER
from bot.gateway.pages import render, require_page_staff
from bot.gateway.worker_client import WorkerAway
from bot.knowledge.articles import Article, ArticleStatus, Audience
from bot.knowledge.guide_check import load_guides
from bot.knowledge.guides import Guide
from bot.knowledge.placeholders import fill
from bot.services.app import App
from bot.services.article_verdicts import Tally, by_article, tallies
from bot.services.articles import (
    ArticleRefused,
    all_articles,
    article_of,
    create_article,
    edit_article,
    history,
    set_status,
)
from bot.services.staff import StaffMember
from bot.settings import ROOT
from bot.store.tables import ArticleVersion

GUIDES = ROOT / "data" / "knowledge" / "guides"
SORTS = {"": "by name", "shown": "most shown first", "trouble": "least helpful first"}
MAX_QUESTION = 2000
EMPTY = Article(id="", title="", body="", status=ArticleStatus.DRAFT)


def add_article_pages(application: web.Application) -> None:
    """`/studio/articles/*`."""
    router = application.router
    router.add_get("/studio/articles", _articles)
    router.add_get("/studio/articles/new", _new)
    router.add_post("/studio/articles/new", _create)
    router.add_get("/studio/articles/{id}", _article)
    router.add_post("/studio/articles/{id}", _edit)
    router.add_post("/studio/articles/{id}/status", _status)


async def _articles(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "supervisor")
    app, query = request.app[APP], _query(request)
    counted = by_article(await tallies(app))
    every = await all_articles(app)
    found = [(article, counted.get(article.id, Tally())) for article in every if wanted(article, query)]
    sort = request.query.get("sort", "")
    if sort == "shown":
        found.sort(key=lambda each: -each[1].shown)
    elif sort == "trouble":
        found.sort(key=lambda each: -_trouble(each[1]))
    asked = request.query.get("ask", "").strip()[:MAX_QUESTION]
    answer, problem = await _tried(request, asked) if asked else (None, None)
    return render(
        request, "studio/articles.html", filled=_filler(app), articles=found, total=len(every),
        guides=await asyncio.to_thread(_guides),
        q=request.query.get("q", ""), status_asked=request.query.get("status", ""), sort=sort, sorts=SORTS,
        statuses=[each.value for each in ArticleStatus], asked=asked, answer=answer, problem=problem,
        may_act=member.may("admin"),
    )  # fmt: skip


def _trouble(tally: Tally) -> int:
    return tally.no + tally.none_of_these + tally.escalated - tally.yes


def _query(request: web.Request) -> ArticleQuery:
    status = request.query.get("status", "")
    known = {each.value for each in ArticleStatus}
    return ArticleQuery(q=request.query.get("q", "")[:200], status=ArticleStatus(status) if status in known else None)


async def _tried(request: web.Request, asked: str) -> tuple[Any, str | None]:
    try:
        return await request.app[WORKER].ask(asked), None
    except WorkerAway:
        return None, "The bot cannot be asked just now; try again in a moment."


def _filler(app: App) -> Callable[[str], str]:
    """Puts the company's words into a title, as customers see it; in what is edited they stay blank."""
    settings = app.settings
    words = {
        "company": settings.company,
        "support_email": settings.support_email,
        "support_hours": settings.opening_hours,
    }
    return lambda text: fill(text, words)


def _guides() -> list[Guide]:
    guides = load_guides(GUIDES)
    return [guides[name] for name in sorted(guides)]


async def _new(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    return _form_page(request, member, EMPTY, None)


async def _create(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    form = await read_form(request)
    article_id = _text(form, "id").strip()
    try:
        values = _article_in(form)
        made = await create_article(request.app[APP], member.email, values.article(article_id), values.note)
    except (ArticleRefused, ValidationError) as error:
        return _form_page(request, member, _as_typed(form, article_id), _sentence(error))
    raise web.HTTPSeeOther(f"/studio/articles/{made.id}")


async def _article(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "supervisor")
    versions = await _versions(request)
    chosen = next((row for row in versions if str(row.version) == request.query.get("version")), versions[0])
    # Saving an old version is editing the newest one into it.
    edited = replace(article_of(chosen), version=versions[0].version)
    return await _article_page(request, member, edited, versions, chosen=chosen.version)


async def _edit(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    form = await read_form(request)
    article_id = request.match_info["id"]
    try:
        base = int(_text(form, "version") or 0)
        values = _article_in(form)
        await edit_article(request.app[APP], member.email, values.article(article_id, base), values.note)
    except LookupError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    except (ArticleRefused, ValueError) as error:
        typed = _as_typed(form, article_id)
        versions = await _versions(request)
        return await _article_page(request, member, typed, versions, problem=_sentence(error), status=409)
    raise web.HTTPSeeOther(f"/studio/articles/{article_id}")


async def _status(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    article_id = request.match_info["id"]
    try:
        wish = StatusIn.model_validate({name: _text(await read_form(request), name) for name in ("status", "note")})
        await set_status(request.app[APP], member.email, article_id, wish.status, wish.note)
    except LookupError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    except ValidationError as error:
        raise web.HTTPUnprocessableEntity(text=_sentence(error)) from error
    raise web.HTTPSeeOther(f"/studio/articles/{article_id}")


async def _versions(request: web.Request) -> list[ArticleVersion]:
    versions = await history(request.app[APP], request.match_info["id"])
    if not versions:
        raise web.HTTPNotFound(text="There is no such article.")
    return versions


async def _article_page(
    request: web.Request,
    member: StaffMember,
    article: Article,
    versions: list[ArticleVersion],
    *,
    chosen: int | None = None,
    problem: str | None = None,
    status: int = 200,
) -> web.Response:
    app: App = request.app[APP]
    counted = await tallies(app, article.id)
    listed = [(row, counted.get((row.article_id, row.version), Tally())) for row in versions]
    return render(
        request, "studio/article.html", status=status, filled=_filler(app), article=article,
        current=article_of(versions[0]),
        versions=listed, whole=sum((tally for _, tally in listed), Tally()), chosen=chosen or versions[0].version,
        problem=problem, audiences=[each.value for each in Audience], may_act=member.may("admin"),
    )  # fmt: skip


def _form_page(request: web.Request, member: StaffMember, article: Article, problem: str | None) -> web.Response:
    return render(
        request, "studio/article_new.html", status=409 if problem else 200, article=article, problem=problem,
        audiences=[each.value for each in Audience], may_act=member.may("admin"),
    )  # fmt: skip


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _parts(form: Mapping[str, Any]) -> dict[str, Any]:
    """The form's fields as the model wants them: lists by commas or by lines."""
    return {
        "title": _text(form, "title"),
        "body": _text(form, "body").replace("\r\n", "\n"),
        "tags": [tag.strip() for tag in _text(form, "tags").split(",") if tag.strip()],
        "questions": [line.strip() for line in _text(form, "questions").splitlines() if line.strip()],
        "intents": [name.strip() for name in _text(form, "intents").split(",") if name.strip()],
        "audience": _text(form, "audience"),
        "status": _text(form, "status"),
        "note": _text(form, "note"),
    }


def _article_in(form: Mapping[str, Any]) -> ArticleIn:
    return ArticleIn.model_validate(_parts(form))


def _as_typed(form: Mapping[str, Any], article_id: str) -> Article:
    """What somebody typed, in order or not, so that nothing of it is lost with the refusal."""
    parts = _parts(form)
    number = _text(form, "version")
    return Article(
        id=article_id, title=parts["title"], body=parts["body"], tags=tuple(parts["tags"]),
        questions=tuple(parts["questions"]), intents=tuple(parts["intents"]),
        audience=Audience.AGENT if parts["audience"] == Audience.AGENT.value else Audience.CUSTOMER,
        status=ArticleStatus.PUBLISHED if parts["status"] == ArticleStatus.PUBLISHED.value else ArticleStatus.DRAFT,
        version=int(number) if number.isascii() and number.isdigit() else 1,
    )  # fmt: skip


def _sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = str(first["loc"][0]).capitalize() if first["loc"] else "This"
        return f"{field}: {first['msg']}."
    return str(error)
