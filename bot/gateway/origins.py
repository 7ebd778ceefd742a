"""Which websites may open a chat here, and the headers that say so."""

from urllib.parse import urlsplit

from aiohttp import web

from bot.settings import Settings


def allowed_origins(settings: Settings) -> frozenset[str]:
    """The configured origins: the public address, the sites, and in demo mode the demo shop."""
    listed = [settings.public_url, *settings.sites.split(",")]
    if settings.demo:
        listed += [f"http://127.0.0.1:{settings.ports.shop}", f"http://localhost:{settings.ports.shop}"]
    return frozenset(_origin(site) for site in listed if site.strip())


def _origin(site: str) -> str:
    parts = urlsplit(site.strip())
    return f"{parts.scheme}://{parts.netloc}".lower()


def is_allowed(request: web.Request, allowed: frozenset[str], *, absent: bool) -> bool:
    """Whether the request's Origin is its own host or a configured site; `absent`: the answer when there is none."""
    origin = request.headers.get("Origin")
    if origin is None:
        return absent
    # Only the host is compared for the own origin: behind a TLS proxy the scheme we see is not the browser's.
    return origin.lower() in allowed or urlsplit(origin).netloc.lower() == request.host.lower() != ""


def cors_headers(request: web.Request, allowed: frozenset[str]) -> dict[str, str]:
    """The CORS answer for an allowed origin; nothing for others."""
    origin = request.headers.get("Origin")
    if origin is None or not is_allowed(request, allowed, absent=False):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": "Authorization, Content-Type, X-File-Name",
        "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
