"""What a customer sends: stored with its timeline number and the job that will answer it, in one transaction.

The gateway acks only after these return: ack means committed. A repeated `cid` returns the first answer.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import NoResultFound

from bot.domain.conversation import BOT_UNAVAILABLE_REASON, CaseStatus, EndByCustomer, Owner, TransitionRefused
from bot.domain.effort import EffortLedger
from bot.jobs.queue import enqueue
from bot.services import texts
from bot.services.app import App, hint
from bot.services.beside_ticket import answer_waiting
from bot.services.cases import lock_case, move, open_case
from bot.services.handoff import escalate
from bot.services.timeline import append_message, append_update, next_seq
from bot.services.uploads import BadAttachment, attach_uploads
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.prepared import Prepared
from bot.store.tables import Case, Choice, Conversation, Message, Receipt

_LOCK = (
    select(Conversation)
    .where(Conversation.id == bindparam("conversation"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_RECEIPTS, _CASES = cast(Table, Receipt.__table__), cast(Table, Case.__table__)
_LOCK_ITS_CASE = Prepared(
    select(Conversation.case_id).where(Conversation.id == bindparam("conversation")).with_for_update()
)
_RECEIPT = Prepared(
    select(_RECEIPTS.c.seq).where(
        _RECEIPTS.c.conversation_id == bindparam("conversation"), _RECEIPTS.c.cid == bindparam("cid")
    )
)
_ACK = Prepared.insert(_RECEIPTS, "conversation_id", "cid", "seq")
_NEEDED = ("id", "conversation_id", "number", "owner", "status", "ticket", "escalation_reason", "effort")
_CASE = Prepared(
    select(*(_CASES.c[name] for name in _NEEDED)).where(_CASES.c.id == bindparam("case")).with_for_update()
)
_TOUCH = Prepared(
    update(_CASES)
    .where(_CASES.c.id == bindparam("case"))
    .values(effort=bindparam("spent"), last_activity_at=bindparam("now"))
)


class Refused(Exception):
    """The frame cannot be taken: `code` is one of the contract's, the text a sentence for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


async def receive_text(app: App, conversation_id: str, cid: str, text: str, attachments: Sequence[str] = ()) -> int:
    """Store a customer's words and files and queue the turn that answers them; returns the row's `seq`.

    The words may be empty when there are files. Raises Refused(`bad_attachment`).
    """
    async with app.write() as tx:
        case_id, seq = await _acked(tx, conversation_id, cid)
        if seq is not None:
            return seq
        return await _accept(app, tx, conversation_id, case_id, cid, text.strip() and text, None, attachments)


async def receive_choice(
    app: App, conversation_id: str, cid: str, choice_id: str, attachments: Sequence[str] = ()
) -> int:
    """Store a tapped option with its title as text; single use. Raises Refused(`bad_choice`, `bad_attachment`)."""
    async with app.write() as tx:
        case_id, seq = await _acked(tx, conversation_id, cid)
        if seq is not None:
            return seq
        now = app.now()
        choice = (
            await tx.execute(
                select(Choice)
                .where(Choice.id == choice_id, Choice.conversation_id == conversation_id)
                .with_for_update()
            )
        ).scalar_one_or_none()
        if choice is None:
            raise Refused("bad_choice", "That option does not belong to this chat; please write what you need.")
        if choice.used_at is not None:
            raise Refused("bad_choice", "That option was used already; please write what you need.")
        # All options of one message go together: a question is answered once.
        await tx.execute(
            update(Choice).where(Choice.message_id == choice.message_id, Choice.used_at.is_(None)).values(used_at=now)
        )
        of = (await tx.execute(select(Message.seq).where(Message.id == choice.message_id))).scalar_one()
        tapped = {"id": choice.id, "case": choice.case_id}
        seq = await _accept(app, tx, conversation_id, case_id, cid, choice.title, tapped, attachments)
        await append_update(tx, now, conversation_id, of, chosen=choice.id)
        return seq


async def receive_human(app: App, conversation_id: str, cid: str) -> int:
    """The button "Talk to a person": works whatever the bot is doing, without asking Rasa."""
    async with app.write() as tx:
        conversation, seq = await receipt(tx, conversation_id, cid)
        if seq is not None:
            return seq
        now = app.now()
        case = await current_case(tx, now, conversation)
        if case.status == CaseStatus.RESOLVED.value:
            case = await open_case(tx, now, conversation)
        seq = await next_seq_of_request(tx, now, conversation_id, case, cid)
        # Who waits only because the bot is away now waits for a person, and is not taken back by the bot.
        outage = case.owner == Owner.QUEUE.value and case.escalation_reason == BOT_UNAVAILABLE_REASON
        if case.owner == Owner.BOT.value or outage:
            await escalate(app, tx, now, case, "asked_for_person")
        tx.add(Receipt(conversation_id=conversation_id, cid=cid, seq=seq))
        return seq


async def next_seq_of_request(tx: Tx, now: datetime, conversation_id: str, case: Case, cid: str) -> int:
    """The button press as a line of the thread, so that agent and customer see it where it happened."""
    message = await append_message(
        tx,
        now,
        conversation_id,
        case_id=case.id,
        author="customer",
        text=texts.ASK_FOR_PERSON,
        cid=cid,
        outcome="queue",
    )
    return message.seq


async def receive_end(app: App, conversation_id: str, cid: str) -> int:
    """The customer ends the chat; works whoever has the case."""
    async with app.write() as tx:
        conversation, seq = await receipt(tx, conversation_id, cid)
        if seq is not None:
            return seq
        now = app.now()
        case = await lock_case(tx, conversation.case_id) if conversation.case_id else None
        if case is not None and case.status != CaseStatus.CLOSED.value:
            await append_message(
                tx,
                now,
                conversation_id,
                case_id=case.id,
                author="system",
                text=texts.say(app.settings, texts.ENDED),
            )
            await move(tx, now, case, EndByCustomer())
            seq = conversation_seq = (
                await tx.execute(select(Conversation.last_seq).where(Conversation.id == conversation_id))
            ).scalar_one()
            seq = conversation_seq
        else:
            seq = conversation.last_seq
        tx.add(Receipt(conversation_id=conversation_id, cid=cid, seq=seq))
        return seq


async def receipt(tx: Tx, conversation_id: str, cid: str) -> tuple[Conversation, int | None]:
    """The conversation, locked, so that a twin frame waits for the first; and the `seq` acked for this `cid` before."""
    conversation = await lock_conversation(tx, conversation_id)
    acked = await _RECEIPT.one(tx, conversation=conversation_id, cid=cid)
    return conversation, None if acked is None else acked.seq


async def _acked(tx: Tx, conversation_id: str, cid: str) -> tuple[str | None, int | None]:
    """As `receipt`, with the id of the conversation's case alone."""
    conversation = await _LOCK_ITS_CASE.one(tx, conversation=conversation_id)
    if conversation is None:
        raise NoResultFound("the conversation is gone")
    acked = await _RECEIPT.one(tx, conversation=conversation_id, cid=cid)
    return conversation.case_id, None if acked is None else acked.seq


async def lock_conversation(tx: Tx, conversation_id: str) -> Conversation:
    return (await tx.execute(_LOCK, {"conversation": conversation_id})).scalar_one()


async def current_case(tx: Tx, now: datetime, conversation: Conversation) -> Case:
    """The conversation's case that a new message belongs to, locked; a new one when there is none or it is closed.

    A resolved case is returned as it is: whether the message reopens it depends on what it says (`turns`).
    """
    if conversation.case_id:
        case = await lock_case(tx, conversation.case_id)
        if case.status != CaseStatus.CLOSED.value:
            return case
    return await open_case(tx, now, conversation)


async def _accept(
    app: App,
    tx: Tx,
    conversation_id: str,
    case_id: str | None,
    cid: str,
    text: str,
    choice: dict[str, Any] | None,
    attachments: Sequence[str],
) -> int:
    now = app.now()
    message_id = new_id()
    parts: dict[str, Any] = {"choice": choice} if choice else {}
    if attachments:
        try:
            parts["attachments"] = await attach_uploads(tx, app.settings, conversation_id, attachments, message_id)
        except BadAttachment as error:
            raise Refused("bad_attachment", str(error)) from error
    # A row of what is needed: making an object of it, and of its change, would be half of the work.
    case = await _CASE.one(tx, case=case_id) if case_id else None
    if case is None or case.status == CaseStatus.CLOSED.value:
        case = await current_case(tx, now, await lock_conversation(tx, conversation_id))
    with_bot = case.owner == Owner.BOT.value
    outcome = None if with_bot else "ticket" if case.ticket and case.owner == Owner.QUEUE.value else case.owner
    message = await append_message(
        tx,
        now,
        conversation_id,
        case_id=case.id,
        author="customer",
        text=text,
        cid=cid,
        parts=parts,
        message_id=message_id,
        outcome=outcome,
    )
    await _ACK.rows(tx, conversation_id=conversation_id, cid=cid, seq=message.seq)
    spent = EffortLedger.from_json(case.effort).with_message().to_json()
    await _TOUCH.rows(tx, case=case.id, spent=spent, now=now)
    if with_bot:
        await enqueue(
            tx,
            now,
            "turn",
            {"message": message.id, "conversation": conversation_id},
            lane=conversation_id,
            key=f"turn:{message.id}",
        )
    else:
        hint(tx, "desk", case.id)
        if case.owner == Owner.QUEUE.value:
            await answer_waiting(app, tx, now, case, text)
    return message.seq


__all__ = [
    "Refused",
    "TransitionRefused",
    "current_case",
    "lock_conversation",
    "next_seq",
    "receipt",
    "receive_choice",
    "receive_end",
    "receive_human",
    "receive_text",
]
