"""The numbers and what stands behind them: scores by their formulas, and the stored rows as JSON pages or CSV."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.gateway.api import Api, Call
from bot.gateway.keys import APP
from bot.gateway.problems import Problem
from bot.services.listings import MAX_LIMIT, BadQuery, as_csv, page
from bot.services.scores import BadPeriod, By, scores

PERIOD = timedelta(days=90)
"""What is shown when no period is asked for."""

FIRST_YEAR, LAST_YEAR = 1970, 9000

ROUTES = {
    "/api/v1/surveys/responses": ("responses", "Survey answers with their frozen attribution."),
    "/api/v1/surveys/asks": ("asks", "Every decision to ask or not to ask, with its reason."),
    "/api/v1/referrals": ("referrals", "Referrals with their state; friends are the shop's own ids."),
    "/api/v1/reviews": ("reviews", "The equal-offer ledger of the public review link."),
    "/api/v1/testimonials": ("testimonials", "Testimonials with their consent."),
    "/api/v1/goodwill": ("goodwill", "The goodwill ledger: gestures reserved, granted and released, in minor units."),
    "/api/v1/recoveries": ("recoveries", "Low scores with owner, deadline, cause and outcome."),
}


def _storable(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return moment


def _placed(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_placed), AfterValidator(_storable)]
"""A time that can be moved by a time zone or a period without leaving the calendar; a day alone begins in UTC."""


class Period(BaseModel):
    """`from` and `to`, in UTC where they name no time zone; without them the last 90 days."""

    model_config = ConfigDict(populate_by_name=True)

    frm: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None


class MetricsQuery(Period):
    by: Literal["day", "intent"] | None = None


class ListQuery(Period):
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    cursor: str | None = None


class ScoreOut(BaseModel):
    """One figure; `value` is null when there is nothing to count, `enough` is false under five answers."""

    model_config = ConfigDict(extra="allow")

    name: str
    handler: Literal["bot", "human", "all"]
    value: float | None
    n: int
    low: float | None
    high: float | None
    unit: str
    definition: str
    enough: bool


class Scores(BaseModel):
    scores: list[ScoreOut]


class Page(BaseModel):
    items: list[dict[str, Any]]
    next: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


def add_listing_routes(application: web.Application, api: Api) -> None:
    """`/api/v1/metrics` and the lists."""

    @api.route(
        "GET", "/api/v1/metrics", tag="scores", auth="supervisor", query=MetricsQuery, returns=Scores,
        summary="The scores of a period with n and interval, bot and human apart.", errors=(422,),
    )  # fmt: skip
    async def metrics(call: Call) -> Scores:
        app = call.request.app[APP]
        query: MetricsQuery = call.query
        to = query.to or app.now() + timedelta(seconds=1)
        frm = query.frm or to - PERIOD
        try:
            found = await scores(app, frm, to, By(query.by) if query.by else None)
        except BadPeriod as error:
            raise Problem(422, "bad_period", str(error)) from error
        return Scores(scores=[ScoreOut.model_validate(score) for score in found])

    for path, (name, summary) in ROUTES.items():
        _add_list(api, path, name, summary)


def _add_list(api: Api, path: str, name: str, summary: str) -> None:
    @api.route(
        "GET", path, tag="stored", auth="supervisor", query=ListQuery, returns=Page, errors=(422,),
        summary=f"{summary} CSV with `Accept: text/csv`.",
    )  # fmt: skip
    async def rows(call: Call) -> Page | web.Response:
        query: ListQuery = call.query
        try:
            found = await page(
                call.request.app[APP], name, frm=query.frm, to=query.to, limit=query.limit, cursor=query.cursor
            )
        except BadQuery as error:
            raise Problem(422, "bad_query", str(error)) from error
        if "text/csv" in call.request.headers.get("Accept", ""):
            headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
            return web.Response(text=as_csv(found["items"]), content_type="text/csv", headers=headers)
        return Page.model_validate(found)
