"""The peer: a project as `rasa init` configures it, on our data, answering every intent; REST, SQLite tracker."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import aiohttp
import psutil
import yaml

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
ENV = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": ""}


def _files() -> list[Path]:
    return sorted((ROOT / "data" / "nlu").rglob("*.yml"))


def _intents() -> list[str]:
    found = []
    for path in _files():
        found += [item["intent"] for item in yaml.safe_load(path.read_text())["nlu"] if "intent" in item]
    return sorted(set(found))


def make_project(folder: Path) -> None:
    """Write the project: the configuration leaves pipeline and policies to Rasa's own defaults, as `rasa init` does."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for path in _files():
        shutil.copy(path, folder / "data" / f"nlu_{path.parent.name}_{path.name}")
    intents = _intents()
    rules = [
        {"rule": f"answer {intent}", "steps": [{"intent": intent}, {"action": f"utter_{intent}"}]} for intent in intents
    ]
    (folder / "data" / "rules.yml").write_text(yaml.safe_dump({"version": "3.1", "rules": rules}))
    entities = ["order_number", "email", "product", "person_name", "delivery_city", "score"]
    domain = {
        "version": "3.1",
        "intents": intents,
        "entities": entities,
        "responses": {f"utter_{intent}": [{"text": f"About {intent}: here is what we can do."}] for intent in intents},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
    (folder / "domain.yml").write_text(yaml.safe_dump(domain))
    (folder / "config.yml").write_text(
        "recipe: default.v1\nassistant_id: vanilla\nlanguage: en\npipeline:\npolicies:\n"
    )
    (folder / "credentials.yml").write_text("rest:\n")
    (folder / "endpoints.yml").write_text("tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: tracker.db\n")


def train(folder: Path) -> float | None:
    """Train, or take the model of the same data from the cache; returns the seconds, None when it was cached."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in _files())).hexdigest()[:16]
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        / "rapport"
        / "bench"
        / f"vanilla-{digest}.tar.gz"
    )
    (folder / "models").mkdir(exist_ok=True)
    if cache.exists():
        shutil.copy(cache, folder / "models" / "vanilla.tar.gz")
        return None
    begun = time.monotonic()
    subprocess.run(
        [str(PYTHON), "-m", "rasa", "train", "--quiet", "--fixed-model-name", "vanilla"],
        cwd=folder,
        env=ENV,
        check=True,
    )
    seconds = time.monotonic() - begun
    cache.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "models" / "vanilla.tar.gz", cache)
    return seconds


class Vanilla:
    """`rasa run` on that project."""

    def __init__(self, folder: Path, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self._folder, self._port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, session: aiohttp.ClientSession) -> float:
        """Returns the seconds until it answers."""
        begun = time.monotonic()
        with (self._folder / "run.log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(PYTHON), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(self._port)],
                cwd=self._folder, env=ENV, stdout=log, stderr=log,
            )  # fmt: skip
        while True:
            try:
                if await self.turn(session, "warm", "hello"):
                    return time.monotonic() - begun
            except (aiohttp.ClientError, OSError):
                pass
            if time.monotonic() - begun > 300:
                raise RuntimeError((self._folder / "run.log").read_text()[-2000:])

    async def turn(self, session: aiohttp.ClientSession, sender: str, text: str) -> list[dict[str, object]]:
        async with session.post(
            f"{self.base}/webhooks/rest/webhook", json={"sender": sender, "message": text}
        ) as response:
            return list(await response.json())

    def resident_bytes(self) -> int:
        assert self._process
        process = psutil.Process(self._process.pid)
        return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)])

    def processor_s(self) -> float:
        """Processor time so far."""
        assert self._process
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(30)
