"""Pages are made here: the template environment and what every page knows (visitor, basket, offer, widget)."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from demo.catalogue import CATEGORIES
from demo.delivery import FREE_FROM_CENTS
from demo.keys import DATABASE, SETTINGS, TEMPLATES
from demo.purchase import REF_PATTERN, has_ordered
from demo.sessions import load_visitor
from demo.views import money, short_money

REF_COOKIE = "lh_ref"


def here(name: str) -> Path:
    """A folder of this package."""
    return Path(str(files("demo"))) / name


def make_templates() -> Environment:
    """The environment: escaping on, a missing name is an error, static files named by their content."""
    environment = Environment(
        loader=FileSystemLoader(here("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = hashlib.sha256((here("static") / "shop.css").read_bytes()).hexdigest()[:12]
    environment.globals.update(categories=CATEGORIES, style=style, free_from=FREE_FROM_CENTS)
    environment.filters.update(money=money, short_money=short_money, day=_day, short_day=_short_day)
    return environment


def _day(value: date | datetime) -> str:
    return f"{value.day} {value:%B %Y}"


def _short_day(value: date | datetime) -> str:
    return f"{value:%a} {value.day} {value:%b}"


def referral_code(request: web.Request) -> str | None:
    """The friend's code this browser came with, from the address or the cookie; malformed ones count as none."""
    code = request.query.get("ref") or request.cookies.get(REF_COOKIE, "")
    return code if REF_PATTERN.fullmatch(code) else None


async def offer_code(request: web.Request) -> str | None:
    """The code whose offer holds for this visitor: nobody who has ordered before gets one."""
    code = referral_code(request)
    visitor = await load_visitor(request)
    if code is None or visitor.customer is None:
        return code
    async with request.app[DATABASE].read() as session:
        return None if await has_ordered(session, visitor.customer.email) else code


async def page(
    request: web.Request, template: str, *, status: int = 200, shown: dict[str, Any] | None = None, **context: Any
) -> web.Response:
    """Render `template` for this visitor. Pages are personal, so nothing may cache them.

    `shown` is what the chat is told of the page: its product, basket or order.
    """
    visitor = await load_visitor(request)
    settings = request.app[SETTINGS]
    cart = {"cart": {"items": visitor.pieces}} if visitor.pieces else {}
    html = (
        request.app[TEMPLATES]
        .get_template(template)
        .render(
            visitor=visitor,
            rapport_url=settings.rapport_url,
            offer=settings.friend_reward if await offer_code(request) else 0,
            path=request.path,
            shown={**cart, **(shown or {})},
            **context,
        )
    )
    response = web.Response(status=status, text=html, content_type="text/html", headers={"Cache-Control": "no-store"})
    response.enable_compression()
    return response
