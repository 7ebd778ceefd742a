"""Who of the team is there? Decides between the queue and a ticket."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from bot.domain.business_hours import parse_hours
from bot.services.app import App
from bot.store.engine import Tx
from bot.store.tables import Case, Staff

PRESENCE = timedelta(seconds=90)
"""An agent counts as present this long after the desk was last heard from."""


async def on_duty(app: App, tx: Tx, now: datetime) -> bool:
    """True when support is open and somebody has the desk in front of them."""
    hours = parse_hours(app.settings.opening_hours, app.settings.time_zone)
    if not hours.is_open(now):
        return False
    present = await tx.execute(
        select(func.count()).select_from(Staff).where(Staff.active.is_(True), Staff.seen_at > now - PRESENCE)
    )
    return bool(present.scalar_one())


async def mark_present(app: App, staff_id: str) -> None:
    """Note that this agent's desk was just heard from."""
    async with app.write() as tx:
        await tx.execute(update(Staff).where(Staff.id == staff_id).values(seen_at=app.now()))


async def colleagues(app: App) -> list[dict[str, Any]]:
    """The active accounts with who is there now, for passing a case on."""
    async with app.read() as tx:
        rows = (await tx.execute(select(Staff).where(Staff.active.is_(True)).order_by(Staff.name))).scalars()
        since = app.now() - PRESENCE
        return [
            {
                "id": staff.id,
                "name": staff.name,
                "role": staff.role,
                "present": staff.seen_at is not None and staff.seen_at > since,
            }
            for staff in rows
        ]


async def queue_position(tx: Tx, case: Case) -> int:
    """1 for the next to be served; cases wait in the order of their escalation."""
    ahead = await tx.execute(
        select(func.count())
        .select_from(Case)
        .where(Case.owner == "queue", Case.status == "open", Case.escalated_at < case.escalated_at)
    )
    return int(ahead.scalar_one()) + 1
