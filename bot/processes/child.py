"""One supervised child process: started in its own group, logged to a file, ended whole, never orphaned."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from bot.settings import ROOT

PR_SET_PDEATHSIG = 1
STOP_WITHIN_S = 12.0
LOG_LIMIT_BYTES = 20_000_000


class Child:
    """A command that is kept running. `start` may be called again after it ended."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], logs: Path) -> None:
        self.name = name
        self._command = command
        self._env = env
        self._log = logs / f"{name}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def cpu_s(self) -> float:
        """Processor seconds it has used; 0 when it is gone."""
        try:
            times = psutil.Process(self.pid).cpu_times() if self.pid else None
        except psutil.Error:
            return 0.0
        return float(times.user + times.system) if times else 0.0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the command. Raises OSError when it cannot be started."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=ROOT,
                env={**os.environ, **self._env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own: Ctrl-C reaches only the supervisor, which then stops its children in order.
                start_new_session=True,
                preexec_fn=_end_with_parent(),
            )

    async def wait(self) -> int:
        """The exit code, once it ends."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, a while, then SIGKILL for the whole group."""
        if self._process is None:
            return
        if self.running:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN_S):
                    await self._process.wait()
        self._signal(signal.SIGKILL)
        await self._process.wait()

    def kill(self) -> None:
        """SIGKILL the whole group now; `wait` tells when it is gone."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return

    def last_words(self, lines: int = 6) -> str:
        """The end of its log, for an error message."""
        try:
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux the kernel ends the child when the supervisor dies, even by SIGKILL."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel
