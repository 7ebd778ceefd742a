"""The job table's verbs: enqueue, claim, extend and finish; and its tidying, release and remove.

A claim leases a job to one owner for `LEASE` seconds; a worker that dies lets the lease run out, or its successor on
the same host frees it at once. Completion is guarded by owner *and* attempt, so a paused worker cannot finish a job
that was stolen from it.
"""

import os
import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

import psutil
from sqlalchemy import Table, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.selectable import Select

from bot.store.engine import Store, Tx
from bot.store.prepared import Prepared
from bot.store.tables import Job

LEASE = timedelta(seconds=60)
CLAIM_WITHIN = timedelta(seconds=5)
"""So long may pass from a job's lease until its holder counts it among its own."""


_JOB = cast(Table, Job.__table__)
_EARLIER = _JOB.alias("earlier")
_BLOCKED = exists().where(
    and_(_EARLIER.c.lane == _JOB.c.lane, _EARLIER.c.id != _JOB.c.id),
    or_(_EARLIER.c.state == "running", and_(_EARLIER.c.state == "ready", _EARLIER.c.id < _JOB.c.id)),
)


def _first_due(kinds: tuple[str, ...], count: int = 1) -> Select[tuple[int]]:
    """The first jobs that may run: their time has come, and their lane is free with no earlier job in it."""
    return (
        select(_JOB.c.id)
        .where(
            _JOB.c.state == "ready",
            _JOB.c.run_at <= bindparam("now"),
            or_(*(_JOB.c.kind == kind for kind in kinds)),
            or_(_JOB.c.lane.is_(None), ~_BLOCKED),
        )
        .order_by(_JOB.c.run_at, _JOB.c.id)
        .limit(count)
    )


@lru_cache(maxsize=256)
def _due(kinds: tuple[str, ...], count: int) -> Prepared:
    return Prepared(_first_due(kinds, count))


@lru_cache(maxsize=64)
def _claim(kinds: tuple[str, ...]) -> Prepared:
    first = _first_due(kinds).with_for_update(skip_locked=True).scalar_subquery()
    return Prepared(
        update(_JOB)
        .where(_JOB.c.id == first, _JOB.c.state == "ready")
        .values(
            state="running",
            owner=bindparam("new_owner"),
            lease_until=bindparam("new_lease"),
            attempts=_JOB.c.attempts + 1,
        )
        .returning(
            _JOB.c.id,
            _JOB.c.kind,
            _JOB.c.lane,
            _JOB.c.payload,
            _JOB.c.attempts.label("attempt"),
            _JOB.c.max_attempts,
            _JOB.c.created_at,
        )
    )


_MINE = (
    update(_JOB)
    .where(
        _JOB.c.id == bindparam("job"),
        _JOB.c.owner == bindparam("job_owner"),
        _JOB.c.attempts == bindparam("attempt"),
        _JOB.c.state == "running",
    )
    .returning(_JOB.c.id)
)
_FINISH = Prepared(_MINE.values(state="done", done_at=bindparam("now"), lease_until=None, last_error=None))
_NEW = ("kind", "payload", "lane", "key", "run_at", "state", "attempts", "max_attempts", "created_at")
_ENQUEUE = {
    name: Prepared(dialect.insert(_JOB).inline().on_conflict_do_nothing(index_elements=["key"]), _NEW)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


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
    created_at: datetime
    owner: str

    async def finish(self, tx: Tx, now: datetime) -> None:
        """Mark the job done in the caller's transaction. Raises LeaseLost when it is no longer ours."""
        self._must_be_mine(await _FINISH.one(tx, now=now, **self._mine))

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
        self._must_be_mine((await tx.execute(_MINE.values(values), self._mine)).one_or_none())

    @property
    def _mine(self) -> dict[str, Any]:
        return {"job": self.id, "job_owner": self.owner, "attempt": self.attempt}

    def _must_be_mine(self, found: object) -> None:
        if found is None:
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
    await _ENQUEUE[tx.get_bind().dialect.name].rows(
        tx, kind=kind, payload=payload, lane=lane, key=key, run_at=run_at or now, state="ready", attempts=0,
        max_attempts=max_attempts, created_at=now,
    )  # fmt: skip
    tx.info.setdefault("hints", set()).add(("jobs", kind))


async def count_due(store: Store, now: datetime, kinds: Sequence[str], most: int) -> int:
    """How many jobs `claim` would find one after the other, counted up to `most`; takes no lock."""
    return len(await store.look(_due(tuple(kinds), most), now=now))


async def claim(tx: Tx, now: datetime, owner: str, kinds: Sequence[str]) -> Lease | None:
    """Lease the first job that is due, skipping lanes that are busy or have an earlier job; None when there is none."""
    row = await _claim(tuple(kinds)).one(tx, now=now, new_owner=owner, new_lease=now + LEASE)
    return None if row is None else Lease(**row._asdict(), owner=owner)


async def extend(tx: Tx, now: datetime, owner: str, held: Collection[int]) -> None:
    """Heartbeat: keep this owner's leases on the jobs it is really at work on."""
    await tx.execute(
        update(Job)
        .where(Job.owner == owner, Job.state == "running", Job.id.in_(list(held)))
        .values(lease_until=now + LEASE)
    )


async def release_abandoned(tx: Tx, now: datetime, owner: str, held: Collection[int] = ()) -> int:
    """Free jobs whose lease ran out, those of dead processes on this host, and own ones that nobody here has.

    A claim whose commit's answer was lost leaves such a job: leased to this owner, which does not know of it.
    """
    rows = (await tx.execute(select(Job.id, Job.owner, Job.lease_until).where(Job.state == "running"))).all()

    def is_lost(job: int, by: str, until: datetime) -> bool:
        if by != owner:
            return until <= now or _is_dead(by)
        return job not in held and until <= now + LEASE - CLAIM_WITHIN

    lost = [row.id for row in rows if is_lost(row.id, row.owner or "", row.lease_until or now)]
    if lost:
        await tx.execute(
            update(Job).where(Job.id.in_(lost), Job.state == "running").values(state="ready", owner=None, run_at=now)
        )
    return len(lost)


async def any_done(tx: Tx, before: datetime) -> bool:
    """Whether `remove_done` would find something; takes no lock."""
    return (await tx.execute(_done(before, 1))).first() is not None


async def remove_done(tx: Tx, before: datetime, limit: int) -> int:
    """Remove at most `limit` jobs that were done before then, oldest first; how many. Dead ones stay."""
    removed = await tx.execute(delete(Job).where(Job.id.in_(_done(before, limit))).returning(Job.id))
    return len(removed.scalars().all())


def _done(before: datetime, limit: int) -> Select[int]:
    return (
        select(Job.id)
        .where(
            Job.state == "done",
            Job.done_at < before,
            # No job is done before its time: this is what the index finds them by.
            Job.run_at < before,
            # SQLite would give the number of the last row once more, and turns are known by their job's number.
            Job.id < select(func.max(_JOB.c.id)).scalar_subquery(),
        )
        .order_by(Job.run_at)
        .limit(limit)
    )
