"""The dashboard's data: every figure with its definition, n and interval, bot and human apart, and the charts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.domain import metrics
from bot.domain.metrics import Handler, Score, SurveyFact
from bot.domain.reviews import EqualOfferReport, OfferRecord, equal_offer_report
from bot.domain.surveys import SCALES, Band, SurveyKind, band
from bot.insight.charts import Chart, Spec, TrendPoint, distribution, draw, funnel, nps_split, trend
from bot.insight.wording import HANDLERS, REASONS, STAGES, TITLES, interval_text, value_text
from bot.services.app import App
from bot.services.scores import Facts, figure, load_facts, referral_scores, skipped_asks
from bot.store.engine import Tx
from bot.store.tables import Invitation, Recovery, Response, ReviewOffer, Survey

DAYS_BEFORE_WEEKS = 35
"""A longer period is drawn by weeks: single days have too few answers to mean anything."""


@dataclass(frozen=True)
class Figure:
    """One value as the page shows it; under five answers it is muted and says so."""

    handler: str
    value: str
    n: int
    interval: str
    enough: bool
    note: str


@dataclass(frozen=True)
class Tile:
    """One score: what it is called, how it is figured, and its values."""

    name: str
    title: str
    definition: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Recoveries:
    """How the low scores of the period are being made good."""

    opened: int
    closed: int
    overdue: int


@dataclass(frozen=True)
class Dashboard:
    """All that the page shows."""

    frm: datetime
    to: datetime
    tiles: tuple[Tile, ...]
    charts: tuple[Chart, ...]
    skipped: tuple[tuple[str, str, int], ...]
    """Surveys not asked: kind, reason in words, how many."""
    offers: EqualOfferReport
    recoveries: Recoveries


async def build_dashboard(app: App, frm: datetime, to: datetime) -> Dashboard:
    """Figure and draw the period `frm` <= t < `to`. Raises BadPeriod as the scores do."""
    facts = await load_facts(app, frm, to)
    window = timedelta(days=app.settings.fcr_window_days)
    found = [*figure(facts, app.now(), window), *referral_scores(facts.referrals)]
    async with app.report() as tx:
        offers = await _offers(tx, frm, to)
        recoveries = await _recoveries(tx, frm, to, app.now())
    skipped = await skipped_asks(app, frm, to)
    specs = _specs(facts, found, ZoneInfo(app.settings.time_zone), weekly=to - frm > timedelta(days=DAYS_BEFORE_WEEKS))
    return Dashboard(
        frm=frm,
        to=to,
        tiles=tuple(_tiles(found)),
        charts=tuple(await draw(specs)),
        skipped=tuple((row["kind"].upper(), REASONS.get(row["reason"], row["reason"]), row["n"]) for row in skipped),
        offers=offers,
        recoveries=recoveries,
    )


def _tiles(scores: Sequence[Score]) -> list[Tile]:
    tiles = []
    for name, title in TITLES.items():
        mine = [score for score in scores if score.name == name]
        if mine:
            tiles.append(Tile(name, title, mine[0].definition, tuple(_figure(score) for score in mine)))
    return tiles


def _figure(score: Score) -> Figure:
    # Counts of the funnel are complete, not samples: few of them are no reason to doubt them.
    counted = score.unit == "count"
    note = "" if score.enough or counted else "not enough answers" if score.n else "no answers yet"
    return Figure(
        handler=HANDLERS[score.handler],
        value=value_text(score.value, score.unit),
        n=score.n,
        interval="" if counted else interval_text(score),
        enough=score.enough or counted,
        note=note,
    )


def _specs(facts: Facts, scores: Sequence[Score], zone: ZoneInfo, *, weekly: bool) -> list[Spec]:
    surveys = [row.fact for row in facts.surveys]
    by_period = _by_period(facts, zone, weekly=weekly)
    each = "week" if weekly else "day"
    stages = {score.name: score.value or 0 for score in scores if score.unit == "count"}
    return [
        trend(
            "trend", f"Satisfaction and ease, by {each}",
            [*_points("CSAT", metrics.csat, by_period), *_points("CES", metrics.ces, by_period)],
            unit="%", bottom=0, top=100, order=("CSAT", "CES"),
        ),
        trend(
            "nps-trend", f"Recommendation (NPS), by {each}", _points("NPS", metrics.nps, by_period),
            unit="points", bottom=-100, top=100, order=("NPS",),
        ),
        nps_split("nps-split", "Who would recommend us", [_split(surveys, handler) for handler in Handler]),
        *(_distribution(kind, surveys) for kind in SurveyKind),
        funnel(
            "funnel", "From invitation to reward",
            [(title, int(stages.get(f"referral_{name}", 0))) for name, title in STAGES.items()],
        ),
    ]  # fmt: skip


def _by_period(facts: Facts, zone: ZoneInfo, *, weekly: bool) -> dict[date, list[SurveyFact]]:
    periods: dict[date, list[SurveyFact]] = {}
    for row in facts.surveys:
        day = row.at.astimezone(zone).date()
        start = day - timedelta(days=day.weekday()) if weekly else day
        periods.setdefault(start, []).append(row.fact)
    return dict(sorted(periods.items()))


def _points(series: str, formula: Any, periods: dict[date, list[SurveyFact]]) -> list[TrendPoint]:
    points = []
    for start, surveys in periods.items():
        score: Score = formula(surveys, Handler.ALL)
        if score.value is not None:
            points.append(TrendPoint(series, start.isoformat(), score.value, score.n, score.low, score.high))
    return points


def _split(surveys: Sequence[SurveyFact], handler: Handler) -> tuple[str, int, int, int]:
    bands = Counter(
        band(SurveyKind.NPS, survey.score)
        for survey in surveys
        if survey.kind is SurveyKind.NPS and survey.score is not None and handler in {Handler.ALL, survey.handler}
    )
    return HANDLERS[handler], bands[Band.LOW], bands[Band.MIDDLE], bands[Band.HIGH]


def _distribution(kind: SurveyKind, surveys: Sequence[SurveyFact]) -> Spec:
    scale = SCALES[kind]
    counts = Counter(survey.score for survey in surveys if survey.kind is kind and survey.score is not None)
    every = [(score, counts[score]) for score in range(scale.minimum, scale.maximum + 1)]
    title = f"Answers to {kind.value.upper()}"
    return distribution(f"answers-{kind.value}", title, every, scale.low_up_to, scale.high_from)


async def _offers(tx: Tx, frm: datetime, to: datetime) -> EqualOfferReport:
    """Everybody who answered in the period, and whether the review link went to them."""
    rows = await tx.execute(
        select(Survey.kind, Response.score, Invitation.shown_at)
        .join(Response, Response.survey_id == Survey.id)
        .outerjoin(ReviewOffer, ReviewOffer.survey_id == Survey.id)
        .outerjoin(Invitation, Invitation.id == ReviewOffer.invitation_id)
        .where(Response.created_at >= frm, Response.created_at < to)
    )
    return equal_offer_report(
        [
            OfferRecord(band(SurveyKind(kind), score), shown_at is not None, "after_answer" if shown_at else None)
            for kind, score, shown_at in rows
        ]
    )


async def _recoveries(tx: Tx, frm: datetime, to: datetime, now: datetime) -> Recoveries:
    inside = (Recovery.opened_at >= frm, Recovery.opened_at < to)

    async def count(*conditions: Any) -> int:
        query = select(func.count()).select_from(Recovery).where(*inside, *conditions)
        return int((await tx.execute(query)).scalar_one())

    return Recoveries(
        opened=await count(),
        closed=await count(Recovery.closed_at.is_not(None)),
        overdue=await count(Recovery.state == "open", Recovery.due_at < now),
    )
