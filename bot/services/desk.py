"""What an agent does with a case: claim, answer, note, pass on, resolve, reopen. One transaction each.

The domain's transition function decides what may happen; here it is applied to the locked row, the customer is told,
and what follows (the bot's next turn, an e-mail) is queued in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.conversation import (
    CaseStatus,
    Claim,
    ControlEvent,
    HandBack,
    Owner,
    Reopen,
    ResolveByAgent,
    Transfer,
    TransitionRefused,
)
from bot.services import surveys, texts
from bot.services.app import App, hint
from bot.services.cases import CaseNotFound, lock_case, move
from bot.services.mail import owe_mail
from bot.services.receive import lock_conversation
from bot.services.staff import StaffMember, audit, normal_email
from bot.services.system_events import enqueue_system_turn
from bot.services.timeline import append_message, file_names
from bot.services.uploads import BadAttachment, attach_uploads
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Case, Conversation, Customer, Note, Receipt, Staff


class DeskRefused(Exception):
    """The deed does not fit the case as it is: `code`, a sentence, and the name of the agent who has the case."""

    def __init__(self, code: str, sentence: str, agent: str | None = None, agent_id: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.agent = agent
        self.agent_id = agent_id


async def claim(app: App, who: StaffMember, case_id: str) -> None:
    """Take the case, from the queue or from the bot in mid-turn: of many at once exactly one succeeds.

    Claiming one's own case changes nothing. Raises CaseNotFound; DeskRefused names who was faster.
    """
    async with app.write() as tx:
        now = app.now()
        case = await _locked(tx, case_id)
        if await _move(tx, now, case, Claim(who.id)):
            await _tell(app, tx, now, case, texts.JOINED, agent=who.name)
            audit(tx, now, who, "case.claimed", case.id)


async def post_message(
    app: App, who: StaffMember, case_id: str, cid: str, text: str, attachments: Sequence[str] = ()
) -> int:
    """Say something to the customer; returns the message's `seq`, the first one again for a repeated `cid`.

    Only the agent who has the case may. A ticket's customer gets it by e-mail too, when we know an address.
    Raises CaseNotFound, DeskRefused.
    """
    async with app.write() as tx:
        now = app.now()
        case = await _locked(tx, case_id)
        # A prefix keeps an agent's ids apart from those the customer's browser makes up.
        key = f"staff:{cid}"
        known = await tx.get(Receipt, (case.conversation_id, key))
        if known is not None:
            return known.seq
        await _require_mine(tx, case, who)
        message_id = new_id()
        parts: dict[str, Any] = {}
        if attachments:
            try:
                parts["attachments"] = await attach_uploads(
                    tx, app.settings, case.conversation_id, attachments, message_id, who.id
                )
            except BadAttachment as error:
                raise DeskRefused("bad_attachment", str(error)) from error
        message = await append_message(
            tx, now, case.conversation_id, case_id=case.id, author="agent", name=who.name, staff_id=who.id,
            text=text, cid=cid, parts=parts, message_id=message_id,
        )  # fmt: skip
        tx.add(Receipt(conversation_id=case.conversation_id, cid=key, seq=message.seq))
        case.first_human_at = case.first_human_at or now
        case.last_activity_at = now
        if case.ticket:
            await _owe_mail(app, tx, now, case, who, text or file_names(parts))
        hint(tx, "desk", case.id)
        return message.seq


async def add_note(app: App, who: StaffMember, case_id: str, text: str) -> str:
    """Write for colleagues; customers never see it, and anyone on the team may, whoever has the case."""
    async with app.write() as tx:
        case = await _locked(tx, case_id)
        return await _note(tx, app.now(), case, who, text)


async def hand_back(app: App, who: StaffMember, case_id: str, note: str) -> None:
    """Give the case back to the bot, which greets the customer. The owning agent may, or a supervisor."""
    async with app.write() as tx:
        now = app.now()
        case = await _locked(tx, case_id)
        name = await _name(tx, case.agent_id) or who.name
        await _move(tx, now, case, HandBack(_acting(case, who)))
        if note.strip():
            await _note(tx, now, case, who, note)
        await _tell(app, tx, now, case, texts.HANDED_BACK, agent=name)
        await enqueue_system_turn(tx, now, case, "EXTERNAL_handed_back", {}, key=f"handed_back:{case.id}:{case.epoch}")
        audit(tx, now, who, "case.handed_back", case.id)


async def transfer(app: App, who: StaffMember, case_id: str, *, agent: str | None, team: str | None, note: str) -> None:
    """Pass the case on: to a colleague (account id or e-mail), or back into the queue for `team` ("" for anyone).

    The owning agent may, or a supervisor; a waiting case may be given to a colleague by anyone.
    """
    async with app.write() as tx:
        now = app.now()
        case = await _locked(tx, case_id)
        to = await _colleague(tx, agent) if agent else None
        await _move(tx, now, case, Transfer(to.id if to else None, by=_acting(case, who)))
        case.team = (team or "").strip()[:60] or None if to is None else case.team
        if note.strip():
            await _note(tx, now, case, who, note)
        if to is not None:
            await _tell(app, tx, now, case, texts.TRANSFERRED, agent=to.name)
        else:
            await _tell(app, tx, now, case, texts.REQUEUED)
        audit(tx, now, who, "case.transferred", case.id, to=to.id if to else "queue", team=case.team)


async def resolve(app: App, who: StaffMember, case_id: str, reason: str, survey: bool, note: str = "") -> None:
    """Set the case resolved.

    With `survey` the ask budget then decides whether the bot asks; without, the agent's choice is recorded.
    """
    async with app.write() as tx:
        now = app.now()
        case = await _locked(tx, case_id)
        await _move(tx, now, case, ResolveByAgent(who.id, reason[:200]))
        case.ticket = False
        if note.strip():
            await _note(tx, now, case, who, note)
        await _tell(app, tx, now, case, texts.RESOLVED, agent=who.name)
        if survey:
            await enqueue_system_turn(
                tx, now, case, "EXTERNAL_case_resolved", {}, key=f"resolved:{case.id}:{case.reopened}"
            )
        else:
            await surveys.ask(app, tx, case.id, wanted=False)
        audit(tx, now, who, "case.resolved", case.id, reason=reason[:200], survey=survey)


async def reopen(app: App, who: StaffMember, case_id: str, reason: str) -> None:
    """Open a resolved or closed case again, in this agent's hands.

    Raises DeskRefused when the customer has a newer open case: a thread has one case at a time.
    """
    async with app.write() as tx:
        now = app.now()
        case = await _locked(tx, case_id)
        conversation = await tx.get(Conversation, case.conversation_id)
        if conversation is not None and conversation.case_id not in {None, case.id}:
            newer = await tx.get(Case, conversation.case_id)
            if newer is not None and newer.status == CaseStatus.OPEN.value:
                raise DeskRefused(
                    "newer_case_open", f"This customer has a newer open case, {newer.number}. Go on there."
                )
            conversation.case_id = case.id
        await _move(tx, now, case, Reopen(reason, who.id))
        await _tell(app, tx, now, case, texts.JOINED, agent=who.name)
        audit(tx, now, who, "case.reopened", case.id, reason=reason[:200])


async def _locked(tx: Tx, case_id: str) -> Case:
    """The case, locked after its conversation: the same order as when a customer writes, so that the two never block
    each other for good.
    """
    conversation_id = (await tx.execute(select(Case.conversation_id).where(Case.id == case_id))).scalar_one_or_none()
    if conversation_id is None:
        raise CaseNotFound("There is no such case.")
    await lock_conversation(tx, conversation_id)
    return await lock_case(tx, case_id)


async def _move(tx: Tx, now: datetime, case: Case, event: ControlEvent) -> bool:
    claimed_at = case.claimed_at
    try:
        return await move(tx, now, case, event)
    except TransitionRefused as error:
        name = await _name(tx, error.agent_id)
        sentence = error.sentence
        if name is not None:
            ago = f" {_ago(now - claimed_at)}" if claimed_at else ""
            taken = error.reason in {"already_claimed", "already_with_agent"}
            sentence = f"{name} took this{ago}." if taken else f"{name} has this case."
        raise DeskRefused(error.reason, sentence, name, error.agent_id) from error


def _ago(past: timedelta) -> str:
    seconds = max(0, int(past.total_seconds()))
    if seconds == 0:
        return "just now"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


async def _require_mine(tx: Tx, case: Case, who: StaffMember) -> None:
    if case.owner == Owner.AGENT.value and case.agent_id == who.id:
        return
    if case.owner == Owner.AGENT.value:
        name = await _name(tx, case.agent_id)
        raise DeskRefused("not_your_case", f"{name or 'A colleague'} has this case.", name, case.agent_id)
    if case.status != CaseStatus.OPEN.value:
        raise DeskRefused("not_open", f"This case is {case.status}. Reopen it first.")
    raise DeskRefused("not_claimed", "No agent has this case. Claim it first, then answer.")


def _acting(case: Case, who: StaffMember) -> str | None:
    """The acting agent as the domain sees it: None stands for a supervisor who acts on a colleague's case."""
    return None if case.agent_id != who.id and who.may("supervisor") else who.id


async def _colleague(tx: Tx, wanted: str) -> Staff:
    found = await tx.execute(
        select(Staff).where((Staff.id == wanted) | (Staff.email == normal_email(wanted)), Staff.active.is_(True))
    )
    staff = found.scalar_one_or_none()
    if staff is None:
        raise DeskRefused("unknown_agent", "There is no such colleague. Choose one from the list.")
    return staff


async def _name(tx: Tx, staff_id: str | None) -> str | None:
    if staff_id is None:
        return None
    return (await tx.execute(select(Staff.name).where(Staff.id == staff_id))).scalar_one_or_none()


async def _tell(app: App, tx: Tx, now: datetime, case: Case, words: str, **values: str) -> None:
    text = texts.say(app.settings, words, **values)
    await append_message(tx, now, case.conversation_id, case_id=case.id, author="system", text=text)
    hint(tx, "desk", case.id)


async def _note(tx: Tx, now: datetime, case: Case, who: StaffMember, text: str) -> str:
    note = Note(case_id=case.id, staff_id=who.id, name=who.name, text=text.strip(), created_at=now)
    tx.add(note)
    await tx.flush()
    hint(tx, "desk", case.id)
    return note.id


async def _owe_mail(app: App, tx: Tx, now: datetime, case: Case, who: StaffMember, text: str) -> None:
    customer = await tx.get(Customer, case.customer_id)
    recipient = case.reply_email or (customer.email if customer else None)
    if not recipient:
        return
    settings = app.settings
    body = texts.say(settings, texts.TICKET_MAIL, agent=who.name, number=case.number, words=text)
    subject = texts.say(settings, texts.TICKET_SUBJECT, number=case.number)
    await owe_mail(tx, now, recipient=recipient, subject=subject, text=body, case_id=case.id)
