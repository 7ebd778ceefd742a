"""The worker's client of the Rasa channel: one door, one error, and the address of the model that is live now.

Turns go by the line (`rasa_line.py`), the rest, which is seldom, by HTTP.
"""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.adapters.breaker import Breaker
from bot.adapters.rasa_line import LineLost, RasaLine, RunAction

T = TypeVar("T")

FORGET_WITHIN_S = 30.0
"""A turn that is running is waited for."""


class BotUnavailable(Exception):
    """Rasa did not answer this turn: dead, hung, loading, or the turn failed there. Nothing was saved."""


class NotInThisModel(BotUnavailable):
    """Rasa refused the turn as it was put: its model does not know the intent of a tapped option."""


class TurnFailedThere(BotUnavailable):
    """Rasa is there, but this turn failed in it or in an action: the next one need not."""


class BotKnownAway(BotUnavailable):
    """Rasa has failed so often in a row that it was not asked: the customer is to be told at once."""


class Button(BaseModel):
    title: str
    payload: str


class BotReply(BaseModel):
    """One utterance of the bot: words, options and our own `custom` envelope kept together."""

    text: str | None = None
    buttons: list[Button] = []
    image: str | None = None
    custom: dict[str, Any] | None = None


class RankedIntent(BaseModel):
    intent: str
    confidence: float


class Understanding(BaseModel):
    """What Rasa made of the words; `intent` is after the fallback."""

    model_config = ConfigDict(extra="ignore")

    intent: str | None = None
    confidence: float = 0.0
    ranking: list[RankedIntent] = []
    entities: list[dict[str, Any]] = []


class TurnResult(BaseModel):
    """A whole turn as Rasa answered it."""

    message_id: str
    replies: list[BotReply]
    nlu: Understanding
    model_id: str
    repeated: bool = False


@dataclass
class Upstream:
    """Where the live Rasa listens: a small file that the supervisor replaces atomically when it switches models."""

    path: Path
    default_url: str
    _stamp: int = field(default=-1, init=False)
    _url: str = field(default="", init=False)

    def url(self) -> str:
        try:
            stamp = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return self.default_url
        if stamp != self._stamp:
            self._url = str(json.loads(self.path.read_text())["url"])
            self._stamp = stamp
        return self._url


class RasaClient:
    """Talks to the channel over kept-alive loopback connections. Close it when done."""

    def __init__(self, upstream: Upstream, token: str) -> None:
        self._upstream = upstream
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self._run_action: RunAction = _no_actions
        self._line: tuple[str, RasaLine] | None = None
        self._connecting = asyncio.Lock()
        self.breaker = Breaker()

    def answers_calls_by(self, run_action: RunAction) -> None:
        """What runs the custom actions that turns need; to be set before the first turn."""
        self._run_action = run_action

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                headers={"X-Rapport-Token": self._token},
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=30),
            )
        return self._session

    async def turn(self, body: dict[str, Any], timeout_s: float) -> TurnResult:
        """One turn of one case. Raises BotUnavailable; the same `message_id` may be sent again safely."""
        answer = await self._guarded(self._turn(json.dumps(body).encode(), timeout_s))
        try:
            return TurnResult.model_validate_json(answer)
        except ValidationError as error:
            raise BotUnavailable(f"Rasa's answer was not understood: {_without_words(error)}") from error

    async def parse(self, texts: list[str], timeout_s: float = 5.0) -> list[Understanding]:
        """What the live model makes of these texts, outside any conversation. Raises BotUnavailable."""
        answer = await self._guarded(self._post("parse", {"texts": texts}, timeout_s))
        try:
            return [Understanding.model_validate(result) for result in answer["results"]]
        except (KeyError, TypeError, ValidationError) as error:
            raise BotUnavailable(f"Rasa's answer was not understood: {_without_words(error)}") from error

    async def forget(self, case_ids: list[str]) -> None:
        """Make the live Rasa drop these cases from its memory, after any turn of theirs. Raises BotUnavailable.

        One that does not run remembers nothing.
        """
        url = f"{self._upstream.url()}/webhooks/rapport/forget"
        try:
            async with self._http().post(
                url, json={"case_ids": case_ids}, timeout=aiohttp.ClientTimeout(total=FORGET_WITHIN_S)
            ) as response:
                if response.status not in {200, 503}:
                    raise BotUnavailable(f"Rasa answered {response.status} when asked to forget")
        except aiohttp.ClientConnectorError:
            return
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BotUnavailable(f"Rasa could not be asked to forget: {type(error).__name__}") from error

    async def proves_itself(self) -> bool:
        """Whether Rasa is ready and understands a word, asked past the breaker."""
        if await self.health() is None:
            return False
        try:
            await self._post("parse", {"texts": ["hello"]}, 2.0)
        except BotUnavailable:
            return False
        return True

    async def health(self) -> dict[str, Any] | None:
        """The live Rasa's own word, or None when it is not ready."""
        return await self.health_at(self._upstream.url())

    async def health_at(self, url: str) -> dict[str, Any] | None:
        try:
            async with self._http().get(
                f"{url}/webhooks/rapport/health", timeout=aiohttp.ClientTimeout(total=2)
            ) as response:
                if response.status != 200:
                    return None
                found: dict[str, Any] = await response.json()
                return found
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def _guarded(self, asking: Coroutine[Any, Any, T]) -> T:
        """What `asking` gives, unless the breaker is open. Raises BotKnownAway then, else what it raises."""
        if not self.breaker.lets_pass:
            asking.close()
            raise BotKnownAway("Rasa did not answer the last times it was asked")
        try:
            answer = await asking
        except (NotInThisModel, TurnFailedThere):
            self.breaker.succeeded()  # it answered; one message that fails again and again takes the bot from nobody
            raise
        except BotUnavailable:
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return answer

    async def _turn(self, body: bytes, timeout_s: float) -> bytes:
        try:
            async with asyncio.timeout(timeout_s):
                line = await self._open_line()
                status, answer = await line.turn(body)
        except (LineLost, TimeoutError, OSError) as error:
            raise BotUnavailable(f"Rasa could not be asked: {type(error).__name__} {error}") from error
        _refuse(status, answer)
        return answer

    async def _open_line(self) -> RasaLine:
        """The line to the Rasa that is live now. One to the Rasa before it stays until that one ends: turns may run."""
        url = self._upstream.url()
        async with self._connecting:
            if self._line is not None and self._line[0] == url and self._line[1].is_open:
                return self._line[1]
            health = await self.health_at(url)
            if health is None or not health.get("line"):
                raise BotUnavailable("Rasa is not ready")
            loop = asyncio.get_running_loop()
            _, line = await loop.create_connection(
                lambda: RasaLine(self._token, self._run_action), urlsplit(url).hostname or "", health["line"]
            )
            self._line = url, line
            return line

    async def _post(self, route: str, body: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        url = f"{self._upstream.url()}/webhooks/rapport/{route}"
        try:
            async with self._http().post(url, json=body, timeout=aiohttp.ClientTimeout(total=timeout_s)) as response:
                _refuse(response.status, await response.read())
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, ValueError, OSError) as error:
            raise BotUnavailable(f"Rasa could not be asked: {type(error).__name__} {error}") from error
        if not isinstance(answer, dict):
            raise BotUnavailable("Rasa's answer was not an object")
        return answer

    async def close(self) -> None:
        if self._line is not None:
            self._line[1].close()
        if self._session is not None:
            await self._session.close()


def _refuse(status: int, answer: bytes) -> None:
    """Raises what a status other than 200 means."""
    if status == 200:
        return
    detail = answer[:500].decode("utf-8", "replace")
    if status == 400:
        raise NotInThisModel(f"Rasa refused the turn: {detail}")
    if status == 500:
        raise TurnFailedThere(f"The turn failed in Rasa: {detail}")
    raise BotUnavailable(f"Rasa answered {status}: {detail}")


async def _no_actions(_call: bytes) -> tuple[int, bytes]:
    """For a client that runs no turns, as the supervisor's."""
    return 500, b""


def _without_words(error: Exception) -> str:
    """What was wrong with an answer, without quoting it: this goes into the log."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        )
    return type(error).__name__
