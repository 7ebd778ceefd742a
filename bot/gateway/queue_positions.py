"""Tells waiting customers their place in the queue, when it changes and when they come back."""

import asyncio
import contextlib
from datetime import timedelta

import structlog
from sqlalchemy import func, select

from bot.domain.handoff import wait_estimate_s
from bot.gateway.hub import Hub
from bot.services.app import App
from bot.services.duty import PRESENCE
from bot.store.tables import Case, Staff

log = structlog.get_logger()

EVERY_S = 5.0
SETTLE_S = 0.2
RECENT = timedelta(days=7)
USUAL_HANDLE_S = 360.0
"""What a case takes an agent until enough cases were measured."""


class QueuePositions:
    """Pushes `queue` frames to connected customers; these have no number, so a lost one is only late."""

    def __init__(self, app: App, hub: Hub) -> None:
        self._app = app
        self._hub = hub
        self._moved = asyncio.Event()

    def hear(self, topic: str, _subject: str) -> None:
        if topic in {"desk", "joined"}:
            self._moved.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            # Not `wait_for`: before Python 3.12 it can swallow a cancellation that meets its timeout.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._moved.wait()
                await asyncio.sleep(SETTLE_S)  # several changes at once are told once
            self._moved.clear()
            try:
                await self._tell()
            except Exception as error:  # the edge of a background task
                log.warning("queue.positions_failed", error=repr(error))

    async def _tell(self) -> None:
        connected = set(self._hub.connected())
        if not connected:
            return
        now = self._app.now()
        async with self._app.read() as tx:
            waiting = (
                await tx.execute(
                    select(Case.conversation_id, Case.ticket)
                    .where(Case.owner == "queue", Case.status == "open")
                    .order_by(Case.escalated_at, Case.id)
                )
            ).all()
            if not connected & {row.conversation_id for row in waiting}:
                return
            agents = (
                await tx.execute(
                    select(func.count())
                    .select_from(Staff)
                    .where(Staff.active.is_(True), Staff.seen_at > now - PRESENCE)
                )
            ).scalar_one()
            handled = (
                await tx.execute(
                    select(func.avg(Case.engaged_s)).where(Case.engaged_s > 0, Case.resolved_at > now - RECENT)
                )
            ).scalar_one()
        handle_s = float(handled or USUAL_HANDLE_S)
        for position, row in enumerate(waiting, start=1):
            if row.conversation_id in connected and not row.ticket:
                estimate = wait_estimate_s(position, agents, handle_s)
                frame = {"type": "queue", "position": position, "wait_s": estimate}
                self._hub.push(row.conversation_id, frame)
