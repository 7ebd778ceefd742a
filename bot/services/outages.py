"""The bot cannot answer: whoever waits is told, and the message goes to the team until the bot is back."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from bot.domain.conversation import CaseStatus, Owner, Reopen, TransitionRefused
from bot.jobs.queue import enqueue
from bot.services.app import App
from bot.services.cases import CaseNotFound, lock_case, move
from bot.services.handoff import escalate_for_outage
from bot.services.turn_rows import TurnCase
from bot.store.engine import Tx
from bot.store.tables import Case, Job, Message

log = structlog.get_logger()

LEAST_PATIENCE = timedelta(seconds=1)


def whole_patience(app: App) -> timedelta:
    """How long a customer waits for the bot before it is given up."""
    # What is kept back is for telling the customer, also on a busy machine.
    return max(timedelta(seconds=app.settings.turn_timeout_s - 1.5), LEAST_PATIENCE)


def outcome_of(case: Case | TurnCase) -> str:
    """Where a message is that the bot does not answer."""
    return "ticket" if case.ticket and case.owner == Owner.QUEUE.value else case.owner


async def give_to_team(app: App, tx: Tx, now: datetime, case: Case, message: Message) -> None:
    """Pass a locked case with a message that the bot cannot answer to the team; the bot takes it back when it can."""
    if case.status == CaseStatus.RESOLVED.value:
        try:
            await move(tx, now, case, Reopen("customer_wrote_again"))
        except TransitionRefused:
            log.info("turn.not_reopened", case=case.id)
    if case.owner == Owner.BOT.value:
        await escalate_for_outage(app, tx, now, case)
        await enqueue(
            tx, now, "bot_recovery", {}, key=f"bot_recovery:{case.id}:{case.epoch}", max_attempts=1_000_000
        )  # fmt: skip
    message.outcome = outcome_of(case)


async def waiting_since(app: App, before: datetime, most: int | None = None) -> list[str]:
    """The ids of messages whose turn was asked for until then and is not done, the oldest first; `most` of them."""
    async with app.read() as tx:
        jobs = await tx.execute(
            select(Job.payload)
            .where(Job.state.in_(["ready", "running"]), Job.kind == "turn", Job.created_at <= before)
            .order_by(Job.id)
            .limit(most)
        )
        return [str(payload["message"]) for payload in jobs.scalars()]


async def give_up_waiting(app: App, message_id: str) -> bool:
    """Tell the customer of one message that the bot is away, for a worker that does not; whether there was anything to
    tell. Whatever its turn still brings comes too late: the case has moved on.
    """
    async with app.write() as tx:
        message = await tx.get(Message, message_id)
        if message is None or message.outcome is not None or message.case_id is None:
            return False
        try:
            case = await lock_case(tx, message.case_id)
        except CaseNotFound:
            return False
        await tx.refresh(message)
        if message.outcome is not None or case.owner != Owner.BOT.value:
            return False
        await give_to_team(app, tx, app.now(), case, message)
        return True
