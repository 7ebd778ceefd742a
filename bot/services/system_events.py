"""Events that only the product itself may send to the bot, as jobs in the conversation's own lane."""

from datetime import datetime, timedelta
from typing import Any

from bot.jobs.queue import Lease, enqueue
from bot.services.app import App
from bot.services.cases import lock_case
from bot.store.engine import Tx
from bot.store.tables import Case

TRIES = 20
LONGEST_DELAY = timedelta(minutes=1)


async def enqueue_system_turn(
    tx: Tx, now: datetime, case: Case, intent: str, entities: dict[str, Any], key: str
) -> None:
    """Queue a system event behind whatever the conversation is busy with; `key` makes it happen once."""
    await enqueue(
        tx, now, "system_turn", {"case": case.id, "intent": intent, "entities": entities},
        lane=case.conversation_id, key=key,
    )  # fmt: skip


async def put_off(tx: Tx, now: datetime, lease: Lease, message_id: str, error: str) -> None:
    """Try a failed system turn again later, outside the lane meanwhile, so that no message waits behind it.

    It keeps its `message_id`, so that what it did before it failed is not done twice. After `TRIES` it is buried.
    """
    tries = lease.payload.get("tries", 0) + 1
    if tries >= TRIES:
        await lease.bury(tx, error)
        return
    payload = {**lease.payload, "message_id": message_id, "tries": tries}
    await lease.finish(tx, now)
    await enqueue(tx, now, "system_turn_again", payload, run_at=now + min(timedelta(seconds=2**tries), LONGEST_DELAY))


async def put_back(app: App, lease: Lease) -> None:
    """The delay of a `system_turn_again` job is over: queue it behind what its conversation is busy with."""
    async with app.write() as tx:
        case = await lock_case(tx, lease.payload["case"])
        await enqueue(tx, app.now(), "system_turn", lease.payload, lane=case.conversation_id)
        await lease.finish(tx, app.now())
