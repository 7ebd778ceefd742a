"""Prepared statements mean what the same statements mean through SQLAlchemy, on both databases."""

from typing import cast

import pytest
from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from bot.services.app import App
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.prepared import Prepared
from bot.store.tables import Conversation, Customer, Job
from tests.integration.conftest import MovableClock

JOB = cast(Table, Job.__table__)
CUSTOMER = cast(Table, Customer.__table__)
CONVERSATION = cast(Table, Conversation.__table__)
FIELDS = ("kind", "payload", "state", "run_at", "attempts", "max_attempts", "created_at")
ADD_JOB = Prepared.insert(JOB, *FIELDS)
JOBS = Prepared(
    select(*(JOB.c[name] for name in (*FIELDS, "lane", "done_at"))).where(JOB.c.kind == bindparam("wanted"))
)
ADD_CUSTOMER = Prepared.insert(CUSTOMER, "id", "created_at", "seen_at")
NAME_OF = Prepared(select(CUSTOMER.c.name).where(CUSTOMER.c.id == bindparam("who")))
RENAME = Prepared(
    update(CUSTOMER)
    .where(CUSTOMER.c.id == bindparam("who"))
    .values(name=bindparam("called"))
    .returning(CUSTOMER.c.name, CUSTOMER.c.seen_at)
)


async def add_customer(tx: Tx, clock: MovableClock) -> str:
    who = new_id()
    await ADD_CUSTOMER.rows(tx, id=who, created_at=clock(), seen_at=clock())
    return who


async def test_values_and_rows_are_turned_as_everywhere_else(app: App, clock: MovableClock) -> None:
    payload = {"text": "é 🙂", "many": [1, None, True]}
    now = clock()
    given = dict(zip(FIELDS, ("k", payload, "ready", now, 0, 3, now), strict=True))
    async with app.write() as tx:
        await ADD_JOB.rows(tx, **given)
        job = (await tx.execute(select(Job))).scalar_one()
        assert {name: getattr(job, name) for name in FIELDS} == given
        (row,) = await JOBS.rows(tx, wanted="k")
    assert {name: getattr(row, name) for name in FIELDS} == given
    assert (row.lane, row.done_at) == (None, None)
    assert list(await app.store.look(JOBS, wanted="k")) == [row]


async def test_what_returning_names_comes_back(app: App, clock: MovableClock) -> None:
    async with app.write() as tx:
        who = await add_customer(tx, clock)
        renamed = await RENAME.one(tx, who=who, called="Ana")
        assert (renamed.name, renamed.seen_at) == ("Ana", clock())
        assert await RENAME.one(tx, who="nobody", called="Bo") is None


async def test_an_object_that_waits_in_the_session_is_written_first(app: App, clock: MovableClock) -> None:
    async with app.write() as tx:
        tx.add(Customer(id="c1", name="Ana", created_at=clock(), seen_at=clock()))
        assert (await NAME_OF.one(tx, who="c1")).name == "Ana"
        customer = await tx.get(Customer, "c1")
        assert customer is not None
        customer.name = "Bo"
        assert (await NAME_OF.one(tx, who="c1")).name == "Bo"


async def test_nothing_of_a_failed_block_is_kept(app: App, clock: MovableClock) -> None:
    with pytest.raises(ZeroDivisionError):
        async with app.write() as tx:
            await add_customer(tx, clock)
            tx.add(Customer(id="c1", created_at=clock(), seen_at=clock()))
            raise ZeroDivisionError
    async with app.read() as tx:
        assert (await tx.execute(select(Customer))).all() == []


async def test_what_the_database_refuses_is_the_same_error(app: App, clock: MovableClock) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with app.write() as tx:
            who = await add_customer(tx, clock)
            await ADD_CUSTOMER.rows(tx, id=who, created_at=clock(), seen_at=clock())
    told = str(refused.value).replace(str(refused.value.orig), "")
    assert who not in told, "values are what somebody wrote: they do not go into a log"


async def test_an_insert_that_lacks_what_the_table_makes_itself_is_told_of(app: App, clock: MovableClock) -> None:
    if not app.store.is_sqlite:
        return
    lacking = Prepared.insert(CONVERSATION, "id", "customer_id", "created_at")
    async with app.write() as tx:
        with pytest.raises(ValueError, match="last_seq"):
            await lacking.rows(tx, id="x", customer_id="y", created_at=clock())


async def test_a_value_that_is_not_given_is_an_error_and_not_nothing(app: App) -> None:
    async with app.write() as tx:
        with pytest.raises((KeyError, StatementError)):
            await RENAME.rows(tx, who="c1")
