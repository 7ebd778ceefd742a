"""What a turn starts from: the case its message belongs to, and what Rasa is asked about it.

A message after the resolution is placed first: it reopens the case, begins another, or is an aside to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.adapters.rasa import BotUnavailable, RasaClient
from bot.domain.conversation import CaseStatus, Owner, Reopen
from bot.domain.placement import Placement, Topic, place_message
from bot.jobs.queue import Lease
from bot.services.app import App
from bot.services.cases import lock_case, move, open_case
from bot.services.outages import outcome_of
from bot.services.receive import lock_conversation
from bot.services.turn_rows import find_beginning, meant_by
from bot.store.engine import Tx
from bot.store.tables import Case, Choice, Conversation, Customer, Message

ASIDES = frozenset(
    {
        "affirm", "bot_challenge", "deny", "goodbye", "greet", "issue_resolved", "praise", "rate_experience",
        "refer_friend", "review", "stop_asking", "testimonial_offer", "thank",
    }
)  # fmt: skip
"""Intents that neither reopen a resolved case nor begin another."""


@dataclass(frozen=True)
class Turn:
    """What is asked of Rasa, and the state it was asked in."""

    message_id: str
    case_id: str
    conversation_id: str
    epoch: int
    body: dict[str, Any]
    asked_at: datetime | None
    """When the customer wrote; None for a system event, which nobody waits for."""


class SystemEvent(NamedTuple):
    """What happened, as Rasa understands it."""

    intent: str
    entities: dict[str, Any] | None


async def begin_turn(app: App, rasa: RasaClient, lease: Lease) -> Turn | None:
    """Read the state the turn starts from; None when there is nothing for the bot to answer any more."""
    found = await find_beginning(app.store, lease.payload["message"])
    if found is None:
        return await _place_and_begin(app, rasa, lease)
    # The way of nearly every message locks nothing: what moves from here on, the epoch tells in the end.
    meant = await meant_by(app.store, found.parts)
    place = found.case_id, found.conversation_id, found.epoch
    return _turn(place, found.customer_id, found, found.message_id, "text", found.text, meant, found.created_at)


async def _place_and_begin(app: App, rasa: RasaClient, lease: Lease) -> Turn | None:
    """As `begin_turn`, for a message whose case is not simply open with the bot."""
    async with app.write() as tx:
        now = app.now()
        message = await tx.get(Message, lease.payload["message"])
        if message is None or message.outcome is not None:
            await lease.finish(tx, now)
            return None
        assert message.case_id is not None
        case = await lock_case(tx, message.case_id)
        if case.owner != Owner.BOT.value:
            message.outcome = outcome_of(case)
            await lease.finish(tx, now)
            return None
        if case.status != CaseStatus.RESOLVED.value:
            return await _turn_of(tx, case, message)
    topic = await _topic(rasa, case, message)
    async with app.write() as tx:
        now = app.now()
        conversation = await lock_conversation(tx, message.conversation_id)
        case = await _place(app, tx, now, conversation, message.id, topic)
        fresh = await tx.get(Message, message.id)
        assert fresh is not None
        if case.owner != Owner.BOT.value:
            fresh.outcome = outcome_of(case)
            await lease.finish(tx, now)
            return None
        return await _turn_of(tx, case, fresh)


async def _topic(rasa: RasaClient, case: Case, message: Message) -> Topic:
    """What a message after the resolution is about; an option that was tapped belongs where it was offered."""
    if message.parts.get("choice"):
        return Topic.ASIDE
    if not message.text:
        return Topic.SAME  # whoever sends a picture afterwards is not done
    try:
        understood = (await rasa.parse([message.text]))[0]
    except (BotUnavailable, IndexError):
        return Topic.ASIDE  # the turn itself will say that the bot is away
    intent = understood.intent
    if intent is None or intent in ASIDES or intent == "out_of_scope":
        return Topic.ASIDE
    if intent in {case.intent, "not_helpful", "complaint", "contact_human_agent"}:
        return Topic.SAME
    return Topic.ASIDE if intent == "nlu_fallback" else Topic.OTHER


async def _place(app: App, tx: Tx, now: datetime, conversation: Conversation, message_id: str, topic: Topic) -> Case:
    message = await tx.get(Message, message_id)
    assert message is not None and message.case_id is not None
    case = await lock_case(tx, message.case_id)
    window = timedelta(hours=app.settings.reopen_hours)
    placement = place_message(CaseStatus(case.status), case.resolved_at, now, topic, window)
    if placement is Placement.REOPEN:
        await move(tx, now, case, Reopen("customer_wrote_again"))
    elif placement is Placement.NEW_CASE:
        case = await open_case(tx, now, conversation)
        message.case_id = case.id
    return case


async def _turn_of(tx: Tx, case: Case, message: Message) -> Turn:
    tapped = message.parts.get("choice")
    meant = await tx.get(Choice, tapped["id"]) if tapped else None
    customer = await _customer(tx, case)
    return _turn(_place_of(case), customer.id, customer, message.id, "text", message.text, meant, message.created_at)


async def turn_of_event(tx: Tx, case: Case, lease: Lease) -> Turn:
    """The turn of a system event's job."""
    customer = await _customer(tx, case)
    event = SystemEvent(lease.payload["intent"], lease.payload.get("entities"))
    message_id = lease.payload.get("message_id", f"job:{lease.id}")
    return _turn(_place_of(case), customer.id, customer, message_id, "system", "", event)


def _place_of(case: Case) -> tuple[str, str, int]:
    return case.id, case.conversation_id, case.epoch


async def _customer(tx: Tx, case: Case) -> Customer:
    customer = await tx.get(Customer, case.customer_id)
    assert customer is not None
    return customer


def _turn(
    place: tuple[str, str, int],
    customer_id: str,
    customer: Any,
    message_id: str,
    kind: str,
    text: str,
    meant: Any = None,
    asked_at: datetime | None = None,
) -> Turn:
    """`place` is the case, its conversation and its epoch; `meant` has the intent and entities of a tapped option."""
    case_id, conversation_id, epoch = place
    body = {
        "message_id": message_id,
        "case_id": case_id,
        "kind": kind if meant is None or kind == "system" else "choice",
        "text": text,
        "intent": None if meant is None else meant.intent,
        "entities": None if meant is None else meant.entities,
        "metadata": {
            "message_id": message_id,
            "conversation_id": conversation_id,
            "case_id": case_id,
            "customer_id": customer_id,
            "external_id": customer.external_id,
            "verified": customer.external_id is not None,
            "email": customer.email,
            "name": customer.name,
            "locale": customer.locale,
        },
    }
    return Turn(message_id, case_id, conversation_id, epoch, body, asked_at)
