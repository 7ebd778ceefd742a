"""A small world of customers and cases, made through rows so that each test says only what matters to it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from bot.domain.effort import EffortLedger
from bot.domain.handoff import TICKET_BYTES, make_ticket_number
from bot.services import advocacy, surveys
from bot.services.app import App
from bot.services.asking import answer_survey, attach_survey
from bot.services.timeline import append_message
from bot.store.base import new_id
from bot.store.tables import Case, Conversation, Customer, Response, Staff, Survey
from tests.integration.conftest import MovableClock


@dataclass
class Person:
    """A customer with one conversation."""

    customer_id: str
    conversation_id: str


@dataclass
class World:
    """Makes what a test needs."""

    app: App
    clock: MovableClock

    async def customer(
        self, external_id: str | None = None, email: str | None = None, name: str | None = None
    ) -> Person:
        now = self.app.now()
        async with self.app.write() as tx:
            customer = Customer(external_id=external_id, email=email, name=name, created_at=now, seen_at=now)
            tx.add(customer)
            await tx.flush()
            conversation = Conversation(customer_id=customer.id, last_seq=0, created_at=now)
            tx.add(conversation)
            await tx.flush()
            return Person(customer.id, conversation.id)

    async def agent(self, name: str = "Robin") -> str:
        async with self.app.write() as tx:
            staff = Staff(email=f"{name.lower()}@example.com", name=name, role="agent", created_at=self.app.now())
            tx.add(staff)
            await tx.flush()
            return staff.id

    async def case(
        self,
        person: Person,
        *,
        status: str = "resolved",
        resolution: str | None = "confirmed",
        intent: str | None = "device_offline",
        opened_at: datetime | None = None,
        resolved_at: datetime | None = None,
        effort: EffortLedger | None = None,
        **columns: Any,
    ) -> str:
        now = self.app.now()
        resolved = status != "open" and resolution is not None
        async with self.app.write() as tx:
            case = Case(
                number=make_ticket_number(secrets.token_bytes(TICKET_BYTES)),
                conversation_id=person.conversation_id,
                customer_id=person.customer_id,
                status=status,
                owner="bot" if status != "closed" else "nobody",
                epoch=0,
                opened_at=opened_at or now,
                resolved_at=(resolved_at or now) if resolved else None,
                resolution=resolution if resolved else None,
                intent=intent,
                model_id="model-1",
                effort=(effort or EffortLedger(customer_messages=2)).to_json(),
                last_activity_at=now,
                **columns,
            )
            tx.add(case)
            await tx.flush()
            conversation = await tx.get(Conversation, person.conversation_id)
            assert conversation is not None
            conversation.case_id = case.id
            return case.id

    async def agent_writes(self, person: Person, case_id: str, agent_id: str) -> None:
        async with self.app.write() as tx:
            await append_message(
                tx, self.app.now(), person.conversation_id,
                case_id=case_id, author="agent", text="Hello, let me look.", staff_id=agent_id,
            )  # fmt: skip

    async def ask(self, case_id: str) -> surveys.Asked:
        async with self.app.write() as tx:
            return await surveys.ask(self.app, tx, case_id)

    async def show(self, survey_id: str) -> None:
        """As the worker does when it commits the reply that carries the survey."""
        async with self.app.write() as tx:
            survey = await tx.get(Survey, survey_id)
            assert survey is not None
            message = await append_message(
                tx, self.app.now(), survey.conversation_id, case_id=survey.case_id, author="bot", text="One question"
            )
            await attach_survey(tx, self.app.now(), survey_id, message.id)

    async def surveyed(self, case_id: str) -> str:
        """Asked and shown; the survey's id."""
        asked = await self.ask(case_id)
        assert asked.survey_id is not None, asked.detail
        await self.show(asked.survey_id)
        return asked.survey_id

    async def answer(self, person: Person, survey_id: str, score: int, comment: str | None = None) -> None:
        await answer_survey(self.app, person.conversation_id, new_id(), survey_id, score, comment)

    async def react(self, survey_id: str) -> advocacy.Reaction:
        async with self.app.write() as tx:
            return await advocacy.react(self.app, tx, survey_id)

    async def answered(self, person: Person, score: int, **case: Any) -> advocacy.Reaction:
        """A resolved case, surveyed, answered and reacted to."""
        survey_id = await self.surveyed(await self.case(person, **case))
        await self.answer(person, survey_id, score)
        return await self.react(survey_id)

    async def stored_answer(
        self,
        case_id: str,
        person: Person,
        kind: str,
        score: int | None,
        *,
        handler: str = "bot",
        intent: str | None = None,
    ) -> None:
        """A survey and its answer as rows, for the scores."""
        now = self.app.now()
        async with self.app.write() as tx:
            survey = Survey(
                case_id=case_id, conversation_id=person.conversation_id, customer_id=person.customer_id, kind=kind,
                question="?", handler=handler, intent=intent, created_at=now, shown_at=now,
            )  # fmt: skip
            tx.add(survey)
            await tx.flush()
            if score is not None:
                tx.add(
                    Response(
                        survey_id=survey.id,
                        score=score,
                        first_score=score,
                        via="control",
                        created_at=now,
                        updated_at=now,
                    )
                )


@pytest.fixture
def world(app: App, clock: MovableClock) -> World:
    return World(app, clock)


HARD = EffortLedger(customer_messages=3, guided=True)
"""A guided case, which is asked with CES."""
