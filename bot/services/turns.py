"""One bot turn: ask Rasa about a customer's message or a system event, and commit what it answered.

No transaction is open while Rasa is asked. The reply is committed only if the case's owner epoch has not moved since
the turn began: a takeover in mid-turn wins and the late reply is discarded. Everything of a turn (replies, options,
transition, outcome, the job's end) is one transaction.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.adapters.rasa import BotKnownAway, BotUnavailable, NotInThisModel, RasaClient, TurnResult
from bot.domain.conversation import Owner
from bot.jobs.queue import Lease, LeaseLost
from bot.services.app import App
from bot.services.cases import CaseNotFound, lock_case
from bot.services.file_answers import answer_files, answer_files_beside
from bot.services.outages import LEAST_PATIENCE, give_to_team, outcome_of, whole_patience
from bot.services.replies import commit_replies
from bot.services.reviews import settle_unspoken
from bot.services.system_events import put_off
from bot.services.turn_rows import TurnCase, asked, keep, lock_turn_case, settle
from bot.services.turn_start import ASIDES, Turn, begin_turn, turn_of_event
from bot.store.engine import Tx
from bot.store.tables import Message

log = structlog.get_logger()

RETRY_DELAY = timedelta(milliseconds=500)


async def run_turn(app: App, rasa: RasaClient, lease: Lease) -> None:
    """Answer the customer's message of a `turn` job, once. Raises LeaseLost when another worker has the job."""
    try:
        turn = await begin_turn(app, rasa, lease)
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
        turn = await turn_of_event(tx, case, lease)
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
