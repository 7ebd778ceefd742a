"""The recommendation question comes later, once a quarter, and on its own."""

from sqlalchemy import select

from bot.services.relationship import ask_relationship_questions
from bot.services.scores import scores
from bot.store.tables import AskDecision, Message, Survey
from tests.integration.loyalty.conftest import World


async def test_a_day_after_a_good_end_the_customer_is_asked_once(world: World) -> None:
    person = await world.customer()
    await world.surveyed(await world.case(person))
    world.clock.forward(hours=23)
    assert await ask_relationship_questions(world.app) == 0
    world.clock.forward(hours=1)
    assert await ask_relationship_questions(world.app) == 1
    assert await ask_relationship_questions(world.app) == 0
    async with world.app.read() as tx:
        survey = (await tx.execute(select(Survey).where(Survey.kind == "nps"))).scalar_one()
        message = (await tx.execute(select(Message).where(Message.id == survey.message_id))).scalar_one()
    assert message.parts["survey"]["question"].startswith("How likely are you to recommend Lumen & Hearth")
    await world.answer(person, survey.id, 10)
    assert (await world.react(survey.id)).invitation_kind == "referral"
    found = await scores(world.app, world.clock.forward(days=-2), world.clock.forward(days=3))
    [nps] = [row for row in found if row["name"] == "nps" and row["handler"] == "bot"]
    assert (nps["value"], nps["n"]) == (100.0, 1)


async def test_within_a_quarter_nobody_is_asked_again(world: World) -> None:
    person = await world.customer()
    await world.case(person)
    world.clock.forward(days=1)
    assert await ask_relationship_questions(world.app) == 1
    world.clock.forward(days=30)
    await world.case(person)
    world.clock.forward(days=1)
    assert await ask_relationship_questions(world.app) == 0
    world.clock.forward(days=60)
    await world.case(person)
    world.clock.forward(days=1)
    assert await ask_relationship_questions(world.app) == 1


async def test_open_old_and_assumed_cases_are_no_occasion(world: World) -> None:
    busy, silent, old = [await world.customer() for _ in range(3)]
    await world.case(old)
    world.clock.forward(days=3)
    await world.case(busy)
    await world.case(silent, resolution="assumed")
    world.clock.forward(minutes=1)
    await world.case(busy, status="open")
    world.clock.forward(days=1)
    assert await ask_relationship_questions(world.app) == 0


async def test_who_said_stop_is_decided_on_once_and_left_alone(world: World) -> None:
    person = await world.customer()
    await world.case(person)
    async with world.app.write() as tx:
        from bot.services.surveys import stop_asking

        await stop_asking(world.app, tx, person.customer_id)
    world.clock.forward(days=1)
    for _ in range(2):
        assert await ask_relationship_questions(world.app) == 0
    async with world.app.read() as tx:
        rows = (await tx.execute(select(AskDecision).where(AskDecision.kind == "nps"))).scalars().all()
    assert [row.reason for row in rows] == ["stop_asking"]
