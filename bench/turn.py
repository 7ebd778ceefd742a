"""Socket-in to reply-out of the whole product beside a vanilla Rasa REST server, same data, same run.

    ./rapport bench turn [--messages 200] [--clients 16]

Both store durably and both answer every message. The figure to quote is the ratio (ours / vanilla).
"""

import argparse
import asyncio
import itertools
import json
import platform
import random
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bench._vanilla import ROOT, Vanilla, make_project, train
from tests.support.system import System, free_base_port
from tests.support.visitor import Visitor

ASKED = {
    "bot_challenge", "check_cancellation_fee", "check_payment_methods", "check_refund_policy",
    "contact_customer_service", "create_account", "delivery_options", "delivery_period", "gift_card", "greet",
    "newsletter_subscription", "product_availability", "recover_password", "thank",
}  # fmt: skip
"""Intents that are answered at once; what begins a longer dialogue would measure that."""
PER_CONVERSATION = 10
MANY_EACH = 40


def held_out_texts() -> list[str]:
    """Phrases that neither side was trained on, each once, mixed the same way in every run: no cache knows them."""
    found = []
    for path in sorted((ROOT / "tests" / "nlu").glob("*.yml")):
        for item in yaml.safe_load(path.read_text())["nlu"]:
            if item.get("intent") in ASKED:
                found += [line.removeprefix("- ") for line in item["examples"].splitlines()]
    texts = sorted({re.sub(r"\[([^\]]+)\](\([^)]*\)|\{[^}]*\})", r"\1", text) for text in found})
    random.Random(1).shuffle(texts)
    return texts


OPENERS = ("", "Hello, ", "Quick question: ", "Sorry to bother you, ", "Good evening. ", "One more thing, ", "Hm, ")
"""Before the text in each further round, so that a text that comes again is still none that was seen before."""


class Texts:
    """Hands out conversations of ten texts each."""

    def __init__(self, texts: list[str]) -> None:
        self._all = itertools.cycle(texts)

    @classmethod
    async def answered_by(cls, vanilla: Vanilla, session: aiohttp.ClientSession) -> "Texts":
        """Those that vanilla has an answer to: it says nothing where it understands nothing, which would be cheaper."""
        all_texts = [opener + text for opener in OPENERS for text in held_out_texts()]
        return cls(
            [text for number, text in enumerate(all_texts) if await vanilla.turn(session, f"try-{number}", text)]
        )

    def conversations(self, count: int) -> list[list[str]]:
        """`count` texts in all."""
        texts = list(itertools.islice(self._all, count))
        return [texts[start : start + PER_CONVERSATION] for start in range(0, count, PER_CONVERSATION)]


async def ours(system: System, conversations: list[list[str]]) -> list[float]:
    """Milliseconds from sending a frame to the first message of the bot that answers it."""
    times = []
    for texts in conversations:
        async with Visitor(system.base) as visitor:
            for text in texts:
                begun = time.perf_counter()
                await visitor.ask(text)
                times.append((time.perf_counter() - begun) * 1000)
    return times


async def theirs(
    vanilla: Vanilla, session: aiohttp.ClientSession, conversations: list[list[str]], tag: str
) -> list[float]:
    """The same over vanilla's REST channel."""
    times = []
    for number, texts in enumerate(conversations):
        for text in texts:
            begun = time.perf_counter()
            answers = await vanilla.turn(session, f"{tag}-{number}", text)
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
                texts = await Texts.answered_by(vanilla, session)
                await ours(system, texts.conversations(20))
                await theirs(vanilla, session, texts.conversations(20), "warm")
                mine: list[float] = []
                other: list[float] = []
                for part in range(4):  # in turns, so that a drifting machine drifts for both
                    asked = texts.conversations(options.messages // 4)
                    mine += await ours(system, asked)
                    other += await theirs(vanilla, session, asked, f"one-{part}")
                total = MANY_EACH * options.clients
                asked_by = [texts.conversations(MANY_EACH) for _ in range(options.clients)]
                my_rate = await rate([ours(system, asked) for asked in asked_by], total)
                their_rate = await rate(
                    [theirs(vanilla, session, asked, f"many-{n}") for n, asked in enumerate(asked_by)], total
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
