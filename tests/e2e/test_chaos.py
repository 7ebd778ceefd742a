"""Killing processes in mid-conversation loses no acked message and shows none twice: seeded runs, replayable.

`RAPPORT_CHAOS_SEED` replays one seed, `RAPPORT_CHAOS_RUNS` sets how many (20 in CI).
"""

import asyncio
import os
import random

import pytest

from tests.support.system import System
from tests.support.threads import check, newest, settle
from tests.support.visitor import Visitor

RUNS = int(os.environ.get("RAPPORT_CHAOS_RUNS", "20"))
SEEDS = [int(os.environ["RAPPORT_CHAOS_SEED"])] if "RAPPORT_CHAOS_SEED" in os.environ else list(range(1, RUNS + 1))
WORDS = [
    "how long does delivery take?",
    "can i pay with paypal",
    "hello",
    "what is your warranty",
    "thanks",
    "zxqv blorp",
]


async def _talk(visitor: Visitor, draw: random.Random) -> None:
    for _ in range(draw.randint(2, 4)):
        await visitor.say(draw.choice(WORDS))
        await asyncio.sleep(draw.random() * 0.6)


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_acked_message_is_lost_or_doubled_when_a_process_is_killed(system: System, seed: int) -> None:
    draw = random.Random(seed)
    await system.healthy()
    async with Visitor(system.base) as one, Visitor(system.base) as two:
        talking = asyncio.gather(_talk(one, draw), _talk(two, draw))
        # Rasa takes longest to come back, so it is killed less often than the others.
        for victim in draw.choices(["gateway", "worker", "rasa"], weights=[5, 5, 2], k=draw.randint(1, 2)):
            await asyncio.sleep(draw.random() * 0.8)
            system.kill(victim)
        await talking
        for visitor in (one, two):
            await settle(system, visitor, f"seed {seed}")
        await system.healthy()
        for visitor in (one, two):
            await visitor.until(lambda v=visitor: newest(system, v) == v.last_seq, "the whole thread")
            check(system, visitor)
