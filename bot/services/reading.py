"""What the customer has seen: told to the agent as an update of the newest message that was read."""

from sqlalchemy import select

from bot.services.app import App
from bot.services.receive import lock_conversation
from bot.services.timeline import append_update
from bot.store.tables import Message

LOOK_BACK = 20
"""Older messages were read with the newer ones; only so many are marked at once."""


async def mark_read(app: App, conversation_id: str, seq: int) -> None:
    """The customer's browser showed everything up to `seq`. Only an agent's messages are told about, each once."""
    theirs = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.author == "agent", Message.seq <= seq)
        .order_by(Message.seq.desc())
        .limit(LOOK_BACK)
    )
    async with app.read() as tx:
        newest = (await tx.execute(theirs.limit(1))).scalar_one_or_none()
    if newest is None or newest.parts.get("read"):
        return
    async with app.write() as tx:
        await lock_conversation(tx, conversation_id)
        unread = [one for one in (await tx.execute(theirs)).scalars() if not one.parts.get("read")]
        for one in unread:
            one.parts = {**one.parts, "read": True}
        if unread:
            await append_update(tx, app.now(), conversation_id, unread[0].seq, read=True)
