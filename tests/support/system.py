"""The real product, started by its own command on free ports and a data folder of its own."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import psycopg
import psycopg.rows

from tests.support.duty import Duty

ROOT = Path(__file__).resolve().parents[2]
START_WITHIN_S = 900  # a first start trains a model


def free_base_port() -> int:
    """The first of six neighbouring ports that are all free."""
    for base in range(20_000 + os.getpid() % 500 * 16, 60_000, 16):
        probes = []
        try:
            for port in range(base, base + 6):
                probe = socket.socket()
                probes.append(probe)
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return base
        finally:
            for probe in probes:
                probe.close()
    raise RuntimeError("no free ports")


class System:
    """`./rapport up` as a child process."""

    def __init__(self, data: Path, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.port = free_base_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.shop = f"http://127.0.0.1:{self.port + 4}"
        self.env = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
        self.output = data / "up.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.admin: tuple[str, str] = ("admin@example.com", "correct horse battery")

    def start(self) -> "System":
        self.data.mkdir(parents=True, exist_ok=True)
        with self.output.open("ab") as log:
            self._process = subprocess.Popen(
                [str(ROOT / "rapport"), "up", "--port", str(self.port), "--data", str(self.data)],
                cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        try:
            self._until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def _until_ready(self) -> None:
        assert self._process is not None
        begun = time.monotonic()
        # Only what this start prints counts: the log of an earlier start is kept above it.
        seen = self.output.stat().st_size if self.output.exists() else 0
        while "Ready in" not in self.printed(seen):
            if self._process.poll() is not None:
                raise AssertionError(f"up ended with {self._process.returncode}:\n{self.printed()}{self.logs()}")
            if time.monotonic() - begun > START_WITHIN_S:
                raise AssertionError(f"up was not ready:\n{self.printed()}{self.logs()}")
            time.sleep(0.2)

    def printed(self, after: int = 0) -> str:
        return self.output.read_bytes()[after:].decode(errors="replace")

    def logs(self) -> str:
        parts = []
        for path in sorted((self.data / "logs").glob("*.log")):
            parts.append(f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-15:]))
        return "\n".join(parts)

    def stop(self) -> int:
        """Ctrl-C, and how it ended."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise
        return self._process.returncode

    def pid(self, name: str) -> int:
        return int((self.data / "run" / f"{name}.pid").read_text())

    def rasa_name(self) -> str:
        url = json.loads((self.data / "run" / "upstream.json").read_text())["url"]
        return f"rasa-{url.rsplit(':', 1)[1]}"

    def kill(self, name: str) -> None:
        """SIGKILL one of `gateway`, `worker`, `rasa`."""
        pid = self.pid(self.rasa_name() if name == "rasa" else name)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def children(self) -> list[psutil.Process]:
        assert self._process is not None
        return psutil.Process(self._process.pid).children(recursive=True)

    def resident_bytes(self) -> int:
        assert self._process is not None
        return sum(each.memory_info().rss for each in [psutil.Process(self._process.pid), *self.children()])

    def freeze(self, name: str) -> Callable[[], None]:
        """SIGSTOP one of `gateway`, `worker`, `rasa`: it is there and does nothing. Returns what wakes it again."""
        pid = self.pid(self.rasa_name() if name == "rasa" else name)

        def send(number: int) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

        send(signal.SIGSTOP)
        return lambda: send(signal.SIGCONT)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Read the store directly, as nobody in the product does; `?` stands for a value."""
        if url := self.env.get("RAPPORT_DATABASE_URL"):
            with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as server:
                return server.execute(query.replace("?", "%s"), values).fetchall()
        connection = sqlite3.connect(f"file:{self.data / 'rapport.db'}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def welcome_link(self) -> str:
        found = re.findall(r"/welcome/(\S+)", self.printed())
        assert found, self.printed()
        return str(found[-1])

    def add_user(self, email: str, role: str, password: str, name: str) -> None:
        done = subprocess.run(
            [str(ROOT / "rapport"), "user", "add", "--email", email, "--role", role, "--name", name,
             "--password-stdin", "--data", str(self.data)],
            cwd=ROOT, env=self.env, input=password.encode() + b"\n", capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()

    async def healthy(self, within_s: float = 120) -> None:
        """Wait until every component answers again."""
        deadline = time.monotonic() + within_s
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < deadline:
                try:
                    async with session.get(f"{self.base}/healthz") as response:
                        if (await response.json())["status"] == "ok":
                            return
                except (aiohttp.ClientError, OSError):
                    pass
                await asyncio.sleep(0.2)
        raise AssertionError(f"not healthy within {within_s} s\n{self.logs()}")


class StaffClient:
    """An agent or admin over the HTTP API."""

    def __init__(self, system: System, email: str, password: str) -> None:
        self._system = system
        self._email, self._password = email, password
        self._token = ""
        self._session: aiohttp.ClientSession | None = None
        self._duty: Duty | None = None

    async def __aenter__(self) -> "StaffClient":
        self._session = aiohttp.ClientSession()
        body = await self.call("POST", "/api/v1/session", {"email": self._email, "password": self._password})
        self._token = body["token"]
        self._session.headers["Authorization"] = f"Bearer {self._token}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Off duty, if it was on: whoever comes next finds the desk as empty as this one found it."""
        assert self._session
        try:
            if self._duty is not None:
                await self._duty.end()
        finally:
            await self._session.close()

    async def call(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        """The JSON answer; fails when the status is not the expected one (2xx without one)."""
        assert self._session
        async with self._session.request(method, self._system.base + path, json=body) as response:
            text = await response.text()
            good = response.status == status if status else response.status < 300
            assert good, f"{method} {path}: {response.status} {text[:500]}"
            return json.loads(text) if text and "json" in response.content_type else text

    async def go_on_duty(self) -> None:
        """Be at the desk until this client is closed."""
        assert self._session
        self._duty = await Duty.begin(self._session, self._system.base, self._token)
