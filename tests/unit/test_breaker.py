"""The breaker opens after five failures, asks by itself, and lets one turn decide."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.adapters import breaker as module
from bot.adapters.breaker import FAILURES, Breaker, BreakerState
from bot.adapters.rasa import BotKnownAway, BotUnavailable, RasaClient, TurnFailedThere, Upstream
from tests.support.fake_rasa import FakeRasa

BODY = {"message_id": "m1", "text": "hello"}
Serve = Callable[[FakeRasa], Awaitable[RasaClient]]


def opened() -> Breaker:
    made = Breaker()
    for _ in range(FAILURES):
        made.failed()
    return made


def test_it_opens_after_five_failures_in_a_row_and_not_before() -> None:
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed()
    breaker.succeeded()
    for _ in range(FAILURES - 1):
        breaker.failed()
    assert breaker.lets_pass
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    assert not breaker.lets_pass


async def half_opened(monkeypatch: pytest.MonkeyPatch, answers: list[bool]) -> tuple[Breaker, list[bool]]:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.0)
    breaker, left = opened(), list(answers)
    breaker._pause_s = 0.0

    async def probe() -> bool:
        return left.pop(0)

    watching = asyncio.create_task(breaker.watch(probe))
    async with asyncio.timeout(30):
        while breaker.state is BreakerState.OPEN:
            await asyncio.sleep(0)
    watching.cancel()
    return breaker, left


async def test_it_asks_until_it_is_answered_and_the_next_turn_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    breaker, left = await half_opened(monkeypatch, [False, False, True])
    assert left == []
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.lets_pass
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    breaker, _ = await half_opened(monkeypatch, [True])
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED


@pytest.fixture
async def serve(tmp_path: Path) -> AsyncIterator[Callable[[FakeRasa], Awaitable[RasaClient]]]:
    started: list[FakeRasa] = []

    async def make(rasa: FakeRasa) -> RasaClient:
        started.append(await rasa.start())
        return RasaClient(Upstream(tmp_path / "none.json", rasa.url), "token")

    yield make
    for rasa in started:
        await rasa.stop()


async def test_a_bot_that_is_away_is_not_asked_a_sixth_time(serve: Serve) -> None:
    rasa = FakeRasa(503)
    client = await serve(rasa)
    for _ in range(FAILURES):
        with pytest.raises(BotUnavailable):
            await client.turn(BODY, 1)
    with pytest.raises(BotKnownAway):
        await client.turn(BODY, 1)
    assert rasa.asked == FAILURES
    await client.close()


async def test_one_message_that_always_fails_takes_the_bot_from_nobody(serve: Serve) -> None:
    rasa = FakeRasa(500)
    client = await serve(rasa)
    for _ in range(FAILURES + 3):
        with pytest.raises(TurnFailedThere):
            await client.turn(BODY, 1)
    assert client.breaker.lets_pass
    rasa.status = 200
    assert (await client.turn(BODY, 1)).message_id == "m1"
    await client.close()
