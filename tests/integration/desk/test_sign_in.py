"""Signing in: who gets in, what slows guessing, and how a session ends everywhere at once."""

import asyncio

import pytest
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from sqlalchemy import func, select
from yarl import URL

from bot.services import passwords
from bot.services.app import App
from bot.services.staff import StaffRefused, create_account, make_one_time_link
from bot.services.staff_sessions import ATTEMPT_WINDOW, LOCK_AFTER, SignInRefused, revoke_sessions, sign_in
from bot.store.tables import Audit, Staff, StaffSession
from tests.integration.desk.conftest import PASSWORD

ANA = "ana@team.example.com"


async def enter(client: TestClient, password: str = PASSWORD, email: str = ANA) -> tuple[int, dict]:
    answer = await client.post("/api/v1/session", json={"email": email, "password": password})
    return answer.status, await answer.json()


async def test_the_right_password_gives_a_cookie_and_a_token_that_both_work(app, client, sign_up) -> None:
    ana = await sign_up("Ana")
    assert (await ana.call("GET", "/api/v1/session"))[1]["staff"]["name"] == "Ana"
    answer = await client.post("/api/v1/session", json={"email": ANA.upper(), "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert (await client.get("/api/v1/session")).status == 200
    async with app.read() as tx:
        stored = (await tx.execute(select(StaffSession.token_hash))).scalars().all()
    assert ana.token not in stored


async def test_wrong_password_and_unknown_account_get_the_same_answer(client, sign_up) -> None:
    await sign_up("Ana")
    wrong = await enter(client, "not the password")
    unknown = await enter(client, "not the password", "nobody@team.example.com")
    assert wrong == unknown
    assert wrong[0] == 401


async def test_an_unknown_account_costs_the_same_work_as_a_wrong_password(app: App, monkeypatch) -> None:
    await create_account(app, email=ANA, role="agent", name="Ana", password=PASSWORD)
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash, password):
            verified.append(hash)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", lambda: Counting(time_cost=1, memory_cost=8, parallelism=1))
    for email in (ANA, "nobody@team.example.com"):
        with pytest.raises(SignInRefused):
            await sign_in(app, email, "not the password", "10.0.0.1")
    known, unknown = verified
    assert known.rpartition("$")[0].rpartition("$")[0] == unknown.rpartition("$")[0].rpartition("$")[0]


async def test_guessing_locks_out_the_guessing_address_and_not_the_owner(app, clock) -> None:
    await create_account(app, email=ANA, role="agent", name="Ana", password=PASSWORD)
    tries = [sign_in(app, ANA, "wrong", "203.0.113.9") for _ in range(LOCK_AFTER + 3)]
    refused = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(error).__name__ for error in refused].count("SignInRefused") == LOCK_AFTER
    with pytest.raises(Exception, match="Too many tries"):
        await sign_in(app, ANA, PASSWORD, "203.0.113.9")
    _, member = await sign_in(app, ANA, PASSWORD, "198.51.100.7")
    assert member.name == "Ana"
    clock.forward(seconds=ATTEMPT_WINDOW.total_seconds() + 1)
    await sign_in(app, ANA, PASSWORD, "203.0.113.9")


async def test_a_locked_out_client_is_told_when_to_come_back(client, sign_up) -> None:
    await sign_up("Ana")
    for _ in range(LOCK_AFTER):
        assert (await enter(client, "wrong password"))[0] == 401
    status, problem = await enter(client)
    assert status == 429
    assert 0 < problem["retry_after"] <= ATTEMPT_WINDOW.total_seconds()


async def test_a_session_ends_by_signing_out_idleness_age_and_a_switched_off_account(app, clock, sign_up) -> None:
    ana, ben, cleo = [await sign_up(name) for name in ("Ana", "Ben", "Cleo")]
    assert (await ana.call("DELETE", "/api/v1/session"))[0] == 204
    assert (await ana.call("GET", "/api/v1/session"))[0] == 401
    async with app.write() as tx:
        (await tx.execute(select(Staff).where(Staff.id == cleo.id))).scalar_one().active = False
    assert (await cleo.call("GET", "/api/v1/session"))[0] == 401
    for _ in range(70):
        clock.forward(hours=10)
        assert (await ben.call("GET", "/api/v1/session"))[0] == 200
    clock.forward(hours=13)
    assert (await ben.call("GET", "/api/v1/session"))[0] == 401
    _, member = await sign_in(app, "ben@team.example.com", PASSWORD, "x")
    assert member.session


async def test_a_session_used_every_day_still_ends_after_thirty(clock, sign_up) -> None:
    ana = await sign_up("Ana")
    for _ in range(72):
        clock.forward(hours=10)
        await ana.call("GET", "/api/v1/session")
    assert (await ana.call("GET", "/api/v1/session"))[0] == 401


async def test_revoking_closes_open_sockets(app, client, sign_up) -> None:
    ana = await sign_up("Ana")
    socket = await client.ws_connect("/ws/staff")
    await socket.send_json({"type": "hello", "token": ana.token})
    assert (await socket.receive_json())["type"] == "welcome"
    assert await revoke_sessions(app, ana.id) == 1
    await socket.receive(timeout=30)
    assert socket.close_code == 4001


async def test_a_revocation_in_another_process_closes_sockets_too(app, client, sign_up) -> None:
    ana = await sign_up("Ana")
    socket = await client.ws_connect("/ws/staff")
    await socket.send_json({"type": "hello", "token": ana.token})
    await socket.receive_json()
    app.hints.local = None
    await revoke_sessions(app, ana.id)
    await socket.receive(timeout=30)
    assert socket.close_code == 4001


@pytest.mark.parametrize(
    "hello", [{"type": "hello", "token": "made-up"}, {"type": "hello"}, {"type": "open", "case": "x"}, []]
)
async def test_a_socket_without_a_session_is_closed(client, hello) -> None:
    socket = await client.ws_connect("/ws/staff")
    await socket.send_json(hello)
    await socket.receive(timeout=30)
    assert socket.close_code == 4001


async def test_a_foreign_page_may_neither_post_nor_open_the_socket_with_our_cookie(
    server: TestServer, client, sign_up
) -> None:
    await sign_up("Ana")
    foreign = {"Origin": "https://evil.example"}
    assert (await enter(client))[0] == 200
    for headers in (foreign, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await client.post("/api/v1/desk/cases/x/claim", json={}, headers=headers)
        assert (answer.status, (await answer.json())["title"]) == (403, "cross_site")
        answer = await client.post("/api/v1/session", json={"email": ANA, "password": PASSWORD}, headers=headers)
        assert answer.status == 403
    socket = await client.ws_connect("/ws/staff", origin="https://evil.example")
    await socket.receive(timeout=30)
    assert socket.close_code == 4003
    own = await client.ws_connect("/ws/staff", origin=f"http://{server.host}:{server.port}")
    assert (await own.receive_json())["type"] == "welcome"


async def test_a_cookie_without_an_origin_does_not_open_the_socket(client, sign_up) -> None:
    await sign_up("Ana")
    await enter(client)
    socket = await client.ws_connect("/ws/staff")
    await socket.send_json({"type": "open", "case": "x"})
    await socket.receive(timeout=30)
    assert socket.close_code == 4001


async def test_a_cookie_write_needs_json_or_the_sessions_token(client, sign_up) -> None:
    await sign_up("Ana")
    _, session = await enter(client)
    bare = await client.post("/api/v1/desk/cases/x/claim", data={"a": "b"})
    assert (bare.status, (await bare.json())["title"]) == (403, "bad_form_token")
    with_token = await client.post("/api/v1/desk/cases/x/claim", headers={"X-CSRF-Token": session["csrf"]})
    assert with_token.status == 404
    assert (await client.post("/api/v1/desk/cases/x/claim", json={})).status == 404


async def test_pages_send_strangers_to_the_sign_in_page_and_back(client, sign_up) -> None:
    await sign_up("Ana")
    page = await client.get("/desk?case=7", allow_redirects=False)
    assert URL(page.headers["Location"]).query["next"] == "/desk?case=7"
    done = await client.post(page.headers["Location"], data={"email": ANA, "password": PASSWORD}, allow_redirects=False)
    assert (done.status, done.headers["Location"]) == (303, "/desk?case=7")
    assert (await client.get("/desk")).status == 200


@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_signing_in_never_leads_to_another_site(client, sign_up, where) -> None:
    await sign_up("Ana")
    done = await client.post(
        "/signin", params={"next": where}, data={"email": ANA, "password": PASSWORD}, allow_redirects=False
    )
    assert done.headers["Location"] == "/desk"


async def test_a_wrong_password_on_the_page_keeps_the_address_and_escapes_it(client, sign_up) -> None:
    page = await client.post("/signin", data={"email": '"><script>x</script>', "password": "wrong"})
    text = await page.text()
    assert page.status == 401
    assert "<script>x" not in text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_the_sign_out_button_needs_its_own_page(client, sign_up) -> None:
    await sign_up("Ana")
    _, session = await enter(client)
    assert (await client.post("/signout", data={"csrf": "guess"})).status == 403
    await client.post("/signout", data={"csrf": session["csrf"]})
    assert (await client.get("/api/v1/session")).status == 401


async def test_the_one_time_link_makes_one_account_and_looking_does_not_use_it_up(app, client) -> None:
    token = await make_one_time_link(app, "admin")
    for _ in range(3):
        assert (await client.get(f"/welcome/{token}")).status == 200
    form = {"email": "root@team.example.com", "name": "Root", "password": "short"}
    assert (await client.post(f"/welcome/{token}", data=form)).status == 422
    form["password"] = PASSWORD
    answers = await asyncio.gather(
        *(
            client.post(f"/welcome/{token}", data={**form, "email": f"root{n}@team.example.com"}, allow_redirects=False)
            for n in range(5)
        )
    )
    assert sorted(answer.status for answer in answers) == [303, 410, 410, 410, 410]
    assert (await client.get(f"/welcome/{token}")).status == 410
    async with app.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(Staff))).scalar_one() == 1
        actions = set((await tx.execute(select(Audit.action))).scalars())
    assert {"link.made", "account.made", "session.begun"} <= actions


async def test_an_expired_or_made_up_link_says_so(app, client, clock) -> None:
    token = await make_one_time_link(app, "admin")
    clock.forward(hours=25)
    assert "expired" in await (await client.get(f"/welcome/{token}")).text()
    assert "not known" in await (await client.get("/welcome/made-up")).text()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": "no address"}, "e-mail"),
        ({"role": "king"}, "no role"),
        ({"password": "short"}, "at least 10"),
        ({"password": "x" * 1001}, "at most"),
        ({"name": "  "}, "name"),
        ({"email": ANA}, "has an account"),
    ],
)
async def test_a_bad_account_is_refused_with_a_sentence(app, change, says) -> None:
    good = {"email": "new@team.example.com", "role": "agent", "name": "New", "password": PASSWORD}
    await create_account(app, **{**good, "email": ANA})
    with pytest.raises(StaffRefused, match=says):
        await create_account(app, **{**good, **change})
