"""Turning what Rasa answered into rows: messages, the options' hidden meanings, and the transition an action wants."""

import json
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import Table, bindparam, update

from bot.adapters.rasa import BotReply, TurnResult
from bot.domain.conversation import ResolveConfirmed, TransitionRefused
from bot.domain.effort import EffortLedger
from bot.services.app import App
from bot.services.article_verdicts import NONE_OF_THESE, note_none_of_these, note_reply
from bot.services.asking import attach_invitation, attach_survey
from bot.services.cases import lock_case, move
from bot.services.handoff import escalate
from bot.services.system_events import enqueue_system_turn
from bot.services.timeline import append_message
from bot.services.turn_rows import TurnCase, keep
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.prepared import Prepared
from bot.store.tables import Case, Choice

log = structlog.get_logger()


_CHOICE = cast(Table, Choice.__table__)
_OUTDATE = Prepared(
    update(_CHOICE)
    .where(_CHOICE.c.case_id == bindparam("case"), _CHOICE.c.used_at.is_(None))
    .values(used_at=bindparam("now"))
)
_OFFER = Prepared.insert(_CHOICE, "id", "conversation_id", "case_id", "message_id", "title", "intent", "entities")


async def commit_replies(app: App, tx: Tx, now: datetime, case: TurnCase, answered: str, result: TurnResult) -> None:
    """Append the turn's replies to the locked case's conversation, keep the case, then carry out its transition.

    `answered` is the message or job this turn answered; `bot` messages keep it as `reply_to`.
    """
    wanted: dict[str, Any] | None = None
    # What was offered before is answered by this turn: older options no longer fit.
    if result.nlu.intent == NONE_OF_THESE:
        await note_none_of_these(tx, now, case)
    await _OUTDATE.rows(tx, case=case.id, now=now)
    for reply in result.replies:
        envelope = (reply.custom or {}).get("rapport", {})
        wanted = envelope.get("transition") or wanted
        _note_effort(case, envelope.get("effort"))
        await note_reply(tx, now, case, envelope)
        await _append_reply(app, tx, now, case, answered, result.model_id, reply, envelope)
    await keep(tx, case)
    if wanted:
        await _carry_out(app, tx, now, await lock_case(tx, case.id), wanted)


async def _append_reply(
    app: App,
    tx: Tx,
    now: datetime,
    case: TurnCase,
    answered: str,
    model_id: str,
    reply: BotReply,
    envelope: dict[str, Any],
) -> None:
    message_id = new_id()
    parts: dict[str, Any] = {}
    if reply.buttons:
        parts["choices"] = [
            await offer(tx, case, message_id, button.title, *parse_payload(button.payload)) for button in reply.buttons
        ]
    # The steps of a guide stay here, for whoever takes over; no browser gets them.
    for name in ("card", "article", "steps_tried"):
        if envelope.get(name):
            parts[name] = envelope[name]
    if envelope.get("survey"):
        parts["survey"] = await attach_survey(tx, now, envelope["survey"], message_id)
    if envelope.get("invitation"):
        parts["invitation"] = await attach_invitation(tx, now, envelope["invitation"], message_id)
    text = reply.text or ""
    if not text and not parts:
        return
    await append_message(
        tx, now, case.conversation_id, case_id=case.id, author="bot", name=app.settings.company,
        text=text, parts=parts, reply_to=answered, model_id=model_id, message_id=message_id,
    )  # fmt: skip


async def offer(
    tx: Tx, case: Case | TurnCase, message_id: str, title: str, intent: str, entities: dict[str, Any]
) -> dict[str, str]:
    """Keep what an option means here; the browser gets an opaque id and the title."""
    choice_id = new_id()
    await _OFFER.rows(
        tx, id=choice_id, conversation_id=case.conversation_id, case_id=case.id, message_id=message_id,
        title=title[:200], intent=intent, entities=entities,
    )  # fmt: skip
    return {"id": choice_id, "title": title[:200]}


def parse_payload(payload: str) -> tuple[str, dict[str, Any]]:
    """`/intent{"entity":"value"}` as its two parts. Raises ValueError: an action offered what nobody can take."""
    if not payload.startswith("/"):
        raise ValueError(f"a button's payload must begin with a slash: {payload!r}")
    intent, brace, rest = payload[1:].partition("{")
    entities = json.loads(brace + rest) if brace else {}
    if not intent or not isinstance(entities, dict):
        raise ValueError(f"a button's payload must be an intent and an object: {payload!r}")
    return intent, entities


def _note_effort(case: TurnCase, effort: dict[str, Any] | None) -> None:
    """What an action noticed about the effort of this turn: a miss, a repeat, a guide's step, the mood."""
    if not effort:
        return
    ledger = EffortLedger.from_json(case.effort)
    if effort.get("guide_step"):
        ledger = ledger.with_guide_step()
    data = ledger.to_json()
    if "missed" in effort:
        data["misses"] += bool(effort["missed"])
        data["misses_in_a_row"] = data["misses_in_a_row"] + 1 if effort["missed"] else 0
    data["repeats"] += bool(effort.get("repeated"))
    case.effort = data
    if "mood" in effort:
        case.mood = float(effort["mood"])


async def _carry_out(app: App, tx: Tx, now: datetime, case: Case, wanted: dict[str, Any]) -> None:
    try:
        if wanted["to"] == "queue":
            await escalate(app, tx, now, case, str(wanted.get("reason") or "asked_for_person"), wanted.get("context"))
        elif wanted["to"] == "resolved":
            await move(tx, now, case, ResolveConfirmed())
            await enqueue_system_turn(
                tx, now, case, "EXTERNAL_case_resolved", {}, key=f"resolved:{case.id}:{case.reopened}"
            )
    except TransitionRefused as refused:
        log.warning("turn.transition_refused", case=case.id, wanted=wanted, why=refused.reason)
