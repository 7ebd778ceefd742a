"""The goodwill policy in force, its history, and the lock under which money is decided about."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.goodwill import GoodwillPolicy, LedgerState, month_of
from bot.services.app import App
from bot.store.engine import Tx
from bot.store.tables import Audit, Goodwill, GoodwillTable

SHIPPED_BY = "shipped with the product"


@dataclass(frozen=True)
class PolicyView:
    """A policy with its version and where its month stands, in minor units."""

    version: int
    policy: GoodwillPolicy
    author: str
    changed_at: datetime
    month: str
    granted: int
    reserved: int


async def current_policy(app: App) -> PolicyView:
    """The policy in force and this month's figures."""
    async with app.read() as tx:
        row = await _newest(tx)
    if row is None:
        async with app.write() as tx:
            await lock_policy(tx, app.now())
    async with app.read() as tx:
        row = await _newest(tx)
        assert row is not None
        month = month_of(app.now())
        granted = await total(tx, Goodwill.month == month, Goodwill.state == LedgerState.GRANTED.value)
        reserved = await total(tx, Goodwill.month == month, Goodwill.state == LedgerState.RESERVED.value)
    policy = GoodwillPolicy.from_json(row.body)
    return PolicyView(row.version, policy, row.author, row.created_at, month, granted, reserved)


async def save_policy(app: App, policy: GoodwillPolicy, author: str, staff_id: str | None = None) -> None:
    """Put a new version in force, noted in the audit log; the older ones are kept. No change makes no version."""
    async with app.write() as tx:
        version, present = await lock_policy(tx, app.now())
        if present == policy:
            return
        now = app.now()
        tx.add(GoodwillTable(version=version + 1, body=policy.to_json(), author=author, created_at=now))
        tx.add(
            Audit(
                staff_id=staff_id, who=author, action="goodwill.policy", subject=str(version + 1),
                detail={"from": present.to_json(), "to": policy.to_json()}, created_at=now,
            )
        )  # fmt: skip


async def lock_policy(tx: Tx, now: datetime) -> tuple[int, GoodwillPolicy]:
    """Wait until this transaction alone decides about money; the version and the policy in force.

    The lock is version 0 of the policy, which is made here the first time and never changes. On SQLite the write
    transaction itself is the lock.
    """
    insert = postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(GoodwillTable).values(version=0, body=GoodwillPolicy().to_json(), author=SHIPPED_BY, created_at=now)
    await tx.execute(first.on_conflict_do_nothing(index_elements=["version"]))
    await tx.execute(select(GoodwillTable.version).where(GoodwillTable.version == 0).with_for_update())
    row = await _newest(tx)
    assert row is not None
    return row.version, GoodwillPolicy.from_json(row.body)


async def total(tx: Tx, *where: ColumnElement[bool]) -> int:
    """The sum of the ledger's rows that fit."""
    return int((await tx.execute(select(func.coalesce(func.sum(Goodwill.amount), 0)).where(*where))).scalar_one())


async def _newest(tx: Tx) -> GoodwillTable | None:
    query = select(GoodwillTable).order_by(GoodwillTable.version.desc()).limit(1)
    return (await tx.execute(query)).scalar_one_or_none()
