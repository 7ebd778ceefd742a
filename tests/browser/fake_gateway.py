"""A gateway of a few hundred lines that speaks the visitor protocol, so that the widget can be tested by itself.

It keeps its conversations in memory, echoes what it is told, shows every kind of message on a word ("survey ces",
"referral", "order", ...), and has switches for the faults a network and a server can have. It runs in a thread of its
own, with the widget's host page on a second port, as a second origin.
"""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.browser.fake_content import SPECIAL

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "bot" / "gateway" / "static"
VENDOR = {
    "preact.mjs": ROOT / "node_modules" / "preact" / "dist" / "preact.mjs",
    "htm.mjs": ROOT / "node_modules" / "htm" / "dist" / "htm.mjs",
}
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css"}
CORS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

Frame = dict[str, Any]


@dataclass
class Talk:
    """One conversation: its numbered log, what was received, and the sockets that listen."""

    id: str = field(default_factory=lambda: str(uuid4()))
    log: list[Frame] = field(default_factory=list)
    receipts: dict[str, int] = field(default_factory=dict)
    received: list[Frame] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    owner: str = "bot"
    agent: str | None = None


@dataclass
class Faults:
    """What goes wrong; tests set these from their own thread."""

    refuse_sockets: bool = False
    kill_after_commit: int = 0
    kill_before_commit: int = 0
    silent_bot: bool = False
    bad_tokens: bool = False
    drop_frames: int = 0


class FakeGateway:
    """The gateway and the host site, started by `start` and ended by `stop`."""

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}
        self.tokens: dict[str, Talk] = {}
        self.people: dict[str, Talk] = {}
        self.faults = Faults()
        self.hellos: list[Frame] = []
        self.identity: str | None = None
        self.port = 0
        self.site_port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._runners: list[web.AppRunner] = []

    # Called from the test's thread ---------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the fake gateway did not start")

    def stop(self) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def reset(self) -> None:
        """A fresh server for the next test."""
        self._do(self._kill_sockets())
        self.talks, self.tokens, self.people, self.hellos = {}, {}, {}, []
        self.faults, self.identity = Faults(), None

    @property
    def talk(self) -> Talk:
        """The newest conversation."""
        return list(self.talks.values())[-1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, **options: str) -> str:
        """The host page's address; `policy=strict` sets a strict policy, other options become data-attributes."""
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"http://127.0.0.1:{self.site_port}/?{query}"

    def sent(self, kind: str = "send") -> list[Frame]:
        """What the conversation stored of this kind, in order."""
        return [frame for frame in self.talk.received if frame["type"] == kind]

    def kill_sockets(self) -> None:
        self._do(self._kill_sockets())

    def say(self, text: str, **parts: Any) -> None:
        """The other side writes."""
        self._do(self._message(self.talk, parts.pop("author", "bot"), text, **parts))

    def own(self, owner: str, agent: str | None = None, position: int | None = None) -> None:
        """The conversation goes to another owner."""
        self._do(self._state(self.talk, owner, agent, position))

    def hint(self, frame: Frame) -> None:
        """A frame without a number, such as typing."""
        self._do(self._send(self.talk, frame))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    # The servers ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self) -> None:
        gateway = web.Application()
        gateway.router.add_get("/widget.js", self._file)
        gateway.router.add_get("/static/{kind:widget|vendor}/{name}", self._file)
        gateway.router.add_get("/ws/visitor", self._socket)
        gateway.router.add_get("/api/v1/visitor/events", self._cors(self._events))
        gateway.router.add_post("/api/v1/visitor/hello", self._cors(self._say_hello))
        gateway.router.add_post("/api/v1/visitor/messages", self._cors(self._messages))
        gateway.router.add_route("OPTIONS", "/{any:.*}", self._cors(self._empty))
        site = web.Application()
        site.router.add_get("/", self._page)
        site.router.add_get("/rapport-identity", self._identity)
        site.router.add_get("/favicon.ico", self._empty)
        self.port = await self._listen(gateway)
        self.site_port = await self._listen(site)

    async def _listen(self, app: web.Application) -> int:
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._runners.append(runner)
        return int(runner.addresses[0][1])

    async def _stop(self) -> None:
        await self._kill_sockets()
        for runner in self._runners:
            await runner.cleanup()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "widget.js")
        folder = request.match_info.get("kind")
        path = VENDOR[name] if folder == "vendor" else STATIC / "widget" / name if folder else STATIC / name
        if not path.is_file():
            raise web.HTTPNotFound()
        return web.Response(body=path.read_bytes(), content_type=TYPES[path.suffix], headers=CORS)

    async def _empty(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=204)

    async def _identity(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"token": self.identity}) if self.identity else web.Response(status=204)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        options = dict(request.query)
        headers = {}
        if options.pop("policy", "") == "strict":
            socket = self.url.replace("http", "ws")
            headers["Content-Security-Policy"] = (
                f"default-src 'none'; script-src {self.url}; connect-src {self.url} {socket} 'self'; style-src 'none';"
                " require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'"
            )
        lang, direction = options.pop("lang", "en"), options.pop("dir", "ltr")
        data = "".join(f' data-{name}="{value}"' for name, value in options.items())
        tag = f'<script src="{self.url}/widget.js" defer data-rapport{data}></script>'
        return web.Response(
            text=f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>Lumen Home</title>{tag}</head>'
            '<body><main><h1>Lumen Home</h1><p>Lamps, sensors and plugs that simply work.</p>'
            '<button id="host">Add to basket</button></main></body></html>',
            content_type="text/html",
            headers=headers,
        )

    def _cors(self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            response = await handler(request)
            response.headers.update(CORS)
            response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
            return response

        return handle

    # The protocol --------------------------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.faults.refuse_sockets:
            raise web.HTTPForbidden()
        socket = web.WebSocketResponse(protocols=("rapport.v1",))
        await socket.prepare(request)
        talk: Talk | None = None
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            frame = json.loads(message.data)
            if talk is None:
                answer, talk = self._hello(frame)
                await socket.send_json(answer)
                if talk is None:
                    await socket.close(code=4001)
                    break
                for row in list(talk.log[frame["last_seq"] :]):
                    await socket.send_json(row)
                talk.sockets.append(socket)
            elif frame["type"] == "ping":
                await socket.send_json({"type": "pong"})
            elif "cid" in frame:
                reply = await self._take(talk, frame)
                if reply is None:
                    self._abort(socket)
                    break
                await socket.send_json(reply)
            else:
                talk.received.append(frame)
        if talk and socket in talk.sockets:
            talk.sockets.remove(socket)
        return socket

    def _hello(self, frame: Frame) -> tuple[Frame, Talk | None]:
        self.hellos.append(frame)
        token = frame.get("token")
        if token and (self.faults.bad_tokens or token not in self.tokens):
            self.faults.bad_tokens = False
            return {"type": "error", "code": "bad_token", "message": "This chat is not known any more."}, None
        subject = _subject(frame.get("identity"))
        talk = self.people.get(subject) if subject else None
        talk = talk or (self.tokens[token] if token else Talk())
        self.talks[talk.id] = talk
        if subject:
            self.people[subject] = talk
        token = token if token and self.tokens[token] is talk else uuid4().hex
        self.tokens[token] = talk
        welcome = {
            "type": "welcome", "token": token, "conversation": talk.id, "case": None, "seq": len(talk.log),
            "owner": talk.owner, "agent": talk.agent, "customer": subject,
        }  # fmt: skip
        return welcome, talk

    async def _take(self, talk: Talk, frame: Frame) -> Frame | None:
        """Store a frame and answer it; None when the connection shall break instead."""
        cid = frame["cid"]
        if self.faults.kill_before_commit:
            self.faults.kill_before_commit -= 1
            return None
        if cid not in talk.receipts:
            if frame["type"] == "send" and frame.get("text") == "refuse this":
                return {"type": "error", "code": "bad_frame", "message": "This cannot be sent.", "cid": cid}
            talk.received.append(frame)
            talk.receipts[cid] = len(talk.log) + 1
            await self._react(talk, frame)
        if self.faults.kill_after_commit:
            self.faults.kill_after_commit -= 1
            return None
        return {"type": "ack", "cid": cid, "seq": talk.receipts[cid]}

    async def _react(self, talk: Talk, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "send":
            text = frame.get("text") or self._title(talk, frame["choice"])
            await self._message(talk, "customer", text, cid=frame["cid"])
            if frame.get("choice"):
                await self._update(talk, self._offer(talk, frame["choice"]), chosen=frame["choice"])
            if talk.owner == "bot" and not self.faults.silent_bot:
                await self._answer(talk, text)
        elif kind == "survey":
            of = next(m["seq"] for m in talk.log if (m.get("survey") or {}).get("id") == frame["survey"])
            changed = {"id": frame["survey"], "answered": frame["score"], "comment": frame.get("comment")}
            await self._update(talk, of, survey=changed)
        elif kind == "invitation":
            of = next(m["seq"] for m in talk.log if (m.get("invitation") or {}).get("id") == frame["invitation"])
            await self._update(talk, of, invitation={"id": frame["invitation"], "answered": frame["answer"]})
        elif kind == "human":
            await self._message(talk, "customer", "Talk to a person", cid=frame["cid"])
            await self._state(talk, "queue", None, 2)
        elif kind == "end":
            await self._message(talk, "system", "You ended this chat. Write any time to start a new one.")
            await self._state(talk, "nobody", None, None)

    async def _answer(self, talk: Talk, text: str) -> None:
        await self._send(talk, {"type": "typing", "author": "bot"})
        for said, parts in SPECIAL.get(text.lower(), [(f"You said: {text}", {})]):
            fresh = json.loads(json.dumps(parts))
            for part in ("survey", "invitation"):
                if part in fresh:
                    fresh[part]["id"] = str(uuid4())
            await self._message(talk, "bot", said, **fresh)

    def _title(self, talk: Talk, choice: str) -> str:
        return next(str(c["title"]) for m in talk.log for c in m.get("choices") or [] if c["id"] == choice)

    def _offer(self, talk: Talk, choice: str) -> int:
        return next(int(m["seq"]) for m in talk.log for c in m.get("choices") or [] if c["id"] == choice)

    async def _message(self, talk: Talk, author: str, text: str, cid: str | None = None, **parts: Any) -> None:
        names = {"bot": "Lumi", "agent": talk.agent}
        row = {
            "type": "message", "id": str(uuid4()), "cid": cid, "author": author, "name": names.get(author), "text": text,
            "choices": [], "card": None, "survey": None, "invitation": None, "at": datetime.now(UTC).isoformat(), **parts,
        }  # fmt: skip
        await self._append(talk, row)

    async def _update(self, talk: Talk, of: int, **changes: Any) -> None:
        await self._append(talk, {"type": "update", "of": of, **changes})

    async def _state(self, talk: Talk, owner: str, agent: str | None, position: int | None) -> None:
        talk.owner, talk.agent = owner, agent
        await self._append(
            talk, {"type": "state", "case": "case", "owner": owner, "agent": agent, "case_status": "open"}
        )
        if position:
            await self._send(talk, {"type": "queue", "position": position, "wait_s": 180})

    async def _append(self, talk: Talk, row: Frame) -> None:
        row["seq"] = len(talk.log) + 1
        talk.log.append(row)
        if self.faults.drop_frames:
            self.faults.drop_frames -= 1
            return
        await self._send(talk, row)

    async def _send(self, talk: Talk, frame: Frame) -> None:
        for socket in list(talk.sockets):
            try:
                await socket.send_json(frame)
            except (ConnectionError, RuntimeError):
                talk.sockets.remove(socket)

    async def _kill_sockets(self) -> None:
        for talk in self.talks.values():
            for socket in list(talk.sockets):
                self._abort(socket)

    def _abort(self, socket: web.WebSocketResponse) -> None:
        """The cable is cut: no closing handshake."""
        transport = socket.get_extra_info("socket") and socket._req and socket._req.transport
        if transport:
            transport.abort()

    # The way without sockets ---------------------------------------------------------------------------------------

    def _bearer(self, request: web.Request) -> Talk | None:
        return self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        talk = self._bearer(request)
        if talk is None:
            return web.json_response({"title": "bad_token"}, status=401)
        answer = await self._take(talk, await request.json())
        if answer and answer["type"] == "error":
            problem = {"type": "about:blank", "title": answer["code"], "detail": answer["message"], "cid": answer["cid"]}
            return web.json_response(problem, status=400)
        return web.json_response(answer)

    async def _say_hello(self, request: web.Request) -> web.StreamResponse:
        frame = await request.json()
        welcome, talk = self._hello(frame)
        if talk is None:
            return web.json_response({"title": "bad_token"}, status=401)
        return web.json_response({**welcome, "items": talk.log[frame["last_seq"] :]})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        talk = self._bearer(request)
        if talk is None:
            return web.json_response({"title": "bad_token"}, status=401)
        after = int(request.query["after"])
        deadline = time.monotonic() + float(request.query.get("wait", "0"))
        while len(talk.log) <= after and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        return web.json_response({"items": talk.log[after:], "seq": len(talk.log)})


def _subject(identity: str | None) -> str | None:
    if not identity:
        return None
    payload = identity.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


def main() -> None:
    """Run it by hand, to look at the widget in a browser."""
    gateway = FakeGateway()
    gateway.start()
    print(gateway.page(company="Lumen Home"), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
