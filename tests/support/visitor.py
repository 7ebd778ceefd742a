"""A customer's browser as the widget behaves, over a real socket: outbox, resume by `last_seq`, duplicates dropped."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import aiohttp

Frame = dict[str, Any]

HEARTBEAT_S = 5.0
"""A connection that does not answer for half of it is given up: it may be half-open."""
SEND_AGAIN_S = 1.0


class Visitor:
    """Keeps itself connected until closed; what it shows is `frames`, by `seq`."""

    def __init__(self, base: str, identity: str | None = None, token: str | None = None) -> None:
        self._url = f"{base}/ws/visitor"
        self._identity = identity
        self.token = token
        self.welcome: Frame = {}
        self.frames: dict[int, Frame] = {}
        self.acks: dict[str, int] = {}
        self.errors: list[Frame] = []
        self.loose: list[Frame] = []
        self.sent: dict[str, Frame] = {}
        self.duplicates = 0
        self.connections = 0
        self._outbox: dict[str, Frame] = {}
        self._waiting = ""
        """The `cid` whose ack is awaited."""
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._again: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Visitor":
        self._session = aiohttp.ClientSession()
        self._task = asyncio.create_task(self._stay_connected())
        await self.until(lambda: bool(self.welcome), "welcome")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task and self._session
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._session.close()

    @property
    def last_seq(self) -> int:
        return max(self.frames, default=0)

    @property
    def messages(self) -> list[Frame]:
        return [frame for _, frame in sorted(self.frames.items()) if frame["type"] == "message"]

    @property
    def owner(self) -> str:
        """Who is in control, as the newest frame that says so has it."""
        states = [frame["owner"] for _, frame in sorted(self.frames.items()) if frame["type"] == "state"]
        return str(states[-1] if states else self.welcome["owner"])

    def said_by(self, author: str) -> list[str]:
        return [frame["text"] for frame in self.messages if frame["author"] == author]

    async def _stay_connected(self) -> None:
        assert self._session
        while True:
            try:
                async with self._session.ws_connect(
                    self._url, protocols=("rapport.v1",), max_msg_size=0, heartbeat=HEARTBEAT_S
                ) as socket:
                    await socket.send_json(
                        {"type": "hello", "token": self.token, "identity": self._identity, "last_seq": self.last_seq}
                    )
                    async for message in socket:
                        if message.type is not aiohttp.WSMsgType.TEXT:
                            break
                        await self._take(socket, message.json())
            except (aiohttp.ClientError, ConnectionError, OSError):
                pass
            self._socket = None
            self.connections += 1
            await asyncio.sleep(0.1)

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                self.token, self.welcome, self._socket = frame["token"], frame, socket
                self._waiting = ""
                await self._send_next()
            case "ack":
                self.acks[frame["cid"]] = frame["seq"]
                self._outbox.pop(frame["cid"], None)
                await self._send_next()
            case "error":
                self.errors.append(frame)
                if frame["code"] == "unavailable":
                    asyncio.get_running_loop().call_later(SEND_AGAIN_S, self._try_again)
                else:
                    self._outbox.pop(frame.get("cid") or "", None)
                    await self._send_next()
            case "resync":
                for each in frame["messages"]:
                    self.frames[each["seq"]] = each
            case "message" | "state" | "update":
                if frame["seq"] in self.frames:
                    self.duplicates += 1
                self.frames[frame["seq"]] = frame
            case _:
                self.loose.append(frame)
        self._changed.set()

    async def _send_next(self) -> None:
        """The oldest frame without an ack, one at a time: so none overtakes another, whatever is refused or lost."""
        if self._socket is None or self._waiting in self._outbox:
            return
        for cid, frame in self._outbox.items():
            self._waiting = cid
            with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                await self._socket.send_json(frame)
            return

    def _try_again(self) -> None:
        self._waiting = ""
        self._again = asyncio.create_task(self._send_next())

    async def post(self, frame: Frame) -> str:
        """Put a frame into the outbox and send it when connected; returns its `cid`."""
        cid = str(frame.setdefault("cid", str(uuid4())))
        self._outbox[cid] = frame
        self.sent[cid] = frame
        await self._send_next()
        return cid

    async def raw(self, data: str) -> None:
        assert self._socket is not None
        await self._socket.send_str(data)

    async def say(self, text: str) -> str:
        return await self.post({"type": "send", "text": text})

    async def choose(self, title: str) -> str:
        """Tap the newest option whose title contains `title`, once it is there: a turn's messages come one by one."""

        def shown() -> str | None:
            choices = (choice for frame in reversed(self.messages) for choice in frame.get("choices") or [])
            return next((str(choice["id"]) for choice in choices if title.lower() in choice["title"].lower()), None)

        return await self.post({"type": "send", "choice": await self.until(shown, f"an option {title!r}")})

    async def until(self, true: Callable[[], Any], what: str, within_s: float = 30) -> Any:
        """Wait for a condition on what the browser shows."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not (found := true()):
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                shown = [(f["author"], f["text"][:90]) for f in self.messages[-6:]]
                raise AssertionError(f"waited {within_s} s for {what}; shown: {shown}; errors: {self.errors[-2:]}")
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, 0.2)):
                    await self._changed.wait()
        return found

    async def ask(self, text: str, within_s: float = 30) -> list[Frame]:
        """Say something and return what was answered to it."""
        cid = await self.say(text)
        return await self.answers_to(cid, within_s)

    async def tap(self, title: str, within_s: float = 30) -> list[Frame]:
        return await self.answers_to(await self.choose(title), within_s)

    async def answers_to(self, cid: str, within_s: float = 30) -> list[Frame]:
        """The messages by others after our own message with this `cid`."""
        await self.until(lambda: cid in self.acks, f"the ack of {self.sent[cid]}", within_s)
        seq = self.acks[cid]

        def answers() -> list[Frame]:
            return [frame for frame in self.messages if frame["seq"] > seq and frame["author"] != "customer"]

        await self.until(answers, f"an answer to {self.sent[cid]}", within_s)
        return answers()

    async def survey(self, within_s: float = 30) -> Frame:
        """The newest unanswered survey in the thread."""

        def shown() -> Frame | None:
            surveys = [frame["survey"] for frame in self.messages if frame.get("survey")]
            return surveys[-1] if surveys else None

        survey: Frame = await self.until(shown, "a survey", within_s)
        return survey

    async def invitation(self, kind: str, within_s: float = 30) -> Frame:
        def shown() -> Frame | None:
            found = [f["invitation"] for f in self.messages if (f.get("invitation") or {}).get("kind") == kind]
            return found[-1] if found else None

        invitation: Frame = await self.until(shown, f"a {kind} invitation", within_s)
        return invitation
