"""What the desk shows: the queue, and one case with its packet, thread, customer, asks and recoveries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from bot.services import texts
from bot.services.app import App
from bot.services.cases import CaseNotFound
from bot.services.desk_thread import THREAD_LIMIT, merged, notes_of, staff_frames_after
from bot.services.duty import PRESENCE, on_duty
from bot.services.health import health_of
from bot.services.recoveries import RecoveryView, open_recoveries, recoveries_of_case
from bot.services.staff import StaffMember
from bot.services.timeline import Frame, file_names
from bot.store.engine import Tx
from bot.store.tables import (
    AskDecision,
    Case,
    Conversation,
    Customer,
    Mail,
    Message,
    Recovery,
    Response,
    Staff,
    Survey,
)

BOT_LIMIT = 50
PAST_LIMIT = 20


@dataclass(frozen=True)
class QueueItem:
    """One line of the queue. `since` is when the customer began to wait for a person."""

    id: str
    number: str
    customer: str
    email: str | None
    status: str
    owner: str
    agent: str | None
    agent_id: str | None
    team: str | None
    ticket: bool
    reason: str | None
    intent: str | None
    mood: float
    since: datetime | None
    opened_at: datetime
    last_at: datetime
    last_author: str | None
    last_text: str | None
    answered: bool


@dataclass(frozen=True)
class Queue:
    """`items` wait for a person, longest first; `next` is the cursor of the following page."""

    items: list[QueueItem]
    next: str | None
    mine: list[QueueItem]
    bot: list[QueueItem]
    others: list[QueueItem]
    on_duty: bool


@dataclass(frozen=True)
class RecoveryLine:
    """An open recovery with whom it is about and what they answered."""

    recovery: RecoveryView
    number: str
    customer: str
    owner: str | None
    kind: str
    score: int | None
    comment: str | None


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


class BadCursor(ValueError):
    """The cursor was not one of ours."""


async def queue(app: App, who: StaffMember, limit: int = 100, cursor: str | None = None) -> Queue:
    """The queue as `who` sees it. Raises BadCursor."""
    async with app.read() as tx:
        waiting = (
            _cases()
            .where(Case.owner == "queue", Case.status == "open")
            .order_by(Case.escalated_at, Case.id)
            .limit(limit + 1)
        )
        if cursor:
            at, case_id = _read_cursor(cursor)
            waiting = waiting.where(or_(Case.escalated_at > at, and_(Case.escalated_at == at, Case.id > case_id)))
        items = await _items(tx, waiting)
        with_agents = _cases().where(Case.owner == "agent", Case.status == "open").order_by(Case.claimed_at)
        mine = await _items(tx, with_agents.where(Case.agent_id == who.id))
        others = await _items(tx, with_agents.where(Case.agent_id != who.id).limit(BOT_LIMIT))
        with_bot = _cases().where(Case.owner == "bot", Case.status == "open").order_by(Case.last_activity_at.desc())
        bot = await _items(tx, with_bot.limit(BOT_LIMIT))
        following = None
        if len(items) > limit:
            items = items[:limit]
            last = items[-1]
            following = f"{last.since.isoformat() if last.since else ''}|{last.id}"
        return Queue(items, following, mine, bot, others, await on_duty(app, tx, app.now()))


async def case_detail(app: App, case_id: str) -> CaseDetail:
    """One case with all an agent needs beside it. Raises CaseNotFound."""
    recoveries = await recoveries_of_case(app, case_id)
    async with app.read() as tx:
        case = await tx.get(Case, case_id)
        if case is None:
            raise CaseNotFound("There is no such case.")
        [item] = await _items(tx, _cases().where(Case.id == case_id))
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


async def recovery_lines(app: App) -> list[RecoveryLine]:
    """The open recoveries, the most urgent first."""
    views = {view.id: view for view in await open_recoveries(app)}
    async with app.read() as tx:
        rows = await tx.execute(
            select(Recovery.id, Case.number, Customer, Staff.name, Survey.kind, Response.score, Response.comment)
            .join(Case, Case.id == Recovery.case_id)
            .join(Customer, Customer.id == Recovery.customer_id)
            .join(Survey, Survey.id == Recovery.survey_id)
            .outerjoin(Response, Response.survey_id == Recovery.survey_id)
            .outerjoin(Staff, Staff.id == Recovery.staff_id)
            .where(Recovery.id.in_(views))
            .order_by(Recovery.due_at, Recovery.id)
        )
        return [
            RecoveryLine(views[key], number, _called(customer), owner, kind, score, comment)
            for key, number, customer, owner, kind, score, comment in rows
        ]


async def conversation_of(app: App, case_id: str) -> str:
    """The conversation a case is in. Raises CaseNotFound."""
    async with app.read() as tx:
        found = (await tx.execute(select(Case.conversation_id).where(Case.id == case_id))).scalar_one_or_none()
    if found is None:
        raise CaseNotFound("There is no such case.")
    return found


async def colleagues(app: App) -> list[dict[str, Any]]:
    """The active accounts with who is there now, for passing a case on."""
    async with app.read() as tx:
        rows = (await tx.execute(select(Staff).where(Staff.active.is_(True)).order_by(Staff.name))).scalars()
        since = app.now() - PRESENCE
        return [
            {
                "id": staff.id,
                "name": staff.name,
                "role": staff.role,
                "present": staff.seen_at is not None and staff.seen_at > since,
            }
            for staff in rows
        ]


def _cases() -> Select[Case, Customer, str]:
    return (
        select(Case, Customer, Staff.name)
        .join(Customer, Customer.id == Case.customer_id)
        .outerjoin(Staff, Staff.id == Case.agent_id)
        .where(Case.spam.is_(False))
    )


async def _items(tx: Tx, cases: Select[Case, Customer, str]) -> list[QueueItem]:
    rows = (await tx.execute(cases)).all()
    last = await _last_messages(tx, [case.id for case, _, _ in rows])
    return [_item(case, customer, agent, last.get(case.id)) for case, customer, agent in rows]


async def _last_messages(tx: Tx, case_ids: list[str]) -> dict[str, Message]:
    """The newest message of each case that a customer, bot or agent wrote; a pressed button says nothing."""
    newest = (
        select(Message.case_id, func.max(Message.seq).label("seq"))
        .where(Message.case_id.in_(case_ids), Message.author != "system", Message.text != texts.ASK_FOR_PERSON)
        .group_by(Message.case_id)
        .subquery()
    )
    said = await tx.execute(
        select(Message).join(newest, and_(Message.case_id == newest.c.case_id, Message.seq == newest.c.seq))
    )
    return {message.case_id: message for message in said.scalars() if message.case_id}


def _item(case: Case, customer: Customer, agent: str | None, last: Message | None) -> QueueItem:
    return QueueItem(
        id=case.id,
        number=case.number,
        customer=_called(customer),
        email=case.reply_email or customer.email,
        status=case.status,
        owner=case.owner,
        agent=agent,
        agent_id=case.agent_id,
        team=case.team,
        ticket=case.ticket,
        reason=case.escalation_reason,
        intent=case.intent,
        mood=case.mood,
        since=case.escalated_at,
        opened_at=case.opened_at,
        last_at=last.created_at if last else case.last_activity_at,
        last_author=last.author if last else None,
        last_text=(last.text or file_names(last.parts))[:160] if last else None,
        answered=last is not None and last.author == "agent",
    )


def _called(customer: Customer) -> str:
    return customer.name or customer.email or "Visitor"


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


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    at, _, case_id = cursor.partition("|")
    try:
        return datetime.fromisoformat(at), case_id
    except ValueError as error:
        raise BadCursor("That cursor is not one of ours; begin again without it.") from error
