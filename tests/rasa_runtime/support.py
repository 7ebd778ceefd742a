"""What the slower tests share: one trained model, an action server that misbehaves on demand, a served channel."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import structlog
from aiohttp import web

from bot.rasa_runtime.serve import prepare_environment

prepare_environment()
warnings.simplefilter("ignore")
# Rasa's debug lines hold whole dialogues and would take most of the tests' time.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

ROOT = Path(__file__).resolve().parents[2]
ASSISTANT = Path(__file__).parent / "assistant"
TOKEN = "a-token-for-tests"


@lru_cache(maxsize=1)
def workspace() -> Path:
    """A folder for this run; removed by the operating system's own cleaning of temporary files."""
    return Path(tempfile.mkdtemp(prefix="rapport-rasa-tests-"))


@lru_cache(maxsize=1)
def trained_model() -> Path:
    """A model of the small test assistant, trained once a run with the product's own config.yml."""
    import rasa.model_training

    quiet = io.StringIO()
    cache = mock.patch.dict("os.environ", {"RASA_CACHE_DIRECTORY": str(workspace() / "cache")})
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), cache:
        result = rasa.model_training.train(
            domain=str(ASSISTANT / "domain.yml"),
            config=str(ROOT / "config.yml"),
            training_files=[str(ASSISTANT / "data")],
            output=str(workspace()),
            fixed_model_name="model.tar.gz",
            force_training=True,
        )
    return Path(result.model)


class Actions:
    """A small action server in a thread of its own. `runs` lists the actions it was asked to run."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.tokens: set[str] = set()
        self.vectors: list[Any] = []
        self.entered_slow = threading.Event()
        self.crash_answer: dict[str, Any] | None = None
        self.is_down = False
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def reset(self) -> None:
        self.runs.clear()
        self.vectors.clear()
        self.entered_slow.clear()
        self.crash_answer = None
        self.is_down = False

    async def _finish(self) -> None:
        await self._runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _serve(self) -> None:
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/webhook", self._webhook)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def _webhook(self, request: web.Request) -> web.Response:
        call = await request.json()
        name = call["next_action"]
        if self.is_down:
            assert request.transport is not None
            request.transport.close()
        self.runs.append(name)
        self.vectors.append(call.get("sentence_vector"))
        self.tokens.add(request.headers.get("X-Rapport-Token", ""))
        if name == "action_crash":
            if self.crash_answer is not None:
                return web.json_response(self.crash_answer)
            return web.json_response({"error": "boom", "action_name": name}, status=500)
        if name == "action_slow":
            self.entered_slow.set()
            await asyncio.sleep(60)  # far longer than the server waits
        if name == "action_reject":
            return web.json_response({"error": "no", "action_name": name}, status=400)
        if name == "action_fallback":
            return web.json_response(_answer([_message("Sorry, say that again?")]))
        on_its_way = _message(
            "It is on its way.\n\nExpect it tomorrow.",
            buttons=[{"title": "Thanks", "payload": "/thank"}],
            custom={"rapport": {"card": {"kind": "order"}}},
        )
        slot = {"event": "slot", "name": "order_number", "value": "LH-1", "timestamp": None}
        return web.json_response(_answer([on_its_way, _message(None, response="utter_greet")], [slot]))


def _answer(responses: list[dict[str, Any]], events: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"events": events or [], "responses": responses}


def _message(text: str | None, **parts: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(("template", "response", "image", "attachment"))
    return {**empty, "buttons": [], "elements": [], "custom": {}, "text": text, **parts}


class Server:
    """The product's own way of running Rasa, as a process on a free port."""

    def __init__(self, action_port: int) -> None:
        self.port = free_port()
        self.store_url = f"sqlite:///{workspace() / uuid.uuid4().hex}.db"
        self._base = f"http://127.0.0.1:{self.port}/webhooks/rapport"
        self._environment = {
            **os.environ,
            "RAPPORT_INTERNAL_TOKEN": TOKEN,
            "RAPPORT_ACTION_URL": f"http://127.0.0.1:{action_port}/webhook",
            "RAPPORT_TRACKER_URL": self.store_url,
            "RAPPORT_TURN_TIMEOUT": "3",
            "RAPPORT_ACTION_TIMEOUT": "1",
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "bot.rasa_runtime.serve"]
        arguments = ["--model", str(trained_model()), "--port", str(self.port)]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            [*command, *arguments], cwd=ROOT, env=self._environment, stdout=self._log, stderr=self._log
        )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                if self.get("/health")[0] == 200:
                    return
            time.sleep(0.1)
        self._log.seek(0)
        raise AssertionError(f"The server did not start: {self._log.read()[-2000:].decode()}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(15)
        self._log.close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(15)
        self._log.close()

    def post(self, path: str, body: Any, token: str | None = TOKEN, raw: bytes | None = None) -> tuple[int, Any]:
        data = json.dumps(body).encode() if raw is None else raw
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["X-Rapport-Token"] = token
        return _send(urllib.request.Request(self._base + path, data=data, headers=headers))

    def get(self, path: str) -> tuple[int, Any]:
        return _send(urllib.request.Request(self._base + path))

    def turn(self, case: str, text: str | None, message_id: str | None = None, **fields: Any) -> tuple[int, Any]:
        body = {
            "message_id": message_id or uuid.uuid4().hex,
            "case_id": case,
            "kind": "text",
            "text": text,
            "metadata": {"verified": False, "locale": None},
        }
        return self.post("/turn", {**body, **fields})


def _send(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
