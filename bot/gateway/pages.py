"""The staff's pages: Jinja templates with escaping always on, and who may see them."""

import hashlib
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.gateway.bodies import read_form
from bot.gateway.keys import APP
from bot.gateway.problems import Problem
from bot.gateway.staff_auth import COOKIE_WRITES, MEMBER, member_by_cookie
from bot.services.staff import StaffMember
from bot.widget_build import STATIC

TEMPLATES = Path(__file__).parent / "templates"


def render(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """The page; templates also see `member` (or None), `company`, `path` and `asset()`."""
    context.setdefault("member", request.get(MEMBER))
    text = (
        _environment()
        .get_template(template)
        .render(company=request.app[APP].settings.company, path=request.path, **context)
    )
    return web.Response(text=text, status=status, content_type="text/html")


async def require_page_staff(request: web.Request, role: str) -> StaffMember:
    """Who is looking. Raises a redirect to the sign-in page, or the page that says which role is needed.

    A form's post must carry the session's token, as the field `csrf` or the header `X-CSRF-Token`.
    """
    member = await member_by_cookie(request)
    if member is None:
        wanted = request.path_qs if request.method == "GET" else "/desk"
        raise web.HTTPSeeOther(f"/signin?next={quote(wanted, safe='')}")
    request[MEMBER] = member
    if not member.may(role):
        answer = render(request, "refused.html", status=HTTPStatus.FORBIDDEN, needed=role)
        raise web.HTTPForbidden(text=answer.text, content_type="text/html")
    if request.method in COOKIE_WRITES:
        await require_form_token(request, member)
    return member


async def require_form_token(request: web.Request, member: StaffMember) -> None:
    """Raise Problem 403 unless the post carries its session's token."""
    sent = request.headers.get("X-CSRF-Token")
    if sent is None:
        sent = str((await read_form(request)).get("csrf", ""))
    if sent != member.csrf:
        raise Problem(403, "bad_form_token", "This page is out of date. Reload it and try again.")


def safe_next(request: web.Request, fallback: str = "/desk") -> str:
    """Where to go after signing in: a path on this site, never another site."""
    wanted = request.query.get("next", "")
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return fallback
    return wanted


def asset(path: str) -> str:
    """The address of a file of ours below static/, with a version that changes with its content."""
    return f"/static/{path}?v={_stamp(STATIC / path, (STATIC / path).stat().st_mtime_ns)}"


@lru_cache(maxsize=256)
def _stamp(path: Path, _mtime: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset
    return environment
