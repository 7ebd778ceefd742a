"""The pages before the desk: signing in and out, and the one-time link that makes the first account."""

from aiohttp import web

from bot.gateway.bodies import read_form
from bot.gateway.keys import APP
from bot.gateway.pages import render, require_form_token, safe_next
from bot.gateway.problems import Problem
from bot.gateway.staff_auth import clear_cookie, member_by_cookie, set_cookie, sign_in_request
from bot.services.staff import LinkRefused, StaffRefused, account_by_link, role_of_link
from bot.services.staff_sessions import begin_session, sign_out


def add_staff_pages(application: web.Application) -> None:
    """`/signin`, `/signout` and `/welcome/{token}`."""
    application.router.add_get("/signin", _sign_in_page)
    application.router.add_post("/signin", _sign_in)
    application.router.add_post("/signout", _sign_out)
    application.router.add_get("/welcome/{token}", _welcome_page)
    application.router.add_post("/welcome/{token}", _welcome)


async def _sign_in_page(request: web.Request) -> web.Response:
    if await member_by_cookie(request) is not None:
        raise web.HTTPSeeOther(safe_next(request))
    return render(request, "signin.html", problem=None, email="")


async def _sign_in(request: web.Request) -> web.Response:
    form = await read_form(request)
    email, password = str(form.get("email", ""))[:320], str(form.get("password", ""))
    try:
        token, _ = await sign_in_request(request, email, password)
    except Problem as problem:
        return render(request, "signin.html", status=problem.status, problem=problem.detail, email=email)
    response = web.HTTPSeeOther(safe_next(request))
    set_cookie(request, response, token)
    raise response


async def _sign_out(request: web.Request) -> web.Response:
    member = await member_by_cookie(request)
    response = web.HTTPSeeOther("/signin")
    if member is not None:
        await require_form_token(request, member)
        await sign_out(request.app[APP], member)
        clear_cookie(request, response)
    raise response


async def _welcome_page(request: web.Request) -> web.Response:
    """Looking never uses the link up: mail scanners and previews open links too."""
    try:
        role = await role_of_link(request.app[APP], request.match_info["token"])
    except StaffRefused as error:
        return _private(render(request, "welcome.html", status=410, role=None, problem=str(error), email="", name=""))
    return _private(render(request, "welcome.html", role=role, problem=None, email="", name=""))


async def _welcome(request: web.Request) -> web.Response:
    app, token = request.app[APP], request.match_info["token"]
    form = await read_form(request)
    email, name = str(form.get("email", ""))[:320], str(form.get("name", ""))[:400]
    role = None
    try:
        role = await role_of_link(app, token)
        staff_id = await account_by_link(app, token, email=email, name=name, password=str(form.get("password", "")))
    except StaffRefused as error:
        gone = isinstance(error, LinkRefused)
        return _private(
            render(
                request, "welcome.html", status=410 if gone else 422,
                role=None if gone else role, problem=str(error), email=email, name=name,
            )
        )  # fmt: skip
    session, member = await begin_session(app, staff_id)
    response = web.HTTPSeeOther("/studio" if member.may("admin") else "/desk")
    set_cookie(request, response, session)
    raise response


def _private(response: web.Response) -> web.Response:
    # The address is the secret: it must not travel to another site. (`no-referrer` would make the form's post say
    # `Origin: null`, which is refused.)
    response.headers["Referrer-Policy"] = "same-origin"
    return response
