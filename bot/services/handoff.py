"""Passing a case to a person: terminal for the bot's turn, with the packet that goes along.

Called from a turn's commit, from the button "Talk to a person", and when the bot cannot answer at all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.domain.conversation import BotUnavailable, ControlEvent, Escalate
from bot.services import texts
from bot.services.app import App
from bot.services.article_verdicts import note_escalated
from bot.services.cases import move
from bot.services.duty import on_duty
from bot.services.timeline import append_message, file_names
from bot.store.engine import Tx
from bot.store.tables import Case, Conversation, Customer, Message, Response, Survey


async def escalate(
    app: App, tx: Tx, now: datetime, case: Case, reason: str, context: dict[str, Any] | None = None
) -> None:
    """Put a locked case into the queue, or make it a ticket when nobody is on duty; the customer is told which.

    `context` is what only the dialogue knows (slots, guide steps tried, open promises); it goes into the packet.
    Asking again while waiting changes nothing. Raises the domain's TransitionRefused when a person has it already.
    """
    await _hand_over(app, tx, now, case, Escalate(reason), context or {}, texts.WAITING)


async def escalate_for_outage(app: App, tx: Tx, now: datetime, case: Case) -> None:
    """The bot cannot answer: the message waits for a person, and comes back to the bot when it recovers."""
    await _hand_over(app, tx, now, case, BotUnavailable(), {}, texts.BOT_DOWN)


async def _hand_over(
    app: App, tx: Tx, now: datetime, case: Case, event: ControlEvent, context: dict[str, Any], words: str
) -> None:
    case.packet = await build_packet(tx, case, context)
    present = await on_duty(app, tx, now)
    case.ticket = not present
    if not await move(tx, now, case, event):
        return
    if isinstance(event, Escalate):
        await note_escalated(tx, now, case)
    customer = await tx.get(Customer, case.customer_id)
    text = texts.say(app.settings, words)
    if case.ticket:
        where = f", here and by e-mail to {customer.email}" if customer and customer.email else ", right here"
        ticket = texts.say(app.settings, texts.TICKET, number=case.number, where=where)
        text = ticket if words == texts.WAITING else f"{text}\n\n{ticket}"
    await append_message(tx, now, case.conversation_id, case_id=case.id, author="system", text=text)


async def build_packet(tx: Tx, case: Case, context: dict[str, Any]) -> dict[str, Any]:
    """What the agent needs to go on without asking again."""
    rows = (
        (await tx.execute(select(Message).where(Message.case_id == case.id).order_by(Message.seq.desc()).limit(60)))
        .scalars()
        .all()
    )
    said = [row for row in rows if row.author == "customer" and row.text != texts.ASK_FOR_PERSON]
    # A tapped "No, still the same" tells a colleague nothing: what was typed goes before what was chosen.
    offered = {choice["title"] for row in rows for choice in row.parts.get("choices", [])}
    typed = [row for row in said if row.text not in offered]
    understood = next((row.nlu for row in said if row.nlu), None)
    last_scores = (
        await tx.execute(
            select(Survey.kind, Response.score)
            .join(Response, Response.survey_id == Survey.id)
            .where(Survey.customer_id == case.customer_id)
            .order_by(Response.created_at.desc())
            .limit(3)
        )
    ).all()
    page = (await tx.execute(select(Conversation.page).where(Conversation.id == case.conversation_id))).scalar_one()
    articles = [row.parts["article"] for row in reversed(rows) if row.parts.get("article")]
    return {
        "intent": case.intent or (understood or {}).get("intent"),
        "confidence": (understood or {}).get("confidence"),
        "last_words": [row.text or file_names(row.parts) for row in reversed((typed or said)[:3])],
        "files": [part["name"] for row in reversed(said) for part in row.parts.get("attachments", [])],
        "slots": context.get("slots", {}),
        "steps_tried": context.get("steps_tried") or _steps_of_last_guide(rows),
        "articles_shown": articles,
        "effort": case.effort,
        "mood": case.mood,
        "last_scores": [{"kind": kind, "score": score} for kind, score in last_scores],
        "open_promises": context.get("open_promises", []),
        "page": page,
    }


def _steps_of_last_guide(newest_first: Sequence[Message]) -> list[dict[str, str]]:
    """What was tried when nobody asked the dialogue, for instance at the button "Talk to a person"."""
    return next((row.parts["steps_tried"] for row in newest_first if row.parts.get("steps_tried")), [])
