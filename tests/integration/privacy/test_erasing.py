"""Erasing really erases: every table of both databases, and SQLite's file to the last byte."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import jwt
import pytest
from sqlalchemy import Text, cast, delete, func, select, text, update

from bot.adapters.rasa import BotUnavailable
from bot.domain.goodwill import GoodwillReason
from bot.jobs.queue import LeaseLost, claim
from bot.services.app import App
from bot.services.cases import CaseNotFound, lock_case
from bot.services.erase_plan import PLAN
from bot.services.erase_rules import Fate
from bot.services.erase_traces import run_erase
from bot.services.erasing import UnknownErasure, erase_customers, erase_visitor, erasure
from bot.services.goodwill import Grievance, reserve
from bot.services.listings import page
from bot.services.people import UnknownCustomer
from bot.services.receive import lock_conversation, receive_text
from bot.services.scores import scores
from bot.services.uploads import files_of
from bot.services.visitors import BadToken, Visit, conversation_for_token, open_visit
from bot.store.base import Base
from bot.store.tables import (
    Audit,
    Case,
    Conversation,
    Customer,
    Erasure,
    Goodwill,
    Job,
    Mail,
    Message,
    Survey,
    Upload,
    VisitorToken,
)
from tests.integration.conftest import MovableClock
from tests.support.person import CANARY, Known, make_person

Make = Callable[[str], Awaitable[Known]]


@pytest.fixture
def make_customer(app: App) -> Make:
    return partial(make_person, app)


class FakeRasa:
    """Rasa as the job sees it: it forgets, unless it hangs."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.hangs = 0

    async def forget(self, cases: list[str]) -> None:
        if self.hangs:
            self.hangs -= 1
            raise BotUnavailable("it hangs")
        self.forgotten += cases


async def found(app: App, mark: str) -> list[str]:
    """Where in the whole database this text still stands, in any column of any table."""
    places = []
    async with app.report() as tx:
        for table in Base.metadata.sorted_tables:
            for column in table.c:
                n = await tx.execute(
                    select(func.count()).select_from(table).where(func.lower(cast(column, Text)).contains(mark.lower()))
                )
                if n.scalar_one():
                    places.append(f"{table.name}.{column.name}")
    return places


async def run_job(app: App, rasa: Any, forget: Any = lambda: None) -> None:
    async with app.write() as tx:
        lease = await claim(tx, app.now(), "me", ["erase"])
    assert lease is not None, "no erasure is waiting"
    await run_erase(app, rasa, forget, lease)


async def test_nothing_of_the_customer_is_left_in_any_table(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    before = set(await found(app, CANARY))
    personal = {name for name, rules in PLAN.items() if rules[0].fate is not Fate.OTHERS}
    wordless = {
        "rp_article_verdict", "rp_inbox_decision", "rp_receipt", "rp_review_offer", "rp_reward", "rp_survey",
        "rp_timeline", "rp_visitor_token",
    }  # fmt: skip
    assert {place.split(".")[0] for place in before} == personal - wordless, "the customer has words in every table"
    view = await erase_visitor(app, known.conversation)
    assert await found(app, CANARY) == []
    assert view.rows["rp_testimonial"] == 1


async def test_no_id_of_theirs_leads_to_what_is_kept(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    rasa = FakeRasa()
    await erase_visitor(app, known.conversation)
    await run_job(app, rasa)
    for an_id in (known.customer, known.conversation, known.case):
        assert await found(app, an_id) == []
    assert rasa.forgotten == [known.case]


async def test_another_customer_keeps_everything(app: App, make_customer: Make) -> None:
    gone, stays = await make_customer(CANARY), await make_customer("othermark")
    before = await found(app, "othermark")
    await erase_visitor(app, gone.conversation)
    assert await found(app, "othermark") == before
    assert await conversation_for_token(app, stays.token) == stays.conversation


async def test_the_scores_count_as_before(app: App, make_customer: Make) -> None:
    for mark in (CANARY, "second", "third"):
        known = await make_customer(mark)
    period = app.now() - timedelta(days=1), app.now() + timedelta(days=1)
    app.clock.forward(days=9)  # type: ignore[attr-defined]  # the test's clock
    before = await scores(app, *period)
    await erase_visitor(app, known.conversation)
    assert await scores(app, *period) == before
    responses = (await page(app, "responses", frm=None, to=None, limit=10, cursor=None))["items"]
    assert len(responses) == 3
    assert [row["comment"] for row in responses].count(None) == 1


async def test_the_money_given_is_neither_forgotten_nor_given_twice(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    await erase_visitor(app, known.conversation)
    grievance = Grievance(GoodwillReason.LATE_ORDER, f"LH-{CANARY}", "sub-again", 9, 9000, "GBP")
    row = await reserve(app, grievance)
    assert isinstance(row, Goodwill)
    assert (row.state, row.amount, row.customer_id, row.beneficiary) == ("granted", 500, None, "erased")


async def test_the_token_is_void_and_a_repeat_finds_nobody(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    await erase_visitor(app, known.conversation)
    with pytest.raises(BadToken):
        await conversation_for_token(app, known.token)
    with pytest.raises(UnknownCustomer):
        await erase_visitor(app, known.conversation)


async def test_all_conversations_of_an_identified_customer_go(app: App, make_customer: Make) -> None:
    first, second = await make_customer(CANARY), await make_customer("elsewhere")
    async with app.write() as tx:
        conversation = await tx.get(Conversation, second.conversation)
        case = await tx.get(Case, second.case)
        assert conversation is not None and case is not None
        conversation.customer_id = case.customer_id = first.customer
    await erase_visitor(app, second.conversation)
    async with app.read() as tx:
        assert await tx.get(Conversation, first.conversation) is None
        assert await tx.get(Conversation, second.conversation) is None


async def test_browsers_and_desks_are_told(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    await erase_visitor(app, known.conversation)
    assert ("erased", known.conversation) in app.hints.published  # type: ignore[attr-defined]  # the test's hints
    assert ("desk", "") in app.hints.published  # type: ignore[attr-defined]


async def test_a_turn_that_runs_meanwhile_has_nothing_to_commit_to(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    async with app.write() as tx:
        turn = await claim(tx, app.now(), "worker", ["turn"])
    assert turn is not None
    await erase_visitor(app, known.conversation)
    async with app.write() as tx:
        with pytest.raises(CaseNotFound):
            await lock_case(tx, known.case)
        with pytest.raises(LeaseLost):
            await turn.finish(tx, app.now())


async def test_with_a_turn_running_the_job_looks_a_second_time(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    async with app.write() as tx:
        assert await claim(tx, app.now(), "worker", ["turn"])
    view = await erase_visitor(app, known.conversation)
    rasa = FakeRasa()
    await run_job(app, rasa)
    assert (await erasure(app, view.id)).state == "running"
    # What the turn's actions wrote after the rows were gone.
    async with app.write() as tx:
        tx.add(Job(kind="x", payload={"case": known.case}, run_at=app.now() + timedelta(days=1), created_at=app.now()))
    app.clock.forward(seconds=app.settings.turn_timeout_s)  # type: ignore[attr-defined]
    await run_job(app, rasa)
    assert (await erasure(app, view.id)).state == "done"
    assert await found(app, known.case) == []


async def test_the_job_goes_on_after_rasa_hung_and_is_done_once(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    view = await erase_visitor(app, known.conversation)
    rasa = FakeRasa()
    rasa.hangs = 1
    await run_job(app, rasa)
    assert (await erasure(app, view.id)).state == "running"
    app.clock.forward(minutes=1)  # type: ignore[attr-defined]
    forgot = []
    await run_job(app, rasa, lambda: forgot.append(True))
    done = await erasure(app, view.id)
    assert (done.state, done.rows["rp_note"], forgot) == ("done", 1, [True])
    async with app.read() as tx:
        row = await tx.get(Erasure, view.id)
    assert row is not None and row.scope == {}
    with pytest.raises(UnknownErasure):
        await erasure(app, "nobody-knows")


async def test_two_erasures_at_once_and_a_message_meanwhile_block_nobody(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    results = await asyncio.wait_for(
        asyncio.gather(
            erase_visitor(app, known.conversation),
            erase_visitor(app, known.conversation),
            receive_text(app, known.conversation, "0b8f4f5e-6f0f-4c57-8b0e-0a8f0d9f6a11", CANARY),
            return_exceptions=True,
        ),
        20,
    )
    assert sum(1 for each in results[:2] if not isinstance(each, BaseException)) >= 1
    assert await found(app, CANARY) == []


async def test_a_hello_waits_for_the_erasure_and_the_erasure_never_for_the_hello(
    app: App, make_customer: Make, clock: MovableClock
) -> None:
    """Whoever writes about a customer locks the conversation first, or PostgreSQL ends one of the two."""
    known = await make_customer(CANARY)
    clock.forward(days=1)  # the hello has something to write
    async with app.write() as tx:
        await lock_conversation(tx, known.conversation)
        said = {"locale": None, "page": "/elsewhere", "last_seq": 0}
        hellos = [
            asyncio.create_task(open_visit(app, token=known.token, identity=None, **said)),
            asyncio.create_task(open_visit(app, token=None, identity=identity_of(app, f"sub-{CANARY}"), **said)),
        ]
        await until_waiting(app, len(hellos))
        await tx.execute(delete(VisitorToken).where(VisitorToken.conversation_id == known.conversation))
        await tx.execute(update(Customer).where(Customer.id == known.customer).values(name="nobody"))
    results = await asyncio.wait_for(asyncio.gather(*hellos, return_exceptions=True), 20)
    assert isinstance(results[0], BadToken)
    assert isinstance(results[1], Visit)


async def until_waiting(app: App, many: int) -> None:
    """Until so many transactions wait for a lock of another; SQLite lets one at a time begin to write at all."""
    if app.store.is_sqlite:
        return
    async with asyncio.timeout(30):
        while True:
            async with app.read() as tx:
                waiting = await tx.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
            if waiting.scalar_one() >= many:
                return


def identity_of(app: App, sub: str) -> str:
    """What the site's server signs."""
    claims = {"sub": sub, "exp": int((app.now() + timedelta(minutes=5)).timestamp())}
    return jwt.encode(claims, app.settings.secret("identity_secret"), algorithm="HS256")


async def test_staff_erasing_is_audited_without_the_person(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    view = await erase_customers(app, [known.customer], None)
    async with app.read() as tx:
        rows = (await tx.execute(select(Audit).order_by(Audit.created_at))).scalars().all()
    assert any(row.action == "customer.erased" and row.subject == view.id for row in rows)
    assert any(row.action == "case.resolved" and row.subject == "erased" and row.detail == {} for row in rows)


async def test_uploaded_files_leave_the_disk(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    async with app.read() as tx:
        upload = (await tx.execute(select(Upload.id))).scalar_one()
    path = files_of(app.settings).place(upload)
    path.parent.mkdir(parents=True)
    path.write_text(CANARY)
    await erase_visitor(app, known.conversation)
    await run_job(app, FakeRasa())
    assert not path.exists()


async def test_what_is_kept_names_nobody(app: App, make_customer: Make) -> None:
    known = await make_customer(CANARY)
    await erase_visitor(app, known.conversation)
    async with app.read() as tx:
        customers = (await tx.execute(select(Customer))).scalars().all()
        cases = (await tx.execute(select(Case))).scalars().all()
        surveys = (await tx.execute(select(Survey))).scalars().all()
        said = (await tx.execute(select(Message))).scalars().all()
        mails = (await tx.execute(select(Mail))).scalars().all()
    assert [(c.external_id, c.email, c.name, c.locale) for c in customers] == [(None, None, None, None)]
    assert [(c.status, c.owner, c.packet, c.intent) for c in cases] == [("closed", "nobody", None, "track_order")]
    assert [s.customer_id for s in surveys] == [customers[0].id]
    assert [(m.author, m.text, m.name) for m in said] == [("agent", "", None)]
    assert mails == []


async def test_the_sqlite_file_holds_no_byte_of_it(app: App, make_customer: Make) -> None:
    if not app.store.is_sqlite:
        return  # PostgreSQL's files are its operator's; its tables are searched above
    known = await make_customer(CANARY)
    for number in range(40):
        await make_customer(f"bulk{number}")
    await erase_visitor(app, known.conversation)
    await run_job(app, FakeRasa())
    folder = app.settings.data
    for path in folder.glob("rapport.db*"):
        for word in (CANARY, known.case, known.customer):
            assert word.encode() not in path.read_bytes(), f"{word} in {path.name}"
