"""One seeded run of chaos: customers with two tabs each talk while processes are killed and stopped under them.

Everything that happens is drawn from the seed before it begins, so that a run can be repeated. What cannot be repeated
is how the machine schedules it.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bot.commands.scratch_postgres import ScratchPostgres
from tests.support.fault_proxy import FaultProxy, Loss
from tests.support.system import System
from tests.support.threads import check, settle
from tests.support.visitor import Visitor

WORDS = (
    "how long does delivery take?", "can i pay with paypal", "hello", "what is your warranty", "thanks", "zxqv blorp",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """`kill` or `freeze` a process, `cut` every connection, or leave the open ones `half_open`."""

    after_s: float
    deed: str
    victim: str = ""
    for_s: float = 0.0

    def __str__(self) -> str:
        return f"{self.deed} {self.victim}".strip()


@dataclass(frozen=True)
class Plan:
    """What a seed stands for."""

    seed: int
    talks: tuple[tuple[tuple[float, str], ...], ...]
    """For each customer: pauses in seconds, and what is said after them."""
    faults: tuple[Fault, ...]
    loss: float
    """The share of sends whose connection dies around their commit."""


@dataclass
class Report:
    """What a run showed."""

    seed: int
    sent: int = 0
    reconnects: int = 0
    losses: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    """From the last fault's end until everything was acked, decided and shown."""
    faults: list[str] = field(default_factory=list)


def draw_plan(seed: int, victims: Sequence[str], *, freezes: bool = True, loss: float = 0.0) -> Plan:
    """Two customers with two to four messages each, and one to three faults.

    Rasa takes longest to come back, so it is killed less often than the others.
    """
    draw = random.Random(seed)
    talks = tuple(tuple((draw.random() * 0.6, draw.choice(WORDS)) for _ in range(draw.randint(2, 4))) for _ in range(2))
    weights = [2 if victim == "rasa" else 5 for victim in victims]
    faults = []
    for _ in range(draw.randint(1, 3 if freezes else 2)):
        pause, victim = draw.random() * 0.8, draw.choices(list(victims), weights)[0]
        deeds = ["kill", "kill", "freeze", "cut", "half_open"] if freezes else ["kill"]
        deed = draw.choice(deeds)
        named = victim if deed in {"kill", "freeze"} else ""
        faults.append(Fault(pause, deed, named, 0.5 + draw.random() * 3 if deed == "freeze" else 0.0))
    return Plan(seed, talks, tuple(faults), loss)


async def run(system: System, plan: Plan, postgres: ScratchPostgres | None = None) -> Report:
    """Carry the plan out and prove that nothing was lost. Raises AssertionError naming the seed."""
    report = Report(plan.seed)
    await system.healthy()
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(FaultProxy(system.port))
        draw = random.Random(plan.seed)
        proxy.lose = lambda _frame: draw.choice(list(Loss)) if draw.random() < plan.loss else None
        customers = [await _customer(stack, proxy, system) for _ in plan.talks]
        talking = asyncio.gather(*(_talk(tabs, talk) for tabs, talk in zip(customers, plan.talks, strict=True)))
        for fault in plan.faults:
            await asyncio.sleep(fault.after_s)
            report.faults.append(str(fault))
            await _commit(fault, system, proxy, postgres)
        await talking
        begun = time.monotonic()
        try:
            for tabs in customers:
                await settle(system, *tabs, what=f"seed {plan.seed}")
            report.slowest_s = time.monotonic() - begun
            for tabs in customers:
                report.outcomes += check(system, *tabs)
        except AssertionError as error:
            raise AssertionError(f"seed {plan.seed} ({', '.join(report.faults)}): {error}") from error
        report.sent = sum(len(tab.sent) for tabs in customers for tab in tabs)
        report.reconnects = sum(tab.connections for tabs in customers for tab in tabs)
        report.losses = proxy.losses
    return report


async def _customer(stack: AsyncExitStack, proxy: FaultProxy, system: System) -> tuple[Visitor, Visitor]:
    """One tab goes through the proxy, the other straight to the gateway."""
    first = await stack.enter_async_context(Visitor(proxy.base))
    return first, await stack.enter_async_context(Visitor(system.base, token=first.token))


async def _talk(tabs: Sequence[Visitor], talk: Sequence[tuple[float, str]]) -> None:
    for number, (pause, words) in enumerate(talk):
        await tabs[number % 3 == 2].say(words)  # now and then from the other tab
        await asyncio.sleep(pause)


async def _commit(fault: Fault, system: System, proxy: FaultProxy, postgres: ScratchPostgres | None) -> None:
    match fault.deed, fault.victim:
        case "kill", "postgres":
            assert postgres
            postgres.kill()
            await asyncio.to_thread(postgres.start)
        case "kill", victim:
            system.kill(victim)
        case "freeze", victim:
            assert victim != "postgres" or postgres
            wake = postgres.freeze() if victim == "postgres" and postgres else system.freeze(victim)
            try:
                await asyncio.sleep(fault.for_s)
            finally:
                wake()
        case "cut", _:
            proxy.cut()
        case "half_open", _:
            proxy.freeze()
