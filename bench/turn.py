"""Socket-in to reply-out of the whole product beside a vanilla Rasa REST server, same data, same run.

    ./rapport bench turn [--messages 200] [--clients 16]

Both store durably and both answer every message. The figure to quote is the ratio (ours / vanilla).
"""

import argparse
import asyncio
import json
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from bench._vanilla import Vanilla, make_project, train
from tests.support.system import System, free_base_port
from tests.support.visitor import Visitor

TEXTS = [
    "hello there", "how long does delivery usually take", "can i pay with paypal", "what is your return policy",
    "do you have gift cards", "how do i reset my password", "is there a warranty on the thermostat",
    "which phone number can i call", "are you a bot", "thanks a lot",
]  # fmt: skip
PER_CONVERSATION = 10


async def ours(system: System, count: int) -> list[float]:
    """Milliseconds from sending a frame to the first message of the bot that answers it."""
    times = []
    for start in range(0, count, PER_CONVERSATION):
        async with Visitor(system.base) as visitor:
            for text in TEXTS[: min(PER_CONVERSATION, count - start)]:
                begun = time.perf_counter()
                await visitor.ask(text)
                times.append((time.perf_counter() - begun) * 1000)
    return times


async def theirs(vanilla: Vanilla, session: aiohttp.ClientSession, count: int, tag: str) -> list[float]:
    times = []
    for start in range(0, count, PER_CONVERSATION):
        for text in TEXTS[: min(PER_CONVERSATION, count - start)]:
            begun = time.perf_counter()
            answers = await vanilla.turn(session, f"{tag}-{start}", text)
            times.append((time.perf_counter() - begun) * 1000)
            assert answers, f"vanilla answered nothing to {text!r}"
    return times


async def rate(work: list[Any], messages: int) -> float:
    begun = time.perf_counter()
    await asyncio.gather(*work)
    return messages / (time.perf_counter() - begun)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as name:
        folder = Path(name)
        make_project(folder / "vanilla")
        trained = train(folder / "vanilla")
        system = System(folder / "ours", {"RAPPORT_SEND_LIMIT": "100000"}).start()
        vanilla = Vanilla(folder / "vanilla", free_base_port())
        try:
            async with aiohttp.ClientSession() as session:
                await vanilla.start(session)
                await ours(system, 20)
                await theirs(vanilla, session, 20, "warm")
                mine: list[float] = []
                other: list[float] = []
                for part in range(4):  # in turns, so that a drifting machine drifts for both
                    mine += await ours(system, options.messages // 4)
                    other += await theirs(vanilla, session, options.messages // 4, f"one-{part}")
                each = 40
                total = each * options.clients
                my_rate = await rate([ours(system, each) for _ in range(options.clients)], total)
                their_rate = await rate(
                    [theirs(vanilla, session, each, f"many-{n}") for n in range(options.clients)], total
                )
                result = {
                    "machine": f"{platform.machine()}, {platform.system()}",
                    "messages": len(mine),
                    "p50_ms": {
                        "ours": round(statistics.median(mine), 1),
                        "vanilla": round(statistics.median(other), 1),
                    },
                    "p50_ratio": round(statistics.median(mine) / statistics.median(other), 3),
                    "p95_ms": {"ours": round(_p95(mine), 1), "vanilla": round(_p95(other), 1)},
                    "rate_per_s": {
                        "clients": options.clients,
                        "ours": round(my_rate, 1),
                        "vanilla": round(their_rate, 1),
                    },
                    "rate_ratio": round(my_rate / their_rate, 3),
                    "resident_mb": {
                        "ours_all_processes": system.resident_bytes() // 1_000_000,
                        "vanilla": vanilla.resident_bytes() // 1_000_000,
                    },
                    "vanilla_training_s": trained and round(trained),
                }
        finally:
            vanilla.stop()
            system.stop()
    for key, value in result.items():
        print(f"{key:20} {value}")
    print(json.dumps(result))


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[18]


if __name__ == "__main__":
    asyncio.run(main())
