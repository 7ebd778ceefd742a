"""What a customer feels of a model switch: turns asked all the while, before, during and after it.

    ./rapport bench switch [--rate 5] [--seconds 15]

A second model is trained from the same data and promoted, then rolled back, while a customer asks without a pause.
The figure to quote is the worst turn during a switch beside the worst one of the quiet stretches.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

from bench.turn import PER_CONVERSATION, Texts, held_out_texts
from tests.support.system import ROOT, System
from tests.support.visitor import Visitor


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=5, help="messages a second")
    parser.add_argument("--seconds", type=float, default=15, help="how long each quiet stretch lasts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rapport-switch-") as name:
        system = System(Path(name) / "data", {"RAPPORT_SEND_LIMIT": "100000"}).start()
        try:
            await _command(system, "train", "--force")
            live, other = (row["id"] for row in system.rows("SELECT id FROM rp_model ORDER BY state = 'live' DESC"))
            result = {}
            quiet = asyncio.sleep
            async with Asker(system, options.rate) as asker:
                await quiet(options.seconds / 3)  # the first turns warm up
                result["before"] = await asker.during(quiet(options.seconds))
                result["promote"] = await asker.during(_command(system, "promote", other, "--reason", "a benchmark"))
                result["drained"] = await asker.during(quiet(options.seconds))
                result["rollback"] = await asker.during(_command(system, "rollback", "--reason", "a benchmark"))
                result["after"] = await asker.during(quiet(options.seconds))
            [now] = system.rows("SELECT id FROM rp_model WHERE state = 'live'")
            assert now["id"] == live, "the rollback did not bring the first model back"
        finally:
            system.stop()
    for stretch, figures in result.items():
        print(f"{stretch:10} {figures}")
    print(json.dumps(result))


async def _command(system: System, *arguments: str) -> None:
    """One of `./rapport`'s commands on the running product. Raises AssertionError with what it printed."""
    child = await asyncio.create_subprocess_exec(
        str(ROOT / "rapport"), *arguments, "--data", str(system.data),
        cwd=ROOT, env=system.env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await child.communicate()
    assert child.returncode == 0, printed.decode(errors="replace")


class Asker:
    """A customer who asks at a steady rate, in conversations of ten, whether or not the last answer is there."""

    def __init__(self, system: System, rate: float) -> None:
        self._system, self._pause = system, 1 / rate
        self._over = False
        self._times: list[float] = []
        self._turns: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Asker":
        self._asking = asyncio.create_task(self._ask_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        await self._asking

    async def during(self, work: Awaitable[object]) -> dict[str, float]:
        """Milliseconds of the turns asked while this was going on; fails when the asking has ended."""
        times: list[float] = []
        self._times = times
        await work
        assert not self._asking.done(), self._asking.exception()
        await asyncio.gather(*self._turns)
        return {
            "turns": len(times),
            "p50_ms": round(statistics.median(times), 1),
            "p95_ms": round(statistics.quantiles(times, n=20)[18], 1),
            "worst_ms": round(max(times), 1),
        }

    async def _ask_on(self) -> None:
        texts = Texts(held_out_texts())
        while not self._over:
            [conversation] = texts.conversations(PER_CONVERSATION)
            async with Visitor(self._system.base) as visitor:
                for text in conversation:
                    turn = asyncio.create_task(self._turn(visitor, text, self._times))
                    self._turns.add(turn)
                    turn.add_done_callback(self._turns.discard)
                    await asyncio.sleep(self._pause)
                await asyncio.gather(*self._turns)

    @staticmethod
    async def _turn(visitor: Visitor, text: str, times: list[float]) -> None:
        begun = time.perf_counter()
        await visitor.ask(text)
        times.append((time.perf_counter() - begun) * 1000)


if __name__ == "__main__":
    asyncio.run(main())
