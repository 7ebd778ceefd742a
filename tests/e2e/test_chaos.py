"""Killing processes in mid-conversation loses no acked message and shows none twice: seeded runs, replayable.

`RAPPORT_CHAOS_SEED` replays one seed, `RAPPORT_CHAOS_RUNS` sets how many (20 in CI).
"""

import asyncio
import os
import random
from collections import Counter

import pytest

from tests.support.system import System
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
            await visitor.until(lambda v=visitor: set(v.sent) <= set(v.acks), f"all acks (seed {seed})", within_s=60)
            await visitor.until(lambda v=visitor: _settled(system, v), f"all outcomes (seed {seed})", within_s=60)
        await system.healthy()
        for visitor in (one, two):
            await visitor.until(lambda v=visitor: _newest(system, v) == v.last_seq, "the whole thread", within_s=30)
            _check(system, visitor)


def _rows(system: System, visitor: Visitor) -> list[dict]:  # type: ignore[type-arg]
    conversation = visitor.welcome["conversation"]
    found = system.rows("SELECT * FROM rp_message WHERE conversation_id = ? ORDER BY seq", conversation)
    return [dict(row) for row in found]


def _settled(system: System, visitor: Visitor) -> bool:
    mine = [row for row in _rows(system, visitor) if row["author"] == "customer"]
    return len(mine) == len(visitor.sent) and all(row["outcome"] for row in mine)


def _newest(system: System, visitor: Visitor) -> int:
    conversation = visitor.welcome["conversation"]
    return int(system.rows("SELECT last_seq FROM rp_conversation WHERE id = ?", conversation)[0]["last_seq"])


def _check(system: System, visitor: Visitor) -> None:
    rows = _rows(system, visitor)
    mine = [row for row in rows if row["author"] == "customer"]
    stored = Counter(row["cid"] for row in mine)
    assert stored == Counter(list(visitor.sent)), "an acked message is missing or stored twice"
    assert all(visitor.acks[row["cid"]] == row["seq"] for row in mine), "an ack named another row"
    assert sorted(visitor.frames) == list(range(1, visitor.last_seq + 1)), "the shown thread has holes"
    assert visitor.duplicates == 0, "a frame was shown twice"
    shown = [frame["id"] for frame in visitor.messages]
    assert shown == [row["id"] for row in rows], "the browser's thread is not the stored one"
    answered = Counter(row["outcome"] for row in mine)
    assert set(answered) <= {"bot", "queue", "ticket", "agent"}
    for row in mine:
        replies = [reply for reply in rows if reply["reply_to"] == row["id"]]
        if row["outcome"] == "bot":
            texts = Counter(reply["text"] for reply in replies)
            assert replies and max(texts.values()) == 1, f"a turn was answered {len(replies)} times: {texts}"
        else:
            assert not replies, "a message that went to a person was answered by the bot too"
