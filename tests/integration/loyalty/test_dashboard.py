"""The dashboard: every figure with its doubt, every chart with its table, in the real template."""

from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import bot.gateway
from bot.insight import charts
from bot.insight.dashboard import Dashboard, build_dashboard
from bot.services.scores import BadPeriod
from tests.integration.loyalty.conftest import World

TEMPLATES = Path(bot.gateway.__file__).parent / "templates"


async def shown(world: World) -> Dashboard:
    return await build_dashboard(
        world.app, world.app.now() - timedelta(days=30), world.app.now() + timedelta(seconds=1)
    )


def page(dashboard: Dashboard) -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("studio/_dashboard.html").render(dashboard=dashboard)


async def fill(world: World) -> None:
    person = await world.customer()
    case = await world.case(person)
    for kind, given in (("csat", (5, 5, 4, 4, 2, None)), ("ces", (7, 2)), ("nps", (10, 9, 7, 3))):
        for score in given:
            await world.stored_answer(case, person, kind, score)


async def test_few_answers_are_shown_muted_and_named_as_too_few(world: World) -> None:
    await fill(world)
    tiles = {tile.name: {figure.handler: figure for figure in tile.figures} for tile in (await shown(world)).tiles}
    csat, nps = tiles["csat"]["Bot"], tiles["nps"]["All"]
    assert (csat.value, csat.n, csat.enough, csat.note) == ("80 %", 5, True, "")
    assert csat.interval == "38 % to 96 %"
    assert (nps.value, nps.n, nps.enough, nps.note) == ("+25", 4, False, "not enough answers")
    assert (tiles["csat"]["Human"].value, tiles["csat"]["Human"].note) == ("–", "no answers yet")


async def test_every_chart_is_one_labelled_image_with_a_table_beside_it(world: World) -> None:
    await fill(world)
    found = {chart.id: chart for chart in (await shown(world)).charts}
    assert set(found) == {"trend", "nps-trend", "nps-split", "answers-ces", "answers-csat", "answers-nps", "funnel"}
    assert found["funnel"].svg is None and "Nobody" in found["funnel"].summary
    for chart in found.values():
        if chart.svg is None:
            continue
        root = ElementTree.fromstring(chart.svg)
        assert root.get("role") == "img"
        assert root.get("aria-label", "").startswith(chart.title)
        assert root.get("viewBox") and root.get("width") is None
        assert chart.rows
        assert "style=" not in chart.svg and "<script" not in chart.svg, "the pages' policy forbids both"
    assert found["nps-split"].rows == (("Bot", "1", "1", "2", "4"), ("All", "1", "1", "2", "4"))
    assert ("5", "2") in found["answers-csat"].rows and ("3", "0") in found["answers-csat"].rows
    assert found["trend"].rows[0][0] == "2026-07-15"


async def test_what_is_drawn_once_is_not_drawn_again(world: World) -> None:
    await fill(world)
    first = await shown(world)
    drawn = charts._render.cache_info().misses
    assert await shown(world) == first
    assert charts._render.cache_info().misses == drawn


async def test_the_page_shows_definitions_intervals_and_the_equal_offer(world: World) -> None:
    await fill(world)
    await world.answered(await world.customer(), 1)
    text = page(await shown(world))
    assert "Share of answers of 4 or 5" in text
    assert "not enough answers" in text
    assert text.count("<svg") == 6
    assert "1 opened, 0 closed, 0 overdue" in text


async def test_an_empty_shop_has_a_page_too(world: World) -> None:
    dashboard = await shown(world)
    assert all(chart.svg is None for chart in dashboard.charts)
    assert dashboard.offers.equal
    assert "No answers in this period." in page(dashboard)


async def test_long_periods_are_drawn_by_weeks_that_begin_on_monday(world: World) -> None:
    await fill(world)
    now = world.app.now()
    dashboard = await build_dashboard(world.app, now - timedelta(days=90), now + timedelta(seconds=1))
    [trend] = [chart for chart in dashboard.charts if chart.id == "trend"]
    assert trend.title.endswith("by week")
    assert trend.rows[0][0] == "2026-07-13"


async def test_a_period_that_makes_no_sense_is_refused(world: World) -> None:
    with pytest.raises(BadPeriod):
        await build_dashboard(world.app, world.app.now(), world.app.now())
