"""The ask budget over the store: what this customer was asked before, the verdict, and the row that records it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.domain.ask_budget import (
    PROMOTER_INVITATIONS,
    AskBudgetSettings,
    AskFacts,
    AskKind,
    AskOutcome,
    AskRequest,
    PastAsk,
    decide_ask,
    sampling_draw,
)
from bot.domain.ask_budget import AskDecision as Verdict
from bot.domain.conversation import CaseStatus, Resolution
from bot.settings import Settings
from bot.store.engine import Tx
from bot.store.tables import AskDecision, Case, Customer, Invitation, Response, Survey

_OUTCOMES = {
    "accept": AskOutcome.ANSWERED,
    "done": AskOutcome.ANSWERED,
    "later": AskOutcome.NOT_NOW,
    "never": AskOutcome.NEVER,
}


def budget_settings(settings: Settings) -> AskBudgetSettings:
    """The operator's distances between asks."""
    return AskBudgetSettings(
        any_ask_gap=timedelta(hours=settings.ask_hours),
        transactional_gap=timedelta(days=settings.survey_days),
        nps_gap=timedelta(days=settings.nps_days),
    )


async def past_asks(tx: Tx, customer_id: str, kind: AskKind) -> list[PastAsk]:
    """What the customer was asked before, as it bears on an ask of `kind`.

    A survey that was never shown is no ask. What the customer asked for is no ask either; it only stands against
    inviting to the same again in the same case.
    """
    asks = []
    surveys = await tx.execute(
        select(Survey, Response.survey_id)
        .outerjoin(Response, Response.survey_id == Survey.id)
        .where(Survey.customer_id == customer_id, Survey.shown_at.is_not(None))
    )
    for survey, answered in surveys:
        outcome = AskOutcome.ANSWERED if answered else AskOutcome.PENDING
        if survey.skipped_at is not None and not answered:
            outcome = AskOutcome.NOT_NOW
        asks.append(PastAsk(AskKind(survey.kind), survey.created_at, outcome, survey.case_id, survey.id))
    invitations = await tx.execute(select(Invitation).where(Invitation.customer_id == customer_id))
    for invitation in invitations.scalars():
        asked_for = invitation.survey_id is None
        if asked_for and kind not in PROMOTER_INVITATIONS:
            continue
        outcome = _OUTCOMES.get(invitation.answer or "", AskOutcome.PENDING)
        group = invitation.survey_id
        asks.append(PastAsk(AskKind(invitation.kind), invitation.created_at, outcome, invitation.case_id, group))
    return asks


async def has_other_open_case(tx: Tx, case: Case) -> bool:
    """Whether the customer waits for us in another matter; spam does not count."""
    found = await tx.execute(
        select(func.count())
        .select_from(Case)
        .where(
            Case.customer_id == case.customer_id,
            Case.id != case.id,
            Case.status == CaseStatus.OPEN.value,
            Case.spam.is_(False),
        )
    )
    return bool(found.scalar_one())


async def ask_facts(tx: Tx, case: Case, customer: Customer) -> AskFacts:
    """What stands against asking this customer about this case now."""
    unasked = case.status == CaseStatus.CLOSED.value and case.resolution is None
    return AskFacts(
        spam=case.spam,
        withdrawn=case.withdrawn_at is not None,
        auto_closed=unasked or case.resolution == Resolution.ASSUMED.value,
        other_open_case=await has_other_open_case(tx, case),
        stop_asking=customer.stop_asking_at is not None,
    )


async def judge(
    tx: Tx, now: datetime, settings: Settings, case: Case, kind: AskKind, facts: AskFacts, group: str | None = None
) -> Verdict:
    """The budget's verdict on asking for `kind`; nothing is written. `group`: the answered survey it follows from."""
    history: Sequence[PastAsk] = await past_asks(tx, case.customer_id, kind)
    return decide_ask(
        AskRequest(kind, case.id, group),
        history,
        facts,
        now=now,
        draw=sampling_draw(case.id, kind.value),
        settings=budget_settings(settings),
    )


def record(tx: Tx, now: datetime, case: Case, kind: AskKind, *, asked: bool, reason: str, detail: str) -> None:
    """Keep why we asked, or why not, for agent and admin."""
    tx.add(
        AskDecision(
            customer_id=case.customer_id,
            case_id=case.id,
            kind=kind.value,
            asked=asked,
            reason=reason[:60],
            detail=detail,
            created_at=now,
        )
    )
