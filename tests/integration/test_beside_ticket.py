"""While a case waits for a person nobody is met by silence, and the assistant does not talk in between."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.services.app import App
from bot.services.receive import receive_human, receive_text
from bot.services.visitors import open_visit
from bot.store.tables import Message, Note, Staff
from tests.integration.conftest import MovableClock
from tests.integration.test_turns import FakeRasa, run_next, texts, the_case


async def ticket(app: App) -> str:
    """A conversation whose case waits for a person: a ticket, unless somebody is on duty."""
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    await receive_human(app, visit.conversation_id, str(uuid4()))
    return visit.conversation_id


async def write(app: App, conversation: str, *lines: str) -> None:
    for line in lines:
        await receive_text(app, conversation, str(uuid4()), line)


async def outcomes(app: App) -> list[str | None]:
    async with app.read() as tx:
        found = await tx.execute(select(Message.outcome).where(Message.author == "customer").order_by(Message.seq))
        return list(found.scalars())[1:]


async def test_the_assistant_does_not_talk_beside_a_ticket(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "how long is delivery?")
    assert await run_next(app, FakeRasa()) is False
    case = await the_case(app)
    assert (case.owner, case.ticket, case.status) == ("queue", True, "open")
    assert await texts(app, "bot") == []
    assert await outcomes(app) == ["ticket"]


async def test_that_it_was_added_is_said_once_a_burst(app: App, clock: MovableClock) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "it is the one in the hall", "with the brass ring")
    added = [text for text in await texts(app, "system") if text.startswith("Got it")]
    assert len(added) == 1 and (await the_case(app)).number in added[0]
    clock.forward(seconds=600)
    await write(app, conversation, "and it hums")
    assert sum(text.startswith("Got it") for text in await texts(app, "system")) == 2


async def test_whoever_asks_for_somebody_hears_where_the_ticket_stands(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "is anybody there?", "hello??")
    first, second = (await texts(app, "system"))[-2:]
    assert first.startswith("Nobody from the team is in right now")
    assert first != second, "the same sentence twice in a row is a wall"


async def test_never_mind_takes_the_ticket_back_and_the_desk_reads_why(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "never mind")
    case = await the_case(app)
    assert (case.status, case.owner, case.ticket) == ("closed", "nobody", False)
    assert case.withdrawn_at is not None, "such a case is never asked about"
    async with app.read() as tx:
        note = (await tx.execute(select(Note.text).where(Note.case_id == case.id))).scalar_one()
    assert "never mind" in note
    assert case.number in (await texts(app, "system"))[-1]


async def test_solved_closes_the_ticket_as_confirmed_and_the_survey_follows(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "nvm, found it")
    case = await the_case(app)
    assert (case.status, case.resolution, case.owner, case.ticket) == ("resolved", "confirmed", "bot", False)
    rasa = FakeRasa()
    assert await run_next(app, rasa)
    assert rasa.asked[0]["intent"] == "EXTERNAL_case_resolved"


@pytest.mark.parametrize("line", ["hello?", "never mind"])
async def test_with_people_on_duty_the_wait_goes_on_and_is_not_silent(app: App, line: str) -> None:
    async with app.write() as tx:
        tx.add(
            Staff(id="ana", email="a@example.com", name="Ana", role="agent", created_at=app.now(), seen_at=app.now())
        )
    conversation = await ticket(app)
    await write(app, conversation, line, line)
    assert sum(text.startswith("Got it") for text in await texts(app, "system")) == 1
    assert await outcomes(app) == ["queue", "queue"]
    assert (await the_case(app)).status == "open"
