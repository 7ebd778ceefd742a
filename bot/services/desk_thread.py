"""A conversation as an agent reads it: the customer's frames, with what the bot understood beside them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from bot.services.timeline import Frame, message_frame
from bot.store.engine import Tx
from bot.store.tables import Message, Note, Timeline

THREAD_LIMIT = 300
"""Entries shown at first; a longer thread begins with its newest part."""


async def staff_frames_after(tx: Tx, conversation_id: str, after: int, limit: int = THREAD_LIMIT) -> list[Frame]:
    """The conversation's frames with `seq` > `after`, in order, as the staff sees them."""
    rows = await tx.execute(
        select(Timeline, Message)
        .outerjoin(Message, Message.id == Timeline.message_id)
        .where(Timeline.conversation_id == conversation_id, Timeline.seq > after)
        .order_by(Timeline.seq)
        .limit(limit)
    )
    return [_frame(entry, message) for entry, message in rows]


async def notes_of(tx: Tx, case_ids: Sequence[str]) -> list[Frame]:
    """The colleagues' notes on these cases as frames of type `note`, oldest first; they have no `seq`."""
    rows = await tx.execute(select(Note).where(Note.case_id.in_(case_ids)).order_by(Note.created_at, Note.id))
    return [
        {
            "type": "note",
            "id": note.id,
            "case": note.case_id,
            "name": note.name,
            "text": note.text,
            "at": note.created_at.isoformat(),
        }
        for note in rows.scalars()
    ]


def merged(frames: list[Frame], notes: list[Frame]) -> list[Frame]:
    """Notes put between the frames by their time; frames keep their order."""
    result: list[Frame] = []
    waiting = list(notes)
    for frame in frames:
        while waiting and waiting[0]["at"] <= frame["at"]:
            result.append(waiting.pop(0))
        result.append(frame)
    return result + waiting


def _frame(entry: Timeline, message: Message | None) -> dict[str, Any]:
    if message is None:
        return {"type": entry.kind, "seq": entry.seq, "at": entry.created_at.isoformat(), **(entry.body or {})}
    nlu = message.nlu or {}
    return {
        **message_frame(message),
        "case": message.case_id,
        "outcome": message.outcome,
        "nlu": {"intent": nlu.get("intent"), "confidence": nlu.get("confidence")} if nlu else None,
        "article": message.parts.get("article"),
    }
