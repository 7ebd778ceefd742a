"""A case that waits for a person: what is said to whoever writes meanwhile."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.conversation import BOT_UNAVAILABLE_REASON, Owner
from bot.services import texts
from bot.services.app import App
from bot.services.timeline import append_message
from bot.store.engine import Tx
from bot.store.tables import Message

BURST = timedelta(minutes=5)
"""Lines that follow each other sooner are told once that they were added."""


def waits_as_ticket(case: Any) -> bool:
    """Whether this case (or a row of it) waits for the team, who are away, and for a person's sake.

    A ticket that is one only because the bot is down comes back to the bot by itself.
    """
    return bool(case.ticket and case.owner == Owner.QUEUE.value and case.escalation_reason != BOT_UNAVAILABLE_REASON)


async def say_it_is_added(app: App, tx: Tx, now: datetime, case: Any) -> None:
    """Tell whoever writes while the case waits that it is read there: once a burst, unless somebody spoke since."""
    key = texts.TICKET_ADDED if case.ticket else texts.WAITING_ADDED
    line = texts.say(app.settings, key, number=case.number)
    last = await last_line(tx, case.id)
    if last is None or last.text != line or last.created_at < now - BURST:
        await tell(tx, now, case, line)


async def tell(tx: Tx, now: datetime, case: Any, line: str) -> None:
    """A line of the product itself."""
    await append_message(tx, now, case.conversation_id, case_id=case.id, author="system", text=line)


async def last_line(tx: Tx, case_id: str) -> Any | None:
    """The newest line that is not the customer's."""
    newest = select(Message.text, Message.author, Message.created_at).where(
        Message.case_id == case_id, Message.author != "customer"
    )
    return (await tx.execute(newest.order_by(Message.seq.desc()).limit(1))).one_or_none()
