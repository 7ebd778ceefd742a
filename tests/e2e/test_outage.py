"""Rasa dead or hung: customers are told, a person has the case, and the bot takes it back by itself.

The promises are 8, 10 and 15 seconds on a machine of its own (`./rapport bench chaos` measures them); a busy one gets
more here.
"""

import pytest

from tests.support.outage import PROMISES, outage
from tests.support.system import System

BUSY = 1.6


@pytest.mark.parametrize("kind", ["hung", "dead"])
async def test_customers_are_told_in_time_when_the_bot_is_away_and_get_it_back(system: System, kind: str) -> None:
    seen = await outage(system, kind)
    assert seen.told <= PROMISES["told"] * BUSY
    assert seen.queued <= PROMISES["queued"] * BUSY
    assert seen.later_told <= 3, "whoever comes while the breaker is open is told at once"
    assert seen.back <= PROMISES["back"] * BUSY
