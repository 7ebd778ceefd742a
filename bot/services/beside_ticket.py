"""A customer writes while the case is a ticket: the assistant helps on, and the ticket stays with the team.

Until somebody of the team takes the case, no line of the customer is met by silence. Taking it raises the case's
epoch, so an answer that comes later is discarded as in any other turn.
"""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.adapters.rasa import BotReply, Button, TurnResult
from bot.domain.beside_ticket import Beside, read_beside
from bot.domain.conversation import CaseStatus, ResolveConfirmed, Withdraw
from bot.services import texts
from bot.services.app import App, hint
from bot.services.cases import lock_case, move
from bot.services.replies import commit_replies, offer, parse_payload
from bot.services.system_events import enqueue_system_turn
from bot.services.timeline import append_message
from bot.services.turn_rows import TurnCase, keep
from bot.services.turn_start import Turn
from bot.services.waiting import last_line, say_it_is_added, tell
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Case, Message, Note

CLOSE = {"ticket": "close"}
"""The entities of the option that closes the ticket, beside its intent."""
_FROM_QUESTION = re.compile(r"(?:^|(?<=[.!:;])\s+)[^.!?]*\?.*$", re.DOTALL)
"""The first question of a text and all that follows it."""
_SOLVED = "issue_resolved"
_PERSON = "contact_human_agent"


async def answer_beside_ticket(app: App, tx: Tx, now: datetime, case: TurnCase, turn: Turn, result: TurnResult) -> str:
    """Commit a turn whose locked case waits as a ticket; the message's outcome is returned."""
    await keep(tx, case)
    row = await lock_case(tx, case.id)
    hint(tx, "desk", case.id)
    last = await last_line(tx, case.id)
    tapped = turn.body["kind"] == "choice"
    if tapped and turn.body["entities"] == CLOSE:
        found = Beside.SOLVED
    else:
        found = read_beside(
            turn.body["text"], result.nlu.intent, tapped=tapped, missed=_missed(result),
            wants_queue=_is_sent_on(result), bot_asked=_is_an_answer(app, row, last),
        )  # fmt: skip
    if found is Beside.ANSWER and not _says_something(result):
        found = Beside.STATUS if _offers(result) else Beside.ADD
    if found is Beside.ADD:
        await say_it_is_added(app, tx, now, row)
        return "ticket"
    if found is Beside.ANSWER:
        await _answer(app, tx, now, case, row, turn, result)
    elif found in {Beside.SOLVED, Beside.WITHDRAW}:
        await _end(app, tx, now, row, found, turn.body["text"])
    else:
        await _say(app, tx, now, case, row, turn, found, last)
    return "bot"


async def _answer(app: App, tx: Tx, now: datetime, case: TurnCase, row: Case, turn: Turn, result: TurnResult) -> None:
    lead = texts.say(app.settings, texts.TICKET_BESIDE, number=row.number)
    told = (
        select(Message.id).where(Message.case_id == row.id, Message.author == "system", Message.text == lead).limit(1)
    )
    only_offers = all(map(_offers_person, filter(_is_said, result.replies)))
    if not only_offers and (await tx.execute(told)).scalar_one_or_none() is None:
        await tell(tx, now, row, lead)
    for reply in result.replies:
        wanted = _envelope(reply).get("transition") or {}
        promises = (wanted.get("context") or {}).get("open_promises")
        if promises:
            packet = row.packet or {}
            row.packet = {**packet, "open_promises": [*packet.get("open_promises", []), *promises]}
    kept = [_within_ticket(reply) for reply in result.replies]
    await commit_replies(app, tx, now, case, turn.message_id, result.model_copy(update={"replies": kept}))
    if any(map(_offers_person, result.replies)):
        await say_it_is_added(app, tx, now, row)


def _is_an_answer(app: App, case: Case, line: Any | None) -> bool:
    """Whether this line is the assistant's and about something else than the ticket itself."""
    keys = (texts.TICKET_WAITS, texts.TICKET_WAITS_AGAIN, texts.TICKET_COURTESY)
    own = (texts.say(app.settings, key, number=case.number) for key in keys)
    return line is not None and line.author == "bot" and line.text not in set(own)


def _within_ticket(reply: BotReply) -> BotReply:
    """The reply without what would move the case or offer the person who is waited for already.

    Of an offer the words before its question stay: they say why, or that we are sorry.
    """
    if _offers_person(reply):
        text = _FROM_QUESTION.sub("", reply.text or "").strip()
        return BotReply(text=text or None, custom={"rapport": _without_transition(reply)})
    envelope = _without_transition(reply)
    buttons: list[Button] = [each for each in reply.buttons if parse_payload(each.payload)[0] != _PERSON]
    custom = {**(reply.custom or {}), "rapport": envelope} if envelope else None
    return reply.model_copy(update={"buttons": buttons, "custom": custom})


async def _say(
    app: App, tx: Tx, now: datetime, case: TurnCase, row: Case, turn: Turn, found: Beside, last: Any | None
) -> None:
    key = {
        Beside.STATUS: texts.TICKET_WAITS, Beside.COURTESY: texts.TICKET_COURTESY, Beside.KEEP_OPEN: texts.TICKET_STAYS,
    }[found]  # fmt: skip
    text = texts.say(app.settings, key, number=row.number)
    if found is Beside.STATUS and last is not None and last.text == text:
        text = texts.say(app.settings, texts.TICKET_WAITS_AGAIN, number=row.number)
    message_id, parts = new_id(), {}
    if found is Beside.KEEP_OPEN:
        title = texts.say(app.settings, texts.TICKET_CLOSE_OPTION)
        parts["choices"] = [await offer(tx, case, message_id, title, _SOLVED, CLOSE)]
    await append_message(
        tx, now, row.conversation_id, case_id=row.id, author="bot", name=app.settings.company,
        text=text, parts=parts, reply_to=turn.message_id,
        message_id=message_id,
    )  # fmt: skip


async def _end(app: App, tx: Tx, now: datetime, row: Case, found: Beside, words: str) -> None:
    """The customer ends the wait; the desk keeps why."""
    solved = found is Beside.SOLVED
    text = texts.say(app.settings, texts.TICKET_SOLVED if solved else texts.TICKET_WITHDRAWN, number=row.number)
    await append_message(
        tx, now, row.conversation_id, case_id=row.id, author="bot", name=app.settings.company, text=text
    )
    told = texts.say(
        app.settings, texts.TICKET_SOLVED_NOTE if solved else texts.TICKET_WITHDRAWN_NOTE, words=words[:500]
    )
    tx.add(Note(case_id=row.id, name=app.settings.company, text=told, created_at=now))
    row.ticket = False
    if not solved:
        row.withdrawn_at = now
        await move(tx, now, row, Withdraw())
        return
    await move(tx, now, row, ResolveConfirmed())
    assert row.status == CaseStatus.RESOLVED.value
    await enqueue_system_turn(tx, now, row, "EXTERNAL_case_resolved", {}, key=f"resolved:{row.id}:{row.reopened}")


def _envelope(reply: BotReply) -> dict[str, Any]:
    found: dict[str, Any] = (reply.custom or {}).get("rapport", {})
    return found


def _missed(result: TurnResult) -> bool:
    return any((_envelope(reply).get("effort") or {}).get("missed") for reply in result.replies)


def _is_sent_on(result: TurnResult) -> bool:
    """Whether all that the answer does is to fetch a person."""
    to_queue = any((_envelope(reply).get("transition") or {}).get("to") == "queue" for reply in result.replies)
    return to_queue and not _says_something(result)


def _says_something(result: TurnResult) -> bool:
    return any(_is_said(_within_ticket(reply)) for reply in result.replies)


def _is_said(reply: BotReply) -> bool:
    return bool(reply.text or _envelope(reply).get("card"))


def _without_transition(reply: BotReply) -> dict[str, Any]:
    return {name: value for name, value in _envelope(reply).items() if name != "transition"}


def _offers(result: TurnResult) -> bool:
    return any(map(_offers_person, result.replies))


def _offers_person(reply: BotReply) -> bool:
    """Whether the reply is nothing but the offer of a person, who is waited for already."""
    return bool(reply.buttons) and parse_payload(reply.buttons[0].payload)[0] == _PERSON
