"""The scores of a period: rows fetched with a few queries, figured by the domain's formulas.

What counts into a period: surveys by when they were shown, cases by when they were opened, escalations by when they
happened, referral steps by when each was reported. Spam counts nowhere; a case withdrawn before we answered does not
count either. The clock is the app's, so that cases younger than a window are pending.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, distinct, func, select

from bot.domain.business_hours import parse_hours
from bot.domain.conversation import Resolution
from bot.domain.funnels import ReferralCounts, referral_funnel, referral_k
from bot.domain.metrics import CaseFact, Handler, HandoffFact, Score, SurveyFact, all_scores
from bot.domain.referral import ReferralStatus
from bot.domain.surveys import SurveyKind
from bot.services.app import App
from bot.store.engine import Tx
from bot.store.tables import (
    AskDecision,
    Case,
    Invitation,
    Message,
    Referral,
    ReferralLink,
    ReferralVisit,
    Response,
    Survey,
)


class By(StrEnum):
    """How figures may be grouped."""

    DAY = "day"
    INTENT = "intent"


class BadPeriod(ValueError):
    """The period or the grouping asked for makes no sense; the text says what to give."""


@dataclass(frozen=True)
class SurveyRow:
    """A shown survey with what it may be grouped by."""

    fact: SurveyFact
    at: datetime
    intent: str | None


@dataclass(frozen=True)
class CaseRow:
    """A case with its escalation, if any."""

    fact: CaseFact
    handoff: HandoffFact | None


@dataclass(frozen=True)
class Facts:
    """All that the formulas of one period read."""

    surveys: list[SurveyRow]
    cases: list[CaseRow]
    contacts: list[CaseFact]
    """The period's cases and those of the window after it, which may be recontacts."""
    referrals: ReferralCounts


async def scores(app: App, frm: datetime, to: datetime, by: By | None = None) -> list[dict[str, Any]]:
    """Every score of `frm` <= t < `to` in the shape of the metrics route; with `by`, one set for each group.

    Grouped scores carry `group` beside the fields of the ungrouped ones. Raises BadPeriod.
    """
    facts = await load_facts(app, frm, to)
    window = timedelta(days=app.settings.fcr_window_days)
    if by is None:
        return [score.to_json() for score in [*figure(facts, app.now(), window), *referral_scores(facts.referrals)]]
    found = []
    for group, part in _groups(facts, by, ZoneInfo(app.settings.time_zone)):
        found += [score.to_json() | {"group": group} for score in figure(part, app.now(), window)]
    return found


async def load_facts(app: App, frm: datetime, to: datetime) -> Facts:
    """The period's rows as the formulas' values. Raises BadPeriod for naive times or an end not after the start."""
    if frm.tzinfo is None or to.tzinfo is None:
        raise BadPeriod("Give `from` and `to` with a time zone, for example 2026-07-01T00:00:00Z.")
    if to <= frm:
        raise BadPeriod("`to` must lie after `from`.")
    window = timedelta(days=app.settings.fcr_window_days)
    hours = parse_hours(app.settings.opening_hours, app.settings.time_zone)
    async with app.report() as tx:
        surveys = await _surveys(tx, frm, to)
        rows = await _cases(tx, frm, to)
        # A late resolution can be followed by another contact long after the period.
        until = max([row.resolved_at + window for row in rows if row.resolved_at is not None], default=to)
        later = await _cases(tx, to, until) if until > to else []
        human = await _human_cases(tx, frm, to)
        cases = [
            CaseRow(_fact(row, Handler.HUMAN if row.id in human else Handler.BOT), _handoff(row, hours.open_seconds))
            for row in rows
        ]
        contacts = [*(row.fact for row in cases), *(_fact(row, Handler.BOT) for row in later)]
        return Facts(surveys, cases, contacts, await _referrals(tx, frm, to))


def figure(facts: Facts, now: datetime, window: timedelta) -> list[Score]:
    """The domain's scores of these facts; cases younger than `window` are pending."""
    return all_scores(
        [row.fact for row in facts.surveys],
        [row.fact for row in facts.cases],
        [row.handoff for row in facts.cases if row.handoff is not None],
        now=now,
        contacts=facts.contacts,
        window=window,
    )


def referral_scores(counts: ReferralCounts) -> list[Score]:
    """The referral funnel's stages and K."""
    return [*referral_funnel(counts), referral_k(counts)]


def _groups(facts: Facts, by: By, zone: ZoneInfo) -> list[tuple[str, Facts]]:
    """The period's facts apart by day (of the support team's zone) or intent; a recontact may come from any group."""

    def survey_group(row: SurveyRow) -> str:
        return row.at.astimezone(zone).date().isoformat() if by is By.DAY else row.intent or "unknown"

    def case_group(row: CaseRow) -> str:
        return row.fact.opened_at.astimezone(zone).date().isoformat() if by is By.DAY else row.fact.intent or "unknown"

    names = sorted({survey_group(row) for row in facts.surveys} | {case_group(row) for row in facts.cases})
    return [
        (
            name,
            Facts(
                [row for row in facts.surveys if survey_group(row) == name],
                [row for row in facts.cases if case_group(row) == name],
                facts.contacts,
                ReferralCounts(),
            ),
        )
        for name in names
    ]


async def _surveys(tx: Tx, frm: datetime, to: datetime) -> list[SurveyRow]:
    rows = await tx.execute(
        select(Survey.kind, Survey.handler, Survey.intent, Survey.shown_at, Response.score)
        .outerjoin(Response, Response.survey_id == Survey.id)
        .where(Survey.shown_at >= frm, Survey.shown_at < to)
    )
    return [
        SurveyRow(SurveyFact(SurveyKind(kind), Handler(handler), score), at, intent)
        for kind, handler, intent, at, score in rows
        if at is not None
    ]


_CASE_COLUMNS = (
    Case.id, Case.customer_id, Case.intent, Case.opened_at, Case.resolved_at, Case.resolution, Case.ever_escalated,
    Case.reopened, Case.engaged_s, Case.escalated_at, Case.first_human_at,
)  # fmt: skip


async def _cases(tx: Tx, frm: datetime, to: datetime) -> Sequence[Any]:
    rows = await tx.execute(
        select(*_CASE_COLUMNS)
        .where(Case.opened_at >= frm, Case.opened_at < to, Case.spam.is_(False), Case.withdrawn_at.is_(None))
        .order_by(Case.opened_at)
    )
    return rows.all()


async def _human_cases(tx: Tx, frm: datetime, to: datetime) -> set[str]:
    """The cases in which an agent wrote to the customer."""
    rows = await tx.execute(
        select(Message.case_id)
        .distinct()
        .join(Case, Case.id == Message.case_id)
        .where(Message.author == "agent", Case.opened_at >= frm, Case.opened_at < to)
    )
    return {case_id for case_id in rows.scalars() if case_id is not None}


def _fact(case: Any, handler: Handler) -> CaseFact:
    return CaseFact(
        case_id=case.id,
        customer_id=case.customer_id,
        intent=case.intent,
        handler=handler,
        opened_at=case.opened_at,
        resolved_at=case.resolved_at,
        resolution=Resolution(case.resolution) if case.resolution else None,
        escalated=case.ever_escalated,
        reopened=case.reopened,
        engaged_s=case.engaged_s,
    )


def _handoff(case: Any, open_seconds: Callable[[datetime, datetime], float]) -> HandoffFact | None:
    if case.escalated_at is None:
        return None
    if case.first_human_at is None or case.first_human_at < case.escalated_at:
        return HandoffFact(None)
    waited = (case.first_human_at - case.escalated_at).total_seconds()
    return HandoffFact(waited, open_seconds(case.escalated_at, case.first_human_at))


async def _referrals(tx: Tx, frm: datetime, to: datetime) -> ReferralCounts:
    async def count(what: ColumnElement[Any], *conditions: ColumnElement[bool]) -> int:
        return int((await tx.execute(select(func.count(what)).where(*conditions))).scalar_one())

    alive = Referral.state != ReferralStatus.BLOCKED.value
    return ReferralCounts(
        invited=await count(
            distinct(Invitation.customer_id),
            Invitation.kind == "referral",
            Invitation.shown_at >= frm,
            Invitation.shown_at < to,
        ),
        shared=await count(ReferralLink.code.expression, ReferralLink.shared_at >= frm, ReferralLink.shared_at < to),
        visited=await count(
            distinct(ReferralVisit.code + ":" + ReferralVisit.visitor),
            ReferralVisit.created_at >= frm,
            ReferralVisit.created_at < to,
        ),
        signed_up=await count(Referral.id.expression, Referral.signed_up_at >= frm, Referral.signed_up_at < to, alive),
        qualified=await count(Referral.id.expression, Referral.qualified_at >= frm, Referral.qualified_at < to, alive),
        rewarded=await count(Referral.id.expression, Referral.rewarded_at >= frm, Referral.rewarded_at < to, alive),
    )


async def skipped_asks(app: App, frm: datetime, to: datetime) -> list[dict[str, Any]]:
    """Surveys that were not asked, counted by reason, the most frequent first: `{kind, reason, n}`."""
    async with app.report() as tx:
        rows = await tx.execute(
            select(AskDecision.kind, AskDecision.reason, func.count())
            .where(
                AskDecision.asked.is_(False),
                AskDecision.created_at >= frm,
                AskDecision.created_at < to,
                AskDecision.kind.in_([kind.value for kind in SurveyKind]),
            )
            .group_by(AskDecision.kind, AskDecision.reason)
            .order_by(func.count().desc(), AskDecision.kind, AskDecision.reason)
        )
        return [{"kind": kind, "reason": reason, "n": n} for kind, reason, n in rows]
