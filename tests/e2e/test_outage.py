"""Rasa or the worker dead or hung: customers are told, a person has the case, and the bot takes it back by itself.

The promises are 8, 10 and 15 seconds on a machine of its own (`./rapport bench chaos` measures them); a busy one gets
more here.
"""

import time

import pytest

from tests.support.outage import PROMISES, QUESTION, outage
from tests.support.system import System
from tests.support.visitor import Visitor

BUSY = 3
AT_WORK = "SELECT id FROM rp_job WHERE state = 'running' OR (state = 'ready' AND kind IN ('turn', 'bot_recovery'))"


@pytest.mark.parametrize("kind", ["hung", "dead"])
async def test_customers_are_told_in_time_when_the_bot_is_away_and_get_it_back(system: System, kind: str) -> None:
    seen = await outage(system, kind)
    assert seen.told <= PROMISES["told"] * BUSY
    assert seen.queued <= PROMISES["queued"] * BUSY
    assert seen.later_told < PROMISES["told"], "whoever comes while the breaker is open does not wait for the bot"
    assert seen.back <= PROMISES["back"] * BUSY


async def test_customers_are_told_in_time_when_the_worker_hangs_and_it_is_replaced_by_itself(system: System) -> None:
    await system.healthy()
    async with Visitor(system.base) as visitor:
        # Stopped in the middle of a write, it would hold the store's only lock until it is replaced.
        await visitor.until(lambda: not system.rows(AT_WORK), "a worker with nothing to do")
        system.freeze("worker")
        begun = time.monotonic()
        await visitor.say(QUESTION)
        await visitor.until(lambda: visitor.said_by("system"), "the word that the bot is away", 60)
        told = time.monotonic() - begun
        await visitor.until(lambda: visitor.owner == "queue", "the queue")
        await visitor.until(lambda: visitor.owner == "bot", "the bot's return", 150)
    assert told <= PROMISES["told"] * BUSY
