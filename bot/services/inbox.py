"""The teaching inbox: what the bot missed or was unsure of, each with its context, redacted, in order of worth."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import and_, or_, select

from bot.domain.inbox import Candidate, Group, Trouble, Why, arrange, ranking_of
from bot.domain.redaction import redact
from bot.services.app import App
from bot.store.engine import Tx
from bot.store.tables import Case, InboxDecision, Message, Response, Survey

LOOK_BACK = timedelta(days=60)
LOOK_AT = 2000
"""At most this many of the newest messages are weighed."""
CONTEXT = 2
LOW = {"csat": 2, "ces": 3, "nps": 6}
"""A score up to this says that the case went wrong."""


@dataclass(frozen=True)
class Said:
    """A message around the one in question."""

    author: str
    text: str


@dataclass(frozen=True)
class InboxItem:
    """One decision to take. All texts are redacted."""

    message_id: str
    text: str
    at: datetime
    case_id: str | None
    case_number: str | None
    understood: str
    guesses: tuple[tuple[str, float], ...]
    reasons: tuple[Why, ...]
    trouble: Trouble
    similar: tuple[tuple[str, str], ...]
    """(message id, text) of near-identical messages."""
    before: tuple[Said, ...]
    after: tuple[Said, ...]
    priority: float


@dataclass(frozen=True)
class InboxPage:
    """`total` counts decisions, not messages; `next` is the cursor of the next page."""

    items: tuple[InboxItem, ...]
    total: int
    next: str | None


class BadCursor(ValueError):
    """The cursor is not one that a page gave."""


async def inbox(app: App, *, why: Why | None = None, limit: int = 20, cursor: str | None = None) -> InboxPage:
    """A page of the inbox, most worth first. Raises BadCursor."""
    after = _read_cursor(cursor)
    async with app.report() as tx:
        rows = await _undecided(tx, app.now() - LOOK_BACK)
        groups = [group for group in arrange(await _candidates(tx, rows)) if why is None or why in group.reasons]
        groups.sort(key=_key)
        rest = groups if after is None else [group for group in groups if _key(group) > after]
        shown = rest[:limit]
        messages = {row.id: row for row in rows}
        items = [await _item(tx, group, messages[group.first.message_id]) for group in shown]
    more = len(rest) > len(shown) and shown
    return InboxPage(tuple(items), len(groups), _cursor(shown[-1]) if more else None)


def _key(group: Group) -> tuple[float, str]:
    return (-round(group.priority, 6), group.first.message_id)


def _cursor(group: Group) -> str:
    priority, message_id = _key(group)
    return f"{-priority:.6f}:{message_id}"


def _read_cursor(cursor: str | None) -> tuple[float, str] | None:
    if cursor is None:
        return None
    priority, _, message_id = cursor.partition(":")
    try:
        return (-float(priority), message_id)
    except ValueError as error:
        raise BadCursor("Give `cursor` as the page before gave it in `next`.") from error


async def _undecided(tx: Tx, since: datetime) -> list[Message]:
    """Customers' own words that the bot met and nobody decided about yet, newest first."""
    decided = select(InboxDecision.message_id).where(InboxDecision.undone_at.is_(None))
    rows = await tx.execute(
        select(Message)
        .where(
            Message.author == "customer",
            Message.created_at >= since,
            Message.model_id.is_not(None),
            Message.id.not_in(decided),
        )
        .order_by(Message.created_at.desc())
        .limit(LOOK_AT)
    )
    return [row for row in rows.scalars() if row.nlu and not row.parts.get("choice")]


async def _candidates(tx: Tx, rows: list[Message]) -> list[Candidate]:
    cases = {row.case_id for row in rows if row.case_id}
    low, escalated = await _low_cases(tx, cases), await _escalated_cases(tx, cases)
    # What the customer wrote next tells whether this answer helped.
    refused = {(row.conversation_id, row.seq) for row in rows if (row.nlu or {}).get("intent") == "not_helpful"}
    last_before = _customers_message_before(rows, refused)
    return [
        Candidate(
            message_id=row.id,
            text=redact(row.text),
            ranking=ranking_of(row.nlu),
            understood=str((row.nlu or {}).get("intent") or "nlu_fallback"),
            trouble=Trouble(row.case_id in low, row.case_id in escalated, row.id in last_before),
        )
        for row in rows
    ]


def _customers_message_before(rows: list[Message], refused: set[tuple[str, int]]) -> set[str]:
    by_conversation: dict[str, list[Message]] = {}
    for row in sorted(rows, key=lambda row: row.seq):
        by_conversation.setdefault(row.conversation_id, []).append(row)
    return {
        said.id
        for thread in by_conversation.values()
        for said, then in pairwise(thread)
        if (then.conversation_id, then.seq) in refused and said.case_id == then.case_id
    }


async def _low_cases(tx: Tx, cases: set[str]) -> set[str]:
    rows = await tx.execute(
        select(Survey.case_id)
        .join(Response, Response.survey_id == Survey.id)
        .where(
            Survey.case_id.in_(cases),
            or_(*(and_(Survey.kind == kind, Response.score <= score) for kind, score in LOW.items())),
        )
    )
    return set(rows.scalars())


async def _escalated_cases(tx: Tx, cases: set[str]) -> set[str]:
    rows = await tx.execute(select(Case.id).where(Case.id.in_(cases), Case.ever_escalated.is_(True)))
    return set(rows.scalars())


async def _item(tx: Tx, group: Group, message: Message) -> InboxItem:
    case = await tx.get(Case, message.case_id) if message.case_id else None
    return InboxItem(
        message_id=message.id,
        text=group.first.text,
        at=message.created_at,
        case_id=message.case_id,
        case_number=case.number if case else None,
        understood=group.first.understood,
        guesses=group.first.ranking[:5],
        reasons=group.reasons,
        trouble=group.first.trouble,
        similar=tuple((other.message_id, other.text) for other in group.others),
        before=await _around(tx, message, before=True),
        after=await _around(tx, message, before=False),
        priority=group.priority,
    )


async def _around(tx: Tx, message: Message, *, before: bool) -> tuple[Said, ...]:
    side: Any = Message.seq < message.seq if before else Message.seq > message.seq
    order: Any = Message.seq.desc() if before else Message.seq
    rows = await tx.execute(
        select(Message.author, Message.text)
        .where(Message.conversation_id == message.conversation_id, side)
        .order_by(order)
        .limit(CONTEXT)
    )
    said = [Said(row.author, redact(row.text)) for row in rows]
    return tuple(reversed(said) if before else said)
