"""What happens by time or on return: assumed resolutions, closings, tidying, and the bot back after an outage."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import func, select

from bot.adapters.rasa import RasaClient
from bot.domain.conversation import BotRecovered, Close, ResolveAssumed, TransitionRefused
from bot.jobs.queue import Lease, any_done, enqueue, remove_done
from bot.services import texts
from bot.services.app import App
from bot.services.cases import lock_case, move
from bot.services.timeline import append_message
from bot.store.engine import Tx
from bot.store.tables import Case, Message

log = structlog.get_logger()

STALE_AFTER = timedelta(seconds=60)
"""A message older than this is not answered by the bot after an outage: the moment has passed."""

BATCH = 50
JOBS_AT_ONCE = 200
"""Done jobs removed by one transaction: a few milliseconds of the write lock."""


async def recover_bot(app: App, rasa: RasaClient, lease: Lease) -> None:
    """Give cases that waited only because the bot was away back to it; keeps asking until Rasa answers again."""
    # While the breaker is open the bot would hand every case straight back.
    if not rasa.breaker.lets_pass or await rasa.health() is None:
        async with app.write() as tx:
            await lease.retry(tx, app.now(), timedelta(seconds=1), "Rasa is not ready yet")
        return
    async with app.read() as tx:
        waiting = (
            (
                await tx.execute(
                    select(Case.id).where(Case.owner == "queue", Case.escalation_reason == "bot_unavailable")
                )
            )
            .scalars()
            .all()
        )
    for case_id in waiting:
        await _take_back(app, case_id)
    async with app.write() as tx:
        await lease.finish(tx, app.now())


async def _take_back(app: App, case_id: str) -> None:
    async with app.write() as tx:
        now = app.now()
        case = await lock_case(tx, case_id)
        try:
            moved = await move(tx, now, case, BotRecovered())
        except TransitionRefused:
            return
        if not moved:
            return
        await append_message(
            tx,
            now,
            case.conversation_id,
            case_id=case.id,
            author="system",
            text=texts.say(app.settings, texts.BOT_BACK),
        )
        for message in await _unanswered(tx, case):
            if now - message.created_at >= STALE_AFTER:
                continue
            message.outcome = None
            await enqueue(
                tx, now, "turn", {"message": message.id, "conversation": case.conversation_id},
                lane=case.conversation_id, key=f"turn:{message.id}:{case.epoch}",
            )  # fmt: skip


async def _unanswered(tx: Tx, case: Case) -> Sequence[Message]:
    """What the customer wrote into the queue since anybody last answered, in order."""
    answered = (
        select(func.coalesce(func.max(Message.seq), 0))
        .where(Message.case_id == case.id, Message.author.in_(["bot", "agent"]))
        .scalar_subquery()
    )
    rows = await tx.execute(
        select(Message)
        .where(
            Message.case_id == case.id,
            Message.author == "customer",
            Message.outcome.in_(["queue", "ticket"]),
            Message.seq > answered,
        )
        .order_by(Message.seq)
    )
    return rows.scalars().all()


async def close_and_assume(app: App) -> None:
    """Assume silent bot cases resolved after `assume_resolved_hours`, close resolved ones after `reopen_hours`."""
    now = app.now()
    silent = now - timedelta(hours=app.settings.assume_resolved_hours)
    settled = now - timedelta(hours=app.settings.reopen_hours)
    async with app.read() as tx:
        assumed = (
            (
                await tx.execute(
                    select(Case.id)
                    .where(Case.status == "open", Case.owner == "bot", Case.last_activity_at < silent)
                    .limit(BATCH)
                )
            )
            .scalars()
            .all()
        )
        closing = (
            (
                await tx.execute(
                    select(Case.id).where(Case.status == "resolved", Case.last_activity_at < settled).limit(BATCH)
                )
            )
            .scalars()
            .all()
        )
    for case_id, event in [(each, ResolveAssumed()) for each in assumed] + [(each, Close()) for each in closing]:
        async with app.write() as tx:
            case = await lock_case(tx, case_id)
            limit = silent if isinstance(event, ResolveAssumed) else settled
            if case.last_activity_at >= limit:
                continue
            try:
                await move(tx, now, case, event)
            except TransitionRefused as refused:
                log.info("schedule.refused", case=case_id, why=refused.reason)


async def remove_done_jobs(app: App) -> None:
    """Remove some of the jobs done longer than `job_days` ago; what is left goes at the next call."""
    before = app.now() - timedelta(days=app.settings.job_days)
    async with app.read() as tx:
        if not await any_done(tx, before):
            return
    async with app.store.write(lasting=False) as tx:
        await remove_done(tx, before, JOBS_AT_ONCE)
