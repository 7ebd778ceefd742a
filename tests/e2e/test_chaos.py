"""Killing processes in mid-conversation loses no acked message and shows none twice: seeded runs, replayable.

`RAPPORT_CHAOS_SEED` replays one seed, `RAPPORT_CHAOS_RUNS` sets how many (20 in CI). `./rapport bench chaos` does more.
"""

import os

import pytest

from tests.support.chaos import draw_plan, run
from tests.support.system import System

RUNS = int(os.environ.get("RAPPORT_CHAOS_RUNS", "20"))
SEEDS = [int(os.environ["RAPPORT_CHAOS_SEED"])] if "RAPPORT_CHAOS_SEED" in os.environ else list(range(1, RUNS + 1))
VICTIMS = ("gateway", "worker", "rasa")


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_acked_message_is_lost_or_doubled_when_a_process_is_killed(system: System, seed: int) -> None:
    report = await run(system, draw_plan(seed, VICTIMS, freezes=False, loss=0.2))
    assert sum(report.outcomes.values()) == report.sent
