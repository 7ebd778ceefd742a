"""Events that only the product itself may send to the bot, as jobs in the conversation's own lane."""

from datetime import datetime
from typing import Any

from bot.jobs.queue import enqueue
from bot.store.engine import Tx
from bot.store.tables import Case


async def enqueue_system_turn(
    tx: Tx, now: datetime, case: Case, intent: str, entities: dict[str, Any], key: str
) -> None:
    """Queue a system event behind whatever the conversation is busy with; `key` makes it happen once."""
    await enqueue(
        tx, now, "system_turn", {"case": case.id, "intent": intent, "entities": entities},
        lane=case.conversation_id, key=key,
    )  # fmt: skip
