"""The gateway's client of the worker's loopback door."""

import aiohttp
from pydantic import ValidationError

from bot.knowledge.explaining import Explanation

TIMEOUT_S = 10


class WorkerAway(Exception):
    """The worker did not answer."""


class WorkerClient:
    """Asks the worker of this machine; close it in a `finally`."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token
        self._http: aiohttp.ClientSession | None = None

    async def ask(self, text: str) -> Explanation:
        """What customers would be answered to `text` now, and why. Raises WorkerAway."""
        if self._http is None:
            self._http = aiohttp.ClientSession(
                headers={"X-Rapport-Token": self._token}, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)
            )
        try:
            async with self._http.post(f"{self._url}/ask", json={"text": text}) as response:
                if response.status != 200:
                    raise WorkerAway(f"the worker answered with status {response.status}")
                return Explanation.model_validate_json(await response.text())
        except (aiohttp.ClientError, TimeoutError, ValidationError) as error:
            raise WorkerAway(f"the worker cannot be asked: {error!r}") from error

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
