"""The survey after a resolution: whether to ask, which question, with the attribution frozen; and its open one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.domain.ask_budget import AskKind
from bot.domain.conversation import CaseStatus
from bot.domain.effort import EffortLedger, which_survey
from bot.domain.surveys import SCALES, SurveyKind
from bot.services.app import App
from bot.services.asking import store_answer, survey_shown_in
from bot.services.asks import ask_facts, judge, record
from bot.services.cases import lock_case
from bot.services.receive import lock_conversation, receipt
from bot.services.timeline import append_update
from bot.store.engine import Tx
from bot.store.tables import Case, Customer, Message, Receipt, Response, Survey

BOT = "bot"
HUMAN = "human"


class SurveyNotFound(LookupError):
    """No survey has this id, or it is of another conversation."""


@dataclass(frozen=True)
class Asked:
    """What was decided: the survey to show, or None, and why in one code and one sentence."""

    survey_id: str | None
    kind: SurveyKind
    reason: str
    detail: str
    handler: str


@dataclass(frozen=True)
class OpenSurvey:
    """A survey that was shown and not answered."""

    id: str
    case_id: str
    kind: SurveyKind
    question: str


async def ask(app: App, tx: Tx, case_id: str, *, wanted: bool = True) -> Asked:
    """Decide whether to ask about a resolved case and, if so, make the survey. The decision is a row either way.

    `wanted` False: the agent who resolved it chose not to ask, which is recorded like any other reason.

    CES when the case was hard (escalated, guided, long), else CSAT. Handler, agent, model and intent are frozen here.
    Asking twice for one resolution gives the same survey. Raises CaseNotFound.
    """
    now = app.now()
    case = await lock_case(tx, case_id)
    kind = which_survey(EffortLedger.from_json(case.effort))
    handler, agent_id = await who_handled(tx, case)
    waiting = await _made_for_this_resolution(tx, case)
    if waiting is not None:
        return Asked(waiting.id, SurveyKind(waiting.kind), "already_made", "This resolution has its survey.", handler)
    if case.status != CaseStatus.RESOLVED.value:
        detail = f"The case is {case.status}, not resolved."
        record(tx, now, case, AskKind.of_survey(kind), asked=False, reason="not_resolved", detail=detail)
        return Asked(None, kind, "not_resolved", detail, handler)
    if not wanted:
        detail = "The agent who resolved the case chose not to ask."
        record(tx, now, case, AskKind.of_survey(kind), asked=False, reason="agent_declined", detail=detail)
        return Asked(None, kind, "agent_declined", detail, handler)
    customer = await tx.get(Customer, case.customer_id)
    assert customer is not None
    verdict = await judge(tx, now, app.settings, case, AskKind.of_survey(kind), await ask_facts(tx, case, customer))
    record(
        tx, now, case, AskKind.of_survey(kind),
        asked=verdict.asked, reason=verdict.reason.value, detail=verdict.detail,
    )  # fmt: skip
    if not verdict.asked:
        return Asked(None, kind, verdict.reason.value, verdict.detail, handler)
    survey = await make_survey(app, tx, now, case, kind, (handler, agent_id))
    return Asked(survey.id, kind, verdict.reason.value, verdict.detail, handler)


async def make_survey(
    app: App, tx: Tx, now: datetime, case: Case, kind: SurveyKind, handled: tuple[str, str | None]
) -> Survey:
    """The question as a row; what it will be counted under (`who_handled`, model, intent) is frozen here."""
    handler, agent_id = handled
    survey = Survey(
        case_id=case.id,
        conversation_id=case.conversation_id,
        customer_id=case.customer_id,
        kind=kind.value,
        question=SCALES[kind].question(app.settings.company),
        handler=handler,
        agent_id=agent_id,
        model_id=case.model_id,
        intent=case.intent,
        created_at=now,
    )
    tx.add(survey)
    await tx.flush()
    return survey


async def who_handled(tx: Tx, case: Case) -> tuple[str, str | None]:
    """`human` and the agent who wrote last when any agent wrote to the customer in this case, else `bot` and None."""
    agent_id = (
        await tx.execute(
            select(Message.staff_id)
            .where(Message.case_id == case.id, Message.author == "agent")
            .order_by(Message.seq.desc())
            .limit(1)
        )
    ).one_or_none()
    return (BOT, None) if agent_id is None else (HUMAN, agent_id[0])


async def open_survey(tx: Tx, conversation_id: str) -> OpenSurvey | None:
    """The newest survey of this conversation that was shown and neither answered nor put off."""
    row = (
        await tx.execute(
            select(Survey)
            .outerjoin(Response, Response.survey_id == Survey.id)
            .where(
                Survey.conversation_id == conversation_id,
                Survey.shown_at.is_not(None),
                Survey.skipped_at.is_(None),
                Response.survey_id.is_(None),
            )
            .order_by(Survey.created_at.desc(), Survey.id.desc())
            .limit(1)
        )
    ).scalar_one_or_none()
    return OpenSurvey(row.id, row.case_id, SurveyKind(row.kind), row.question) if row else None


async def answer_in_words(
    app: App, tx: Tx, conversation_id: str, survey_id: str, score: int, comment: str | None
) -> None:
    """Store a score the customer said and confirmed. Raises SurveyNotFound, or Refused for a score off the scale."""
    survey = await tx.get(Survey, survey_id)
    if survey is None or survey.conversation_id != conversation_id:
        raise SurveyNotFound(f"There is no survey {survey_id} in this conversation.")
    await lock_conversation(tx, conversation_id)
    await store_answer(app, tx, survey, score, comment, via="words")


async def put_off(app: App, conversation_id: str, cid: str, survey_id: str) -> int:
    """The button "Not now" below a question; returns the acked `seq`.

    Raises Refused(`bad_survey`) for a survey of another conversation or one that was not shown.
    """
    async with app.write() as tx:
        _, seq = await receipt(tx, conversation_id, cid)
        if seq is None:
            seq = await skip(app, tx, (await survey_shown_in(tx, conversation_id, survey_id)).id)
            tx.add(Receipt(conversation_id=conversation_id, cid=cid, seq=seq))
        return seq


async def skip(app: App, tx: Tx, survey_id: str) -> int:
    """The customer said "not now": it spends the budget, and is counted apart from answers; the update's `seq`.

    The question folds in every open browser. Raises SurveyNotFound.
    """
    survey = await tx.get(Survey, survey_id)
    if survey is None:
        raise SurveyNotFound(f"There is no survey {survey_id}.")
    await lock_conversation(tx, survey.conversation_id)
    survey.skipped_at = survey.skipped_at or app.now()
    message = await tx.get(Message, survey.message_id) if survey.message_id else None
    return await append_update(
        tx, app.now(), survey.conversation_id, message.seq if message else 0,
        survey={"id": survey.id, "skipped": True},
    )  # fmt: skip


async def stop_asking(app: App, tx: Tx, customer_id: str) -> datetime:
    """Never ask this customer for anything again; since when. What they ask for themselves still works."""
    customer = await tx.get(Customer, customer_id)
    if customer is None:
        raise LookupError(f"There is no customer {customer_id}.")
    customer.stop_asking_at = customer.stop_asking_at or app.now()
    return customer.stop_asking_at


async def stop_asking_of_case(app: App, tx: Tx, case_id: str) -> datetime:
    """The same for the customer of a case. Raises CaseNotFound."""
    return await stop_asking(app, tx, (await lock_case(tx, case_id)).customer_id)


async def _made_for_this_resolution(tx: Tx, case: Case) -> Survey | None:
    if case.resolved_at is None:
        return None
    return (
        await tx.execute(
            select(Survey)
            .where(Survey.case_id == case.id, Survey.created_at >= case.resolved_at)
            .order_by(Survey.created_at)
            .limit(1)
        )
    ).scalar_one_or_none()
