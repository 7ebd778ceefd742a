"""Every declared route against every kind of caller, from the route table itself."""

import re

import pytest
from aiohttp import web

from bot.gateway.api import Api
from bot.gateway.desk_routes import add_desk_routes
from bot.gateway.hub import Hub
from bot.gateway.keys import APP, HUB, LIMITER
from bot.gateway.limiter import Limiter
from bot.gateway.staff_auth import add_session_routes
from bot.services.staff import Role, role_covers
from bot.services.visitors import open_visit


def declared(app) -> Api:
    application = web.Application()
    application[APP], application[HUB], application[LIMITER] = app, Hub(app), Limiter(app.settings)
    api = Api()
    add_session_routes(application, api)
    add_desk_routes(application, api)
    return api


async def test_only_signed_in_staff_of_the_role_pass_each_route(app, client, sign_up) -> None:
    callers = {role.value: (await sign_up(role.value.title(), role.value)).token for role in Role}
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    callers |= {"visitor": visit.token, "stranger": "made-up"}
    routes = [route for route in declared(app).routes if route.auth]
    assert len(routes) > 12
    for route in routes:
        path = re.sub(r"{\w+}", "none", route.path)
        for caller, token in callers.items():
            if (route.method, route.path) == ("DELETE", "/api/v1/session") and caller in set(Role):
                continue
            answer = await client.request(route.method, path, headers={"Authorization": f"Bearer {token}"}, json={})
            allowed = caller in set(Role) and role_covers(caller, route.auth)
            assert (answer.status not in {401, 403}) == allowed, (route.method, route.path, caller, answer.status)
        bare = await client.request(route.method, path, json={})
        assert bare.status == 401, (route.method, route.path)


@pytest.mark.parametrize(
    ("role", "needed", "covers"),
    [
        ("agent", "agent", True),
        ("agent", "supervisor", False),
        ("supervisor", "agent", True),
        ("supervisor", "admin", False),
        ("admin", "supervisor", True),
        ("king", "agent", False),
        ("admin", "king", False),
    ],
)
def test_a_role_covers_the_ones_below_it(role, needed, covers) -> None:
    assert role_covers(role, needed) is covers
