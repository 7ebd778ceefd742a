"""Erasing a person: all rows at once in one transaction, then a job for what lies outside the store.

The transaction takes the conversations' locks first, like everybody who writes there, so that a running turn either
committed before or finds nothing any more. It also voids the tokens, tells the open browsers and desks, and writes down
which ids the job must still hunt for. The job may be killed at any point and begins again: each step finds nothing the
second time. See `erase_plan` for what becomes of each table.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, Text, cast, delete, insert, or_, select, update

from bot.domain.handoff import TICKET_BYTES, make_ticket_number
from bot.domain.referral import CODE_BYTES, make_code
from bot.jobs.queue import enqueue
from bot.services.app import App, hint
from bot.services.blinding import blind
from bot.services.erase_plan import PLAN
from bot.services.erase_rules import Fate, Hand, Rule, Whose
from bot.services.people import Ids, conditions, customer_of, ids_of, lock_people, rows_of
from bot.services.staff import StaffMember, audit
from bot.store.base import Base
from bot.store.engine import Tx
from bot.store.tables import Erasure, Job, ShopEvent

JOB = "erase"
BY_CUSTOMER = "customer"
HUNTED = (Whose.CUSTOMER, Whose.CONVERSATION, Whose.CASE, Whose.UPLOAD)
"""Kinds of ids that are still to be looked for outside the store, or where a running turn may have written them."""
_JOBS = Base.metadata.tables[Job.__tablename__]
_FRESH = {
    Whose.CODE: lambda: make_code(secrets.token_bytes(CODE_BYTES)),
}


@dataclass(frozen=True)
class ErasureView:
    """How far an erasure is; `rows` counts what went or became anonymous, by table."""

    id: str
    state: str
    asked_at: datetime
    done_at: datetime | None
    rows: dict[str, int]


class UnknownErasure(LookupError):
    """There is no erasure with this id."""


async def erase_visitor(app: App, conversation_id: str) -> ErasureView:
    """Erase the customer of this conversation, all conversations of theirs. Raises UnknownCustomer."""
    async with app.write() as tx:
        customer = await customer_of(tx, conversation_id)
        return await _erase(app, tx, [customer], BY_CUSTOMER)


async def erase_customers(app: App, customers: Sequence[str], who: StaffMember | None) -> ErasureView:
    """Erase these customers for a member of staff (audited, without the person), or for the command line."""
    async with app.write() as tx:
        view = await _erase(app, tx, customers, who.email if who else "command line")
        audit(tx, app.now(), who, "customer.erased", view.id)
        return view


async def erasure(app: App, erasure_id: str) -> ErasureView:
    """How far it is. Raises UnknownErasure."""
    async with app.read() as tx:
        row = await tx.get(Erasure, erasure_id)
    if row is None:
        raise UnknownErasure("There is no erasure with this id.")
    return view_of(row)


def view_of(row: Erasure) -> ErasureView:
    return ErasureView(row.id, row.state, row.asked_at, row.done_at, dict(row.counts))


async def _erase(app: App, tx: Tx, customers: Sequence[str], asked_by: str) -> ErasureView:
    await lock_people(tx, customers)
    ids = await ids_of(tx, customers)
    in_flight = await _running_turns(tx, ids)
    counts = await erase_rows(app, tx, ids)
    now = app.now()
    row = Erasure(
        id=str(uuid4()), asked_by=asked_by, state="running", counts=counts, asked_at=now,
        scope={**{kind.value: ids[kind] for kind in HUNTED}, "in_flight": in_flight},
    )  # fmt: skip
    tx.add(row)
    await tx.flush()
    await enqueue(tx, now, JOB, {"erasure": row.id}, key=f"erase:{row.id}", max_attempts=1_000_000)
    for conversation in ids[Whose.CONVERSATION]:
        hint(tx, "erased", conversation)
    hint(tx, "desk")
    hint(tx, "models")
    return view_of(row)


async def erase_rows(app: App, tx: Tx, ids: Ids) -> dict[str, int]:
    """Carry the plan out for these ids in the caller's transaction; how many rows of each table it touched."""
    hand = Hand(
        now=app.now(),
        blind=lambda value: blind(app.settings, value),
        number=lambda: make_ticket_number(secrets.token_bytes(TICKET_BYTES)),
    )
    stand_ins = {kind: {old: _FRESH.get(kind, lambda: str(uuid4()))() for old in found} for kind, found in ids.items()}
    counts: Counter[str] = Counter()
    tables = [table for table in Base.metadata.sorted_tables if table.name in PLAN]
    for table in tables:  # parents first
        for rule in PLAN[table.name]:
            if rule.fate is Fate.BLANKED:
                counts[table.name] += await _blank(tx, table, rule, ids, hand)
            elif rule.fate is Fate.COUNTED:
                await _copy(tx, table, rule, ids, stand_ins, hand)
    counts.update(await erase_mentions(tx, ids, hand))
    for table in reversed(tables):
        for rule in PLAN[table.name]:
            if rule.fate in {Fate.GONE, Fate.COUNTED}:
                for condition in conditions(table, _where(rule, ids)):
                    gone = await tx.execute(delete(table).where(condition))
                    counts[table.name] += gone.rowcount  # type: ignore[attr-defined]  # a delete's result has it
    return {name: count for name, count in counts.items() if count}


def _where(rule: Rule, ids: Ids) -> list[tuple[str, list[str]]]:
    return [(column, ids.get(kind, [])) for column, kind in rule.by]


async def _copy(tx: Tx, table: Table, rule: Rule, ids: Ids, stand_ins: dict[Whose, dict[str, str]], hand: Hand) -> None:
    copies = []
    for row in await rows_of(tx, table, _where(rule, ids)):
        if rule.only is not None and not rule.only(row):
            continue
        moved = {
            column: str(uuid4()) if kind is None else _stand_in(stand_ins[kind], getattr(row, column))
            for column, kind in rule.move.items()
        }
        copies.append({**{name: getattr(row, name) for name in rule.keep}, **moved, **_blanks(rule, row, hand)})
    if copies:
        await tx.execute(insert(table), copies)


def _stand_in(of: dict[str, str], old: str | None) -> str | None:
    """Whatever the row refers to besides the person's own stays as it is."""
    return None if old is None else of.get(old, old)


async def _blank(tx: Tx, table: Table, rule: Rule, ids: Ids, hand: Hand) -> int:
    rows = await rows_of(tx, table, _where(rule, ids))
    [key] = table.primary_key.columns
    for row in rows:
        await tx.execute(update(table).where(key == row._mapping[key]).values(**_blanks(rule, row, hand)))
    return len(rows)


def _blanks(rule: Rule, row: Any, hand: Hand) -> dict[str, Any]:
    return {name: value(row, hand) if callable(value) else value for name, value in rule.blank.items()}


async def erase_mentions(tx: Tx, ids: Ids, hand: Hand) -> dict[str, int]:
    """The two tables that name a person only inside their JSON: jobs go, the shop's events lose their content."""
    names = {name for kind in (Whose.EXTERNAL, Whose.ADDRESS, Whose.CODE) for name in ids.get(kind, [])}
    [rule] = PLAN["rp_shop_event"]
    events = 0
    for name in names:
        # A quick look at the text first; a part of another name is not a mention.
        found = await tx.execute(
            select(ShopEvent).where(cast(ShopEvent.data, Text).contains(json.dumps(name)[1:-1], autoescape=True))
        )
        for event in found.scalars().all():
            if name in set(_texts(event.data)):
                event.data = rule.blank["data"](event, hand)
                events += 1
    mine = {one for found in ids.values() for one in found}
    jobs: list[int] = []
    for condition in conditions(_JOBS, [("lane", ids.get(Whose.CONVERSATION, []))]):
        jobs += (await tx.execute(select(Job.id).where(condition))).scalars().all()
    # Few jobs have no lane of a conversation.
    loose = await tx.execute(select(Job.id, Job.payload, Job.key).where(Job.lane.is_(None), Job.kind != JOB))
    jobs += [job_id for job_id, payload, key in loose if mine & {*_texts(payload), *(key or "").split(":")}]
    for start in range(0, len(jobs), 500):
        await tx.execute(delete(Job).where(Job.id.in_(jobs[start : start + 500])))
    await tx.flush()
    return {"rp_shop_event": events, "rp_job": len(jobs)}


def _texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


async def _running_turns(tx: Tx, ids: Ids) -> bool:
    lanes = ids.get(Whose.CONVERSATION, [])
    where = list(conditions(_JOBS, [("lane", lanes)]))
    if not where:
        return False
    running = await tx.execute(select(Job.id).where(Job.state == "running", or_(*where)).limit(1))
    return running.scalar_one_or_none() is not None
