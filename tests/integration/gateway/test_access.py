"""Every route the gateway has against everybody who may call it; a route that is not listed here fails."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.gateway.keys import APP
from bot.services.staff import Role, create_account, role_covers
from bot.services.visitors import open_visit

PASSWORD = "a long enough secret"
ACCESS = {
    "anyone": """
        POST /api/v1/visitor/hello
        GET /api/v1/visitor/erasures/{id}
        POST /api/v1/session
        POST /api/v1/events
        GET /signin
        POST /signin
        POST /signout
        GET /welcome/{token}
        POST /welcome/{token}
        GET /r/{code}
        GET /api/v1/openapi.json
        GET /healthz
        GET /readyz
        GET /metrics
        GET /
        GET /widget.js
        GET /static/vendor/{name}
        GET /static/guides/{name}
        GET /static/widget-{build}/{path}
        GET /static/{path}
        GET /favicon.ico
        OPTIONS /api/v1/visitor/{tail}
    """,
    "visitor": """
        POST /api/v1/visitor/messages
        GET /api/v1/visitor/invitations/{id}/qr
        GET /api/v1/visitor/events
        POST /api/v1/visitor/uploads
        GET /api/v1/visitor/uploads/{id}
        DELETE /api/v1/visitor/uploads/{id}
        GET /api/v1/visitor/data
        DELETE /api/v1/visitor/data
        GET /api/v1/visitor/transcript
        POST /api/v1/visitor/transcript
    """,
    "agent": """
        GET /api/v1/session
        DELETE /api/v1/session
        GET /api/v1/desk/queue
        GET /api/v1/desk/cases/{id}
        GET /api/v1/desk/colleagues
        POST /api/v1/desk/cases/{id}/claim
        POST /api/v1/desk/cases/{id}/messages
        POST /api/v1/desk/cases/{id}/uploads
        POST /api/v1/desk/cases/{id}/notes
        POST /api/v1/desk/cases/{id}/hand-back
        POST /api/v1/desk/cases/{id}/transfer
        POST /api/v1/desk/cases/{id}/resolve
        POST /api/v1/desk/cases/{id}/reopen
        GET /api/v1/desk/recoveries
        POST /api/v1/desk/recoveries/{id}/claim
        POST /api/v1/desk/recoveries/{id}/contacted
        POST /api/v1/desk/recoveries/{id}/close
        GET /api/v1/articles
        GET /api/v1/articles/{id}
        GET /desk
    """,
    "supervisor": """
        GET /api/v1/nlu/inbox
        GET /api/v1/nlu/intents
        GET /api/v1/nlu/examples
        GET /api/v1/articles/{id}/versions
        GET /api/v1/articles/{id}/versions/{version}
        POST /api/v1/articles/try
        GET /api/v1/models
        GET /api/v1/promotions/{id}
        GET /api/v1/trainings
        GET /api/v1/trainings/{id}
        GET /api/v1/metrics
        GET /api/v1/surveys/responses
        GET /api/v1/surveys/asks
        GET /api/v1/referrals
        GET /api/v1/reviews
        GET /api/v1/testimonials
        GET /api/v1/goodwill
        GET /api/v1/goodwill/policy
        GET /api/v1/customers/{id}
        DELETE /api/v1/customers/{id}
        GET /api/v1/recoveries
        GET /studio
        GET /studio/inbox
        GET /studio/taught
        GET /studio/articles
        GET /studio/articles/{id}
        GET /studio/models
        GET /studio/models/progress
        GET /studio/models/{id}
        GET /studio/goodwill
        GET /studio/widget
        GET /studio/widget/preview
    """,
    "admin": """
        POST /api/v1/nlu/inbox
        POST /api/v1/nlu/examples
        DELETE /api/v1/nlu/examples/{id}
        POST /api/v1/articles
        PUT /api/v1/articles/{id}
        POST /api/v1/articles/{id}/status
        POST /api/v1/models/{id}/promote
        POST /api/v1/models/rollback
        POST /api/v1/trainings
        DELETE /api/v1/trainings/{id}
        PUT /api/v1/goodwill/policy
        POST /studio/taught
        POST /studio/taught/{id}/remove
        GET /studio/articles/new
        POST /studio/articles/new
        POST /studio/articles/{id}
        POST /studio/articles/{id}/status
        POST /studio/models/train
        POST /studio/models/trainings/{id}/cancel
        POST /studio/models/rollback
        POST /studio/models/{id}/promote
        POST /studio/goodwill
    """,
}
"""Who may call it at all, by the least that is needed. What belongs to one visitor is tested with two of them below."""

BY_LINK = {"GET /api/v1/uploads/{id}"}
SOCKETS = {"GET /ws/visitor", "GET /ws/staff"}
CALLERS = ["nobody", "visitor", *Role]

Call = Callable[[str, str, str], Awaitable[ClientResponse]]


def listed() -> dict[str, str]:
    return {line.strip(): need for need, lines in ACCESS.items() for line in lines.strip().splitlines()}


def routes(application: web.Application) -> list[str]:
    found = []
    for route in application.router.routes():
        if route.method != "HEAD" and route.resource is not None:
            path = re.sub(r"{(\w+):[^}]*}", r"{\1}", route.resource.canonical)
            found.append(f"{route.method} {path}")
    return found


@pytest.fixture
async def call(server: TestServer) -> Call:
    """Calls a route as somebody: pages with the session's cookie and form token, the rest with a bearer token."""
    app = server.app[APP]
    client = TestClient(server)
    sessions: dict[str, tuple[str, str]] = {}
    for role in Role:
        email = f"{role.value}@team.example.com"
        await create_account(app, email=email, role=role.value, name=role.value.title(), password=PASSWORD)

    async def work(method: str, path: str, caller: str) -> ClientResponse:
        headers = {}
        if caller == "visitor":
            visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
            headers = {"Authorization": f"Bearer {visit.token}"}
        elif caller != "nobody":
            ends = path.endswith(("/session", "/signout"))
            if caller not in sessions or ends:
                body = {"email": f"{caller}@team.example.com", "password": PASSWORD}
                answer = await (await client.post("/api/v1/session", json=body)).json()
                client.session.cookie_jar.clear()
                token, csrf = answer["token"], answer["csrf"]
                if not ends:
                    sessions[caller] = (token, csrf)
            else:
                token, csrf = sessions[caller]
            bearer = {"Authorization": f"Bearer {token}"}
            cookie = {"Cookie": f"rapport_staff={token}", "X-CSRF-Token": csrf}
            headers = bearer if path.startswith("/api/") else cookie
        body_of = {} if path.startswith("/api/") else None
        return await client.request(method, path, headers=headers, json=body_of, allow_redirects=False)

    return work


async def test_every_route_is_listed_and_every_listed_route_exists(server: TestServer) -> None:
    assert set(routes(server.app)) == set(listed()) | BY_LINK | SOCKETS


def turned_away(answer: ClientResponse) -> bool:
    to_sign_in = answer.status == 303 and urlsplit(answer.headers["Location"]).path == "/signin"
    return answer.status in {401, 403} or to_sign_in


@pytest.mark.parametrize("caller", CALLERS)
async def test_each_route_lets_in_exactly_those_who_may(call: Call, caller: str) -> None:
    wrong = []
    for line, need in listed().items():
        method, path = line.split()
        address = re.sub(r"{\w+}", "none", path)
        answer = await call(method, address, caller)
        if need == "anyone":
            # Refusals of what was sent (a password, a signature) are no refusals of the caller.
            allowed = True
            refused = answer.status == 403
        else:
            allowed = caller == need if need == "visitor" else caller in set(Role) and role_covers(caller, need)
            refused = turned_away(answer)
        if refused == allowed or answer.status == 500:
            wrong.append((line, caller, answer.status))
    assert wrong == []


async def test_a_file_is_given_to_nobody_without_link_or_right(call: Call) -> None:
    assert (await call("GET", "/api/v1/uploads/none", "nobody")).status in {401, 404}
    assert (await call("GET", "/api/v1/uploads/none", "visitor")).status in {401, 404}


async def test_a_page_cannot_be_framed_and_runs_no_foreign_script(call: Call) -> None:
    for line, need in listed().items():
        method, path = line.split()
        if method != "GET" or need in {"visitor"} or path.startswith(("/api/", "/static/", "/widget.js")):
            continue
        answer = await call(method, re.sub(r"{\w+}", "none", path), "admin")
        # The studio's own playground frames the page that shows the chat.
        framed, ancestors = ("SAMEORIGIN", "'self'") if path == "/studio/widget/preview" else ("DENY", "'none'")
        assert answer.headers["X-Frame-Options"] == framed, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        if answer.content_type == "text/html":
            policy = answer.headers["Content-Security-Policy"]
            assert f"frame-ancestors {ancestors}" in policy and "default-src 'none'" in policy, path
            assert "unsafe" not in policy, path


async def test_a_cookie_alone_writes_nothing_on_any_route(server: TestServer, call: Call) -> None:
    client = TestClient(server)
    body = {"email": "admin@team.example.com", "password": PASSWORD}
    token = (await (await client.post("/api/v1/session", json=body)).json())["token"]
    client.session.cookie_jar.clear()
    wrong = []
    for line, need in listed().items():
        method, path = line.split()
        if method in {"GET", "OPTIONS"} or need in {"anyone", "visitor"}:
            continue
        address = re.sub(r"{\w+}", "none", path)
        for headers in (
            {"Origin": "https://evil.example.com"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {},
        ):
            answer = await client.request(
                method, address, headers={"Cookie": f"rapport_staff={token}", **headers}, data={"a": "b"},
                allow_redirects=False,
            )  # fmt: skip
            if answer.status != 403:
                wrong.append((line, headers, answer.status))
    assert wrong == []
