"""One bot turn: ask Rasa about a customer's message or a system event, and commit what it answered.

No transaction is open while Rasa is asked. The reply is committed only if the case's owner epoch has not moved since
the turn began: a takeover in mid-turn wins and the late reply is discarded. Everything of a turn (replies, options,
transition, outcome, the job's end) is one transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog

from bot.adapters.rasa import BotKnownAway, BotUnavailable, NotInThisModel, RasaClient, TurnResult
from bot.domain.conversation import CaseStatus, Owner, Reopen
from bot.domain.placement import Placement, Topic, place_message
from bot.jobs.queue import Lease, LeaseLost
from bot.services.app import App
from bot.services.cases import CaseNotFound, lock_case, move, open_case
from bot.services.file_answers import answer_files, answer_files_beside
from bot.services.outages import LEAST_PATIENCE, give_to_team, outcome_of, whole_patience
from bot.services.receive import lock_conversation
from bot.services.replies import commit_replies
from bot.services.reviews import settle_unspoken
from bot.services.system_events import put_off
from bot.services.turn_rows import TurnCase, asked, find_beginning, keep, lock_turn_case, meant_by, settle
from bot.store.engine import Tx
from bot.store.tables import Case, Choice, Conversation, Customer, Message

log = structlog.get_logger()

RETRY_DELAY = timedelta(milliseconds=500)

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


async def run_turn(app: App, rasa: RasaClient, lease: Lease) -> None:
    """Answer the customer's message of a `turn` job, once. Raises LeaseLost when another worker has the job."""
    try:
        turn = await _begin(app, rasa, lease)
        if turn is None:
            return
        if not turn.body["text"]:
            await answer_files(app, lease, turn.case_id, turn.epoch, turn.message_id)
            return
        app.hints.publish("bot_typing", turn.conversation_id)
        await _ask_and_commit(app, rasa, lease, turn)
    except CaseNotFound as gone:
        raise LeaseLost("the customer's data were erased meanwhile") from gone


async def run_system_turn(app: App, rasa: RasaClient, lease: Lease) -> None:
    """Let the bot act on a system event (`EXTERNAL_*`), e.g. after a case was resolved."""
    try:
        await _run_system_turn(app, rasa, lease)
    except CaseNotFound as gone:
        raise LeaseLost("the customer's data were erased meanwhile") from gone


async def _run_system_turn(app: App, rasa: RasaClient, lease: Lease) -> None:
    async with app.write() as tx:
        case = await lock_case(tx, lease.payload["case"])
        if case.owner != Owner.BOT.value:
            if lease.payload["intent"] == "EXTERNAL_survey_answered":
                await settle_unspoken(app, tx, (lease.payload.get("entities") or {}).get("survey", ""))
            await lease.finish(tx, app.now())
            return
        customer = await _customer(tx, case)
        event = SystemEvent(lease.payload["intent"], lease.payload.get("entities"))
        message_id = lease.payload.get("message_id", f"job:{lease.id}")
        turn = _turn(_place_of(case), customer.id, customer, message_id, "system", "", event)
    await _ask_and_commit(app, rasa, lease, turn)


async def _ask_and_commit(app: App, rasa: RasaClient, lease: Lease, turn: Turn) -> None:
    began = app.now()
    try:
        result = await _ask(rasa, turn.body, _patience(app, turn, began).total_seconds())
    except BotUnavailable as error:
        await _fail(app, lease, turn, began, error)
        return
    async with app.write() as tx:
        now = app.now()
        case = await lock_turn_case(tx, turn.case_id)
        message = await asked(tx, turn.message_id)
        if message is not None:
            _remember(case, result)
        outcome = "bot"
        if case.owner != Owner.BOT.value or case.epoch != turn.epoch:
            outcome = outcome_of(case)
            await keep(tx, case)
            if message is not None:
                log.info("turn.discarded", case=case.id, message=turn.message_id, owner=case.owner)
                if case.owner == Owner.BOT.value and await _is_asked_again(tx, message.id):
                    await lease.retry(tx, now, timedelta(0), "the case came back to the bot during the turn")
                    return
        elif message is not None and await answer_files_beside(app, tx, now, case, message, result):
            await keep(tx, case)
        else:
            await commit_replies(app, tx, now, case, turn.message_id, result)
        if message is not None:
            await settle(tx, message, result.nlu.model_dump(), result.model_id, outcome)
        await lease.finish(tx, now)


async def _is_asked_again(tx: Tx, message_id: str) -> bool:
    """Whether a message still waits for the bot, though its case went to the team and came back during the turn."""
    fresh = await tx.get(Message, message_id)
    return fresh is not None and fresh.outcome is None


def _patience(app: App, turn: Turn, began: datetime) -> timedelta:
    """How long Rasa may take for this try: what is left until the customer must be told.

    A turn that begins after that moment, behind others or after a stop of this machine, gets the whole time.
    """
    whole = whole_patience(app)
    if turn.asked_at is None:
        return whole
    left = turn.asked_at + whole - began
    return max(left, LEAST_PATIENCE) if left > timedelta(0) else whole


async def _ask(rasa: RasaClient, body: dict[str, Any], timeout_s: float) -> TurnResult:
    """Put the turn; an option that was offered by an older model and is unknown now is understood by its words."""
    try:
        return await rasa.turn(body, timeout_s)
    except NotInThisModel:
        if body["kind"] != "choice":
            raise
        return await rasa.turn({**body, "kind": "text", "intent": None, "entities": None}, timeout_s)


def _remember(case: TurnCase, result: TurnResult) -> None:
    case.model_id = result.model_id
    intent = result.nlu.intent
    if case.intent is None and intent and intent not in ASIDES and intent not in {"nlu_fallback", "out_of_scope"}:
        case.intent = intent


async def _begin(app: App, rasa: RasaClient, lease: Lease) -> Turn | None:
    """Read the state the turn starts from; None when there is nothing for the bot to answer any more."""
    found = await find_beginning(app.store, lease.payload["message"])
    if found is None:
        return await _place_and_begin(app, rasa, lease)
    # The way of nearly every message locks nothing: what moves from here on, the epoch tells in the end.
    meant = await meant_by(app.store, found.parts)
    place = found.case_id, found.conversation_id, found.epoch
    return _turn(place, found.customer_id, found, found.message_id, "text", found.text, meant, found.created_at)


async def _place_and_begin(app: App, rasa: RasaClient, lease: Lease) -> Turn | None:
    """As `_begin`, for a message whose case is not simply open with the bot."""
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


async def _fail(app: App, lease: Lease, turn: Turn, began: datetime, error: BotUnavailable) -> None:
    """Try again shortly; once the customer has waited as long as a turn may take, say so and pass to the team.

    When the bot is known to be away nobody waits: the customer is told at once. A system event has no one waiting for
    it: it is tried again later.
    """
    log.warning("turn.failed", case=turn.case_id, message=turn.message_id, attempt=lease.attempt, error=str(error))
    async with app.write() as tx:
        now = app.now()
        message = await tx.get(Message, turn.message_id)
        if message is None:
            await put_off(tx, now, lease, turn.message_id, str(error))
            return
        told_at = message.created_at + whole_patience(app)
        may_wait = now + RETRY_DELAY < told_at or (began >= told_at and lease.attempt < 2)
        if may_wait and not isinstance(error, BotKnownAway):
            await lease.retry(tx, now, RETRY_DELAY, str(error))
            return
        case = await lock_case(tx, turn.case_id)
        await give_to_team(app, tx, now, case, message)
        await lease.finish(tx, now)
