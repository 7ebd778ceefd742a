"""Lists of what is stored: pages without gaps or repeats, filters, CSV that no spreadsheet runs."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from bot.services import listings, shop_events, testimonials
from bot.services.listed_rows import LISTED
from bot.store.tables import Case
from tests.integration.loyalty.conftest import World


async def test_pages_follow_each_other_without_gap_or_repeat_even_within_one_instant(world: World) -> None:
    for _ in range(5):
        await world.answered(await world.customer(), 5)
    seen: list[str] = []
    cursor = None
    while True:
        page = await listings.page(world.app, "responses", limit=2, cursor=cursor)
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5


async def test_a_period_filters_and_times_are_text(world: World) -> None:
    await world.answered(await world.customer(), 5)
    now = world.app.now()
    inside = await listings.page(world.app, "responses", frm=now, to=now + timedelta(seconds=1))
    outside = await listings.page(world.app, "responses", to=now)
    assert [item["at"] for item in inside["items"]] == [now.isoformat()]
    assert outside == {"items": [], "next": None}


async def test_every_list_shows_what_happened(world: World) -> None:
    person = await world.customer(name="Ada Lovelace")
    reaction = await world.answered(person, 1)
    case_id = await world.case(person)
    async with world.app.write() as tx:
        case = await tx.get_one(Case, case_id)
        await testimonials.give_testimonial(world.app, tx, case, "Good people.")
    promoter = await world.answered(await world.customer(), 5)
    assert promoter.invitation_id is not None
    async with world.app.read() as tx:
        from bot.store.tables import Invitation

        code = (await tx.get_one(Invitation, promoter.invitation_id)).code
    await shop_events.handle_shop_event(
        world.app, "msg-1", "referral.signed_up", world.app.now(), {"code": code, "customer": "friend-1"}
    )
    found: dict[str, list[dict[str, Any]]] = {name: (await listings.page(world.app, name))["items"] for name in LISTED}
    assert {item["band"] for item in found["responses"]} == {"low", "high"}
    assert [(item["friend"], item["state"]) for item in found["referrals"]] == [("friend-1", "signed_up")]
    assert {(item["band"], item["sites"]) for item in found["reviews"]} == {
        ("low", "Trustpilot, Google"), ("high", "Trustpilot, Google"),
    }  # fmt: skip
    assert [(item["words"], item["first_name"]) for item in found["testimonials"]] == [("Good people.", "Ada")]
    assert [(item["id"], item["score"], item["overdue"]) for item in found["recoveries"]] == [
        (reaction.recovery_id, 1, False)
    ]
    assert {"csat", "referral", "review"} == {item["kind"] for item in found["asks"]}


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"cursor": "%%%"}, "cursor"),
        ({"cursor": "WyJ4IiwgMV0"}, "cursor"),
    ],
)
async def test_a_bad_parameter_is_named(world: World, query: dict[str, Any], what: str) -> None:
    with pytest.raises(listings.BadQuery, match=what):
        await listings.page(world.app, "responses", **query)
    with pytest.raises(listings.UnknownList):
        await listings.page(world.app, "secrets")


@pytest.mark.parametrize("evil", ['=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_runs_what_a_customer_wrote(evil: str) -> None:
    text = listings.as_csv([{"id": "1", "comment": evil, "score": -3, "note": 'said "hi", left'}])
    header, row = list(csv.reader(io.StringIO(text, newline="")))
    assert header == ["id", "comment", "score", "note"]
    assert row == ["1", "'" + evil, "-3", 'said "hi", left']


def test_an_empty_list_is_an_empty_csv() -> None:
    assert listings.as_csv([]) == ""
