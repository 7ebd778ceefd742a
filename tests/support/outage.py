"""How long customers wait while Rasa is dead or hangs, and until it has them back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp

from tests.support.system import System
from tests.support.visitor import Visitor

QUESTION = "how long does delivery take?"


@dataclass(frozen=True)
class Outage:
    """Seconds; `promises` says how long each may be on a machine with nothing else to do."""

    told: float
    """From the first customer's message until it is said that the bot is away."""
    queued: float
    """From the same moment until the case is the team's, as everybody sees it."""
    later_told: float
    """The same as `told` for the slowest of those who come after the breaker has opened."""
    back: float
    """From Rasa's health until the last case is with the bot again."""
    answered: float
    """From the same moment until a question put then is answered."""

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 2) for name, value in asdict(self).items()}


PROMISES = {"told": 8.0, "queued": 10.0, "later_told": 1.0, "back": 15.0}


@asynccontextmanager
async def dead(system: System) -> AsyncIterator[None]:
    """Rasa is killed, and again whenever it was started again."""

    async def keep_killing() -> None:
        while True:
            system.kill("rasa")
            await asyncio.sleep(1)

    killing = asyncio.create_task(keep_killing())
    await asyncio.sleep(0.1)
    try:
        yield
    finally:
        killing.cancel()
        await asyncio.wait({killing})


@asynccontextmanager
async def hung(system: System) -> AsyncIterator[None]:
    """Rasa is there and does nothing."""
    wake = system.freeze("rasa")
    try:
        yield
    finally:
        wake()


KINDS = {"dead": dead, "hung": hung}


async def outage(system: System, kind: str) -> Outage:
    """One outage of Rasa with eight customers."""
    await system.healthy()
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(Visitor(system.base))
        others, later = [[await stack.enter_async_context(Visitor(system.base)) for _ in range(n)] for n in (4, 3)]
        async with KINDS[kind](system):
            # Five wait together: a Rasa that hangs fails each of them once, and that opens the breaker.
            (told, queued), *_ = await asyncio.gather(_away(first), *(_away(visitor) for visitor in others))
            await _health(system, lambda body: body["breaker"] != "closed", "an open breaker")
            waits = [(await _away(visitor))[0] for visitor in later]
        begun = await _rasa_is_up(system)
        for visitor in (first, *others, *later):
            await _back_with_bot(visitor)
        back = time.monotonic() - begun
        begun = time.monotonic()
        await first.until(lambda: first.said_by("bot"), "the answer", 60)
        return Outage(told, queued, max(waits), back, back + time.monotonic() - begun)


async def _back_with_bot(visitor: Visitor) -> None:
    await visitor.until(lambda: visitor.owner == "bot", "the bot's return", 60)


async def _away(visitor: Visitor) -> tuple[float, float]:
    begun = time.monotonic()
    await visitor.say(QUESTION)
    await visitor.until(lambda: visitor.said_by("system"), "the word that the bot is away")
    told = time.monotonic() - begun
    await visitor.until(lambda: visitor.owner == "queue", "the queue")
    return told, time.monotonic() - begun


async def _rasa_is_up(system: System) -> float:
    await _health(system, lambda body: body["components"]["rasa"] == "up", "Rasa's health")
    return time.monotonic()


async def _health(system: System, true: Callable[[dict[str, Any]], bool], what: str, within_s: float = 90) -> None:
    deadline = time.monotonic() + within_s
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{system.base}/healthz") as response:
                if true(await response.json()):
                    return
            assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
            await asyncio.sleep(0.1)
