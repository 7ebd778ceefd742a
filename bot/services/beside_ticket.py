"""A customer writes while the case waits for a person: never silence, and never the assistant in between.

What is said is the product's own line: that it was added, where the ticket stands, or that the ticket was closed since
the customer said so.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.beside_ticket import Beside, read_beside
from bot.domain.conversation import BOT_UNAVAILABLE_REASON, CaseStatus, ResolveConfirmed, Withdraw
from bot.services import texts
from bot.services.app import App
from bot.services.cases import lock_case, move
from bot.services.system_events import enqueue_system_turn
from bot.services.timeline import append_message
from bot.store.engine import Tx
from bot.store.tables import Message, Note

BURST = timedelta(minutes=5)
"""Lines that follow each other sooner are told once that they were added."""
_QUOTED = 500
"""Characters of the customer's words in the note for the desk."""


async def answer_waiting(app: App, tx: Tx, now: datetime, case: Any, text: str) -> None:
    """Answer `text`, written to a case (a row of it) whose owner is the queue."""
    found = read_beside(text) if _waits_as_ticket(case) else Beside.ADD
    if found in {Beside.SOLVED, Beside.WITHDRAW}:
        await _end(app, tx, now, case, found, text)
        return
    last = await _last_line(tx, case.id)
    if found is Beside.STATUS:
        line = texts.say(app.settings, texts.TICKET_WAITS, number=case.number)
        if last is not None and last.text == line:
            line = texts.say(app.settings, texts.TICKET_WAITS_AGAIN, number=case.number)
        await _tell(tx, now, case, line)
        return
    line = texts.say(app.settings, texts.TICKET_ADDED if case.ticket else texts.WAITING_ADDED, number=case.number)
    if last is None or last.text != line or last.created_at < now - BURST:
        await _tell(tx, now, case, line)


def _waits_as_ticket(case: Any) -> bool:
    """Whether the case waits for the team, who are away, and for a person's sake.

    A ticket that is one only because the bot is down comes back to the bot by itself.
    """
    return bool(case.ticket and case.escalation_reason != BOT_UNAVAILABLE_REASON)


async def _end(app: App, tx: Tx, now: datetime, case: Any, found: Beside, words: str) -> None:
    """The customer ends the wait; the desk keeps why."""
    row = await lock_case(tx, case.id)
    solved = found is Beside.SOLVED
    line = texts.TICKET_SOLVED if solved else texts.TICKET_WITHDRAWN
    await _tell(tx, now, row, texts.say(app.settings, line, number=row.number))
    note = texts.TICKET_SOLVED_NOTE if solved else texts.TICKET_WITHDRAWN_NOTE
    told = texts.say(app.settings, note, words=words[:_QUOTED])
    tx.add(Note(case_id=row.id, name=app.settings.company, text=told, created_at=now))
    row.ticket = False
    if not solved:
        row.withdrawn_at = now
        await move(tx, now, row, Withdraw())
        return
    await move(tx, now, row, ResolveConfirmed())
    if row.status == CaseStatus.RESOLVED.value:
        await enqueue_system_turn(tx, now, row, "EXTERNAL_case_resolved", {}, key=f"resolved:{row.id}:{row.reopened}")


async def _tell(tx: Tx, now: datetime, case: Any, line: str) -> None:
    await append_message(tx, now, case.conversation_id, case_id=case.id, author="system", text=line)


async def _last_line(tx: Tx, case_id: str) -> Any | None:
    """The newest line that is not the customer's."""
    newest = select(Message.text, Message.created_at).where(Message.case_id == case_id, Message.author != "customer")
    return (await tx.execute(newest.order_by(Message.seq.desc()).limit(1))).one_or_none()
