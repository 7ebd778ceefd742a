"""The recovery of a customer we let down: a low score that somebody owns, with a deadline, until it is made good."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.domain.recovery import (
    RecoveryRefused,
    RecoveryState,
    RecoveryStatus,
    RootCause,
    contact,
    is_overdue,
    reopen,
    resolve,
)
from bot.services.app import App, hint
from bot.store.engine import Tx
from bot.store.tables import Recovery, Survey


class RecoveryNotFound(LookupError):
    """No recovery has this id."""


@dataclass(frozen=True)
class RecoveryView:
    """A recovery as desk and studio show it."""

    id: str
    case_id: str
    survey_id: str
    customer_id: str
    staff_id: str | None
    state: str
    due_at: datetime
    overdue: bool
    cause: str | None
    outcome: str | None
    opened_at: datetime
    closed_at: datetime | None


async def open_recovery(app: App, tx: Tx, survey: Survey, *, again: bool = False) -> Recovery:
    """The recovery of a low answer, due `recovery_hours` from now; owned by the agent who handled the case, if any.

    There is one for each survey: it is returned when it stands already. With `again` (another low score was given) a
    closed one begins anew.
    """
    now = app.now()
    found = (await tx.execute(select(Recovery).where(Recovery.survey_id == survey.id))).scalar_one_or_none()
    due_at = now + timedelta(hours=app.settings.recovery_hours)
    if found is None:
        found = Recovery(
            case_id=survey.case_id,
            survey_id=survey.id,
            customer_id=survey.customer_id,
            staff_id=survey.agent_id,
            state=RecoveryStatus.OPEN.value,
            due_at=due_at,
            opened_at=now,
        )
        tx.add(found)
        await tx.flush()
        hint(tx, "desk", survey.case_id)
    elif again and found.closed_at is not None:
        _store(found, reopen(_state(found)))
        found.due_at, found.closed_at = due_at, None
        hint(tx, "desk", survey.case_id)
    return found


async def claim_recovery(app: App, recovery_id: str, staff_id: str) -> RecoveryView:
    """Make `staff_id` its owner; the state stays. Raises RecoveryNotFound, RecoveryRefused(`already_resolved`)."""
    async with app.write() as tx:
        row = await _locked(tx, recovery_id)
        if row.closed_at is not None:
            raise RecoveryRefused("already_resolved", "This recovery is already resolved.")
        row.staff_id = staff_id
        hint(tx, "desk", row.case_id)
        return _view(row, app.now())


async def mark_contacted(app: App, recovery_id: str, staff_id: str) -> RecoveryView:
    """The customer was contacted by `staff_id`, who owns it from now on. Raises RecoveryNotFound, RecoveryRefused."""
    async with app.write() as tx:
        row = await _locked(tx, recovery_id)
        _store(row, contact(_state(row), staff_id))
        hint(tx, "desk", row.case_id)
        return _view(row, app.now())


async def close_recovery(app: App, recovery_id: str, staff_id: str, cause: str, outcome: str) -> RecoveryView:
    """Close it with its root cause and what was done for the customer.

    Raises RecoveryNotFound; RecoveryRefused for an unknown cause, an empty outcome, or a customer not contacted yet.
    """
    try:
        root_cause = RootCause(cause)
    except ValueError as error:
        causes = ", ".join(each.value for each in RootCause)
        raise RecoveryRefused("unknown_cause", f"Choose one of these causes: {causes}.") from error
    async with app.write() as tx:
        row = await _locked(tx, recovery_id)
        _store(row, resolve(_state(row), root_cause, outcome))
        row.staff_id = row.staff_id or staff_id
        row.closed_at = app.now()
        hint(tx, "desk", row.case_id)
        return _view(row, app.now())


async def recoveries_of_case(app: App, case_id: str) -> list[RecoveryView]:
    """Those of one case, newest first."""
    async with app.read() as tx:
        rows = await tx.execute(select(Recovery).where(Recovery.case_id == case_id).order_by(Recovery.opened_at.desc()))
        return [_view(row, app.now()) for row in rows.scalars()]


async def open_recoveries(app: App, limit: int = 200) -> list[RecoveryView]:
    """Those not closed, the most urgent first."""
    async with app.read() as tx:
        rows = await tx.execute(
            select(Recovery).where(Recovery.closed_at.is_(None)).order_by(Recovery.due_at, Recovery.id).limit(limit)
        )
        return [_view(row, app.now()) for row in rows.scalars()]


async def _locked(tx: Tx, recovery_id: str) -> Recovery:
    row = (await tx.execute(select(Recovery).where(Recovery.id == recovery_id).with_for_update())).scalar_one_or_none()
    if row is None:
        raise RecoveryNotFound(f"There is no recovery {recovery_id}.")
    return row


def _state(row: Recovery) -> RecoveryState:
    return RecoveryState(
        status=RecoveryStatus(row.state),
        owner=row.staff_id,
        root_cause=RootCause(row.cause) if row.cause else None,
        outcome=row.outcome,
    )


def _store(row: Recovery, state: RecoveryState) -> None:
    row.state = state.status.value
    row.staff_id = state.owner
    row.cause = state.root_cause.value if state.root_cause else None
    row.outcome = state.outcome


def _view(row: Recovery, now: datetime) -> RecoveryView:
    return RecoveryView(
        id=row.id,
        case_id=row.case_id,
        survey_id=row.survey_id,
        customer_id=row.customer_id,
        staff_id=row.staff_id,
        state=row.state,
        due_at=row.due_at,
        overdue=is_overdue(_state(row), row.due_at, now),
        cause=row.cause,
        outcome=row.outcome,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )
