"""An action's effects happen once for each (`message_id`, action): a repeated turn gets the stored result."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.services.app import App
from bot.store.engine import Tx
from bot.store.tables import Effect


async def once(
    app: App, message_id: str, action: str, case_id: str, work: Callable[[Tx], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    """Run `work` in a transaction with the record that it ran, or return what it gave the first time.

    `work` returns plain JSON. If it raises, nothing is kept and the turn may be tried again.
    """
    async with app.write() as tx:
        done = await tx.get(Effect, (message_id, action))
        if done is not None:
            return done.result
        result = await work(tx)
        tx.add(Effect(message_id=message_id, action=action, case_id=case_id, result=result, created_at=app.now()))
        return result
