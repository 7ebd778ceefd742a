"""Opening a case and moving it: the domain's one transition function, applied to a row, with its state frame."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.conversation import (
    BotRecovered,
    CaseStatus,
    ControlEvent,
    ControlState,
    HandBack,
    Owner,
    Resolution,
    transition,
)
from bot.domain.effort import EffortLedger
from bot.domain.handoff import TICKET_BYTES, make_ticket_number
from bot.services.app import hint
from bot.services.timeline import append_state
from bot.store.engine import Tx
from bot.store.tables import Case, Conversation

_LOCK_CONVERSATION_OF = (
    select(Conversation.id)
    .where(Conversation.id == select(Case.conversation_id).where(Case.id == bindparam("case")).scalar_subquery())
    .with_for_update()
)
_LOCK = select(Case).where(Case.id == bindparam("case")).with_for_update().execution_options(populate_existing=True)


class CaseNotFound(LookupError):
    """No case has this id."""


async def open_case(tx: Tx, now: datetime, conversation: Conversation) -> Case:
    """Begin a case, owned by the bot, and tell the browsers."""
    case = Case(
        number=make_ticket_number(secrets.token_bytes(TICKET_BYTES)),
        conversation_id=conversation.id,
        customer_id=conversation.customer_id,
        status=CaseStatus.OPEN.value,
        owner=Owner.BOT.value,
        epoch=0,
        opened_at=now,
        last_activity_at=now,
        effort=EffortLedger().to_json(),
        reopened=0,
        engaged_s=0.0,
        mood=0.0,
        spam=False,
        ticket=False,
        ever_escalated=False,
        page=conversation.page,
    )
    tx.add(case)
    await tx.flush()
    conversation.case_id = case.id
    await append_state(tx, now, case)
    return case


async def lock_case(tx: Tx, case_id: str) -> Case:
    """The case, locked until the transaction ends (SQLite's write transaction is that lock already).

    Its conversation is locked first: whoever writes in a thread takes its next number, so everybody locks in this
    order and nobody waits in a circle. Raises CaseNotFound.
    """
    await lock_conversation_of(tx, case_id)
    case = (await tx.execute(_LOCK, {"case": case_id})).scalar_one_or_none()
    if case is None:
        raise CaseNotFound(f"There is no case {case_id}.")
    return case


async def lock_conversation_of(tx: Tx, case_id: str) -> None:
    """To be called before a case is locked; see `lock_case`."""
    if tx.get_bind().dialect.name != "sqlite":
        await tx.execute(_LOCK_CONVERSATION_OF, {"case": case_id})


def control_state(case: Case) -> ControlState:
    """The row's control fields as the domain's value."""
    return ControlState(
        owner=Owner(case.owner),
        epoch=case.epoch,
        agent_id=case.agent_id,
        status=CaseStatus(case.status),
        resolution=Resolution(case.resolution) if case.resolution else None,
        resolution_reason=case.resolution_reason,
        queue_reason=case.escalation_reason if case.owner == Owner.QUEUE.value else None,
    )


async def move(tx: AsyncSession, now: datetime, case: Case, event: ControlEvent) -> bool:
    """Apply `event` to a locked case and append a state frame; False when it changed nothing.

    Raises the domain's TransitionRefused; nothing is changed then.
    """
    before = control_state(case)
    after = transition(before, event)
    if after == before:
        return False
    if before.owner is Owner.AGENT and after.agent_id != before.agent_id and case.claimed_at is not None:
        case.engaged_s += max(0.0, (now - case.claimed_at).total_seconds())
        case.claimed_at = None
    case.owner = after.owner.value
    case.epoch = after.epoch
    case.agent_id = after.agent_id
    case.status = after.status.value
    case.resolution = after.resolution.value if after.resolution else None
    case.resolution_reason = after.resolution_reason
    if after.owner is Owner.QUEUE and before.owner is not Owner.QUEUE:
        case.escalated_at = now
        case.ever_escalated = True
        # The first human answer is timed from the last escalation: kept, an earlier one would count as none at all.
        case.first_human_at = None
    if after.owner is Owner.QUEUE:
        case.escalation_reason = after.queue_reason
    if after.owner is Owner.AGENT and after.agent_id != before.agent_id:
        case.claimed_at = now
        case.ever_escalated = True
        case.escalated_at = case.escalated_at or now
    if after.owner is Owner.BOT and isinstance(event, HandBack | BotRecovered):
        case.ticket = False
    if after.status is CaseStatus.RESOLVED and before.status is not CaseStatus.RESOLVED:
        case.resolved_at = now
    if after.status is CaseStatus.OPEN and before.status is not CaseStatus.OPEN:
        case.reopened += 1
        case.resolved_at = None
        case.closed_at = None
    if after.status is CaseStatus.CLOSED:
        case.closed_at = now
    case.last_activity_at = now
    case.effort = _effort_after(case, before, after, now)
    hint(tx, "desk")
    await append_state(tx, now, case)
    return True


def _effort_after(case: Case, before: ControlState, after: ControlState, now: datetime) -> dict[str, Any]:
    ledger = EffortLedger.from_json(case.effort)
    if after.owner is Owner.QUEUE and before.owner is not Owner.QUEUE:
        ledger = ledger.with_transfer() if before.owner is Owner.AGENT else ledger.with_escalation()
    if after.owner is Owner.AGENT and before.owner is Owner.AGENT:
        ledger = ledger.with_transfer()
    if after.owner is Owner.AGENT and before.owner is Owner.QUEUE and case.escalated_at is not None:
        ledger = ledger.with_wait((now - case.escalated_at).total_seconds())
    if after.status is CaseStatus.OPEN and before.status is not CaseStatus.OPEN:
        ledger = ledger.with_reopening()
    return ledger.to_json()
