"""Rasa alone: our channel's turn beside vanilla Rasa's REST, same data, both durable, in turns.

    ./rapport bench rasa [--messages 160] [--clients 16] [--long 200]

Both answer every message by a sentence of the domain. The figure to quote is the ratio (ours / vanilla).
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from bench import _ours, _vanilla
from bench.turn import TEXTS, rate
from tests.support.system import free_base_port

Say = Callable[[str, str], Awaitable[Any]]
# Of as many words, one answered by a sentence of the domain, one by a custom action.
BY_SENTENCE, BY_ACTION = "thanks a lot", "goodbye for now"


async def times_of(say: Say, sender: str, texts: list[str]) -> list[float]:
    """Milliseconds of each turn."""
    times = []
    for text in texts:
        begun = time.perf_counter()
        answers = await say(sender, text)
        times.append((time.perf_counter() - begun) * 1000)
        assert answers, f"nothing was answered to {text!r}"
    return times


async def compare(ours: Say, vanilla: Say, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of the running systems, each a pair."""
    both = {"ours": ours, "vanilla": vanilla}
    for name, say in both.items():
        await times_of(say, f"warm-{name}", TEXTS * 3)
    short: dict[str, list[float]] = {"ours": [], "vanilla": []}
    for part in range(options.messages // len(TEXTS)):  # in turns, so that a drifting machine drifts for both
        for name, say in both.items():
            short[name] += await times_of(say, f"short-{part}", TEXTS)
    long: dict[str, list[float]] = {"ours": [], "vanilla": []}
    for number in range(options.long):
        for name, say in both.items():
            long[name] += await times_of(say, "long", [TEXTS[number % len(TEXTS)]])
    each = 20
    rates = {
        name: await rate(
            [times_of(say, f"many-{n}-{part}", TEXTS * (each // len(TEXTS))) for n in range(options.clients)],
            each * options.clients,
        )
        for part in range(2)
        for name, say in both.items()
    }
    return {
        "p50_ms": {name: _round(statistics.median(each)) for name, each in short.items()},
        "p50_ratio": _round(statistics.median(short["ours"]) / statistics.median(short["vanilla"]), 3),
        "p95_ms": {name: _round(statistics.quantiles(each, n=20)[18]) for name, each in short.items()},
        "rate_per_s": {name: _round(each) for name, each in rates.items()},
        "rate_ratio": _round(rates["ours"] / rates["vanilla"], 2),
        "turn_ms": {name: {at: _round(_around(each, at)) for at in _places(each)} for name, each in long.items()},
        "late_to_early": {name: _round(_around(each, len(each)) / _around(each, 5), 2) for name, each in long.items()},
    }


async def action_overhead(say: Say, count: int) -> dict[str, float]:
    """What a custom action adds to a turn, in milliseconds: the median difference to a sentence."""
    sentence: list[float] = []
    action: list[float] = []
    for part in range(count // 10):
        for _ in range(5):
            sentence += await times_of(say, f"overhead-{part}", [BY_SENTENCE])
            action += await times_of(say, f"overhead-{part}", [BY_ACTION])
    found = statistics.median(action) - statistics.median(sentence)
    return {"sentence": _round(statistics.median(sentence)), "action_adds": _round(found)}


def _places(times: list[float]) -> list[int]:
    return [at for at in (5, 50, 100, 200) if at <= len(times)]


def _around(times: list[float], at: int) -> float:
    """The median of the turns around the `at`-th, the last ones for the last."""
    return statistics.median(times[max(0, at - 10) : at + 10] if at > 10 else times[at - 3 : at + 5])


def _round(value: float, digits: int = 1) -> float:
    return round(value, digits)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=160)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--long", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as name:
        folder = Path(name)
        _vanilla.make_project(folder / "vanilla")
        trained = {"vanilla": _vanilla.train(folder / "vanilla")}
        _ours.make_project(folder / "vanilla", folder / "ours")
        trained["ours"] = _ours.train(folder / "ours")
        port = free_base_port()
        vanilla = _vanilla.Vanilla(folder / "vanilla", port)
        ours = _ours.Ours(folder / "ours", port + 1, port + 2)
        try:
            async with aiohttp.ClientSession() as session:
                ready = {"ours": _round(await ours.start(session)), "vanilla": _round(await vanilla.start(session))}
                result = await compare(
                    lambda sender, text: ours.turn(session, sender, text),
                    lambda sender, text: vanilla.turn(session, sender, text),
                    options,
                )
                result["custom_action_ms"] = await action_overhead(
                    lambda sender, text: ours.turn(session, sender, text), options.messages
                )
                result["ready_s"] = ready
                result["resident_mb"] = {
                    "ours": ours.resident_bytes() // 1_000_000,
                    "vanilla": vanilla.resident_bytes() // 1_000_000,
                }
                result["training_s"] = {each: took and round(took) for each, took in trained.items()}
        finally:
            vanilla.stop()
            ours.stop()
    for key, value in result.items():
        print(f"{key:20} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    asyncio.run(main())
