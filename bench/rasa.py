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
from bench.turn import rate
from tests.support.system import free_base_port

Say = Callable[[str, str], Awaitable[Any]]
TEXTS = [
    "hello there", "how long does delivery usually take", "can i pay with paypal", "what is your return policy",
    "do you have gift cards", "how do i reset my password", "is there a warranty on the thermostat",
    "which phone number can i call", "are you a bot", "thanks a lot",
]  # fmt: skip
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


async def compare(
    both: dict[str, Say], processor_s: Callable[[str], float], options: argparse.Namespace
) -> dict[str, Any]:
    """All figures of the running systems, each a pair. Processor time says more than the clock on a busy machine."""
    for name, say in both.items():
        await times_of(say, f"warm-{name}", TEXTS * 3)
    short: dict[str, list[float]] = {"ours": [], "vanilla": []}
    begun = {name: processor_s(name) for name in both}
    for part in range(options.messages // len(TEXTS)):  # in turns, so that a drifting machine drifts for both
        for name, say in both.items():
            short[name] += await times_of(say, f"short-{part}", TEXTS)
    spent = {name: (processor_s(name) - begun[name]) * 1000 / len(short[name]) for name in both}
    long = {name: await long_case(say, options.long) for name, say in both.items()}
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
        "processor_ms_a_turn": {name: _round(each) for name, each in spent.items()},
        "processor_ratio": _round(spent["ours"] / spent["vanilla"], 3),
        "rate_per_s": {name: _round(each) for name, each in rates.items()},
        "rate_ratio": _round(rates["ours"] / rates["vanilla"], 2),
        "turn_5_and_late_ms": {name: [_round(each) for each in pair] for name, pair in long.items()},
        "late_to_early": {name: _round(late / early, 2) for name, (early, late) in long.items()},
    }


async def long_case(say: Say, turns: int) -> tuple[float, float]:
    """The medians of turn 5 of fresh cases and of the latest turns of a long one, measured in turns."""
    await times_of(say, "long", [TEXTS[number % len(TEXTS)] for number in range(turns - 10)])
    early: list[float] = []
    late: list[float] = []
    for number in range(20):
        text = TEXTS[number % len(TEXTS)]
        await times_of(say, f"fresh-{number}", TEXTS[:4])
        early += await times_of(say, f"fresh-{number}", [text])
        late += await times_of(say, "long", [text])
    return statistics.median(early), statistics.median(late)


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
                both: dict[str, Say] = {
                    "ours": lambda sender, text: ours.turn(session, sender, text),
                    "vanilla": lambda sender, text: vanilla.turn(session, sender, text),
                }
                spent = {"ours": ours.processor_s, "vanilla": vanilla.processor_s}
                result = await compare(both, lambda name: spent[name](), options)
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
