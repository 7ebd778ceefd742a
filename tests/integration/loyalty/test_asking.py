"""After a resolution: is the customer asked, which question, and is the reason kept either way."""

import pytest
from sqlalchemy import select

from bot.domain.effort import EffortLedger
from bot.services import surveys
from bot.services.app import App
from bot.services.receive import Refused
from bot.store.tables import AskDecision, Response, Survey
from tests.integration.loyalty.conftest import HARD, World


async def decisions(app: App) -> list[AskDecision]:
    async with app.read() as tx:
        return list((await tx.execute(select(AskDecision).order_by(AskDecision.id))).scalars())


@pytest.mark.parametrize(
    ("effort", "kind"),
    [
        (EffortLedger(customer_messages=6), "csat"),
        (EffortLedger(customer_messages=7), "ces"),
        (EffortLedger(customer_messages=1, guided=True), "ces"),
        (EffortLedger(customer_messages=1, escalated=True), "ces"),
    ],
)
async def test_a_hard_case_is_asked_about_its_effort_and_an_easy_one_about_satisfaction(
    world: World, effort: EffortLedger, kind: str
) -> None:
    person = await world.customer()
    asked = await world.ask(await world.case(person, effort=effort))
    assert asked.kind == kind
    assert asked.survey_id is not None
    assert [(row.asked, row.reason, row.kind) for row in await decisions(world.app)] == [(True, "budget_free", kind)]


async def test_attribution_is_frozen_when_the_survey_is_made(world: World) -> None:
    person = await world.customer()
    agent = await world.agent()
    case = await world.case(person, intent="battery_problem", effort=HARD)
    await world.agent_writes(person, case, agent)
    asked = await world.ask(case)
    async with world.app.read() as tx:
        survey = await tx.get(Survey, asked.survey_id)
    assert survey is not None
    assert (survey.handler, survey.agent_id, survey.model_id, survey.intent) == (
        "human", agent, "model-1", "battery_problem",
    )  # fmt: skip
    assert survey.question == "Lumen & Hearth made it easy for me to handle my issue."


async def test_a_case_the_bot_solved_alone_has_no_agent_on_its_survey(world: World) -> None:
    asked = await world.ask(await world.case(await world.customer()))
    assert asked.handler == "bot"


async def test_asking_twice_for_one_resolution_gives_one_survey(world: World) -> None:
    case = await world.case(await world.customer())
    first, second = await world.ask(case), await world.ask(case)
    assert first.survey_id == second.survey_id
    assert len(await decisions(world.app)) == 1


async def test_a_second_case_within_the_week_is_not_asked_and_the_reason_is_kept(world: World) -> None:
    person = await world.customer()
    await world.surveyed(await world.case(person))
    world.clock.forward(days=6)
    refused = await world.ask(await world.case(person))
    assert (refused.survey_id, refused.reason) == (None, "surveyed_recently")
    world.clock.forward(days=1)
    assert (await world.ask(await world.case(person))).survey_id is not None
    assert [row.reason for row in await decisions(world.app)] == ["budget_free", "surveyed_recently", "budget_free"]


async def test_a_survey_that_was_never_shown_does_not_spend_the_budget(world: World) -> None:
    person = await world.customer()
    await world.ask(await world.case(person))
    world.clock.forward(minutes=5)
    assert (await world.ask(await world.case(person))).survey_id is not None


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"spam": True}, "spam"),
        ({"resolution": "assumed"}, "auto_closed"),
        ({"status": "open"}, "not_resolved"),
        ({"status": "closed"}, "not_resolved"),
    ],
)
async def test_cases_that_must_not_be_asked_are_not(world: World, columns: dict[str, object], reason: str) -> None:
    refused = await world.ask(await world.case(await world.customer(), **columns))  # type: ignore[arg-type]  # columns of the row
    assert (refused.survey_id, refused.reason) == (None, reason)


async def test_another_open_case_keeps_us_from_asking(world: World) -> None:
    person = await world.customer()
    await world.case(person, status="open")
    assert (await world.ask(await world.case(person))).reason == "other_open_case"


async def test_who_said_stop_is_never_asked_again(world: World) -> None:
    person = await world.customer()
    async with world.app.write() as tx:
        await surveys.stop_asking(world.app, tx, person.customer_id)
    assert (await world.ask(await world.case(person))).reason == "stop_asking"


async def test_an_agent_may_resolve_without_a_survey(world: World) -> None:
    case = await world.case(await world.customer())
    async with world.app.write() as tx:
        asked = await surveys.ask(world.app, tx, case, wanted=False)
    assert (asked.survey_id, asked.reason) == (None, "agent_declined")


async def test_three_ignored_surveys_in_a_row_double_the_distance(world: World) -> None:
    person = await world.customer()
    for _ in range(3):
        await world.surveyed(await world.case(person))
        world.clock.forward(days=8)
    assert (await world.ask(await world.case(person))).reason == "surveyed_recently"
    world.clock.forward(days=7)
    assert (await world.ask(await world.case(person))).survey_id is not None


async def test_a_score_in_words_is_stored_as_such_and_only_in_its_own_conversation(world: World) -> None:
    person, other = await world.customer(), await world.customer()
    survey_id = await world.surveyed(await world.case(person, effort=HARD))
    async with world.app.write() as tx:
        found = await surveys.open_survey(tx, person.conversation_id)
        assert found is not None and found.id == survey_id
        assert await surveys.open_survey(tx, other.conversation_id) is None
        await surveys.answer_in_words(world.app, tx, person.conversation_id, survey_id, 6, "quick")
    async with world.app.write() as tx:
        response = await tx.get(Response, survey_id)
        assert response is not None
        assert (response.score, response.comment, response.via) == (6, "quick", "words")
        assert await surveys.open_survey(tx, person.conversation_id) is None
        with pytest.raises(surveys.SurveyNotFound):
            await surveys.answer_in_words(world.app, tx, other.conversation_id, survey_id, 1, None)
        with pytest.raises(Refused, match="1 to 7"):
            await surveys.answer_in_words(world.app, tx, person.conversation_id, survey_id, 8, None)


async def test_not_now_closes_the_question_and_spends_the_budget(world: World) -> None:
    person = await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    async with world.app.write() as tx:
        await surveys.skip(world.app, tx, survey_id)
    async with world.app.read() as tx:
        assert await surveys.open_survey(tx, person.conversation_id) is None
    assert (await world.ask(await world.case(person))).reason == "surveyed_recently"
