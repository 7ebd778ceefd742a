"""Every score, against figures worked out by hand."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.services import advocacy, referrals, scores, shop_events
from bot.services.app import App
from bot.store.tables import Case, Invitation, ReferralLink
from tests.integration.loyalty.conftest import World


async def figures(app: App, by: scores.By | None = None, days: float = 30) -> dict[tuple[str, ...], dict[str, Any]]:
    now = app.now()
    found = await scores.scores(app, now - timedelta(days=days), now + timedelta(seconds=1), by)
    return {(row["name"], row["handler"], *([row["group"]] if by else [])): row for row in found}


def ago(world: World, **by: float) -> datetime:
    return world.app.now() - timedelta(**by)


async def test_csat_ces_and_nps_by_hand_bot_and_human_apart(world: World) -> None:
    person = await world.customer()
    case = await world.case(person)
    for kind, handler, given in (
        ("csat", "bot", (5, 4, 3, 1)),
        ("csat", "human", (5, 5)),
        ("ces", "bot", (7, 5, 4, 2)),
        ("nps", "human", (10, 9, 9, 8, 7, 6, 0)),
        ("csat", "bot", (None,)),
    ):
        for score in given:
            await world.stored_answer(case, person, kind, score, handler=handler)
    found = await figures(world.app)
    assert found["csat", "bot"]["value"] == 50.0
    # Wilson, 2 of 4, z = 1.96: centre 0.5, half width 0.3500.
    assert found["csat", "bot"]["low"] == pytest.approx(15.0, abs=0.05)
    assert found["csat", "bot"]["high"] == pytest.approx(85.0, abs=0.05)
    assert found["csat", "human"]["value"] == 100.0
    assert found["csat", "all"]["value"] == pytest.approx(100 * 4 / 6)
    assert (found["csat", "all"]["n"], found["csat", "all"]["unit"]) == (6, "%")
    assert found["ces", "bot"]["value"] == 50.0
    assert found["ces_mean", "bot"]["value"] == 4.5
    # Three promoters and two detractors of seven: 100 * (3 - 2) / 7.
    assert found["nps", "human"]["value"] == pytest.approx(100 / 7)
    # Var = P + D - (P - D)^2 = 5/7 - 1/49 = 34/49; half width 1.96 * sqrt(34/49/7) * 100 = 61.7.
    assert found["nps", "human"]["high"] == pytest.approx(100 / 7 + 61.71, abs=0.05)
    assert found["nps", "bot"]["value"] is None
    assert found["response_rate", "bot"]["value"] == pytest.approx(100 * 8 / 9)
    assert (found["response_rate", "all"]["n"], found["response_rate", "human"]["value"]) == (18, 100.0)


async def test_a_survey_outside_the_period_does_not_count(world: World) -> None:
    person = await world.customer()
    case = await world.case(person)
    await world.stored_answer(case, person, "csat", 1)
    world.clock.forward(days=31)
    assert (await figures(world.app))["csat", "all"]["n"] == 0


async def test_fcr_counts_recontacts_on_the_same_intent_and_leaves_young_cases_pending(world: World) -> None:
    quiet, back, other, reopened, young = [await world.customer() for _ in range(5)]
    old = {"opened_at": ago(world, days=20, hours=1), "resolved_at": ago(world, days=20)}
    await world.case(quiet, **old)
    await world.case(back, **old)
    await world.case(back, status="open", opened_at=ago(world, days=14))
    await world.case(other, **old)
    await world.case(other, status="open", opened_at=ago(world, days=14), intent="get_invoice")
    await world.case(reopened, **old, reopened=1)
    await world.case(young, opened_at=ago(world, days=7), resolved_at=ago(world, days=6, hours=23))
    found = await figures(world.app)
    assert (found["fcr", "all"]["value"], found["fcr", "all"]["n"]) == (50.0, 4)
    world.clock.forward(hours=1)
    found = await figures(world.app)
    assert (found["fcr", "all"]["value"], found["fcr", "all"]["n"]) == (60.0, 5), "the young one is old enough now"


async def test_a_recontact_after_the_period_still_counts_against_it(world: World) -> None:
    person = await world.customer()
    await world.case(person, opened_at=ago(world, days=40), resolved_at=ago(world, days=20))
    await world.case(person, status="open", opened_at=ago(world, days=15))
    found = await scores.scores(world.app, ago(world, days=41), ago(world, days=39))
    [fcr] = [row for row in found if row["name"] == "fcr" and row["handler"] == "all"]
    assert (fcr["value"], fcr["n"]) == (0.0, 1)


async def test_containment_wants_confirmed_unescalated_and_quiet_cases_of_age(world: World) -> None:
    person = [await world.customer() for _ in range(6)]
    old = {"opened_at": ago(world, days=10), "resolved_at": ago(world, days=9)}
    await world.case(person[0], **old)
    await world.case(person[1], **old, resolution="assumed")
    await world.case(person[2], **old, resolution="agent", ever_escalated=True)
    await world.case(person[3], status="open", opened_at=ago(world, days=9))
    await world.case(person[4], opened_at=ago(world, hours=2))
    await world.case(person[5], **old, spam=True)
    found = await figures(world.app)
    assert (found["containment", "all"]["value"], found["containment", "all"]["n"]) == (25.0, 4)
    assert (found["deflection", "all"]["value"], found["deflection", "all"]["n"]) == (80.0, 5)


async def test_times_are_medians_and_the_handling_time_a_mean_of_human_cases(world: World) -> None:
    agent = await world.agent()
    for minutes, waited, engaged in ((30, 60, 100.0), (60, 120, 200.0), (90, 600, 600.0)):
        person = await world.customer()
        opened = ago(world, hours=5)
        case = await world.case(
            person, opened_at=opened, resolved_at=opened + timedelta(minutes=minutes), ever_escalated=True,
            escalated_at=opened, first_human_at=opened + timedelta(seconds=waited), engaged_s=engaged,
        )  # fmt: skip
        await world.agent_writes(person, case, agent)
    person = await world.customer()
    waiting = ago(world, hours=1)
    await world.case(person, status="open", opened_at=waiting, escalated_at=waiting, ever_escalated=True)
    found = await figures(world.app)
    assert (found["first_response_s", "human"]["value"], found["first_response_s", "human"]["n"]) == (120.0, 3)
    assert found["resolution_s", "human"]["value"] == 3600.0
    assert found["resolution_s", "bot"]["n"] == 0
    assert found["aht_s", "human"]["value"] == 300.0


async def test_business_hours_leave_the_night_out(world: World) -> None:
    world.app.settings = world.app.settings.model_copy(
        update={"opening_hours": "Mon-Fri 09:00-17:00", "time_zone": "UTC"}
    )
    person = await world.customer()
    evening = datetime(2026, 7, 14, 16, 50, tzinfo=world.app.now().tzinfo)
    await world.case(
        person, opened_at=evening, ever_escalated=True, escalated_at=evening,
        first_human_at=evening + timedelta(hours=16, minutes=20),
    )  # fmt: skip
    found = await figures(world.app)
    assert found["first_response_s", "human"]["value"] == 16 * 3600 + 20 * 60
    assert found["first_response_business_s", "human"]["value"] == 20 * 60


async def test_the_referral_funnel_and_k_by_hand(world: World) -> None:
    codes = []
    for _ in range(4):
        case_id = await world.case(await world.customer())
        async with world.app.write() as tx:
            codes.append((await advocacy.share_referral(world.app, tx, await tx.get_one(Case, case_id))).code or "")
    async with world.app.write() as tx:
        await tx.execute(update(Invitation).values(shown_at=world.app.now()))
        await tx.execute(update(ReferralLink).where(ReferralLink.code.in_(codes[:3])).values(shared_at=world.app.now()))
    for code, visitor in ((codes[0], "a"), (codes[0], "b"), (codes[0], "b"), (codes[1], "a")):
        await referrals.record_visit(world.app, code, visitor)
    for number, kind in enumerate(("referral.signed_up", "referral.signed_up", "referral.ordered")):
        friend = "first" if number != 1 else "second"
        data = {"code": codes[0], "customer": friend, "order": "LH-1", "total_cents": 100}
        await shop_events.handle_shop_event(world.app, f"msg-{number}", kind, world.app.now(), data)
    found = await figures(world.app)
    stages = ("invited", "shared", "visited", "signed_up", "qualified", "rewarded")
    assert [found[f"referral_{stage}", "all"]["value"] for stage in stages] == [4, 3, 3, 2, 1, 1]
    assert (found["referral_k", "all"]["value"], found["referral_k", "all"]["n"]) == (0.25, 4)


async def test_figures_by_intent_and_by_day_add_up_to_the_whole(world: World) -> None:
    person = await world.customer()
    case = await world.case(person)
    for intent, score in (("track_order", 5), ("track_order", 1), ("get_refund", 5)):
        await world.stored_answer(case, person, "csat", score, intent=intent)
    world.clock.forward(days=1)
    await world.stored_answer(case, person, "csat", 2, intent="get_refund")
    by_intent = await figures(world.app, scores.By.INTENT)
    assert by_intent["csat", "all", "track_order"]["value"] == 50.0
    assert by_intent["csat", "all", "get_refund"]["n"] == 2
    by_day = await figures(world.app, scores.By.DAY)
    assert by_day["csat", "all", "2026-07-15"]["n"] == 3
    assert by_day["csat", "all", "2026-07-16"]["value"] == 0.0


async def test_surveys_not_asked_are_counted_by_reason(world: World) -> None:
    person = await world.customer()
    await world.surveyed(await world.case(person))
    for _ in range(2):
        await world.ask(await world.case(person))
    skipped = await scores.skipped_asks(world.app, ago(world, days=1), world.app.now() + timedelta(seconds=1))
    assert skipped == [{"kind": "csat", "reason": "surveyed_recently", "n": 2}]


async def test_an_empty_shop_has_scores_without_values(world: World) -> None:
    found = await figures(world.app)
    assert found["csat", "bot"]["value"] is None and found["csat", "bot"]["enough"] is False
    names = {name for name, _ in found}
    assert names >= {
        "csat", "ces", "ces_mean", "nps", "response_rate", "fcr", "first_response_s", "resolution_s", "aht_s",
        "deflection", "containment", "referral_k", "referral_invited", "referral_rewarded",
    }  # fmt: skip


async def test_a_period_that_makes_no_sense_is_refused(world: World) -> None:
    now = world.app.now()
    with pytest.raises(scores.BadPeriod, match="after"):
        await scores.scores(world.app, now, now)
    with pytest.raises(scores.BadPeriod, match="zone"):
        await scores.scores(world.app, now.replace(tzinfo=None), now)
