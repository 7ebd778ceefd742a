"""Ten thousand idle visitors, five thousand cut at once, and some who never read: what one gateway does.

    ./rapport bench sockets [--idle 10000] [--storm 5000] [--watch 60] [--slow 20]

The gateway's process runs alone over an empty SQLite store: everything is taken and stored, nobody answers. The clients
are processes of their own on loopback addresses of their own, on the same cores.
"""

import argparse
import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bench._slow_readers import slow_readers
from tests.support.gateway import Gateway
from tests.support.system import ROOT

PROCESSES = 4
ACTIVE = 1000
AGENT = ("ana@example.com", "correct horse battery")
AT_ONCE = 8


class Crowd:
    """The client processes, ordered about together."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._parts: list[asyncio.subprocess.Process] = []

    async def __aenter__(self) -> "Crowd":
        for number in range(PROCESSES):
            self._parts.append(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "bench._swarm", str(self._port), f"127.0.0.{number + 2}",
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT, limit=1 << 26,
                )
            )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        for part in self._parts:
            part.kill()
            await part.wait()

    async def do(self, what: str, **shares: float) -> dict[str, Any]:
        """Give each process its share of the counts; what all reported, put together."""
        answers = await asyncio.gather(*(self._order(part, {"do": what, **shares}) for part in self._parts))
        put: dict[str, Any] = {}
        for answer in answers:
            for key, value in answer.items():
                put[key] = put[key] + value if key in put and not isinstance(value, dict) else value
        return put

    @staticmethod
    async def _order(part: asyncio.subprocess.Process, order: dict[str, Any]) -> dict[str, Any]:
        assert part.stdin and part.stdout
        part.stdin.write(json.dumps(order).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await part.stdout.readline())
        return answer


class Team:
    """An agent who signs in and looks at the queue again and again."""

    def __init__(self, gateway: Gateway) -> None:
        self._base = gateway.base
        self.sign_in_ms: list[float] = []
        self.queue_ms: list[float] = []

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator["Team"]:
        self.sign_in_ms, self.queue_ms = [], []
        task = asyncio.create_task(self._work())
        try:
            yield self
        finally:
            task.cancel()

    async def _work(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                begun = time.perf_counter()
                body = {"email": AGENT[0], "password": AGENT[1]}
                async with session.post(f"{self._base}/api/v1/session", json=body) as answer:
                    token = (await answer.json())["token"]
                self.sign_in_ms.append((time.perf_counter() - begun) * 1000)
                for _ in range(4):
                    begun = time.perf_counter()
                    headers = {"Authorization": f"Bearer {token}"}
                    async with session.get(f"{self._base}/api/v1/desk/queue", headers=headers) as answer:
                        await answer.read()
                    self.queue_ms.append((time.perf_counter() - begun) * 1000)
                    await asyncio.sleep(0.2)

    def told(self) -> dict[str, Any]:
        return {"sign_in_ms": quantiles(self.sign_in_ms), "queue_ms": quantiles(self.queue_ms)}


def quantiles(values: list[float]) -> dict[str, float]:
    """p50, p95, p99 and the largest."""
    if not values:
        return {}
    ordered = sorted(values)
    at = {f"p{q}": ordered[min(len(ordered) - 1, int(len(ordered) * q / 100))] for q in (50, 95, 99)}
    return {name: round(value, 1) for name, value in {**at, "max": ordered[-1]}.items()}


async def idle(gateway: Gateway, crowd: Crowd, options: argparse.Namespace) -> dict[str, Any]:
    """Open them, watch them do nothing, let some of them talk."""
    before, cpu = gateway.resident_mb(), gateway.cpu_s()
    begun = time.perf_counter()
    opened = await crowd.do("open", count=options.idle // PROCESSES, at_once=AT_ONCE)
    took = time.perf_counter() - begun
    opening_cpu = gateway.cpu_s() - cpu
    await asyncio.sleep(2)
    settled = gateway.resident_mb()
    cpu, begun = gateway.cpu_s(), time.perf_counter()
    await asyncio.sleep(options.watch)
    share = (gateway.cpu_s() - cpu) / (time.perf_counter() - begun)
    spoke = await crowd.do(
        "talk",
        count=max(1, min(ACTIVE, options.idle) // PROCESSES),
        rate=options.rate / PROCESSES,
        seconds=options.talk,
    )
    return {
        "sockets": opened["here"],
        "openings_per_s": round(opened["here"] / took, 1),
        "opening_cpu_ms": round(opening_cpu / opened["here"] * 1000, 2),
        "resident_mb": {"empty": round(before), "with": round(settled), "after_talk": round(gateway.resident_mb())},
        "kb_per_socket": round((settled - before) * 1024 / opened["here"], 1),
        "idle_core_share": round(share, 3),
        "ack_ms": quantiles(spoke["ack_ms"]),
        "acked": len(spoke["ack_ms"]),
        "unacked": spoke["unacked"],
        "errors": spoke["errors"][:5],
    }


async def storm(crowd: Crowd, team: Team, options: argparse.Namespace) -> dict[str, Any]:
    """Cut them, and see when all are back; the team works on."""
    async with team.at_work():
        await asyncio.sleep(options.calm)
        normal = team.told()
    async with team.at_work():
        count = options.storm // PROCESSES
        back = await crowd.do("storm", count=count, speaking=count // 10)
        meanwhile = team.told()
    return {
        "cut": count * PROCESSES,
        "back_s": quantiles(back["back_s"]),
        "back_mean_s": round(statistics.mean(back["back_s"]), 1),
        "attempts": back["attempts"],
        "answered_503": back["refused"],
        "lost": back["unacked"],
        "holes": back["holes"],
        "errors": back["errors"][:5],
        "ack_ms_over_the_cut": quantiles(back["ack_ms"]),
        "team_before": normal,
        "team_meanwhile": meanwhile,
    }


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--storm", type=int, default=5_000)
    parser.add_argument("--slow", type=int, default=20, help="sockets that never read")
    parser.add_argument("--watch", type=float, default=60, help="seconds of doing nothing that are measured")
    parser.add_argument("--talk", type=float, default=15, help="seconds of talking")
    parser.add_argument("--rate", type=float, default=100, help="messages a second while talking")
    parser.add_argument("--calm", type=float, default=8, help="seconds of the team's work before the storm")
    options = parser.parse_args()
    _let_many_sockets_be_open(options.idle)
    with tempfile.TemporaryDirectory(prefix="rapport-sockets-") as name:
        gateway = Gateway(Path(name) / "data", send_limit=1_000_000, frame_limit=1_000_000, log_level="WARNING")
        result: dict[str, Any] = {}
        async with gateway.running(agents=[AGENT]), Crowd(gateway.port) as crowd:
            result["idle"] = await idle(gateway, crowd, options)
            result["storm"] = await storm(crowd, Team(gateway), options)
            result["slow"] = await slow_readers(gateway, crowd, options.slow)
    for part, figures in result.items():
        print(part)
        for key, value in figures.items():
            print(f"  {key:22} {value}")
    print(json.dumps(result))


def _let_many_sockets_be_open(count: int) -> None:
    """The gateway inherits this limit. Exits when the system does not allow it."""
    needed = count + 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, max(hard, needed)))
        except (ValueError, PermissionError) as error:
            raise SystemExit(
                f"{needed} open files are needed, {hard} are allowed: raise the limit (ulimit -Hn)."
            ) from error


if __name__ == "__main__":
    asyncio.run(main())
