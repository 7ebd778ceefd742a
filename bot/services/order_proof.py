"""Counting failed proofs of ownership where a restart, another case or another turn cannot make them forgotten.

A conversation has `TRIES` a day; an order number, whoever tries it, `TRIES_OF_A_NUMBER`. After that a person decides.
A success gives nothing back, or whoever owns one order could probe for others between two successes.
"""

import re
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from bot.services.app import App
from bot.services.blinding import blind
from bot.store.engine import Tx
from bot.store.tables import FailedProof

TRIES = 3
TRIES_OF_A_NUMBER = 10
WINDOW = timedelta(hours=24)


async def proof_locked(app: App, conversation: str, number: str) -> bool:
    """Whether no further try is allowed: nothing is looked up then, so nothing can be learnt."""
    async with app.read() as tx:
        now = app.now()
        if await _failed(tx, now, FailedProof.conversation_id == conversation) >= TRIES:
            return True
        names = [_plain(number), blind(app.settings, _plain(number))]
        return await _failed(tx, now, FailedProof.order_number.in_(names)) >= TRIES_OF_A_NUMBER


async def note_failed_proof(app: App, conversation: str, number: str, message_id: str) -> int:
    """Count a try that failed, once for each message; how many failed in this conversation within the window."""
    async with app.write() as tx:
        if await tx.get(FailedProof, message_id) is None:
            tx.add(
                FailedProof(
                    message_id=message_id,
                    conversation_id=conversation,
                    order_number=_plain(number),
                    created_at=app.now(),
                )
            )
            await tx.flush()
        return await _failed(tx, app.now(), FailedProof.conversation_id == conversation)


async def _failed(tx: Tx, now: datetime, whose: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(FailedProof).where(whose, FailedProof.created_at > now - WINDOW)
    return int((await tx.execute(query)).scalar_one())


def _plain(number: str) -> str:
    """However it was typed: the digits name the order."""
    return (re.sub(r"\D", "", number) or number.upper())[:60]
