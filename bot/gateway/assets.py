"""Static files: our own modules, and the browser libraries from the installed npm packages."""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from bot.gateway.words import with_words
from bot.settings import ROOT

STATIC = Path(__file__).parent / "static"
LAUNCHER = STATIC / "widget.js"
NODE_MODULES = ROOT / "node_modules"
GUIDE_PICTURES = ROOT / "data" / "knowledge" / "guides" / "pictures"

VENDOR = {
    "preact.mjs": NODE_MODULES / "preact" / "dist" / "preact.mjs",
    "htm.mjs": NODE_MODULES / "htm" / "dist" / "htm.mjs",
    "htmx.js": NODE_MODULES / "htmx.org" / "dist" / "htmx.min.js",
}
"""Public name to installed file: nothing else of node_modules is ever served."""

mimetypes.add_type("text/javascript", ".mjs")
COMPRESSIBLE = {".css", ".html", ".js", ".json", ".mjs", ".svg"}

CROSS_ORIGIN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""The widget's modules are loaded by other websites; they hold nothing private."""


@lru_cache(maxsize=512)
def _load(path: Path, stamp: int) -> tuple[bytes, bytes | None, str]:
    """A file's bytes, gzipped bytes and ETag; `stamp` renews the cache when the file changes."""
    body = with_words(path.read_bytes()) if path == LAUNCHER else path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in COMPRESSIBLE else None
    return body, packed, hashlib.sha256(body).hexdigest()[:20]


def respond(request: web.Request, path: Path, headers: dict[str, str] | None = None) -> web.Response:
    """The file with ETag, gzip and caching: `?v=` marks a version that never changes."""
    if not path.is_file():
        raise web.HTTPNotFound(text="There is no such file.")
    body, packed, tag = _load(path, path.stat().st_mtime_ns)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind.endswith(("json", "javascript", "svg+xml")):
        kind += "; charset=utf-8"
    answer = {
        "Content-Type": kind,
        "ETag": f'"{tag}"',
        "Cache-Control": "public, max-age=31536000, immutable" if "v" in request.query else "public, max-age=300",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
        **(headers or {}),
    }
    if f'"{tag}"' in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=answer)
    if packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=packed, headers={**answer, "Content-Encoding": "gzip"})
    return web.Response(body=body, headers=answer)


async def launcher(request: web.Request) -> web.Response:
    """`GET /widget.js`."""
    return respond(request, LAUNCHER, CROSS_ORIGIN)


async def static(request: web.Request) -> web.Response:
    """`GET /static/{path}`: below our own folder only."""
    path = (STATIC / request.match_info["path"]).resolve()
    if not path.is_relative_to(STATIC.resolve()):
        raise web.HTTPNotFound(text="There is no such file.")
    return respond(request, path, CROSS_ORIGIN)


# Opened by itself an SVG is a page; this one may show itself and do nothing else.
PICTURE_HEADERS = {**CROSS_ORIGIN, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


async def guide_picture(request: web.Request) -> web.Response:
    """`GET /static/guides/{name}`: a picture of a guide's step."""
    return respond(request, GUIDE_PICTURES / request.match_info["name"], PICTURE_HEADERS)


async def vendor(request: web.Request) -> web.Response:
    """`GET /static/vendor/{name}`."""
    path = VENDOR.get(request.match_info["name"])
    if path is None:
        raise web.HTTPNotFound(text="There is no such library.")
    return respond(request, path, CROSS_ORIGIN)


def add_asset_routes(application: web.Application) -> None:
    application.router.add_get("/widget.js", launcher)
    application.router.add_get("/static/vendor/{name}", vendor)
    application.router.add_get(r"/static/guides/{name:[a-z0-9][a-z0-9_.-]*\.(?:svg|png|webp)}", guide_picture)
    application.router.add_get("/static/{path:.+}", static)
    application.router.add_get("/favicon.ico", favicon)


async def favicon(request: web.Request) -> web.Response:
    return respond(request, STATIC / "favicon.svg")
