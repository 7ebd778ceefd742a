"""The goodwill ledger over both databases: never overspent, never twice, whatever happens at once or in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from bot.adapters.shop import Order, ShopRefused, ShopUnavailable, Voucher
from bot.domain.goodwill import GestureKind, GoodwillPolicy, GoodwillReason, GoodwillRule, LedgerState, Refusal
from bot.jobs.queue import claim
from bot.services.app import App
from bot.services.goodwill import (
    Grievance,
    accept,
    decline,
    grant,
    release_unanswered,
    reserve,
    run_goodwill,
)
from bot.services.goodwill_policy import current_policy, save_policy
from bot.services.order_proof import TRIES, TRIES_OF_A_NUMBER, note_failed_proof, proof_locked
from bot.store.tables import Audit, Goodwill, Message
from tests.integration.conftest import MovableClock
from tests.integration.loyalty.conftest import World

LATE = Grievance(GoodwillReason.LATE_ORDER, "LH-1", "cus_1", days_late=2, order_value=4_000, currency="GBP")


class Counter:
    """A shop's till that keeps Idempotency-Keys, as the API must; `trouble` is raised after the work was done."""

    def __init__(self) -> None:
        self.vouchers: dict[str, Voucher] = {}
        self.credits: dict[str, int] = {}
        self.trouble: Exception | None = None

    async def give_voucher(self, number: str, amount_cents: int, reason: str, key: str) -> Voucher:
        await asyncio.sleep(0)
        if isinstance(self.trouble, ShopRefused):
            raise self.trouble
        voucher = self.vouchers.setdefault(key, Voucher(code=f"V{len(self.vouchers)}", amount_cents=amount_cents))
        if self.trouble:
            raise self.trouble
        return voucher

    async def credit(self, number: str, amount_cents: int, reason: str, key: str) -> Order:
        self.credits[key] = amount_cents
        return Order.model_construct(number=number)


@pytest.fixture
def world(app: App, clock: MovableClock) -> World:
    return World(app, clock)


async def spent(app: App) -> int:
    async with app.read() as tx:
        held = Goodwill.state != LedgerState.RELEASED.value
        return int((await tx.execute(select(func.coalesce(func.sum(Goodwill.amount), 0)).where(held))).scalar_one())


async def reserved(app: App, grievance: Grievance = LATE) -> Goodwill:
    row = await reserve(app, grievance)
    assert isinstance(row, Goodwill), row
    return row


async def test_a_budget_is_never_overspent_by_those_who_ask_at_once(app: App) -> None:
    await save_policy(app, GoodwillPolicy(monthly_budget=1_750), "ada@example.com")
    many = [replace(LATE, order_number=f"LH-{n}", beneficiary=f"cus_{n}") for n in range(12)]
    answers = await asyncio.gather(*(reserve(app, each) for each in many))
    assert sum(isinstance(answer, Goodwill) for answer in answers) == 3
    assert {answer for answer in answers if isinstance(answer, Refusal)} == {Refusal.BUDGET_SPENT}
    assert await spent(app) == 1_500


async def test_a_customers_cap_holds_over_all_their_orders_asked_at_once(app: App) -> None:
    policy = GoodwillPolicy()
    many = [replace(LATE, order_number=f"LH-{n}") for n in range(8)]
    answers = await asyncio.gather(*(reserve(app, each) for each in many))
    assert sum(row.amount for row in answers if isinstance(row, Goodwill)) == policy.customer_cap
    assert Refusal.CUSTOMER_CAP in answers


async def test_the_same_order_asked_at_once_holds_one_gesture(app: App) -> None:
    answers = await asyncio.gather(*(reserved(app) for _ in range(8)))
    assert len({row.id for row in answers}) == 1
    assert await spent(app) == 500


async def test_a_gesture_is_granted_once_though_many_take_it_at_once(app: App) -> None:
    row, till = await reserved(app), Counter()

    async def take() -> Goodwill:
        await accept(app, row.id)
        return await grant(app, till, row.id)

    taken = await asyncio.gather(*(take() for _ in range(6)))
    assert len(till.vouchers) == 1
    async with app.read() as tx:
        stored = await tx.get(Goodwill, row.id)
    assert stored is not None and stored.state == LedgerState.GRANTED.value
    assert {each.code for each in taken} == {stored.code}
    assert (await reserved(app)).id == row.id, "asking again finds the one that was granted"


async def test_an_answer_that_got_lost_is_made_good_by_the_job_and_told_once(
    app: App, world: World, clock: MovableClock
) -> None:
    person = await world.customer()
    row, till = await reserved(app, replace(LATE, conversation_id=person.conversation_id)), Counter()
    await accept(app, row.id)
    till.trouble = ShopUnavailable("the answer was lost")
    with pytest.raises(ShopUnavailable):
        await grant(app, till, row.id)
    till.trouble = None
    clock.forward(seconds=61)
    async with app.write() as tx:
        lease = await claim(tx, app.now(), "me", ["goodwill"])
    assert lease is not None
    await run_goodwill(app, till, lease)
    assert len(till.vouchers) == 1
    async with app.read() as tx:
        said = (
            (await tx.execute(select(Message).where(Message.conversation_id == person.conversation_id))).scalars().all()
        )
        assert await claim(tx, app.now(), "me", ["goodwill"]) is None
    assert len(said) == 1 and "V0" in said[0].text and "£5" in said[0].text
    assert (await grant(app, till, row.id)).code == "V0"


async def test_the_job_says_nothing_when_the_turn_has_done_it(app: App, world: World, clock: MovableClock) -> None:
    person = await world.customer()
    row, till = await reserved(app, replace(LATE, conversation_id=person.conversation_id)), Counter()
    await accept(app, row.id)
    await grant(app, till, row.id)
    clock.forward(seconds=61)
    async with app.write() as tx:
        lease = await claim(tx, app.now(), "me", ["goodwill"])
    assert lease is not None
    await run_goodwill(app, till, lease)
    async with app.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(Message))).scalar_one() == 0


async def test_a_refusal_of_the_shop_frees_the_money(app: App) -> None:
    row, till = await reserved(app), Counter()
    await accept(app, row.id)
    till.trouble = ShopRefused("not_found", "no such order", 404)
    with pytest.raises(ShopRefused):
        await grant(app, till, row.id)
    assert await spent(app) == 0
    async with app.read() as tx:
        stored = await tx.get(Goodwill, row.id)
    assert stored is not None and stored.why == "refused: not_found"


async def test_a_declined_gesture_frees_the_money_and_stays_declined(app: App) -> None:
    row = await reserved(app)
    await decline(app, row.id)
    assert await spent(app) == 0
    again = await reserved(app)
    assert (again.id, again.state, again.why) == (row.id, "released", "declined")


async def test_an_offer_without_an_answer_runs_out_and_can_be_made_again(app: App, clock: MovableClock) -> None:
    row = await reserved(app)
    clock.forward(hours=23)
    await release_unanswered(app)
    assert await spent(app) == 500
    clock.forward(hours=2)
    await release_unanswered(app)
    assert await spent(app) == 0
    assert (await reserved(app)).state == "reserved"
    assert (await reserved(app)).id == row.id


async def test_a_late_yes_counts_while_the_budget_allows(app: App, clock: MovableClock) -> None:
    row = await reserved(app)
    clock.forward(hours=25)
    await release_unanswered(app)
    accepted = await accept(app, row.id)
    assert isinstance(accepted, Goodwill) and accepted.state == "reserved"
    clock.forward(hours=25)
    await release_unanswered(app)
    assert await spent(app) == 500, "what was accepted is owed, however long it takes"


async def test_a_late_yes_finds_the_budget_spent_by_others(app: App, clock: MovableClock) -> None:
    await save_policy(app, GoodwillPolicy(monthly_budget=500), "ada@example.com")
    row = await reserved(app)
    clock.forward(hours=25)
    await release_unanswered(app)
    await reserved(app, replace(LATE, order_number="LH-2", beneficiary="cus_2"))
    assert await accept(app, row.id) is Refusal.BUDGET_SPENT


async def test_a_new_month_brings_a_new_budget_and_the_customers_cap_goes_on(app: App, clock: MovableClock) -> None:
    await save_policy(app, GoodwillPolicy(monthly_budget=500, customer_cap=1_500), "ada@example.com")
    await reserved(app)
    other = replace(LATE, order_number="LH-2", beneficiary="cus_2")
    assert await reserve(app, other) is Refusal.BUDGET_SPENT
    clock.forward(days=31)
    assert isinstance(await reserve(app, other), Goodwill)


async def test_money_back_is_given_by_the_same_ledger(app: App) -> None:
    rule = GoodwillRule(GoodwillReason.LATE_ORDER, 1, 1_000, GestureKind.REFUND, 490)
    await save_policy(app, GoodwillPolicy(rules=(rule,)), "ada@example.com")
    row, till = await reserved(app), Counter()
    await accept(app, row.id)
    assert (await grant(app, till, row.id)).state == "granted"
    assert till.credits == {f"goodwill:{row.id}": 490}


async def test_another_currency_is_no_money_of_ours(app: App) -> None:
    assert await reserve(app, replace(LATE, currency="EUR")) is Refusal.CURRENCY


async def test_a_policy_keeps_its_history_and_its_month(app: App) -> None:
    shipped = await current_policy(app)
    assert (shipped.version, shipped.policy) == (0, GoodwillPolicy())
    await save_policy(app, GoodwillPolicy(monthly_budget=700), "ada@example.com")
    await save_policy(app, GoodwillPolicy(monthly_budget=700), "ada@example.com")
    await reserved(app)
    view = await current_policy(app)
    assert (view.version, view.author, view.policy.monthly_budget) == (1, "ada@example.com", 700)
    assert (view.month, view.reserved, view.granted) == ("2026-07", 500, 0)
    async with app.read() as tx:
        noted = (await tx.execute(select(Audit).where(Audit.action == "goodwill.policy"))).scalars().all()
    assert [row.who for row in noted] == ["ada@example.com"]


async def test_failed_proofs_are_counted_for_the_conversation_and_forgotten_after_a_day(
    app: App, clock: MovableClock
) -> None:
    for n in range(TRIES):
        assert not await proof_locked(app, "talk", "LH-1")
        assert await note_failed_proof(app, "talk", "LH-1", f"m{n}") == n + 1
    assert await note_failed_proof(app, "talk", "LH-1", "m0") == TRIES, "a repeated turn counts once"
    assert await proof_locked(app, "talk", "LH-77")
    assert not await proof_locked(app, "another", "LH-1")
    clock.forward(hours=25)
    assert not await proof_locked(app, "talk", "LH-1")


async def test_an_order_number_tried_from_many_conversations_is_locked_for_all(app: App) -> None:
    for n in range(TRIES_OF_A_NUMBER):
        await note_failed_proof(app, f"talk{n}", "lh 100234", f"m{n}")
    assert await proof_locked(app, "fresh", "LH-100234")
    assert not await proof_locked(app, "fresh", "LH-100235")
