"""A bot turn's state as plain rows: what it reads of a message, its case and its customer, and what it may change.

Every message passes here. As objects of the session the same rows cost several times the work, most of it for changes
that no turn makes.
"""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update

from bot.domain.conversation import CaseStatus, Owner
from bot.services.cases import CaseNotFound, lock_conversation_of
from bot.store.engine import Store, Tx
from bot.store.prepared import Prepared
from bot.store.tables import Case, Choice, Customer, Message

_CASE, _MESSAGE, _CUSTOMER, _CHOICE = (cast(Table, table.__table__) for table in (Case, Message, Customer, Choice))
_LOCKED = ("id", "conversation_id", "owner", "epoch", "ticket", "intent", "model_id", "effort", "mood")
_LOCK = Prepared(select(*(_CASE.c[name] for name in _LOCKED)).where(_CASE.c.id == bindparam("case")).with_for_update())
_KEEP = Prepared(
    update(_CASE)
    .where(_CASE.c.id == bindparam("case"))
    .values(
        intent=bindparam("new_intent"), model_id=bindparam("new_model"), effort=bindparam("new_effort"),
        mood=bindparam("new_mood"),
    )
)  # fmt: skip
_ASKED = Prepared(select(_MESSAGE.c.id, _MESSAGE.c.seq, _MESSAGE.c.parts).where(_MESSAGE.c.id == bindparam("message")))
_SETTLE = Prepared(
    update(_MESSAGE)
    .where(_MESSAGE.c.id == bindparam("message"))
    .values(nlu=bindparam("found"), model_id=bindparam("model"), outcome=bindparam("result"))
)
_BEGIN = Prepared(
    select(
        _MESSAGE.c.id.label("message_id"), _MESSAGE.c.text, _MESSAGE.c.parts, _MESSAGE.c.created_at,
        _MESSAGE.c.outcome, _CASE.c.id.label("case_id"), _CASE.c.conversation_id, _CASE.c.epoch, _CASE.c.owner,
        _CASE.c.status, _CUSTOMER.c.id.label("customer_id"), _CUSTOMER.c.external_id, _CUSTOMER.c.email,
        _CUSTOMER.c.name, _CUSTOMER.c.locale,
    )
    .join(_CASE, _CASE.c.id == _MESSAGE.c.case_id)
    .join(_CUSTOMER, _CUSTOMER.c.id == _CASE.c.customer_id)
    .where(_MESSAGE.c.id == bindparam("message"))
)  # fmt: skip
_MEANT = Prepared(select(_CHOICE.c.intent, _CHOICE.c.entities).where(_CHOICE.c.id == bindparam("choice")))


@dataclass(slots=True)
class TurnCase:
    """A locked case. `keep` stores what was changed of `intent`, `model_id`, `effort` and `mood`."""

    id: str
    conversation_id: str
    owner: str
    epoch: int
    ticket: bool
    intent: str | None
    model_id: str | None
    effort: dict[str, Any]
    mood: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The customer's message that a turn answers."""

    id: str
    seq: int
    parts: dict[str, Any]


async def lock_turn_case(tx: Tx, case_id: str) -> TurnCase:
    """As `cases.lock_case`, of what a turn needs. Raises CaseNotFound."""
    await lock_conversation_of(tx, case_id)
    row = await _LOCK.one(tx, case=case_id)
    if row is None:
        raise CaseNotFound(f"There is no case {case_id}.")
    return TurnCase(*row)


async def keep(tx: Tx, case: TurnCase) -> None:
    """Before anybody else changes the case in this transaction."""
    await _KEEP.rows(
        tx, case=case.id, new_intent=case.intent, new_model=case.model_id, new_effort=case.effort, new_mood=case.mood
    )


async def asked(tx: Tx, message_id: str) -> Asked | None:
    """The message; None for a system event, which has none."""
    row = await _ASKED.one(tx, message=message_id)
    return None if row is None else Asked(*row)


async def settle(tx: Tx, message: Asked, nlu: dict[str, Any], model_id: str, outcome: str) -> None:
    """What was understood of the message, and what became of it."""
    await _SETTLE.rows(tx, message=message.id, found=nlu, model=model_id, result=outcome)


async def find_beginning(store: Store, message_id: str) -> Any | None:
    """What a turn begins with: the message with its case and its customer.

    None unless the message waits for the bot and its case is simply open with it.
    """
    found = await store.look(_BEGIN, message=message_id)
    if not found or found[0].outcome is not None or found[0].owner != Owner.BOT.value:
        return None
    return None if found[0].status == CaseStatus.RESOLVED.value else found[0]


async def meant_by(store: Store, parts: dict[str, Any]) -> Any | None:
    """The `intent` and `entities` of the option that was tapped; None when none was."""
    tapped = parts.get("choice")
    found = await store.look(_MEANT, choice=tapped["id"]) if tapped else ()
    return found[0] if found else None
