"""The way to the custom actions: the line the turn came by, else one kept connection; a deadline, and failures that
cannot be swallowed.

Rasa opens a new connection for each call, waits up to five minutes, and several of its callers log a failed call and
go on with half a turn. Here a failure is raised as something that no `except Exception` on the way catches.
"""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Optional, Text

import aiohttp
import ujson
from rasa.utils.endpoints import ClientResponseError, EndpointConfig, concat_url

from bot.rasa_runtime.line import Line, LineLost, present_line

TOKEN_HEADER = "X-Rapport-Token"
# Shorter than any action server keeps an idle connection, so that a call never meets a closing one.
_IDLE_SECONDS = 4.0


class ActionCallFailed(BaseException):
    """A custom action did not answer as it must. A BaseException on purpose: Rasa's slot extraction and its action
    loop catch Exception, log it and save half a turn. `AtomicProcessor.run_turn` is the only place that handles it."""


class ActionEndpoint(EndpointConfig):
    """An endpoint for `RemoteAction`. One for a process; `close` it at the end."""

    def __init__(self, url: Text, token: Optional[Text], timeout: float) -> None:
        """`token` goes into X-Rapport-Token; `timeout` is the whole of one call, in seconds."""
        super().__init__(url=url, headers={TOKEN_HEADER: token} if token else {})
        self._headers_of_call = {**self.headers, "Content-Type": "application/json"}
        self._timeout = timeout
        self._session: Optional[aiohttp.ClientSession] = None

    async def request(
        self,
        method: Text = "post",
        subpath: Optional[Text] = None,
        content_type: Optional[Text] = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Optional[Any]:
        """Sends one call and returns its JSON. The caller's own timeout is replaced by this endpoint's.

        A 400 is an action's wish not to run, raised as ClientResponseError as Rasa expects; everything else that is
        not a JSON answer with 200 raises ActionCallFailed. A connection found dead is tried once more: actions are
        idempotent by message id.
        """
        action = str((kwargs.get("json") or {}).get("next_action", "?"))
        line = present_line.get()
        if line is not None:
            return await self._call_on(line, action, kwargs.get("json"))
        url = concat_url(self.url or "", subpath)
        for attempt in (1, 2):
            try:
                return await self._call(method, url, action, kwargs.get("json"))
            except (aiohttp.ServerDisconnectedError, ConnectionResetError) as error:
                if attempt == 2:
                    raise ActionCallFailed(f"The action server hung up on '{action}'.") from error
            except asyncio.TimeoutError as error:
                raise ActionCallFailed(f"'{action}' did not answer within {self._timeout:g} s.") from error
            except ClientResponseError:
                raise
            except aiohttp.ClientError as error:
                raise ActionCallFailed(f"'{action}' could not be called: {type(error).__name__}: {error}") from error
        return None

    async def _call_on(self, line: Line, action: str, body: Any) -> Dict[Text, Any]:
        try:
            status, answer = await line.call(_written(body), self._timeout)
        except asyncio.TimeoutError as error:
            raise ActionCallFailed(f"'{action}' did not answer within {self._timeout:g} s.") from error
        except LineLost as error:
            raise ActionCallFailed(f"'{action}' was not answered: {error}") from error
        return _read(action, status, "", answer)

    async def _call(self, method: Text, url: Text, action: str, body: Any) -> Dict[Text, Any]:
        async with self._open_session().request(
            method, url, data=_written(body), params=self.combine_parameters(), headers=self._headers_of_call
        ) as response:
            return _read(action, response.status, response.reason or "", await response.read())

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=_IDLE_SECONDS),
            )
        return self._session

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()


def _read(action: str, status: int, reason: str, answer: bytes) -> Dict[Text, Any]:
    """An action's answer. Raises ClientResponseError for its wish not to run, else ActionCallFailed."""
    if status == 400:
        raise ClientResponseError(400, reason, answer.decode("utf-8", "replace"))
    if status != 200:
        raise ActionCallFailed(f"'{action}' failed: the action server answered {status}.")
    try:
        found = ujson.loads(answer)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ActionCallFailed(f"'{action}' answered with something that is no JSON object.")
    return found


def _written(body: Any) -> bytes:
    """The body as JSON. It has the latest events of the dialogue, a millisecond's work for the standard library."""
    text: str = ujson.dumps(body, escape_forward_slashes=False)
    return text.encode()
