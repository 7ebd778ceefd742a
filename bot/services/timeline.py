"""The one numbered log of a conversation: appending to it, and reading it as frames.

`seq` counts messages, states and updates alike, without holes: it is taken from the conversation's row in the same
transaction that inserts the entry, so a rolled-back entry gives its number back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import NoResultFound

from bot.services.app import App, hint
from bot.services.upload_links import plain_path
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.prepared import Prepared
from bot.store.tables import Case, Conversation, Message, Staff, Timeline

Frame = dict[str, Any]

REPLAY_LIMIT = 500
"""Longer gaps are answered by a `resync` with the newest entries instead."""


_CONVERSATION = cast(Table, Conversation.__table__)
_TAKE_NUMBER = Prepared(
    update(_CONVERSATION)
    .where(_CONVERSATION.c.id == bindparam("conversation"))
    .values(last_seq=_CONVERSATION.c.last_seq + 1)
    .returning(_CONVERSATION.c.last_seq)
)
_MESSAGE, _ENTRY = cast(Table, Message.__table__), cast(Table, Timeline.__table__)
_ADD_MESSAGE = Prepared.insert(
    _MESSAGE, "id", "conversation_id", "case_id", "seq", "cid", "author", "name", "staff_id", "text", "parts",
    "reply_to", "model_id", "outcome", "created_at",
)  # fmt: skip
_ADD_ENTRY_OF_MESSAGE = Prepared.insert(_ENTRY, "conversation_id", "seq", "kind", "message_id", "created_at")
_ADD_ENTRY = Prepared.insert(_ENTRY, "conversation_id", "seq", "kind", "body", "created_at")
_SHOWN = ("id", "cid", "author", "name", "text", "parts", "created_at")
_AFTER = Prepared(
    select(_ENTRY.c.seq, _ENTRY.c.kind, _ENTRY.c.body, *(_MESSAGE.c[name] for name in _SHOWN))
    .outerjoin_from(_ENTRY, _MESSAGE, _MESSAGE.c.id == _ENTRY.c.message_id)
    .where(_ENTRY.c.conversation_id == bindparam("conversation"), _ENTRY.c.seq > bindparam("after"))
    .order_by(_ENTRY.c.seq)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Said:
    """A message that was appended."""

    id: str
    seq: int


async def next_seq(tx: Tx, conversation_id: str) -> int:
    """Take the next number; locks the conversation's row until the transaction ends."""
    taken = await _TAKE_NUMBER.one(tx, conversation=conversation_id)
    if taken is None:
        raise NoResultFound("the conversation is gone")
    hint(tx, "conversation", conversation_id)
    return int(taken.last_seq)


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
) -> Said:
    """Say something in the conversation: a message row and its timeline entry."""
    said = Said(message_id or new_id(), await next_seq(tx, conversation_id))
    await _ADD_MESSAGE.rows(
        tx, id=said.id, conversation_id=conversation_id, case_id=case_id, seq=said.seq, cid=cid, author=author,
        name=name, staff_id=staff_id, text=text, parts=parts or {}, reply_to=reply_to, model_id=model_id,
        outcome=outcome, created_at=now,
    )  # fmt: skip
    await _ADD_ENTRY_OF_MESSAGE.rows(
        tx, conversation_id=conversation_id, seq=said.seq, kind="message", message_id=said.id, created_at=now
    )
    return said


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
    await _ADD_ENTRY.rows(tx, conversation_id=conversation_id, seq=seq, kind=kind, body=body, created_at=now)
    return seq


def file_names(parts: dict[str, Any]) -> str:
    """What stands for a message's files where only words can be shown; empty when it has none."""
    return ", ".join(part["name"] for part in parts.get("attachments", []))


def message_frame(message: Any, link: Callable[[str], str] = plain_path) -> Frame:
    """A message, its object or a row of it, as the contract's frame; `link` gives the address of an uploaded file."""
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
    return _frames(await _AFTER.rows(tx, conversation=conversation_id, after=after, most=limit), link)


async def look_after(app: App, conversation_id: str, after: int, limit: int) -> list[Frame]:
    """As `frames_after`, of what is committed now, with addresses of files that open without a header."""
    rows = await app.store.look(_AFTER, conversation=conversation_id, after=after, most=limit)
    return _frames(rows, app.upload_link)


def _frames(rows: Iterable[Any], link: Callable[[str], str]) -> list[Frame]:
    return [
        message_frame(row, link) if row.id is not None else {"type": row.kind, "seq": row.seq, **(row.body or {})}
        for row in rows
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
