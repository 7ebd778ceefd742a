"""A bot turn's commit: replies and transition together, or not at all when somebody took the case over meanwhile."""

from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.adapters.breaker import Breaker
from bot.adapters.rasa import BotKnownAway, BotReply, BotUnavailable, Button, RasaClient, TurnResult, Understanding
from bot.domain.conversation import Claim
from bot.jobs.queue import claim
from bot.services.app import App
from bot.services.cases import lock_case, move
from bot.services.receive import receive_human, receive_text
from bot.services.schedules import recover_bot
from bot.services.system_events import put_back
from bot.services.turns import run_system_turn, run_turn
from bot.services.visitors import open_visit
from bot.store.tables import Case, Choice, Job, Message, Staff
from tests.integration.conftest import MovableClock

During = Callable[[], Awaitable[None]]


class FakeRasa:
    """Answers every turn with the given replies; `during` runs while the turn is under way."""

    def __init__(self, *replies: BotReply, intent: str = "track_order", during: During | None = None) -> None:
        self.replies, self.intent, self.during = list(replies), intent, during
        self.asked: list[dict[str, Any]] = []
        self.breaker = Breaker()

    async def turn(self, body: dict[str, Any], timeout_s: float) -> TurnResult:
        self.asked.append(body)
        if self.during:
            await self.during()
        nlu = Understanding(intent=self.intent, confidence=0.9)
        return TurnResult(message_id=body["message_id"], replies=self.replies, nlu=nlu, model_id="m1")

    async def parse(self, texts: list[str], timeout_s: float = 5.0) -> list[Understanding]:
        return [Understanding(intent=self.intent, confidence=0.9) for _ in texts]


class DeadRasa(FakeRasa):
    async def turn(self, body: dict[str, Any], timeout_s: float) -> TurnResult:
        self.asked.append(body)
        raise BotUnavailable("connection refused")


async def begin(app: App, text: str = "where is my order") -> str:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    await receive_text(app, visit.conversation_id, str(uuid4()), text)
    return visit.conversation_id


async def run_next(app: App, rasa: FakeRasa) -> bool:
    async with app.write() as tx:
        lease = await claim(tx, app.now(), "host/1/1", ["turn", "system_turn"])
    if lease is None:
        return False
    run = run_turn if lease.kind == "turn" else run_system_turn
    await run(app, cast(RasaClient, rasa), lease)
    return True


async def texts(app: App, author: str) -> list[str]:
    async with app.read() as tx:
        rows = await tx.execute(select(Message.text).where(Message.author == author).order_by(Message.seq))
        return list(rows.scalars())


async def the_case(app: App) -> Case:
    async with app.read() as tx:
        return (await tx.execute(select(Case).order_by(Case.opened_at.desc(), Case.id.desc()).limit(1))).scalar_one()


async def test_a_turns_replies_and_its_outcome_are_stored_together(app: App) -> None:
    await begin(app)
    button = Button(title="Yes", payload='/choose_order{"order_number": "LH-1"}')
    await run_next(app, FakeRasa(BotReply(text="Which one?", buttons=[button])))
    assert await texts(app, "bot") == ["Which one?"]
    async with app.read() as tx:
        choice = (await tx.execute(select(Choice))).scalar_one()
        message = (await tx.execute(select(Message).where(Message.author == "customer"))).scalar_one()
        jobs = (await tx.execute(select(Job.state))).scalars().all()
    assert (choice.intent, choice.entities) == ("choose_order", {"order_number": "LH-1"})
    assert (message.outcome, message.model_id) == ("bot", "m1")
    assert jobs == ["done"]
    assert (await the_case(app)).intent == "track_order"


async def test_a_takeover_in_mid_turn_wins_and_the_late_reply_is_discarded(app: App) -> None:
    await begin(app)
    async with app.write() as tx:
        tx.add(Staff(id="ana", email="a@example.com", name="Ana", role="agent", created_at=app.now()))

    async def take_over() -> None:
        async with app.write() as tx:
            case = (await tx.execute(select(Case))).scalar_one()
            await move(tx, app.now(), await lock_case(tx, case.id), Claim("ana"))

    await run_next(app, FakeRasa(BotReply(text="too late"), during=take_over))
    assert await texts(app, "bot") == []
    async with app.read() as tx:
        message = (await tx.execute(select(Message).where(Message.author == "customer"))).scalar_one()
    assert message.outcome == "agent"


async def test_the_bot_is_not_asked_while_a_person_has_the_case(app: App) -> None:
    conversation = await begin(app)
    rasa = FakeRasa(
        BotReply(text="passing you on", custom={"rapport": {"transition": {"to": "queue", "reason": "asked"}}})
    )
    await run_next(app, rasa)
    await receive_text(app, conversation, str(uuid4()), "hello?")
    assert await run_next(app, rasa) is False
    assert len(rasa.asked) == 1
    assert (await the_case(app)).owner == "queue"


async def test_a_resolution_queues_the_system_turn_once(app: App) -> None:
    await begin(app)
    done = BotReply(text="Glad to hear it.", custom={"rapport": {"transition": {"to": "resolved", "reason": "x"}}})
    await run_next(app, FakeRasa(done))
    case = await the_case(app)
    assert (case.status, case.resolution) == ("resolved", "confirmed")
    rasa = FakeRasa(BotReply(text="How was it?"))
    assert await run_next(app, rasa)
    assert rasa.asked[0]["intent"] == "EXTERNAL_case_resolved"
    assert rasa.asked[0]["kind"] == "system"
    assert await run_next(app, rasa) is False


@pytest.mark.parametrize(
    ("intent", "status", "cases"), [("thank", "resolved", 1), ("track_order", "open", 1), ("get_refund", "open", 2)]
)
async def test_what_a_message_after_the_resolution_means(app: App, intent: str, status: str, cases: int) -> None:
    conversation = await begin(app)
    await run_next(app, FakeRasa(BotReply(text="ok", custom={"rapport": {"transition": {"to": "resolved"}}})))
    await run_next(app, FakeRasa())
    await receive_text(app, conversation, str(uuid4()), "something more")
    await run_next(app, FakeRasa(BotReply(text="ok"), intent=intent))
    async with app.read() as tx:
        found = (await tx.execute(select(Case))).scalars().all()
    assert len(found) == cases
    assert (await the_case(app)).status == status


async def test_a_dead_bot_is_tried_again_and_then_the_customer_is_told_and_queued(app: App, clock) -> None:  # type: ignore[no-untyped-def]
    await begin(app)
    rasa = DeadRasa()
    await run_next(app, rasa)
    assert await texts(app, "system") == []
    clock.forward(seconds=8)
    await run_next(app, rasa)
    told = await texts(app, "system")
    assert len(told) == 1 and "something is wrong on my side" in told[0]
    case = await the_case(app)
    assert (case.owner, case.escalation_reason) == ("queue", "bot_unavailable")
    async with app.read() as tx:
        message = (await tx.execute(select(Message).where(Message.author == "customer"))).scalar_one()
    assert message.outcome == "ticket"
    assert [body["message_id"] for body in rasa.asked] == [message.id] * 2, "the id must stay the same on every try"


class HungRasa(FakeRasa):
    """Answers nothing: every try takes as long as it is given."""

    def __init__(self, clock: MovableClock) -> None:
        super().__init__()
        self.clock = clock

    async def turn(self, body: dict[str, Any], timeout_s: float) -> TurnResult:
        self.asked.append(body)
        self.clock.forward(seconds=timeout_s)
        raise BotUnavailable("timed out")


class HealthyRasa(FakeRasa):
    async def health(self) -> dict[str, Any] | None:
        return {"status": "ok"}


async def recover(app: App, rasa: HealthyRasa) -> None:
    async with app.write() as tx:
        lease = await claim(tx, app.now(), "host/1/1", ["bot_recovery"])
    assert lease is not None
    await recover_bot(app, cast(RasaClient, rasa), lease)


async def test_a_hung_bot_lets_nobody_wait_longer_than_a_turn_may_take(app: App, clock: MovableClock) -> None:
    begun = app.now()
    await begin(app)
    rasa = HungRasa(clock)
    while await run_next(app, rasa):
        clock.forward(seconds=0.5)
    assert len(await texts(app, "system")) == 1
    assert (await the_case(app)).owner == "queue"
    assert (app.now() - begun).total_seconds() <= app.settings.turn_timeout_s


class RasaKnownAway(FakeRasa):
    async def turn(self, body: dict[str, Any], timeout_s: float) -> TurnResult:
        raise BotKnownAway("it did not answer the last times")


async def test_who_comes_while_the_bot_is_known_to_be_away_is_told_at_once(app: App) -> None:
    await begin(app)
    assert await run_next(app, RasaKnownAway())
    assert len(await texts(app, "system")) == 1
    assert (await the_case(app)).owner == "queue"


async def test_no_case_is_given_back_while_the_breaker_is_open(app: App, clock: MovableClock) -> None:
    await begin(app)
    assert await run_next(app, RasaKnownAway())
    rasa = HealthyRasa(BotReply(text="ok"))
    for _ in range(5):
        rasa.breaker.failed()
    await recover(app, rasa)
    assert (await the_case(app)).owner == "queue"
    rasa.breaker.succeeded()
    clock.forward(seconds=1)
    await recover(app, rasa)
    assert (await the_case(app)).owner == "bot"


async def test_a_turn_that_begins_late_gets_the_whole_time_and_a_second_try(app: App, clock: MovableClock) -> None:
    await begin(app)
    clock.forward(seconds=30)
    await run_next(app, DeadRasa())
    assert await texts(app, "system") == []
    clock.forward(seconds=1)
    await run_next(app, FakeRasa(BotReply(text="Here I am.")))
    assert await texts(app, "bot") == ["Here I am."]


async def test_all_that_was_asked_in_an_outage_is_answered_when_the_bot_is_back(app: App, clock: MovableClock) -> None:
    conversation = await begin(app, "do you ship to norway")
    while await run_next(app, HungRasa(clock)):
        clock.forward(seconds=0.5)
    await receive_text(app, conversation, str(uuid4()), "anyone there?")
    rasa = HealthyRasa(BotReply(text="ok"))
    await recover(app, rasa)
    while await run_next(app, rasa):
        pass
    assert [body["text"] for body in rasa.asked] == ["do you ship to norway", "anyone there?"]


async def test_what_was_asked_a_minute_ago_is_not_answered_out_of_the_blue(app: App, clock: MovableClock) -> None:
    await begin(app)
    while await run_next(app, HungRasa(clock)):
        clock.forward(seconds=0.5)
    clock.forward(seconds=60)
    rasa = HealthyRasa(BotReply(text="ok"))
    await recover(app, rasa)
    assert not await run_next(app, rasa), "the moment of a minute ago has passed"
    assert (await texts(app, "system"))[-1].startswith("I'm back")


async def test_who_asks_for_a_person_in_an_outage_is_not_taken_back_by_the_bot(app: App, clock: MovableClock) -> None:
    conversation = await begin(app)
    while await run_next(app, HungRasa(clock)):
        clock.forward(seconds=0.5)
    await receive_human(app, conversation, str(uuid4()))
    assert (await the_case(app)).escalation_reason == "asked_for_person"
    await recover(app, HealthyRasa())
    assert (await the_case(app)).owner == "queue"


async def test_a_failing_system_turn_holds_up_no_message_and_keeps_its_id(app: App, clock) -> None:  # type: ignore[no-untyped-def]
    conversation = await begin(app)
    await run_next(app, FakeRasa(BotReply(text="ok", custom={"rapport": {"transition": {"to": "resolved"}}})))
    dead = DeadRasa()
    assert await run_next(app, dead)
    await receive_text(app, conversation, str(uuid4()), "thanks")
    alive = FakeRasa(BotReply(text="You're welcome."), intent="thank")
    assert await run_next(app, alive), "the message waited behind the system turn"
    assert alive.asked[0]["kind"] == "text"
    clock.forward(seconds=3)
    async with app.write() as tx:
        lease = await claim(tx, app.now(), "host/1/1", ["system_turn_again"])
    assert lease
    await put_back(app, lease)
    assert await run_next(app, alive)
    assert alive.asked[1]["message_id"] == dead.asked[0]["message_id"]
