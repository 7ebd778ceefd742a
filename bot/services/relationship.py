"""The recommendation question (NPS): about the company and not about a case, so it comes later and on its own.

Asked once in `nps_days`, a day after a good end at the earliest, and only while nothing of the customer's is open.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from bot.domain.ask_budget import AskKind
from bot.domain.conversation import CaseStatus, Owner, Resolution
from bot.domain.surveys import SurveyKind
from bot.services import texts
from bot.services.app import App
from bot.services.asking import attach_survey
from bot.services.asks import ask_facts, judge, record
from bot.services.cases import lock_case
from bot.services.surveys import make_survey, who_handled
from bot.services.timeline import append_message
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import AskDecision, Case, Customer, Survey

AFTER = timedelta(days=1)
UNTIL = timedelta(days=3)
"""Later the visit is forgotten, and the question would come out of the blue."""
BATCH = 50


async def ask_relationship_questions(app: App) -> int:
    """Ask whoever is due; how many were asked. Run it every few minutes: each case is decided on once."""
    now = app.now()
    async with app.read() as tx:
        due = list((await tx.execute(_due(now, now - timedelta(days=app.settings.nps_days)))).scalars())
    asked = 0
    for case_id in due:
        async with app.write() as tx:
            asked += await _ask(app, tx, case_id)
    return asked


def _due(now: datetime, since: datetime) -> Select[Any]:
    """The newest case of each customer when it ended well between a day and three ago and was not decided on yet."""
    newer = aliased(Case)
    good = (Resolution.CONFIRMED.value, Resolution.AGENT.value)
    return (
        select(Case.id)
        .where(
            Case.resolved_at <= now - AFTER,
            Case.resolved_at > now - UNTIL,
            Case.resolution.in_(good),
            Case.status == CaseStatus.RESOLVED.value,
            Case.owner == Owner.BOT.value,
            Case.spam.is_(False),
            ~exists().where(newer.customer_id == Case.customer_id, newer.opened_at > Case.opened_at),
            ~exists().where(AskDecision.case_id == Case.id, AskDecision.kind == AskKind.NPS.value),
            ~exists().where(
                Survey.customer_id == Case.customer_id, Survey.kind == SurveyKind.NPS.value, Survey.created_at > since
            ),
        )
        .order_by(Case.resolved_at)
        .limit(BATCH)
    )


async def _ask(app: App, tx: Tx, case_id: str) -> bool:
    now = app.now()
    case = await lock_case(tx, case_id)
    customer = await tx.get(Customer, case.customer_id)
    assert customer is not None
    if case.status != CaseStatus.RESOLVED.value or case.owner != Owner.BOT.value:
        return False
    verdict = await judge(tx, now, app.settings, case, AskKind.NPS, await ask_facts(tx, case, customer))
    if not verdict.asked and verdict.next_allowed_at is not None:
        # Only the clocks stand against it; the next round may find it due.
        return False
    record(tx, now, case, AskKind.NPS, asked=verdict.asked, reason=verdict.reason.value, detail=verdict.detail)
    if not verdict.asked:
        return False
    survey = await make_survey(app, tx, now, case, SurveyKind.NPS, await who_handled(tx, case))
    message_id = new_id()
    await append_message(
        tx, now, case.conversation_id, case_id=case.id, author="bot", name=app.settings.company,
        text=texts.say(app.settings, texts.NPS_LEAD),
        message_id=message_id, parts={"survey": await attach_survey(tx, now, survey.id, message_id)},
    )  # fmt: skip
    return True
