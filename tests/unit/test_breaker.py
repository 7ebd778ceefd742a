"""The breaker opens after five failures, asks by itself, and lets one turn decide."""

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters import breaker as module
from bot.adapters.breaker import FAILURES, Breaker, BreakerState
from bot.adapters.rasa import BotKnownAway, BotUnavailable, RasaClient, TurnFailedThere, Upstream

BODY = {"message_id": "m1", "text": "hello"}
ANSWER = {"message_id": "m1", "replies": [], "nlu": {}, "model_id": "one"}


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
    async with asyncio.timeout(5):
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


class Rasa:
    """A channel that answers every turn with one status, and counts."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.asked = 0

    async def turn(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response(ANSWER if self.status == 200 else {"error": "no"}, status=self.status)


@pytest.fixture
async def serve(tmp_path, aiohttp_server) -> Callable[..., object]:  # type: ignore[no-untyped-def]
    async def make(rasa: Rasa) -> RasaClient:
        application = web.Application()
        application.router.add_post("/webhooks/rapport/turn", rasa.turn)
        server: TestServer = await aiohttp_server(application)
        return RasaClient(Upstream(tmp_path / "none.json", str(server.make_url("")).rstrip("/")), "token")

    return make


async def test_a_bot_that_is_away_is_not_asked_a_sixth_time(serve) -> None:  # type: ignore[no-untyped-def]
    rasa = Rasa(503)
    client = await serve(rasa)
    for _ in range(FAILURES):
        with pytest.raises(BotUnavailable):
            await client.turn(BODY, 1)
    with pytest.raises(BotKnownAway):
        await client.turn(BODY, 1)
    assert rasa.asked == FAILURES
    await client.close()


async def test_one_message_that_always_fails_takes_the_bot_from_nobody(serve) -> None:  # type: ignore[no-untyped-def]
    rasa = Rasa(500)
    client = await serve(rasa)
    for _ in range(FAILURES + 3):
        with pytest.raises(TurnFailedThere):
            await client.turn(BODY, 1)
    assert client.breaker.lets_pass
    rasa.status = 200
    assert (await client.turn(BODY, 1)).message_id == "m1"
    await client.close()
