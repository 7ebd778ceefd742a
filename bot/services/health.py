"""A customer's health from what the store knows: last answers, effort and unresolved cases."""

from statistics import mean

from sqlalchemy import select

from bot.domain.conversation import CaseStatus
from bot.domain.effort import EffortLedger, effort_index
from bot.domain.health import Health, HealthInputs, customer_health
from bot.domain.surveys import SurveyKind, normalised
from bot.store.engine import Tx
from bot.store.tables import Case, Response, Survey

LAST = 5
"""How many of the newest answers and cases count."""


async def health_of(tx: Tx, customer_id: str) -> Health:
    """The weighted mean over the parts that are known here; the shop's parts (orders) lower the coverage."""
    answers = (
        await tx.execute(
            select(Survey.kind, Response.score)
            .join(Response, Response.survey_id == Survey.id)
            .where(Survey.customer_id == customer_id)
            .order_by(Response.updated_at.desc())
            .limit(LAST)
        )
    ).all()
    cases = (
        await tx.execute(
            select(Case.status, Case.effort)
            .where(Case.customer_id == customer_id, Case.spam.is_(False))
            .order_by(Case.opened_at.desc())
            .limit(LAST)
        )
    ).all()
    scores = [normalised(SurveyKind(kind), score) for kind, score in answers]
    effort = [effort_index(EffortLedger.from_json(ledger)) for _, ledger in cases]
    return customer_health(
        HealthInputs(
            scores=mean(scores) if scores else None,
            effort=mean(effort) if effort else None,
            unresolved=sum(status == CaseStatus.OPEN.value for status, _ in cases) if cases else None,
        )
    )
