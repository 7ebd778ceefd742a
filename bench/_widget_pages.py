"""The pages that bench/widget.py compares: the same shop page with nothing, with us, with peers, from one server."""

import gzip
import hashlib
import json
import os
import subprocess
import tarfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from tests.support.loop_thread import LoopThread

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rapport" / "bench" / "widget"


@dataclass(frozen=True)
class Peer:
    """A chat widget from the npm registry; only its one bundle is taken, by the digest of the package."""

    package: str
    integrity: str
    bundle: str
    embed: str


PEERS = {
    "deep-chat 2.4.2": Peer(
        "deep-chat@2.4.2",
        "sha512-wQNd6Z6HDoH7OMeoQKpmxDm9XdWrRjMkBJ2yl5tsYND9Dz2UCv/BdGVM8vK2V0mhO1u+OniHYPWDGvjlNxjCeQ==",
        "dist/deepChat.bundle.js",
        '<script type="module" src="/deep-chat.js"></script><deep-chat demo="true"></deep-chat>',
    ),
    "rasa-webchat 1.0.1": Peer(
        "rasa-webchat@1.0.1",
        "sha512-Ld1zVJvTAaTrs6A5p8t70agNNrKYRyXlvqXZRgBoDvKKUXbA0jhJKECi5bdPGlaR6jsmqWtVylHS+YqIqo0x8w==",
        "lib/index.js",
        '<script async src="/rasa-webchat.js" onload="WebChat.default({socketUrl: location.origin, '
        "title: 'Chat', connectOn: 'open', hideWhenNotConnected: false}, null)\"></script>",
    ),
}
PARAGRAPHS = "".join(f"<p>{'Lamps, sensors and plugs that simply work. ' * 12}</p>" for _ in range(20))


class PeerError(Exception):
    """A peer could not be had; the text says why."""


def bundle(peer: Peer) -> bytes:
    """The peer's bundle, from the cache or the npm registry. Raises PeerError."""
    kept = CACHE / peer.package.replace("@", "-") / Path(peer.bundle).name
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["npm", "pack", peer.package, "--json", "--pack-destination", str(kept.parent)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise PeerError(f"npm could not fetch {peer.package}: {done.stderr.strip()[-300:]}")
        archive = kept.parent / json.loads(done.stdout)[0]["filename"]
        digest = "sha512-" + b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != peer.integrity:
            raise PeerError(f"{peer.package} is not the package that was measured before: {digest}")
        with tarfile.open(archive) as packed:
            member = packed.extractfile(f"package/{peer.bundle}")
            assert member is not None
            kept.write_bytes(member.read())
        archive.unlink()
    return kept.read_bytes()


class Site:
    """A shop's website in a thread of its own; `/NAME` is the shop's page with that widget, `/empty` without any."""

    def __init__(self, embeds: dict[str, str], scripts: dict[str, bytes]) -> None:
        self._pages = {name: _page(embed) for name, embed in embeds.items()}
        self._scripts = {name: gzip.compress(body, 9) for name, body in scripts.items()}
        self._thread = LoopThread()
        self.url = ""

    def __enter__(self) -> "Site":
        self._thread.start(self._serve())
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_get("/{name}.js", self._script)
        app.router.add_get("/{name}", self._page_of)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _script(self, request: web.Request) -> web.Response:
        body = self._scripts.get(request.match_info["name"])
        if body is None:
            raise web.HTTPNotFound
        return web.Response(body=body, content_type="text/javascript", headers={"Content-Encoding": "gzip"})

    async def _page_of(self, request: web.Request) -> web.Response:
        page = self._pages.get(request.match_info["name"])
        if page is None:
            raise web.HTTPNotFound
        return web.Response(body=page, content_type="text/html", headers={"Content-Encoding": "gzip"})


def _page(embed: str) -> bytes:
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>Lumen Home</title>'
        '<meta name="description" content="Lamps, sensors and plugs that simply work."></head>'
        f"<body><main><h1>Lumen Home</h1>{PARAGRAPHS}</main>{embed}</body></html>"
    )
    return gzip.compress(html.encode(), 9)
