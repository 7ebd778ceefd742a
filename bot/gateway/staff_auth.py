"""Who is calling: the staff's session by cookie or bearer token, the roles, and signing in and out."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from bot.gateway.api import Api, Call
from bot.gateway.client_address import client_address
from bot.gateway.keys import APP
from bot.gateway.problems import Problem
from bot.gateway.visitor_routes import visitor_of
from bot.services.staff import StaffMember
from bot.services.staff_sessions import LIFE, SignInRefused, TooManyAttempts, member_of, sign_in, sign_out
from bot.settings import Settings

MEMBER = web.RequestKey("member", StaffMember)
"""Who is signed in, once a guard has found out."""

COOKIE_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


class SignIn(BaseModel):
    email: str = Field(min_length=1, max_length=320)
    password: str = Field(min_length=1, max_length=1000)
    totp: str | None = Field(default=None, max_length=10, description="Not asked for yet; accepted and unused.")


class StaffOut(BaseModel):
    id: str
    email: str
    name: str
    role: str


class SessionOut(BaseModel):
    """`POST /api/v1/session`: the token is for API clients; browsers hold the same one in a cookie."""

    token: str
    csrf: str = Field(description="Browsers send it as `X-CSRF-Token` with a request that has no JSON body.")
    staff: StaffOut


class Me(BaseModel):
    staff: StaffOut


async def guard(request: web.Request, auth: str) -> Any:
    """A visitor's conversation id, or the StaffMember when `auth` is a role. Raises Problem 401 or 403."""
    if auth == "visitor":
        return await visitor_of(request)
    token = _bearer(request)
    member = await staff_of(request)
    if member is None:
        raise Problem(401, "not_signed_in", "Sign in first.")
    if not member.may(auth):
        raise Problem(403, "role_needed", f"This needs the role {auth}; you are signed in as {member.role}.")
    if token is None and request.method in COOKIE_WRITES:
        _require_own_page(request, member)
    request[MEMBER] = member
    return member


async def staff_of(request: web.Request) -> StaffMember | None:
    """Whose session this request carries, as a bearer token or in the cookie; None when there is none that is valid."""
    token = _bearer(request)
    return await member_of(request.app[APP], token) if token else await member_by_cookie(request)


async def member_by_cookie(request: web.Request) -> StaffMember | None:
    """Whose session cookie this request carries; None when there is none that is valid."""
    token = request.cookies.get(cookie_name(request))
    return await member_of(request.app[APP], token) if token else None


def cookie_name(request: web.Request) -> str:
    """`__Host-` ties the cookie to exactly this host, which browsers allow over https only."""
    return "__Host-rapport_staff" if _is_https(request) else "rapport_staff"


def set_cookie(request: web.Request, response: web.StreamResponse, token: str) -> None:
    response.set_cookie(
        cookie_name(request), token,
        max_age=int(LIFE.total_seconds()), path="/", httponly=True, samesite="Lax", secure=_is_https(request),
    )  # fmt: skip


def clear_cookie(request: web.Request, response: web.StreamResponse) -> None:
    response.del_cookie(cookie_name(request), path="/", httponly=True, samesite="Lax", secure=_is_https(request))


async def sign_in_request(request: web.Request, email: str, password: str) -> tuple[str, StaffMember]:
    """Sign in with what a form or a JSON body gave. Raises Problem 401 or 429."""
    try:
        return await sign_in(request.app[APP], email, password, client_address(request))
    except SignInRefused as error:
        raise Problem(401, "sign_in_refused", str(error)) from error
    except TooManyAttempts as error:
        raise Problem(429, "too_many_attempts", str(error), retry_after=error.retry_after) from error


def add_session_routes(application: web.Application, api: Api) -> None:
    """`/api/v1/session`."""

    @api.route(
        "POST", "/api/v1/session",
        summary="Sign in: sets the cookie and returns a bearer token.", tag="staff",
        body=SignIn, returns=SessionOut, errors=(401, 429),
    )  # fmt: skip
    async def begin(call: Call) -> web.Response:
        token, member = await sign_in_request(call.request, call.body.email, call.body.password)
        out = SessionOut(token=token, csrf=member.csrf, staff=staff_out(member))
        response = web.Response(text=out.model_dump_json(), content_type="application/json")
        response.headers["Cache-Control"] = "no-store"
        set_cookie(call.request, response, token)
        return response

    @api.route("GET", "/api/v1/session", summary="Who is signed in.", tag="staff", auth="agent", returns=Me)
    async def me(call: Call) -> Me:
        return Me(staff=staff_out(call.who))

    @api.route("DELETE", "/api/v1/session", summary="Sign out.", tag="staff", auth="agent")
    async def end(call: Call) -> web.Response:
        await sign_out(call.request.app[APP], call.who)
        response = web.Response(status=204)
        clear_cookie(call.request, response)
        return response


def staff_out(member: StaffMember) -> StaffOut:
    return StaffOut(id=member.id, email=member.email, name=member.name, role=member.role)


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _require_own_page(request: web.Request, member: StaffMember) -> None:
    # A foreign page can make a browser post a form with our cookie, but neither JSON nor our header.
    if request.content_type == "application/json" or request.headers.get("X-CSRF-Token") == member.csrf:
        return
    raise Problem(403, "bad_form_token", "Send JSON, or the session's token as the header X-CSRF-Token.")


def _is_https(request: web.Request) -> bool:
    settings: Settings = request.app[APP].settings
    return request.secure or settings.origin.startswith("https://")
