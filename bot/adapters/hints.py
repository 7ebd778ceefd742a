"""Hints between our processes: small POSTs over loopback, coalesced, best effort."""

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
import structlog

log = structlog.get_logger()

MAX_WAITING = 2000


class LoopbackHints:
    """Publishes to peers (URLs of other processes' `/hint`) and to a local listener; never blocks, never raises."""

    def __init__(self, peers: list[str], token: str, local: Callable[[str, str], None] | None = None) -> None:
        self._peers = peers
        self._token = token
        self.local = local
        self._waiting: dict[tuple[str, str], None] = {}
        self._more = asyncio.Event()

    def publish(self, topic: str, subject: str) -> None:
        if self.local is not None:
            self.local(topic, subject)
        if self._peers and len(self._waiting) < MAX_WAITING:
            self._waiting[topic, subject] = None
            self._more.set()

    async def run(self) -> None:
        """Send what was published, batch by batch, until cancelled. A peer that is down costs only latency."""
        timeout = aiohttp.ClientTimeout(total=2)
        async with aiohttp.ClientSession(headers={"X-Rapport-Token": self._token}, timeout=timeout) as session:
            while True:
                await self._more.wait()
                self._more.clear()
                batch = [list(pair) for pair in self._waiting]
                self._waiting.clear()
                for peer in self._peers:
                    with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                        async with session.post(f"{peer}/hint", json=batch) as response:
                            await response.read()
