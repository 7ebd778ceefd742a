"""Odd requests get an answer a person can act on, in the one error shape, and never a 500."""

import pytest
from aiohttp.test_utils import TestClient
from pydantic import ValidationError

from bot.gateway.api import _NUL
from bot.gateway.listing_routes import Period


async def problem(client: TestClient, method: str, path: str, **kwargs: object) -> dict:
    answer = await client.request(method, path, **kwargs)
    assert answer.content_type == "application/problem+json", await answer.text()
    body = await answer.json()
    assert body["status"] == answer.status
    return body


async def test_an_unknown_address_says_so_in_a_sentence(client: TestClient) -> None:
    body = await problem(client, "GET", "/api/v1/nope")
    assert (body["status"], body["title"]) == (404, "not_found")
    assert body["detail"].endswith(".") and "404" not in body["detail"]


async def test_a_wrong_method_names_the_right_ones(client: TestClient) -> None:
    answer = await client.patch("/api/v1/session")
    assert answer.status == 405
    assert "POST" in answer.headers["Allow"]


async def test_a_persons_browser_gets_a_page_for_an_unknown_address(client: TestClient) -> None:
    answer = await client.get("/nope", headers={"Accept": "text/html"})
    assert (answer.status, answer.content_type) == (404, "text/html")
    assert "Page not found" in await answer.text()
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("path", ["/api/v1/desk/cases/%00", "/api/v1/desk/queue?cursor=%00"])
async def test_a_nul_in_an_address_is_refused_before_any_database_sees_it(client: TestClient, path: str) -> None:
    assert (await problem(client, "GET", path))["status"] == 400


async def test_a_nul_in_a_body_is_refused(client: TestClient) -> None:
    body = await problem(client, "POST", "/api/v1/session", json={"email": "a\x00@example.com", "password": "x"})
    assert body["status"] == 422
    assert "NUL" in body["detail"]


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert not _NUL.search(rb'{"text":"C:\\u0000"}')
    assert _NUL.search(rb'{"text":"a\u0000"}')


async def test_a_cursor_beyond_all_numbers_is_refused(client: TestClient) -> None:
    token = (await (await client.post("/api/v1/visitor/hello", json={})).json())["token"]
    headers = {"Authorization": f"Bearer {token}"}
    body = await problem(client, "GET", f"/api/v1/visitor/events?after={10**30}", headers=headers)
    assert body["status"] == 422


@pytest.mark.parametrize(
    "query",
    [{"from": "0001-01-01T00:00:00+14:00"}, {"to": "9999-12-31T23:59:59-14:00"}, {"to": "0001-01-02T00:00:00Z"}],
)
def test_a_period_beyond_the_calendar_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="between the years"):
        Period.model_validate(query)


def test_a_day_without_a_time_zone_begins_in_utc() -> None:
    period = Period.model_validate({"from": "2026-07-01", "to": "2026-07-31T12:00:00+02:00"})
    assert period.frm is not None and period.to is not None
    assert period.frm.isoformat() == "2026-07-01T00:00:00+00:00"
    assert period.to.isoformat() == "2026-07-31T12:00:00+02:00"
