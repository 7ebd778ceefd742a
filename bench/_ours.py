"""Our Rasa alone: the vanilla project's data under our configuration, served behind our channel, with a real action
server for the one intent that is answered by a custom action."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import yaml

from bench._vanilla import PYTHON, ROOT

TOKEN = "a-token-of-the-benchmark"
ACTION_INTENT = "goodbye"


def make_project(vanilla: Path, folder: Path) -> None:
    """The same phrases, rules and answers, but that ACTION_INTENT is answered by `action_answer`."""
    shutil.copytree(vanilla / "data", folder / "data")
    rules = yaml.safe_load((folder / "data" / "rules.yml").read_text())
    for rule in rules["rules"]:
        if rule["steps"][0]["intent"] == ACTION_INTENT:
            rule["steps"][1] = {"action": "action_answer"}
    rules["rules"].append({"rule": "ask back", "steps": [{"intent": "nlu_fallback"}, {"action": "action_fallback"}]})
    (folder / "data" / "rules.yml").write_text(yaml.safe_dump(rules))
    domain = yaml.safe_load((vanilla / "domain.yml").read_text())
    domain["actions"] = ["action_answer", "action_fallback"]
    domain["session_config"]["session_expiration_time"] = 0
    (folder / "domain.yml").write_text(yaml.safe_dump(domain))


def train(folder: Path) -> float:
    """Trains without any cache; returns the seconds."""
    begun = time.monotonic()
    subprocess.run(
        [str(PYTHON), "-m", "bot.rasa_runtime.train", "--domain", str(folder / "domain.yml"), "--config",
         str(ROOT / "config.yml"), "--data", str(folder / "data"), "--out", str(folder / "ours.tar.gz"), "--force"],
        cwd=ROOT, env={**os.environ, "RASA_CACHE_DIRECTORY": str(folder / "cache")}, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.monotonic() - begun


class Ours:
    """`bot.rasa_runtime.serve` on that project, and the action server."""

    def __init__(self, folder: Path, port: int, action_port: int) -> None:
        self._folder, self._port, self._action_port = folder, port, action_port
        self._base = f"http://127.0.0.1:{port}/webhooks/rapport"
        self._started: list[subprocess.Popen[bytes]] = []
        self._number = 0

    async def start(self, session: aiohttp.ClientSession) -> float:
        """Returns the seconds until Rasa answers; the action server is there before."""
        await self._start_actions(session)
        env = {
            **os.environ,
            "RAPPORT_INTERNAL_TOKEN": TOKEN,
            "RAPPORT_ACTION_URL": f"http://127.0.0.1:{self._action_port}/webhook",
            "RAPPORT_TRACKER_URL": f"sqlite:///{self._folder / 'tracker.db'}",
        }
        begun = time.monotonic()
        with (self._folder / "run.log").open("wb") as log:
            self._started.insert(
                0,
                subprocess.Popen(
                    [str(PYTHON), "-m", "bot.rasa_runtime.serve", "--model", str(self._folder / "ours.tar.gz"),
                     "--port", str(self._port)], cwd=ROOT, env=env, stdout=log, stderr=log,
                ),
            )  # fmt: skip
        while True:
            try:
                await self.turn(session, "warm", "hello")
                return time.monotonic() - begun
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.05)
            if time.monotonic() - begun > 120:
                raise RuntimeError((self._folder / "run.log").read_text()[-2000:])

    async def _start_actions(self, session: aiohttp.ClientSession) -> None:
        command = [sys.executable, "-m", "bench._action_server", str(self._action_port)]
        self._started.append(subprocess.Popen(command, cwd=ROOT))
        body = {"next_action": "action_answer", "tracker": {"sender_id": "warm"}, "domain": {}}
        for _ in range(400):
            try:
                async with session.post(f"http://127.0.0.1:{self._action_port}/webhook", json=body):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
        raise RuntimeError("The action server did not start.")

    async def turn(self, session: aiohttp.ClientSession, sender: str, text: str) -> list[dict[str, Any]]:
        """The replies to one message."""
        self._number += 1
        body = {"message_id": f"m{self._number}", "case_id": sender, "kind": "text", "text": text, "metadata": {}}
        async with session.post(f"{self._base}/turn", json=body, headers={"X-Rapport-Token": TOKEN}) as response:
            answer = json.loads(await response.text())
            assert response.status == 200, answer
            return list(answer["replies"])

    def resident_bytes(self) -> int:
        """Of Rasa's process."""
        return int(psutil.Process(self._started[0].pid).memory_info().rss)

    def processor_s(self) -> float:
        """Processor time of Rasa's process so far."""
        times = psutil.Process(self._started[0].pid).cpu_times()
        return float(times.user + times.system)

    def stop(self) -> None:
        for process in self._started:
            process.terminate()
            process.wait(30)
