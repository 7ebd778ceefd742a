"""The referral's two doors: the friend's landing page, and the shop's signed events."""

import html
from datetime import UTC
from typing import Any

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from bot.gateway.api import Api, Call
from bot.gateway.bodies import read_body
from bot.gateway.client_address import client_address
from bot.gateway.keys import APP, LIMITER
from bot.gateway.problems import Problem
from bot.services.referrals import Landing, record_visit
from bot.services.shop_events import BadEvent, BadSignature, UnknownEvent, handle_shop_event, verify_signature
from bot.widget_build import STATIC

MAX_EVENT_BYTES = 64 * 1024


class ShopEventBody(BaseModel):
    """What the shop's server posts, signed by Standard Webhooks."""

    type: str = Field(max_length=60, description="For example `referral.ordered`.")
    timestamp: AwareDatetime
    data: dict[str, Any]


class ShopEventTaken(BaseModel):
    """What became of it; a repeated webhook id changes nothing and says so."""

    id: str
    result: str
    repeated: bool


def add_referral_routes(application: web.Application, api: Api) -> None:
    """`/r/{code}` and `/api/v1/events`."""
    application.router.add_get("/r/{code}", landing_page)

    @api.route(
        "POST", "/api/v1/events", tag="shop", returns=ShopEventTaken, errors=(400, 401, 413, 422),
        summary="An event of the shop, signed with RAPPORT_SHOP_SECRET (Standard Webhooks).",
    )  # fmt: skip
    async def events(call: Call) -> ShopEventTaken:
        app = call.request.app[APP]
        raw = await read_body(call.request, MAX_EVENT_BYTES)
        try:
            webhook_id = verify_signature(app.settings.secret("shop_secret"), call.request.headers, raw)
        except (BadSignature, KeyError) as error:
            raise Problem(401, "bad_signature", str(error)) from error
        try:
            body = ShopEventBody.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise Problem(422, "invalid", f"{where or 'body'}: {first['msg']}") from error
        try:
            done = await handle_shop_event(app, webhook_id, body.type, body.timestamp.astimezone(UTC), body.data)
        except (UnknownEvent, BadEvent) as error:
            raise Problem(422, "bad_event", str(error)) from error
        return ShopEventTaken(id=done.id, result=done.result, repeated=done.repeated)


async def landing_page(request: web.Request) -> web.StreamResponse:
    """`GET /r/{code}`: counts the visit and greets the friend; an unknown code gets a kind page, status 404."""
    if not await request.app[LIMITER].allow_opening(client_address(request)):
        raise web.HTTPTooManyRequests(text="Too many visits from this address; please wait a minute.")
    visitor = f"{client_address(request)}|{request.headers.get('User-Agent', '')}"
    found = await record_visit(request.app[APP], request.match_info["code"], visitor)
    if found is None:
        return _page(request, 404, "This invitation is not known", _UNKNOWN, None)
    return _page(request, 200, f"Welcome to {found.company}", "", found)


_UNKNOWN = "The link may have been cut short when it was copied. Ask your friend to send it once more."


def _page(request: web.Request, status: int, title: str, text: str, landing: Landing | None) -> web.Response:
    escape = html.escape
    template = (STATIC / "landing" / "page.html").read_text(encoding="utf-8")
    body = (
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
        if landing is None
        else (
            f'<p class="from">{escape(landing.advocate or "A friend")} sent you here</p>'
            f"<h1>{escape(landing.offer)}</h1><p>{escape(landing.text)}</p>"
            f'<a class="go" href="{escape(landing.shop_url)}">Visit {escape(landing.company)}</a>'
            f'<p class="code">Your code <strong>{escape(landing.code)}</strong></p>'
            '<p class="small">The offer is applied by itself at the checkout of your first order. '
            "We count visits without keeping who you are.</p>"
        )
    )
    page = template.replace("{title}", escape(title)).replace("{body}", body)
    return web.Response(status=status, text=page, content_type="text/html")
