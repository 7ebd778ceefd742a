"""The desk's lists of cases: who waits for a person, and who is with an agent or the bot."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select

from bot.services import texts
from bot.services.app import App
from bot.services.duty import on_duty
from bot.services.staff import StaffMember
from bot.services.timeline import file_names
from bot.store.engine import Tx
from bot.store.tables import Case, Customer, Message, Staff

BOT_LIMIT = 50


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


class BadCursor(ValueError):
    """The cursor was not one of ours."""


async def queue(app: App, who: StaffMember, limit: int = 100, cursor: str | None = None) -> Queue:
    """The queue as `who` sees it. Raises BadCursor."""
    async with app.read() as tx:
        waiting = (
            cases()
            .where(Case.owner == "queue", Case.status == "open")
            .order_by(Case.escalated_at, Case.id)
            .limit(limit + 1)
        )
        if cursor:
            at, case_id = _read_cursor(cursor)
            waiting = waiting.where(or_(Case.escalated_at > at, and_(Case.escalated_at == at, Case.id > case_id)))
        items = await lines(tx, waiting)
        with_agents = cases().where(Case.owner == "agent", Case.status == "open").order_by(Case.claimed_at)
        mine = await lines(tx, with_agents.where(Case.agent_id == who.id))
        others = await lines(tx, with_agents.where(Case.agent_id != who.id).limit(BOT_LIMIT))
        with_bot = cases().where(Case.owner == "bot", Case.status == "open").order_by(Case.last_activity_at.desc())
        bot = await lines(tx, with_bot.limit(BOT_LIMIT))
        following = None
        if len(items) > limit:
            items = items[:limit]
            last = items[-1]
            following = f"{last.since.isoformat() if last.since else ''}|{last.id}"
        return Queue(items, following, mine, bot, others, await on_duty(app, tx, app.now()))


def cases() -> Select[Case, Customer, str]:
    """The query of the desk's cases, each with its customer and its agent's name; spam is not shown."""
    return (
        select(Case, Customer, Staff.name)
        .join(Customer, Customer.id == Case.customer_id)
        .outerjoin(Staff, Staff.id == Case.agent_id)
        .where(Case.spam.is_(False))
    )


async def lines(tx: Tx, cases: Select[Case, Customer, str]) -> list[QueueItem]:
    """The cases of a query as lines of the queue."""
    rows = (await tx.execute(cases)).all()
    last = await _last_messages(tx, [case.id for case, _, _ in rows])
    return [_item(case, customer, agent, last.get(case.id)) for case, customer, agent in rows]


def called(customer: Customer) -> str:
    """How the desk names somebody."""
    return customer.name or customer.email or "Visitor"


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
        customer=called(customer),
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


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    at, _, case_id = cursor.partition("|")
    try:
        return datetime.fromisoformat(at), case_id
    except ValueError as error:
        raise BadCursor("That cursor is not one of ours; begin again without it.") from error
