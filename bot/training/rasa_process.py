"""Runs our own modules inside Rasa's environment: at low priority, in a group of their own, never orphaned."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.settings import ROOT, Settings

PR_SET_PDEATHSIG = 1
NICENESS = 10
LINE_LIMIT_BYTES = 1 << 20


@asynccontextmanager
async def rasa_module(
    settings: Settings, python: Path, module: str, arguments: Sequence[str], *, cwd: Path = ROOT
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m module arguments` with all three streams piped; whatever still runs at the end is killed, children
    and all. Raises OSError when it cannot be started."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        # A component whose data did not change is not trained again.
        "RASA_CACHE_DIRECTORY": str(settings.data / "cache" / "rasa"),
    }
    process = await asyncio.create_subprocess_exec(
        str(python), "-m", module, *arguments,
        cwd=cwd,
        env=env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_LIMIT_BYTES,
        start_new_session=True,
        preexec_fn=_low_and_mortal(),
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.wait())
        # The pipes' transport is closed here and not when it is collected, maybe after the loop.
        transport = getattr(process, "_transport", None)
        if transport is not None:
            transport.close()


def _low_and_mortal() -> Callable[[], None]:
    """For the child between fork and exec: others first; and on Linux it ends with us, even if we are killed."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent = os.getpid()

    def prepare() -> None:
        os.nice(NICENESS)
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

    return prepare
