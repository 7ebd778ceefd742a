"""Rasa 3.6 and the custom actions, which run under another Python with a newer SDK, understand each other.

Rasa's own code makes the calls, in Rasa's environment, to the worker's own route over a real store and the sample shop.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from actions.registry import build_executor
from actions.runtime import make_runtime
from bot.adapters.loopback import require_token
from bot.bootstrap import build_app
from bot.environments import ensure_rasa
from bot.processes.webhook import ActionRunner, action_route
from bot.services.replies import parse_payload
from bot.settings import Settings, load_settings
from bot.store.migrate import migrate
from tests.contract.calls import ROOT, Call, Dialogues, a_clock, actions_in, custom_actions

TOKEN = "a-token-for-tests"
SHOP_TOKEN = "a-shop-token-for-tests"
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
SHOP_WITHIN_S = 30
QUIET = {"OMP_NUM_THREADS": "1", "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


class Failing(Action):
    """An action with a fault in it."""

    def name(self) -> str:
        return "action_failing"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        raise KeyError("secret words")


class Unwilling(Action):
    """An action that asks Rasa to choose another one."""

    def name(self) -> str:
        return "action_unwilling"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        raise ActionExecutionRejection(self.name(), "not now")


@dataclass(frozen=True)
class Made:
    """A call and what Rasa's side says of it."""

    call: Call
    error: str | None
    answer: dict[str, Any]
    taken: list[dict[str, Any]]

    @property
    def buttons(self) -> list[dict[str, str]]:
        return [button for said in self.answer.get("responses", []) for button in said.get("buttons") or []]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """All calls, made once for the tests of this file."""
    folder = tmp_path_factory.mktemp("contract")
    python = ensure_rasa(load_settings(), lambda _line: None)
    with running_shop(folder / "shop") as port:
        settings = Settings(data=folder, orders_url=f"http://127.0.0.1:{port}", orders_token=SHOP_TOKEN)
        return asyncio.run(_make_all(settings, python))


async def _make_all(settings: Settings, python: Path) -> list[Made]:
    clock = a_clock()
    app = build_app(settings, clock=clock)
    runtime = make_runtime(settings, app)
    try:
        await migrate(app.store)
        executor = build_executor(runtime)
        executor.register_action(Failing())
        calls = await Dialogues(app, runtime, clock).all()
        first = calls[0]
        calls += [Call("action_failing", first.metadata), Call(first.action, first.metadata, stranger=True)]
        async with serving(executor) as url:
            answers = await _ask_rasa(python, url, calls, settings.data)
    finally:
        await runtime.close()
        await app.close()
    return [Made(call, **answer) for call, answer in zip(calls, answers, strict=True)]


async def _ask_rasa(python: Path, url: str, calls: list[Call], folder: Path) -> list[dict[str, Any]]:
    given, answered = folder / "calls.json", folder / "answers.json"
    given.write_text(json.dumps({"url": url, "calls": [call.to_json() for call in calls]}), "utf-8")
    env = {**os.environ, **QUIET, "PYTHONPATH": str(ROOT), "RAPPORT_INTERNAL_TOKEN": TOKEN}
    process = await asyncio.create_subprocess_exec(
        str(python), "-m", "tests.contract.rasa_side", str(given), str(answered),
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")[-4000:]
    answers: list[dict[str, Any]] = json.loads(answered.read_text("utf-8"))
    return answers


@asynccontextmanager
async def serving(executor: ActionExecutor) -> AsyncIterator[str]:
    """The worker's route behind its token; gives the route's address."""
    inner = web.Application(middlewares=[require_token(TOKEN)])
    inner.router.add_routes([action_route(ActionRunner(executor, lambda _text, _vector: None))])
    runner = web.AppRunner(inner, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
    finally:
        await runner.cleanup()


class running_shop:
    """The sample shop as a process of its own; gives its port."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __enter__(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "demo", "--port", str(port), "--data", str(self._data)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "RAPPORT_ORDERS_TOKEN": SHOP_TOKEN},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + SHOP_WITHIN_S
        while not _accepts(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise AssertionError("the sample shop did not open")
        return port

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def regular(made: list[Made]) -> Iterator[list[Made]]:
    """The calls of real actions by the worker's own Rasa."""
    yield [each for each in made if each.call.action != "action_failing" and not each.call.stranger]


def test_every_custom_action_of_the_domain_is_registered(tmp_path: Path) -> None:
    registered = set(build_executor(make_runtime(Settings(data=tmp_path))).actions)
    assert set(custom_actions()) <= registered


def test_every_custom_action_is_called_fresh_and_in_the_midst(regular: list[Made]) -> None:
    called = actions_in(each.call for each in regular)
    assert {name: called.get(name, 0) for name in custom_actions() if called.get(name, 0) < 2} == {}


def test_rasa_takes_every_answer_into_its_dialogue(regular: list[Made]) -> None:
    assert {str(each.call): each.error for each in regular if each.error} == {}


def test_rasa_knows_every_event_and_slot_of_the_answers(regular: list[Made]) -> None:
    known = {*DOMAIN["slots"], "requested_slot"}
    for each in regular:
        sent = [(event["event"], event.get("name")) for event in each.answer["events"]]
        taken = [(event["event"], event.get("name")) for event in each.taken if event["event"] != "bot"]
        assert taken == sent, str(each.call)
        assert {name for kind, name in sent if kind == "slot"} <= known, str(each.call)
        assert {name for kind, name in sent if kind == "active_loop"} <= {*DOMAIN["forms"], None}, str(each.call)


def test_every_option_is_a_payload_of_an_intent_with_its_entities(regular: list[Made]) -> None:
    seen = set()
    for each in regular:
        for button in each.buttons:
            intent, entities = parse_payload(button["payload"])
            assert button["title"].strip(), str(each.call)
            assert intent in DOMAIN["intents"], str(each.call)
            assert not intent.startswith("EXTERNAL_"), str(each.call)
            assert set(entities) <= set(DOMAIN["entities"]), str(each.call)
            seen.add(intent)
    assert {"affirm", "choose_article", "choose_order", "contact_human_agent", "guide_reply"} <= seen


def test_what_goes_to_the_worker_is_in_one_envelope(regular: list[Made]) -> None:
    parts = {"transition", "survey", "invitation", "card", "article", "effort"}
    for each in regular:
        for said in each.answer["responses"]:
            custom = said.get("custom") or {}
            assert set(custom) <= {"rapport"}, str(each.call)
            assert set(custom.get("rapport", {})) <= parts, str(each.call)


def test_a_failing_action_fails_the_turn_and_tells_nothing(made: list[Made]) -> None:
    failed = next(each for each in made if each.call.action == "action_failing")
    assert failed.error is not None
    assert "ActionCallFailed" in failed.error
    assert "500" in failed.error
    assert "secret words" not in failed.error


def test_a_caller_without_the_token_is_refused(made: list[Made]) -> None:
    refused = next(each for each in made if each.call.stranger)
    assert refused.error is not None
    assert "401" in refused.error
    assert refused.answer == {}


@pytest.mark.parametrize(
    ("action", "token", "status"),
    [
        ("action_failing", TOKEN, 500),
        ("action_nobody_wrote", TOKEN, 500),
        ("action_unwilling", TOKEN, 400),
        ("", TOKEN, 422),
        ("action_failing", "", 401),
        ("action_failing", "guessed", 401),
    ],
)
async def test_the_worker_never_answers_200_for_what_it_did_not_do(action: str, token: str, status: int) -> None:
    executor = ActionExecutor()
    executor.register_action(Failing())
    executor.register_action(Unwilling())
    body = {"next_action": action, "sender_id": "case", "tracker": {"sender_id": "case", "slots": {}}, "domain": {}}
    headers = {"X-Rapport-Token": token} if token else {}
    async with (
        serving(executor) as url,
        aiohttp.ClientSession() as session,
        session.post(url, json=body, headers=headers) as response,
    ):
        assert response.status == status
        assert "secret words" not in await response.text()
