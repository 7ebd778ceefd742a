"""How soon the other side has it: an ack, an agent's words, a customer in the queue, a takeover, the network again.

    ./rapport bench latency [--times 100]

The whole product on this machine, nothing else at work. Each figure is measured from before the call or frame that
causes it to the moment the other side was told; the return of the network is that of a real widget in Chromium.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from tests.support.browser import people
from tests.support.fault_proxy import FaultProxy
from tests.support.system import StaffClient, System
from tests.support.visitor import Visitor

AGENT = ("ana@example.com", "correct horse battery")
RETURNS = 20
OFFLINE_S = (0.3, 1.0, 4.0)
"""The network is away for a moment, for a second, and for long enough that the widget tries less often."""
OUTBOX = "Object.keys(localStorage).filter((key) => key.startsWith('rapport:out:')).length"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rapport-latency-") as name:
        system = System(Path(name) / "data", {"RAPPORT_SEND_LIMIT": "100000"}).start()
        try:
            system.add_user(AGENT[0], "agent", AGENT[1], "Ana Ruiz")
            result = await _between_people(system, options.times)
            result["network_back"] = _figures(await _network_back(system))
        finally:
            system.stop()
    for what, figures in result.items():
        print(f"{what:20} {figures}")
    print(json.dumps(result))


async def _between_people(system: System, times: int) -> dict[str, Any]:
    took: dict[str, list[float]] = {what: [] for what in ("queue_hint", "takeover", "ack", "agent_to_customer")}
    async with StaffClient(system, *AGENT) as agent, _desk(system, agent) as desk:
        for number in range(max(2, times // 10)):
            async with Visitor(system.base) as visitor:
                desk.clear()
                took["queue_hint"].append(await _timed(visitor.post({"type": "human"}), desk.wait()))
                case, seconds = await _taken_over(visitor, agent)
                took["takeover"].append(seconds)
                for turn in range(10):
                    acked, told = await _exchange(visitor, agent, case, f"{number} {turn}")
                    took["ack"].append(acked)
                    took["agent_to_customer"].append(told)
    return {what: _figures(all_) for what, all_ in took.items()}


async def _taken_over(visitor: Visitor, agent: StaffClient) -> tuple[str, float]:
    """The case that waits in the queue, and the milliseconds until both know that the agent has it."""
    case = await visitor.until(lambda: _newest(visitor, "case"), "a case")
    await visitor.until(lambda: visitor.owner == "queue", "the queue")
    both_know = visitor.until(lambda: visitor.owner == "agent", "an agent")
    return case, await _timed(agent.call("POST", f"/api/v1/desk/cases/{case}/claim"), both_know)


async def _exchange(visitor: Visitor, agent: StaffClient, case: str, name: str) -> tuple[float, float]:
    """Milliseconds of a customer's words to their ack, and of the agent's to the customer."""
    begun = time.perf_counter()
    cid = await visitor.say(f"words {name}")
    await visitor.until(lambda: cid in visitor.acks, "an ack")
    acked = (time.perf_counter() - begun) * 1000
    text = f"answer {name}"
    heard = visitor.until(lambda: text in visitor.said_by("agent"), text)
    message = {"cid": str(uuid4()), "text": text}
    return acked, await _timed(agent.call("POST", f"/api/v1/desk/cases/{case}/messages", message), heard)


@asynccontextmanager
async def _desk(system: System, agent: StaffClient) -> AsyncIterator[asyncio.Event]:
    """On duty; the event is set by each hint about the desk."""
    heard = asyncio.Event()
    signed_in = await agent.call("POST", "/api/v1/session", {"email": AGENT[0], "password": AGENT[1]})

    async def listen(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT and message.json().get("topic") == "desk":
                heard.set()

    async with aiohttp.ClientSession() as session, session.ws_connect(f"{system.base}/ws/staff") as socket:
        await socket.send_json({"type": "hello", "token": signed_in["token"]})
        listening = asyncio.create_task(listen(socket))
        yield heard
        await socket.close()
        await listening


async def _network_back(system: System) -> list[float]:
    """Milliseconds from the network's return until what was written meanwhile is stored."""
    took = []
    async with FaultProxy(system.port) as proxy, people() as crowd:
        page = await crowd.page()
        await page.goto(proxy.page)
        await page.wait_for_function("window.Rapport")
        await page.evaluate("Rapport.open()")
        await page.evaluate("Rapport.send('hello')")
        await page.locator(".bot .bubble").first.wait_for()
        for number in range(RETURNS):
            # The browser knows that it is offline, but lets sockets to this machine through: the proxy holds them up.
            await page.context.set_offline(True)
            proxy.refuses = True
            proxy.cut()
            await page.evaluate("(text) => Rapport.send(text)", f"written in a tunnel {number}")
            await asyncio.sleep(OFFLINE_S[number % len(OFFLINE_S)])
            assert await page.evaluate(OUTBOX) == 1
            proxy.refuses = False
            begun = time.perf_counter()
            await page.context.set_offline(False)
            await page.wait_for_function(f"{OUTBOX} === 0", polling=10)
            took.append((time.perf_counter() - begun) * 1000)
        # A page without its network says so on its console, as it should.
        crowd.complaints.clear()
    return took


async def _timed(cause: Awaitable[Any], effect: Awaitable[Any]) -> float:
    """Milliseconds from before the cause to the effect."""
    begun = time.perf_counter()
    seen = asyncio.ensure_future(effect)
    await cause
    await seen
    return (time.perf_counter() - begun) * 1000


def _newest(visitor: Visitor, name: str) -> Any:
    found = [frame[name] for _, frame in sorted(visitor.frames.items()) if frame.get(name)]
    return found[-1] if found else visitor.welcome.get(name)


def _figures(times: list[float]) -> dict[str, Any]:
    return {
        "n": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20, method="inclusive")[18], 1),
        "worst_ms": round(max(times), 1),
    }


if __name__ == "__main__":
    asyncio.run(main())
