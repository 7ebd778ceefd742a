"""While a case waits as a ticket nobody is met by silence, and whoever of the team takes it is never talked over."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.adapters.rasa import BotReply, Button
from bot.domain.conversation import Claim
from bot.services.app import App
from bot.services.cases import lock_case, move
from bot.services.receive import receive_choice, receive_human, receive_text
from bot.services.visitors import open_visit
from bot.store.tables import Choice, Message, Note, Staff
from tests.integration.conftest import MovableClock
from tests.integration.test_turns import DeadRasa, During, FakeRasa, run_next, texts, the_case


async def ticket(app: App) -> str:
    """A conversation whose case is a ticket."""
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    await receive_human(app, visit.conversation_id, str(uuid4()))
    return visit.conversation_id


async def write(app: App, conversation: str, text: str, rasa: FakeRasa) -> None:
    await receive_text(app, conversation, str(uuid4()), text)
    assert await run_next(app, rasa)


def says(text: str, intent: str = "delivery_period", during: During | None = None, **envelope: Any) -> FakeRasa:
    return FakeRasa(BotReply(text=text, custom={"rapport": envelope}), intent=intent, during=during)


async def outcomes(app: App) -> list[str | None]:
    async with app.read() as tx:
        found = await tx.execute(select(Message.outcome).where(Message.author == "customer").order_by(Message.seq))
        return list(found.scalars())[1:]


async def test_another_question_is_answered_and_the_ticket_stays(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "how long is delivery?", says("Two days."))
    await write(app, conversation, "and to Spain?", says("Four days."))
    case = await the_case(app)
    assert (case.owner, case.ticket, case.status) == ("queue", True, "open")
    assert await texts(app, "bot") == ["Two days.", "Four days."]
    lead = [text for text in await texts(app, "system") if "stays with the team" in text]
    assert len(lead) == 1 and case.number in lead[0], "said before the first answer, once"
    assert await outcomes(app) == ["bot", "bot"]


async def test_what_is_no_question_is_added_and_said_so_once_a_burst(app: App, clock: MovableClock) -> None:
    conversation = await ticket(app)
    lost = says("Sorry?", "nlu_fallback", effort={"missed": True})
    for line in ("it is the one in the hall", "with the brass ring"):
        await write(app, conversation, line, lost)
    added = [text for text in await texts(app, "system") if text.startswith("Got it")]
    assert len(added) == 1
    clock.forward(seconds=600)
    await write(app, conversation, "and it hums", lost)
    assert sum(text.startswith("Got it") for text in await texts(app, "system")) == 2
    assert await texts(app, "bot") == []
    assert await outcomes(app) == ["ticket"] * 3


async def test_never_mind_takes_the_ticket_back_and_the_desk_reads_why(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "never mind", says("No problem.", "deny"))
    case = await the_case(app)
    assert (case.status, case.owner, case.ticket) == ("closed", "nobody", False)
    assert case.withdrawn_at is not None, "such a case is never asked about"
    async with app.read() as tx:
        note = (await tx.execute(select(Note.text).where(Note.case_id == case.id))).scalar_one()
    assert "never mind" in note
    assert case.number in (await texts(app, "bot"))[-1]


async def test_solved_closes_the_ticket_as_confirmed_and_the_survey_follows(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "nvm, found it", says("Glad!", "issue_resolved"))
    case = await the_case(app)
    assert (case.status, case.resolution, case.owner, case.ticket) == ("resolved", "confirmed", "bot", False)
    rasa = FakeRasa()
    assert await run_next(app, rasa)
    assert rasa.asked[0]["intent"] == "EXTERNAL_case_resolved"


async def test_solved_below_an_answer_asks_whether_the_ticket_is_meant(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "how long is delivery?", says("Two days."))
    await write(app, conversation, "ok all sorted", says("Glad!", "issue_resolved", transition={"to": "resolved"}))
    assert (await the_case(app)).ticket
    async with app.read() as tx:
        choice = (await tx.execute(select(Choice).where(Choice.used_at.is_(None)))).scalar_one()
    await receive_choice(app, conversation, str(uuid4()), choice.id)
    assert await run_next(app, says("Glad!", "issue_resolved", transition={"to": "resolved"}))
    assert (await the_case(app)).status == "resolved"


async def test_yes_that_helped_of_an_article_does_not_close_the_ticket(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "how long is delivery?", says("Two days."))
    await write(app, conversation, "yes thanks", says("Glad!", "affirm", transition={"to": "resolved"}))
    case = await the_case(app)
    assert (case.owner, case.status, case.ticket) == ("queue", "open", True)


async def test_person_who_is_waited_for_is_not_offered_again(app: App) -> None:
    conversation = await ticket(app)
    person = Button(title="Talk to a person", payload="/contact_human_agent")
    yes = Button(title="Yes", payload="/affirm")
    await write(app, conversation, "how long is delivery?", FakeRasa(BotReply(text="Two days.", buttons=[yes, person])))
    async with app.read() as tx:
        assert (await tx.execute(select(Choice.title))).scalars().all() == ["Yes"]
    offer = BotReply(text="Shall I pass you on?", buttons=[person, Button(title="No, go on", payload="/deny")])
    await write(app, conversation, "why is nobody answering", FakeRasa(offer, intent="complaint"))
    assert "nobody from the team is in right now" in (await texts(app, "bot"))[-1]
    text = "That can't be returned any more: it came 80 days ago. Shall I bring in a person? They decide."
    refusal = BotReply(text=text, buttons=[person, Button(title="No, go on", payload="/deny")])
    await write(app, conversation, "can I return it", FakeRasa(refusal, intent="return_item"))
    assert (await texts(app, "bot"))[-1] == "That can't be returned any more: it came 80 days ago."
    assert (await texts(app, "system"))[-1].startswith("Got it")
    asks = FakeRasa(
        BotReply(custom={"rapport": {"transition": {"to": "queue", "reason": "asked_for_person"}}}),
        intent="contact_human_agent",
    )
    await write(app, conversation, "let me talk to somebody", asks)
    assert "nobody from the team is in right now" in (await texts(app, "bot"))[-1]


async def test_promise_made_beside_the_ticket_is_in_its_packet(app: App) -> None:
    conversation = await ticket(app)
    promise = {"text": "look for the refund", "due_at": None}
    wanted = {"to": "queue", "reason": "shop_down", "context": {"open_promises": [promise]}}
    await write(app, conversation, "where is my refund?", says("I can't reach the shop.", transition=wanted))
    assert promise in (await the_case(app)).packet["open_promises"]


async def test_agent_who_takes_the_ticket_in_mid_turn_is_not_talked_over(app: App) -> None:
    conversation = await ticket(app)
    async with app.write() as tx:
        tx.add(Staff(id="ana", email="a@example.com", name="Ana", role="agent", created_at=app.now()))

    async def take_over() -> None:
        async with app.write() as tx:
            await move(tx, app.now(), await lock_case(tx, (await the_case(app)).id), Claim("ana"))

    await write(app, conversation, "how long is delivery?", says("too late", during=take_over))
    await receive_text(app, conversation, str(uuid4()), "and to Spain?")
    assert await run_next(app, FakeRasa()) is False
    assert await texts(app, "bot") == []
    assert await outcomes(app) == ["agent", "agent"]


async def test_bot_that_is_away_too_lets_the_message_be_added_to_the_ticket(app: App, clock: MovableClock) -> None:
    conversation = await ticket(app)
    rasa = DeadRasa()
    await write(app, conversation, "how long is delivery?", rasa)
    clock.forward(seconds=8)
    assert await run_next(app, rasa)
    assert (await texts(app, "system"))[-1].startswith("Got it")
    assert await outcomes(app) == ["ticket"]
    case = await the_case(app)
    assert (case.owner, case.escalation_reason) == ("queue", "asked_for_person")


@pytest.mark.parametrize("line", ["hello?", "is anybody there"])
async def test_queue_with_people_on_duty_is_not_silent_either(app: App, line: str) -> None:
    async with app.write() as tx:
        tx.add(
            Staff(id="ana", email="a@example.com", name="Ana", role="agent", created_at=app.now(), seen_at=app.now())
        )
    conversation = await ticket(app)
    for _ in range(2):
        await receive_text(app, conversation, str(uuid4()), line)
    assert sum(text.startswith("Got it") for text in await texts(app, "system")) == 1
    assert await outcomes(app) == ["queue", "queue"]


async def test_word_about_the_ticket_itself_is_no_question_that_a_yes_answers(app: App) -> None:
    conversation = await ticket(app)
    await write(app, conversation, "hello?", says("Hello!", "greet"))
    await write(app, conversation, "hello??", says("Hello!", "greet"))
    first, second = await texts(app, "bot")
    assert first != second, "the same sentence twice in a row is a wall"
    await write(app, conversation, "never mind", says("No problem.", "deny"))
    assert (await the_case(app)).status == "closed"
