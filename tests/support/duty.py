"""Being on duty as the desk is: its socket open, read all the while, and a word to the server before it goes."""

import asyncio
import contextlib

import aiohttp

TOLD_WITHIN_S = 60.0


class Duty:
    """On duty from `begin` to `end`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._heard = {"welcome": asyncio.Event(), "pong": asyncio.Event()}
        # Not only for the frames: the server's own pings are answered by whoever reads.
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def begin(cls, session: aiohttp.ClientSession, base: str, token: str) -> "Duty":
        """Say hello; when this returns, the presence is stored."""
        duty = cls(await session.ws_connect(f"{base}/ws/staff"))
        await duty._socket.send_json({"type": "hello", "token": token})
        await duty._hears("welcome")
        return duty

    async def end(self) -> None:
        """Sign off; when this returns, the presence is taken back."""
        await self._socket.send_json({"type": "duty", "on": False})
        # Frames are taken one after the other: who answers this has done the one before it.
        await self._socket.send_json({"type": "ping"})
        await self._hears("pong")
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.TEXT and (heard := self._heard.get(message.json()["type"])):
                heard.set()

    async def _hears(self, kind: str) -> None:
        async with asyncio.timeout(TOLD_WITHIN_S):
            await self._heard[kind].wait()
