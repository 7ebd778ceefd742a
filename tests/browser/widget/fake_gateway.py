"""A gateway of a few hundred lines that speaks the visitor protocol, so that the widget can be tested by itself.

It keeps its conversations in memory, echoes what it is told, shows every kind of message on a word ("survey ces",
"referral", "order", ...), and has switches for the faults a network and a server can have. It runs in a thread of its
own, with the widget's host page on a second port, as a second origin.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from bot.gateway.assets import add_asset_routes
from bot.gateway.qr_codes import qr_code
from tests.browser.widget.fake_data import FakeData
from tests.browser.widget.fake_protocol import FakeProtocol, Faults, Frame, Talk
from tests.support.loop_thread import LoopThread

ROOT = Path(__file__).parents[3]
# Where the browser's driver does not tell what a page complained about the page keeps it.
WATCH = """<script>
  window.complaints = [];
  addEventListener('error', (e) => complaints.push(e.message ?? `not loaded: ${e.target.src ?? e.target.href}`), true);
  addEventListener('unhandledrejection', (e) => complaints.push(String(e.reason)));
  console.error = (...words) => complaints.push(words.join(' '));
</script>"""
CORS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


class FakeGateway(FakeProtocol):
    """The gateway and the host site, started by `start` and ended by `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self.identity: str | None = None
        self.snippets: dict[str, str] = {}
        self.data = FakeData(self)
        self.port = 0
        self.site_port = 0
        self._thread = LoopThread()
        self._runners: list[web.AppRunner] = []

    # Called from the test's thread ---------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start(self._serve())

    def stop(self) -> None:
        self._do(self._stop())
        self._thread.stop()

    def reset(self) -> None:
        """A fresh server for the next test, at other ports: what the one before still sends reaches nobody."""
        self._do(self._stop())
        self.talks, self.tokens, self.people, self.hellos = {}, {}, {}, []
        self.faults, self.identity = Faults(), None
        self.data.reset()
        self.uploads.reset()
        self._do(self._serve())

    @property
    def talk(self) -> Talk:
        """The newest conversation."""
        return list(self.talks.values())[-1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(self, **options: str) -> str:
        """The host page's address; `policy=strict` sets a strict policy, `watch=yes` keeps complaints in `complaints`,
        other options become data-attributes.
        """
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"http://127.0.0.1:{self.site_port}/?{query}"

    def hello(self, nth: int = 1) -> Frame:
        """The nth greeting; waited for, since a chat may be drawn before it has greeted."""
        self._do(self.greeted(nth))
        return self.hellos[nth - 1]

    def sent(self, kind: str = "send") -> list[Frame]:
        """What the conversation stored of this kind, in order."""
        return [frame for frame in self.talk.received if frame["type"] == kind]

    def kill_sockets(self) -> None:
        self._do(self.kill_sockets_now())

    def say(self, text: str, **parts: Any) -> None:
        """The other side writes."""
        self._do(self.message(self.talk, parts.pop("author", "bot"), text, **parts))

    def own(self, owner: str, agent: str | None = None, position: int | None = None) -> None:
        """The conversation goes to another owner."""
        self._do(self.state(self.talk, owner, agent, position))

    def hint(self, frame: Frame) -> None:
        """A frame without a number, such as typing."""
        self._do(self.send(self.talk, frame))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.do(work)

    # The servers ---------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        gateway = web.Application()
        add_asset_routes(gateway)
        gateway.router.add_get("/ws/visitor", self._socket)
        gateway.router.add_get("/api/v1/visitor/events", self._cors(self._events))
        gateway.router.add_post("/api/v1/visitor/hello", self._cors(self._say_hello))
        gateway.router.add_post("/api/v1/visitor/messages", self._cors(self._messages))
        gateway.router.add_routes(self.data.routes(self._cors))
        gateway.router.add_post("/api/v1/visitor/uploads", self._cors(self.uploads.take))
        gateway.router.add_get("/api/v1/visitor/uploads/{id}", self._cors(self.uploads.look))
        gateway.router.add_delete("/api/v1/visitor/uploads/{id}", self._cors(self.uploads.remove))
        gateway.router.add_get("/api/v1/uploads/{id}", self._cors(self.uploads.file))
        gateway.router.add_get("/api/v1/visitor/invitations/{id}/qr", self._cors(self._qr))
        gateway.router.add_route("OPTIONS", "/{any:.*}", self._cors(self._empty))
        site = web.Application()
        site.router.add_get("/", self._page)
        site.router.add_get("/snippet/{name:.*}", self._snippet)
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
        await self.kill_sockets_now()
        while self._runners:
            await self._runners.pop().cleanup()

    async def _snippet(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        kind = "text/javascript" if name.endswith(".mjs") else "text/html"
        return web.Response(text=self.snippets[name], content_type=kind)

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
                f"default-src 'none'; script-src {self.url}; connect-src {self.url} {socket} 'self';"
                f" img-src {self.url}; style-src 'none';"
                " require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'"
            )
        lang, direction = options.pop("lang", "en"), options.pop("dir", "ltr")
        watch = WATCH if options.pop("watch", "") else ""
        data = "".join(f' data-{name}="{value}"' for name, value in options.items())
        tag = f'{watch}<script src="{self.url}/widget.js" async data-rapport{data}></script>'
        return web.Response(
            text=f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>Lumen Home</title>{tag}</head>'
            "<body><main><h1>Lumen Home</h1><p>Lamps, sensors and plugs that simply work.</p>"
            '<button id="host">Add to basket</button></main></body></html>',
            content_type="text/html",
            headers=headers,
        )

    def _cors(self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            response = await handler(request)
            response.headers.update(CORS)
            response.headers["Access-Control-Allow-Headers"] = "authorization, content-type, x-file-name"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
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
                answer, talk = self.greet(frame)
                await self._may_welcome()
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
                reply = await self.take(talk, frame)
                if reply is None:
                    self.abort(socket)
                    break
                await socket.send_json(reply)
            else:
                talk.received.append(frame)
        if talk and socket in talk.sockets:
            talk.sockets.remove(socket)
        return socket

    async def _may_welcome(self) -> None:
        while self.faults.hold_welcome:
            await asyncio.sleep(0.02)

    # The way without sockets ---------------------------------------------------------------------------------------

    def _bearer(self, request: web.Request) -> Talk | None:
        return self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        talk = self._bearer(request)
        if talk is None:
            return web.json_response({"title": "bad_token"}, status=401)
        frame = await request.json()
        if frame["type"] == "page":
            talk.received.append(frame)
            return web.json_response({"type": "ack", "cid": None, "seq": 0})
        answer = await self.take(talk, frame)
        if answer and answer["type"] == "error":
            problem = {
                "type": "about:blank",
                "title": answer["code"],
                "detail": answer["message"],
                "cid": answer["cid"],
            }
            return web.json_response(problem, status=400)
        return web.json_response(answer)

    async def _qr(self, request: web.Request) -> web.StreamResponse:
        if self._bearer(request) is None:
            return web.json_response({"title": "bad_token"}, status=401)
        return web.json_response(qr_code("https://shop.example/r/K7f3-9Qx2-LmZ4").model_dump())

    async def _say_hello(self, request: web.Request) -> web.StreamResponse:
        frame = await request.json()
        welcome, talk = self.greet(frame)
        await self._may_welcome()
        if talk is None:
            return web.json_response({"title": "bad_token", "of": welcome.get("of")}, status=401)
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


def main() -> None:
    """Run it by hand, to look at the widget in a browser."""
    gateway = FakeGateway()
    gateway.start()
    sys.stdout.write(f"{gateway.page(company='Lumen Home')}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
