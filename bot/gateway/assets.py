"""Static files: the packed widget, our own modules, and the browser libraries from the installed npm packages."""

import asyncio
import gzip
import hashlib
import json
import mimetypes
from functools import lru_cache
from pathlib import Path

import structlog
from aiohttp import web

from bot.gateway.words import with_words
from bot.settings import ROOT
from bot.widget_build import BUILDS, NODE_MODULES, PLAIN, STATIC, Widget, pack_widget

log = structlog.get_logger()

WIDGET = web.AppKey("widget", Widget)
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
def _load(path: Path, stamp: int, widget: Widget | None = None) -> tuple[bytes, bytes | None, str]:
    """A file's bytes, gzipped bytes and ETag; `stamp` renews the cache when the file changes.

    In the launcher, the only file that comes with a `widget`, names stand for its words and the addresses of the rest.
    """
    body = path.read_bytes()
    if widget is not None:
        addresses = json.dumps([f"static/widget-{widget.name}", *widget.modules], separators=(",", ":"))
        body = with_words(body).replace(b"RAPPORT_MODULES", addresses.encode())
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in COMPRESSIBLE else None
    return body, packed, hashlib.sha256(body).hexdigest()[:20]


def respond(
    request: web.Request,
    path: Path,
    headers: dict[str, str] | None = None,
    *,
    immutable: bool = False,
    widget: Widget | None = None,
) -> web.Response:
    """The file with ETag, gzip and caching: `?v=` marks a version that never changes, as `immutable` does."""
    if not path.is_file():
        raise web.HTTPNotFound(text="There is no such file.")
    body, packed, tag = _load(path, path.stat().st_mtime_ns, widget)
    immutable = immutable or "v" in request.query
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind.endswith(("json", "javascript", "svg+xml")):
        kind += "; charset=utf-8"
    answer = {
        "Content-Type": kind,
        "ETag": f'"{tag}"',
        "Cache-Control": "public, max-age=31536000, immutable" if immutable else "public, max-age=300",
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
    widget = request.app[WIDGET]
    return respond(request, widget.launcher, CROSS_ORIGIN, widget=widget)


async def module(request: web.Request) -> web.Response:
    """`GET /static/widget-{build}/{path}`: the widget's modules and styles, by the digest of their content.

    Digits after the digest make a new address for a second try, because browsers remember a failed import.
    """
    widget, build = request.app[WIDGET], request.match_info["build"]
    name = PLAIN if build.startswith(PLAIN) else build[:12]
    asked = widget.folder if name == widget.name else BUILDS / name
    path = (asked / request.match_info["path"]).resolve()
    if not path.is_relative_to(asked.resolve()):
        raise web.HTTPNotFound(text="There is no such file.")
    if path.is_file() or asked == widget.folder:
        return respond(request, path, CROSS_ORIGIN, immutable=name != PLAIN)
    # A launcher from before an update, or from a gateway with another version, gets the chat of this one.
    location = f"/static/widget-{widget.name}/{request.match_info['path']}"
    return web.Response(status=302, headers={**CROSS_ORIGIN, "Location": location, "Cache-Control": "no-store"})


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


async def _prepare(application: web.Application) -> None:
    """Pack the widget if its sources have changed since it was packed."""
    application[WIDGET] = await asyncio.to_thread(pack_widget, lambda line: log.info("widget", note=line))


def add_asset_routes(application: web.Application) -> None:
    application.on_startup.append(_prepare)
    application.router.add_get("/widget.js", launcher)
    application.router.add_get(r"/static/widget-{build:(?:plain|[0-9a-f]{12})\d*}/{path:.+}", module)
    application.router.add_get("/static/vendor/{name}", vendor)
    application.router.add_get(r"/static/guides/{name:[a-z0-9][a-z0-9_.-]*\.(?:svg|png|webp)}", guide_picture)
    application.router.add_get("/static/{path:.+}", static)
    application.router.add_get("/favicon.ico", favicon)


async def favicon(request: web.Request) -> web.Response:
    return respond(request, STATIC / "favicon.svg")
