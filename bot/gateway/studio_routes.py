"""The studio's pages: the figures and the teaching inbox here, models and articles in modules of their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from markupsafe import Markup
from sqlalchemy import select

from bot.adapters.assistant_files import AssistantFilesBroken
from bot.gateway.api import Api
from bot.gateway.article_api import add_article_api
from bot.gateway.bodies import read_form
from bot.gateway.keys import APP
from bot.gateway.models_api import add_models_api
from bot.gateway.pages import render, require_page_staff
from bot.gateway.studio_api import add_studio_api
from bot.gateway.studio_article_pages import add_article_pages
from bot.gateway.studio_model_pages import add_model_pages
from bot.gateway.studio_widget_pages import add_widget_pages
from bot.insight.dashboard import build_dashboard
from bot.services.inbox import inbox
from bot.services.scores import BadPeriod
from bot.services.staff import StaffMember
from bot.services.teaching import TeachingRefused, add_example, intents, remove_example
from bot.store.tables import Example
from bot.training.dataset import MIN_EXAMPLES

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}
TAUGHT_SHOWN = 200


def add_studio_routes(application: web.Application, api: Api) -> None:
    """`/studio/*` for people; `/api/v1/nlu/*`, `articles`, `models` and `trainings` for programs."""
    add_studio_api(api)
    add_models_api(api)
    add_article_api(api)
    application.router.add_get("/studio", _overview)
    application.router.add_get("/studio/inbox", _inbox)
    application.router.add_get("/studio/taught", _taught)
    application.router.add_post("/studio/taught", _teach)
    application.router.add_post("/studio/taught/{id}/remove", _untaught)
    add_model_pages(application)
    add_article_pages(application)
    add_widget_pages(application)


async def _overview(request: web.Request) -> web.Response:
    await require_page_staff(request, "supervisor")
    app = request.app[APP]
    try:
        frm, to = _period(request, app.now())
        dashboard = await build_dashboard(app, frm, to)
    except (BadPeriod, ValueError) as error:
        return render(
            request, "studio/overview.html", status=422, problem=str(error), dashboard=None, **_choice(request)
        )
    # The charts are drawn by us; their text is escaped where they are drawn.
    charts = [(chart, Markup(chart.svg) if chart.svg else None) for chart in dashboard.charts]  # noqa: S704 -- drawn by us, labels escaped
    return render(request, "studio/overview.html", problem=None, dashboard=dashboard, charts=charts, **_choice(request))


def _choice(request: web.Request) -> dict[str, Any]:
    return {
        "periods": PERIODS,
        "days": "" if request.query.get("from") else request.query.get("days", "30"),
        "from_day": request.query.get("from", ""),
        "to_day": request.query.get("to", ""),
    }


def _period(request: web.Request, now: datetime) -> tuple[datetime, datetime]:
    """The days asked for, or the last 30. Raises BadPeriod with a sentence for anything else."""
    if request.query.get("from"):
        try:
            frm = datetime.fromisoformat(request.query["from"]).replace(tzinfo=UTC)
            last = request.query.get("to")
            to = datetime.fromisoformat(last).replace(tzinfo=UTC) + timedelta(days=1) if last else now
        except ValueError as error:
            raise BadPeriod("Give the days as 2026-07-31.") from error
        return frm, to
    days = request.query.get("days", "30")
    if days not in PERIODS:
        raise BadPeriod(f"Choose {', '.join(PERIODS)} days, or give the first and the last day.")
    return now - timedelta(days=int(days)), now + timedelta(seconds=1)


async def _inbox(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "supervisor")
    page = await inbox(request.app[APP], limit=1)
    return render(request, "studio/inbox.html", total=page.total, may_teach=member.may("admin"))


async def _taught(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "supervisor")
    return await _taught_page(request, member)


async def _taught_page(
    request: web.Request,
    member: StaffMember,
    *,
    problem: str | None = None,
    status: int = 200,
    text: str = "",
    chosen: str = "",
) -> web.Response:
    app = request.app[APP]
    async with app.read() as tx:
        rows = await tx.execute(
            select(Example).where(Example.removed_at.is_(None)).order_by(Example.id.desc()).limit(TAUGHT_SHOWN + 1)
        )
        examples = rows.scalars().all()
    try:
        known = await intents(app)
    except AssistantFilesBroken as error:
        known, problem = [], problem or str(error)
    return render(
        request, "studio/taught.html", status=status, problem=problem, text=text, chosen=chosen, intents=known,
        examples=examples[:TAUGHT_SHOWN], more=len(examples) > TAUGHT_SHOWN, needed=MIN_EXAMPLES,
        unfinished=[intent for intent in known if intent.new and intent.taught < MIN_EXAMPLES],
        may_act=member.may("admin"),
    )  # fmt: skip


async def _teach(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    form = await read_form(request)
    text, chosen = str(form.get("text", ""))[:2000], str(form.get("intent", ""))
    try:
        await add_example(request.app[APP], member, text, chosen)
    except (TeachingRefused, AssistantFilesBroken) as error:
        return await _taught_page(request, member, problem=str(error), status=409, text=text, chosen=chosen)
    raise web.HTTPSeeOther("/studio/taught")


async def _untaught(request: web.Request) -> web.Response:
    member = await require_page_staff(request, "admin")
    try:
        await remove_example(request.app[APP], request.match_info["id"])
    except LookupError as error:
        return await _taught_page(request, member, problem=str(error), status=404)
    raise web.HTTPSeeOther("/studio/taught")
