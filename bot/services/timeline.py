"""The one numbered log of a conversation: appending to it, and reading it as frames.

`seq` counts messages, states and updates alike, without holes: it is taken from the conversation's row in the same
transaction that inserts the entry, so a rolled-back entry gives its number back.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update

from bot.services.app import hint
from bot.services.upload_links import plain_path
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Case, Conversation, Message, Staff, Timeline

Frame = dict[str, Any]

REPLAY_LIMIT = 500
"""Longer gaps are answered by a `resync` with the newest entries instead."""


# Made once, for every message runs them.
_CONVERSATION = cast(Table, Conversation.__table__)
_TAKE_NUMBER = (
    update(_CONVERSATION)
    .where(_CONVERSATION.c.id == bindparam("conversation"))
    .values(last_seq=_CONVERSATION.c.last_seq + 1)
    .returning(_CONVERSATION.c.last_seq)
)
_AFTER = (
    select(Timeline, Message)
    .outerjoin(Message, Message.id == Timeline.message_id)
    .where(Timeline.conversation_id == bindparam("conversation"), Timeline.seq > bindparam("after"))
    .order_by(Timeline.seq)
    .limit(bindparam("most"))
)


async def next_seq(tx: Tx, conversation_id: str) -> int:
    """Take the next number; locks the conversation's row until the transaction ends."""
    result = await tx.execute(_TAKE_NUMBER, {"conversation": conversation_id})
    hint(tx, "conversation", conversation_id)
    return int(result.scalar_one())


async def append_message(
    tx: Tx,
    now: datetime,
    conversation_id: str,
    *,
    case_id: str | None,
    author: str,
    text: str,
    name: str | None = None,
    parts: dict[str, Any] | None = None,
    cid: str | None = None,
    staff_id: str | None = None,
    reply_to: str | None = None,
    model_id: str | None = None,
    message_id: str | None = None,
    outcome: str | None = None,
) -> Message:
    """Say something in the conversation: a message row and its timeline entry."""
    seq = await next_seq(tx, conversation_id)
    message = Message(
        id=message_id or new_id(),
        conversation_id=conversation_id,
        case_id=case_id,
        seq=seq,
        cid=cid,
        author=author,
        name=name,
        staff_id=staff_id,
        text=text,
        parts=parts or {},
        reply_to=reply_to,
        model_id=model_id,
        outcome=outcome,
        created_at=now,
    )
    tx.add(message)
    tx.add(Timeline(conversation_id=conversation_id, seq=seq, kind="message", message_id=message.id, created_at=now))
    await tx.flush()
    return message


async def append_state(tx: Tx, now: datetime, case: Case) -> int:
    """Tell the customer's browsers who is in control now."""
    agent = None
    if case.agent_id:
        agent = (await tx.execute(select(Staff.name).where(Staff.id == case.agent_id))).scalar_one_or_none()
    body = {
        "case": case.id,
        "number": case.number,
        "owner": case.owner,
        "agent": agent,
        "case_status": case.status,
        "ticket": case.ticket and case.owner == "queue",
    }
    hint(tx, "desk")
    return await _append(tx, now, case.conversation_id, "state", body)


async def append_update(tx: Tx, now: datetime, conversation_id: str, of: int, **changes: Any) -> int:
    """Tell what changed about the message with `seq` `of`."""
    return await _append(tx, now, conversation_id, "update", {"of": of, **changes})


async def _append(tx: Tx, now: datetime, conversation_id: str, kind: str, body: dict[str, Any]) -> int:
    seq = await next_seq(tx, conversation_id)
    tx.add(Timeline(conversation_id=conversation_id, seq=seq, kind=kind, body=body, created_at=now))
    await tx.flush()
    return seq


def file_names(message: Message) -> str:
    """What stands for a message's files where only words can be shown; empty when it has none."""
    return ", ".join(part["name"] for part in message.parts.get("attachments", []))


def message_frame(message: Message, link: Callable[[str], str] = plain_path) -> Frame:
    """A message as the contract's `message` frame; `link` gives the address of an uploaded file."""
    return {
        "type": "message",
        "seq": message.seq,
        "id": message.id,
        "cid": message.cid,
        "author": message.author,
        "name": message.name,
        "text": message.text,
        "choices": message.parts.get("choices", []),
        "card": message.parts.get("card"),
        "survey": message.parts.get("survey"),
        "invitation": message.parts.get("invitation"),
        "attachments": [{**part, "url": link(part["id"])} for part in message.parts.get("attachments", [])],
        "at": message.created_at.isoformat(),
    }


async def frames_after(
    tx: Tx, conversation_id: str, after: int, limit: int = REPLAY_LIMIT, *, link: Callable[[str], str] = plain_path
) -> list[Frame]:
    """The conversation's frames with `seq` > `after`, in order, at most `limit`."""
    rows = (await tx.execute(_AFTER, {"conversation": conversation_id, "after": after, "most": limit})).all()
    return [
        message_frame(message, link)
        if message is not None
        else {"type": entry.kind, "seq": entry.seq, **(entry.body or {})}
        for entry, message in rows
    ]


async def replay(
    tx: Tx, conversation_id: str, last_seq: int, newest: int, *, link: Callable[[str], str] = plain_path
) -> list[Frame]:
    """What a browser that has everything up to `last_seq` must still see: the frames, or one `resync`.

    A `last_seq` beyond the newest (a browser of another database) is answered by a `resync` too.
    """
    if last_seq > newest or newest - last_seq > REPLAY_LIMIT:
        recent = await frames_after(tx, conversation_id, max(0, newest - REPLAY_LIMIT), link=link)
        return [{"type": "resync", "seq": newest, "messages": recent}]
    return await frames_after(tx, conversation_id, last_seq, link=link)
