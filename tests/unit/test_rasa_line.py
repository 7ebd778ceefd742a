"""Turns by the line: actions within them, lines that break, and another Rasa that takes over."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.rasa import BotUnavailable, NotInThisModel, RasaClient, Upstream
from tests.support.fake_rasa import FakeLine, FakeRasa

BODY = {"message_id": "m1", "text": "hello"}


@pytest.fixture
async def rasa() -> AsyncIterator[FakeRasa]:
    started = await FakeRasa().start()
    yield started
    await started.stop()


@pytest.fixture
async def client(rasa: FakeRasa, tmp_path: Path) -> AsyncIterator[RasaClient]:
    made = RasaClient(Upstream(tmp_path / "upstream.json", rasa.url), "the token")
    yield made
    await made.close()


async def test_turns_go_by_one_line_that_says_the_token(rasa: FakeRasa, client: RasaClient) -> None:
    answers = await asyncio.gather(*(client.turn({**BODY, "message_id": f"m{n}"}, 5) for n in range(5)))
    assert [answer.message_id for answer in answers] == [f"m{n}" for n in range(5)]
    assert rasa.tokens == [b"the token"]


async def test_an_action_is_run_in_the_midst_of_its_turn(rasa: FakeRasa, client: RasaClient) -> None:
    heard: list[tuple[int, bytes]] = []

    async def run(call: bytes) -> tuple[int, bytes]:
        return 200, json.dumps({"ran": json.loads(call)["next_action"]}).encode()

    async def meanwhile(line: FakeLine) -> None:
        heard.append(await line.call(b'{"next_action": "action_a"}'))

    client.answers_calls_by(run)
    rasa.meanwhile = meanwhile
    await client.turn(BODY, 5)
    assert heard == [(200, b'{"ran": "action_a"}')]


async def test_an_action_that_raises_is_a_500_to_rasa_and_the_line_stays(rasa: FakeRasa, client: RasaClient) -> None:
    heard: list[int] = []

    async def run(_call: bytes) -> tuple[int, bytes]:
        raise RuntimeError("boom")

    async def meanwhile(line: FakeLine) -> None:
        heard.append((await line.call(b"{}"))[0])

    client.answers_calls_by(run)
    rasa.meanwhile = meanwhile
    await client.turn(BODY, 5)
    await client.turn(BODY, 5)
    assert heard == [500, 500]
    assert len(rasa.lines) == 1


async def test_a_line_that_breaks_fails_the_turn_at_once_and_the_next_opens_another(
    rasa: FakeRasa, client: RasaClient
) -> None:
    async def meanwhile(_line: FakeLine) -> None:
        rasa.hang_up()

    rasa.meanwhile = meanwhile
    with pytest.raises(BotUnavailable, match="hung up"):
        await client.turn(BODY, 60)
    rasa.meanwhile = None
    assert (await client.turn(BODY, 5)).message_id == "m1"
    assert len(rasa.lines) == 2


async def test_an_answer_that_comes_too_late_is_let_go(rasa: FakeRasa, client: RasaClient) -> None:
    goes_on = asyncio.Event()

    async def meanwhile(_line: FakeLine) -> None:
        await goes_on.wait()

    rasa.meanwhile = meanwhile
    with pytest.raises(BotUnavailable, match="TimeoutError"):
        await client.turn(BODY, 0.05)
    goes_on.set()
    assert (await client.turn({**BODY, "message_id": "m2"}, 5)).message_id == "m2"
    assert len(rasa.lines) == 1


async def test_a_rasa_that_is_not_ready_or_not_there_is_unavailable(rasa: FakeRasa, client: RasaClient) -> None:
    rasa.is_down = True
    with pytest.raises(BotUnavailable, match="not ready"):
        await client.turn(BODY, 5)
    await rasa.stop()
    with pytest.raises(BotUnavailable):
        await client.turn(BODY, 5)
    await rasa.start()


async def test_what_rasa_refuses_says_why(rasa: FakeRasa, client: RasaClient) -> None:
    rasa.status = 400
    with pytest.raises(NotInThisModel, match="model_id"):
        await client.turn(BODY, 5)


async def test_a_turn_on_the_old_model_ends_there_while_new_ones_go_to_the_new(
    rasa: FakeRasa, client: RasaClient, tmp_path: Path
) -> None:
    goes_on = asyncio.Event()

    async def meanwhile(_line: FakeLine) -> None:
        await goes_on.wait()

    rasa.meanwhile = meanwhile
    old = asyncio.create_task(client.turn(BODY, 30))
    while not rasa.asked:
        await asyncio.sleep(0)
    fresh = await FakeRasa(model="two").start()
    try:
        (tmp_path / "upstream.json").write_text(json.dumps({"url": fresh.url}))
        assert (await client.turn({**BODY, "message_id": "m2"}, 5)).model_id == "two"
        goes_on.set()
        assert (await old).model_id == "one"
    finally:
        await client.close()
        await fresh.stop()
