"""The job table's four verbs: enqueue, claim, extend and finish.

A claim leases a job to one owner for `LEASE` seconds; a worker that dies lets the lease run out, or its successor on
the same host frees it at once. Completion is guarded by owner *and* attempt, so a paused worker cannot finish a job
that was stolen from it.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psutil
from sqlalchemy import Select, and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from bot.store.engine import Tx
from bot.store.tables import Job

LEASE = timedelta(seconds=60)


class LeaseLost(Exception):
    """The job was taken over by another worker; whatever this one did must be rolled back."""


def owner_name() -> str:
    """This process as a lease owner: `host/pid/start`, so that a successor can tell whether it still lives."""
    process = psutil.Process()
    return f"{socket.gethostname()}/{os.getpid()}/{process.create_time():.2f}"


def _is_dead(owner: str) -> bool:
    host, pid, started, *_ = [*owner.split("/"), "", "", ""]
    if host != socket.gethostname() or not pid.isdigit():
        return False  # only its lease can tell
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" != started
    except psutil.NoSuchProcess:
        return True


@dataclass(frozen=True)
class Lease:
    """A claimed job as its handler sees it."""

    id: int
    kind: str
    lane: str | None
    payload: dict[str, Any]
    attempt: int
    max_attempts: int
    owner: str
    created_at: datetime

    async def finish(self, tx: Tx, now: datetime) -> None:
        """Mark the job done in the caller's transaction. Raises LeaseLost when it is no longer ours."""
        await self._set(tx, state="done", done_at=now, lease_until=None, last_error=None)

    async def retry(self, tx: Tx, now: datetime, delay: timedelta, error: str) -> None:
        """Put the job back for later, or bury it after its last attempt. Raises LeaseLost."""
        dead = self.attempt >= self.max_attempts
        await self._set(
            tx,
            state="dead" if dead else "ready",
            run_at=now + delay,
            lease_until=None,
            owner=None,
            last_error=error[:2000],
        )

    async def bury(self, tx: Tx, error: str) -> None:
        """Give the job up; it stays with its error for a person to look at. Raises LeaseLost."""
        await self._set(tx, state="dead", lease_until=None, owner=None, last_error=error[:2000])

    async def _set(self, tx: Tx, **values: Any) -> None:
        done = await tx.execute(
            update(Job)
            .where(
                Job.id == self.id,
                Job.owner == self.owner,
                Job.attempts == self.attempt,
                Job.state == "running",
            )
            .values(**values)
            .returning(Job.id)
        )
        if done.scalar_one_or_none() is None:
            raise LeaseLost(f"job {self.id} ({self.kind}) belongs to another worker now")


async def enqueue(
    tx: Tx,
    now: datetime,
    kind: str,
    payload: dict[str, Any],
    *,
    lane: str | None = None,
    key: str | None = None,
    run_at: datetime | None = None,
    max_attempts: int = 20,
) -> None:
    """Add a job in the caller's transaction. A `key` already there makes this a no-op: one job for one cause."""
    insert = postgresql.insert(Job) if tx.get_bind().dialect.name == "postgresql" else sqlite.insert(Job)
    statement = insert.values(
        kind=kind,
        payload=payload,
        lane=lane,
        key=key,
        run_at=run_at or now,
        state="ready",
        attempts=0,
        max_attempts=max_attempts,
        created_at=now,
    )
    await tx.execute(statement.on_conflict_do_nothing(index_elements=["key"]))
    tx.info.setdefault("hints", set()).add(("jobs", ""))


def _due(now: datetime, kinds: list[str]) -> Select[int]:
    """The first job that may run: its time has come, and its lane is free with no earlier job in it."""
    earlier = aliased(Job)
    blocked = exists().where(
        and_(earlier.lane == Job.lane, earlier.id != Job.id),
        or_(earlier.state == "running", and_(earlier.state == "ready", earlier.id < Job.id)),
    )
    return (
        select(Job.id)
        .where(Job.state == "ready", Job.run_at <= now, Job.kind.in_(kinds), or_(Job.lane.is_(None), ~blocked))
        .order_by(Job.run_at, Job.id)
        .limit(1)
    )


async def any_due(tx: Tx, now: datetime, kinds: list[str]) -> bool:
    """Whether `claim` would find something; takes no lock."""
    return (await tx.execute(_due(now, kinds))).scalar_one_or_none() is not None


async def claim(tx: Tx, now: datetime, owner: str, kinds: list[str]) -> Lease | None:
    """Lease the first job that is due, skipping lanes that are busy or have an earlier job; None when there is none."""
    query = _due(now, kinds)
    if tx.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    job_id = (await tx.execute(query)).scalar_one_or_none()
    if job_id is None:
        return None
    row = (
        await tx.execute(
            update(Job)
            .where(Job.id == job_id, Job.state == "ready")
            .values(state="running", owner=owner, lease_until=now + LEASE, attempts=Job.attempts + 1)
            .returning(Job)
        )
    ).scalar_one()
    return Lease(
        id=row.id,
        kind=row.kind,
        lane=row.lane,
        payload=row.payload,
        attempt=row.attempts,
        max_attempts=row.max_attempts,
        owner=owner,
        created_at=row.created_at,
    )


async def extend(tx: Tx, now: datetime, owner: str) -> None:
    """Heartbeat: keep every lease this owner holds."""
    await tx.execute(update(Job).where(Job.owner == owner, Job.state == "running").values(lease_until=now + LEASE))


async def release_abandoned(tx: Tx, now: datetime, owner: str) -> int:
    """Free jobs whose lease ran out, and those of dead processes on this host; returns how many."""
    rows = (await tx.execute(select(Job.id, Job.owner, Job.lease_until).where(Job.state == "running"))).all()
    lost = [
        row.id for row in rows if row.owner != owner and ((row.lease_until or now) <= now or _is_dead(row.owner or ""))
    ]
    if lost:
        await tx.execute(
            update(Job).where(Job.id.in_(lost), Job.state == "running").values(state="ready", owner=None, run_at=now)
        )
    return len(lost)
