"""What the bot says to a file: that it keeps it and cannot look inside, and then goes on with what it was doing.

Rasa is not asked about a message without words, so no form or guide is led astray by it: the question that stood open
is put again, with its options.
"""

import re
from datetime import datetime

from sqlalchemy import select, update

from bot.adapters.rasa import TurnResult
from bot.domain.conversation import Owner
from bot.jobs.queue import Lease
from bot.services import texts
from bot.services.app import App
from bot.services.cases import lock_case
from bot.services.replies import offer
from bot.services.timeline import append_message
from bot.services.turn_rows import Asked, TurnCase
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Case, Choice, Message

PERSON = "contact_human_agent"
LOST = frozenset({"nlu_fallback", "out_of_scope"})

_LAST_QUESTION = re.compile(r"[^.!?\n]+\?\s*$")


async def answer_files(app: App, lease: Lease, case_id: str, epoch: int, message_id: str) -> None:
    """The turn of a message that is only files. Raises LeaseLost."""
    async with app.write() as tx:
        now = app.now()
        case = await lock_case(tx, case_id)
        message = await tx.get(Message, message_id)
        assert message is not None
        if case.owner == Owner.BOT.value and case.epoch == epoch:
            await _say_and_go_on(app, tx, now, case, Asked(message.id, message.seq, message.parts))
            message.outcome = "bot"
        else:
            message.outcome = "ticket" if case.ticket and case.owner == Owner.QUEUE.value else case.owner
        await lease.finish(tx, now)


async def answer_files_beside(
    app: App, tx: Tx, now: datetime, case: TurnCase, message: Asked, result: TurnResult
) -> bool:
    """Speak of the files that came with a message's words; True when that is all there is to say.

    Words the bot does not understand beside a file ("here it is") are about the file. Else the one line about it comes
    before the answer, once a case.
    """
    if not message.parts.get("attachments"):
        return False
    wants = any((reply.custom or {}).get("rapport", {}).get("transition") for reply in result.replies)
    if result.nlu.intent in LOST and not wants:
        await _say_and_go_on(app, tx, now, case, message)
        return True
    earlier = select(Message.parts).where(
        Message.case_id == case.id, Message.author == "customer", Message.seq < message.seq
    )
    if not any(parts.get("attachments") for parts in (await tx.execute(earlier)).scalars()):
        await append_message(
            tx, now, case.conversation_id, case_id=case.id, author="bot", name=app.settings.company,
            text=texts.say(app.settings, texts.FILE_KEPT), reply_to=message.id,
        )  # fmt: skip
    return False


async def _say_and_go_on(app: App, tx: Tx, now: datetime, case: Case | TurnCase, message: Asked) -> None:
    """Say what becomes of the file, then the question that stood open, or ask for words."""
    said = (
        await tx.execute(
            select(Message)
            .where(Message.case_id == case.id, Message.author == "bot", Message.seq < message.seq)
            .order_by(Message.seq.desc())
            .limit(1)
        )
    ).scalar_one_or_none()
    unused = select(Choice).where(Choice.case_id == case.id, Choice.used_at.is_(None)).order_by(Choice.id)
    open_choices = (await tx.execute(unused)).scalars().all()
    question = _LAST_QUESTION.search(said.text) if said else None
    words = [texts.say(app.settings, texts.FILE_KEPT)]
    if question:
        words.append(question[0].strip())
    elif open_choices:
        words.append(texts.say(app.settings, texts.FILE_GO_ON))
    else:
        words.append(texts.say(app.settings, texts.FILE_TELL))
    await tx.execute(update(Choice).where(Choice.case_id == case.id, Choice.used_at.is_(None)).values(used_at=now))
    buttons = [(choice.title, choice.intent, choice.entities) for choice in open_choices]
    if not any(intent == PERSON for _, intent, _ in buttons):
        buttons.append((texts.say(app.settings, "option_person"), PERSON, {}))
    message_id = new_id()
    choices = [await offer(tx, case, message_id, *button) for button in buttons]
    await append_message(
        tx, now, case.conversation_id, case_id=case.id, author="bot", name=app.settings.company,
        text=" ".join(words), parts={"choices": choices}, reply_to=message.id, message_id=message_id,
    )  # fmt: skip
