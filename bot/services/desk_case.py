"""One case whole, as the desk shows it: with packet, thread, customer, asks, recoveries and e-mails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.services.app import App
from bot.services.cases import CaseNotFound
from bot.services.desk_queue import QueueItem, cases, lines
from bot.services.desk_thread import THREAD_LIMIT, merged, notes_of, staff_frames_after
from bot.services.health import health_of
from bot.services.recoveries import RecoveryView, recoveries_of_case
from bot.services.timeline import Frame
from bot.store.engine import Tx
from bot.store.tables import AskDecision, Case, Conversation, Customer, Mail, Response, Survey

PAST_LIMIT = 20


@dataclass(frozen=True)
class CaseDetail:
    """A case whole. `seq` is the newest number of the thread, to go on from with the live frames."""

    case: QueueItem
    resolution: str | None
    resolution_reason: str | None
    resolved_at: datetime | None
    escalated_at: datetime | None
    first_human_at: datetime | None
    model_id: str | None
    packet: dict[str, Any] | None
    effort: dict[str, Any]
    seq: int
    conversation_id: str
    thread: list[Frame]
    customer: dict[str, Any]
    asks: list[dict[str, Any]]
    recoveries: list[RecoveryView]
    mails: list[dict[str, Any]]


async def case_detail(app: App, case_id: str) -> CaseDetail:
    """One case with all an agent needs beside it. Raises CaseNotFound."""
    recoveries = await recoveries_of_case(app, case_id)
    async with app.read() as tx:
        case = await tx.get(Case, case_id)
        if case is None:
            raise CaseNotFound("There is no such case.")
        [item] = await lines(tx, cases().where(Case.id == case_id))
        conversation = await tx.get(Conversation, case.conversation_id)
        assert conversation is not None
        past = await _past_cases(tx, case)
        frames = await staff_frames_after(tx, case.conversation_id, max(0, conversation.last_seq - THREAD_LIMIT))
        notes = await notes_of(tx, [case.id, *(row["id"] for row in past)])
        first = next((frame["at"] for frame in frames), "")
        shown = [note for note in notes if note["case"] == case.id or note["at"] >= first]
        return CaseDetail(
            case=item,
            resolution=case.resolution,
            resolution_reason=case.resolution_reason,
            resolved_at=case.resolved_at,
            escalated_at=case.escalated_at,
            first_human_at=case.first_human_at,
            model_id=case.model_id,
            packet=case.packet,
            effort=case.effort,
            # A frame committed after this read is asked for again by its number.
            seq=max((frame["seq"] for frame in frames), default=0),
            conversation_id=case.conversation_id,
            thread=merged(frames, shown),
            customer={
                **await _customer(tx, case),
                "page": conversation.page,
                "began_on": case.page,
                "past_cases": past,
            },
            asks=await _asks(tx, case),
            recoveries=recoveries,
            mails=await _mails(tx, case),
        )


async def conversation_of(app: App, case_id: str) -> str:
    """The conversation a case is in. Raises CaseNotFound."""
    async with app.read() as tx:
        found = (await tx.execute(select(Case.conversation_id).where(Case.id == case_id))).scalar_one_or_none()
    if found is None:
        raise CaseNotFound("There is no such case.")
    return found


async def _past_cases(tx: Tx, case: Case) -> list[dict[str, Any]]:
    rows = await tx.execute(
        select(Case)
        .where(Case.customer_id == case.customer_id, Case.id != case.id)
        .order_by(Case.opened_at.desc())
        .limit(PAST_LIMIT)
    )
    return [
        {
            "id": row.id,
            "number": row.number,
            "status": row.status,
            "intent": row.intent,
            "resolution": row.resolution,
            "opened_at": row.opened_at.isoformat(),
        }
        for row in rows.scalars()
    ]


async def _customer(tx: Tx, case: Case) -> dict[str, Any]:
    customer = await tx.get(Customer, case.customer_id)
    assert customer is not None
    scores = await tx.execute(
        select(Survey.kind, Response.score, Response.comment, Response.updated_at)
        .join(Response, Response.survey_id == Survey.id)
        .where(Survey.customer_id == customer.id)
        .order_by(Response.updated_at.desc())
        .limit(5)
    )
    health = await health_of(tx, customer.id)
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "verified": customer.external_id is not None,
        "locale": customer.locale,
        "since": customer.created_at.isoformat(),
        "seen_at": customer.seen_at.isoformat(),
        "scores": [
            {"kind": kind, "score": score, "comment": comment, "at": at.isoformat()}
            for kind, score, comment, at in scores
        ],
        "health": {"score": health.score, "level": health.level, "coverage": health.coverage},
    }


async def _asks(tx: Tx, case: Case) -> list[dict[str, Any]]:
    rows = await tx.execute(
        select(AskDecision).where(AskDecision.case_id == case.id).order_by(AskDecision.created_at.desc()).limit(30)
    )
    return [
        {
            "kind": row.kind,
            "asked": row.asked,
            "reason": row.reason,
            "detail": row.detail,
            "at": row.created_at.isoformat(),
        }
        for row in rows.scalars()
    ]


async def _mails(tx: Tx, case: Case) -> list[dict[str, Any]]:
    rows = await tx.execute(select(Mail).where(Mail.case_id == case.id).order_by(Mail.created_at.desc()).limit(20))
    return [
        {
            "to": row.recipient,
            "subject": row.subject,
            "at": row.created_at.isoformat(),
            "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        }
        for row in rows.scalars()
    ]
