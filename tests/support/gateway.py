"""The gateway's process alone over an empty store: nobody answers, everything is taken and stored."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from bot.bootstrap import ready_app
from bot.services.staff import create_account
from bot.settings import Settings
from tests.support.system import ROOT, free_base_port


class Gateway:
    """Not running yet; `running` starts it."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.port = free_base_port()
        self.settings = Settings(data=data, port=self.port, demo=False, **settings)
        self.base = f"http://127.0.0.1:{self.port}"
        self._process: asyncio.subprocess.Process | None = None

    @asynccontextmanager
    async def running(self, agents: Sequence[tuple[str, str]] = ()) -> AsyncIterator["Gateway"]:
        """Started with these accounts (e-mail, password), and stopped in the end."""
        self.settings.data.mkdir(parents=True, exist_ok=True)
        async with ready_app(self.settings) as app:
            for email, password in agents:
                await create_account(app, email=email, role="agent", name="Ana", password=password)
        chosen = self.settings.model_dump(include=self.settings.model_fields_set)
        env = {**os.environ, **{f"RAPPORT_{name.upper()}": str(value) for name, value in chosen.items()}}
        with (self.settings.data / "gateway.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot.processes.gateway",
                cwd=ROOT, env=env, stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        try:
            await self._until_healthy()
            yield self
        finally:
            await self._stop()

    async def _until_healthy(self) -> None:
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"{self.base}/healthz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                assert self._process is not None and self._process.returncode is None, self.log()
                await asyncio.sleep(0.1)

    async def _stop(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(30):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    @property
    def process(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def resident_mb(self) -> float:
        return float(self.process.memory_info().rss) / 2**20

    def cpu_s(self) -> float:
        """Processor seconds used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def log(self) -> str:
        return (self.settings.data / "gateway.log").read_text(errors="replace")
