"""Taking back what was done, and several orders in one message: nothing is left out, and nothing is done unasked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.adapters.shop import Order, Return
from bot.knowledge.articles import Article
from bot.knowledge.ranking import Intents
from bot.knowledge.retrieval import Answer
from tests.unit.actions.fakes import (
    SIGNED,
    Dialogue,
    FakeKnowledge,
    FakeShop,
    a_runtime,
    an_order,
    options,
    texts,
)

OPEN = {"status": "packed", "shipped_at": None, "can_cancel": True, "can_change": True, "can_change_address": True}
HOME = {
    "name": "Mira Okafor",
    "line1": "14 Lantern Row",
    "postcode": "D08 K5P7",
    "city": "Dublin",
    "country": "Ireland",
}
PLUGS = [{"sku": "PLUG", "name": "Tap Plug", "quantity": 3}, {"sku": "HUB", "name": "Hearth Hub", "quantity": 1}]


def talk_about(*orders: Order) -> tuple[Dialogue, FakeShop]:
    shop = FakeShop(*orders)
    return Dialogue(a_runtime(shop), **SIGNED), shop


@pytest.mark.parametrize("said", ["no wait, undo that", "please un-cancel it", "i want my order back", "take it back"])
async def test_a_cancelled_order_cannot_come_back_and_that_is_said(said: str) -> None:
    talk, shop = talk_about(an_order(**OPEN))
    await talk.hears("cancel LH-100234", "cancel_order", order_number="LH-100234").runs("action_order")
    await talk.hears("yes", "affirm").runs("action_affirm")
    shop.orders["LH-100234"] = an_order(status="cancelled", cancelled_at=datetime(2026, 3, 9, tzinfo=UTC))
    answer = await talk.hears(said, "deny").runs("action_deny")
    assert "can't be brought back" in texts(answer) and "LH-100234" in texts(answer)


@pytest.mark.parametrize("said", ["undo that please", "wait no, put it back to the old address", "change it back"])
async def test_a_changed_address_is_put_back_only_after_a_yes(said: str) -> None:
    talk, shop = talk_about(an_order(**OPEN, address=HOME))
    text = "send order LH-100234 to 5 Mill Road, D08 K5P7 Dublin"
    await talk.hears(text, "change_shipping_address", order_number="LH-100234").runs("action_order")
    await talk.hears("yes", "affirm").runs("action_affirm")
    asked = await talk.hears(said, "out_of_scope").runs("action_out_of_scope")
    assert "14 Lantern Row" in texts(asked) and "Yes, change it" in options(asked) and len(shop.sent_to) == 1
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.sent_to.values())[-1]["line1"] == "14 Lantern Row"


async def test_changed_quantities_are_put_back_only_after_a_yes() -> None:
    talk, shop = talk_about(an_order(**OPEN, items=PLUGS))
    await talk.hears("one plug in LH-100234", "change_order", order_number="LH-100234").runs("action_order")
    await talk.hears("yes", "affirm").runs("action_affirm")
    shop.orders["LH-100234"] = an_order(**OPEN, items=[{**PLUGS[0], "quantity": 1}, PLUGS[1]])
    asked = await talk.hears("hm, i changed my mind", "never_mind").runs("action_never_mind")
    assert "3 × Tap Plug instead of 1" in texts(asked) and list(shop.changed.values()) == [{"PLUG": 1}]


async def test_make_that_twelve_after_a_change_is_another_change() -> None:
    talk, shop = talk_about(an_order(**OPEN, items=PLUGS))
    await talk.hears("one plug in LH-100234", "change_order", order_number="LH-100234").runs("action_order")
    await talk.hears("yes", "affirm").runs("action_affirm")
    asked = await talk.hears("make that twelve", "rate_experience", score=12).runs("action_rate_in_words")
    assert "12 × Tap Plug" in texts(asked) and list(shop.changed.values()) == [{"PLUG": 1}]


async def test_undo_means_the_order_something_was_done_to_and_not_the_one_told_of_since() -> None:
    talk, shop = talk_about(an_order(**OPEN), an_order("LH-100235"))
    await of_two(talk, "cancel 100234 and 100235", "cancel_order").runs("action_order")
    await talk.hears("yes", "affirm").runs("action_affirm")
    shop.orders["LH-100234"] = an_order(status="cancelled", cancelled_at=datetime(2026, 3, 9, tzinfo=UTC))
    answer = await talk.hears("no wait undo", "nlu_fallback").runs("action_fallback")
    assert "LH-100234 comes back" in texts(answer)


@pytest.mark.parametrize(
    "said",
    ["no i changed my mind, cancel the return", "can i still keep them?", "undo it", "i changed my mind, i keep it"],
)
async def test_a_return_that_is_open_needs_nothing_to_be_dropped(said: str) -> None:
    waiting = Return(number="RT-00001", status="requested", amount_text="€40.00")
    state: dict[str, Any] = {"status": "delivered", "delivered_at": datetime(2026, 3, 3, tzinfo=UTC)}
    talk, shop = talk_about(an_order(**state, can_return=True, return_until="2026-04-02"))
    await talk.hears("return LH-100234", "start_return", order_number="LH-100234").runs("action_order")
    await talk.hears("yes", "affirm").runs("action_affirm")
    shop.orders["LH-100234"] = an_order(**state, returns=[waiting])
    answer = await talk.hears(said, "cancel_order").runs("action_order")
    assert "RT-00001" in texts(answer) and "nobody you need to tell" in texts(answer)


@pytest.mark.parametrize(
    "said",
    [
        "i don't want it", "we do not need them", "ok i get it", "yes i have it", "change it",
        "when do i get it back", "will i get it back?", "don't cancel the return", "where do i take it back",
    ],
)  # fmt: skip
async def test_what_only_resembles_an_undoing_takes_no_return_back(said: str) -> None:
    waiting = Return(number="RT-00001", status="requested", amount_text="€40.00")
    state: dict[str, Any] = {"status": "delivered", "delivered_at": datetime(2026, 3, 3, tzinfo=UTC)}
    talk, _ = talk_about(an_order(**state, returns=[waiting]))
    await talk.hears("where is LH-100234", "track_order", order_number="LH-100234").runs("action_order")
    answer = await talk.hears(said, "out_of_scope").runs("action_out_of_scope")
    assert "nobody you need to tell" not in texts(answer)


@pytest.mark.parametrize(
    "said",
    [
        "i changed my mind, cancel the whole order", "i changed my mind about the survey", "i didn't mean to be rude",
        "how do i restore the hub to factory settings", "restore my account", "i didn't mean that, i meant 4",
    ],
)  # fmt: skip
async def test_another_wish_after_a_change_does_not_put_it_back(said: str) -> None:
    talk, _ = talk_about(an_order(**OPEN, items=PLUGS))
    await talk.hears("one plug in LH-100234", "change_order", order_number="LH-100234").runs("action_order")
    await talk.hears("yes", "affirm").runs("action_affirm")
    answer = await talk.hears(said, "out_of_scope").runs("action_out_of_scope")
    assert "Yes, change it" not in options(answer)


async def test_i_get_it_is_no_yes_to_a_deed() -> None:
    talk, shop = talk_about(an_order(**OPEN))
    await talk.hears("cancel LH-100234", "cancel_order", order_number="LH-100234").runs("action_order")
    asked = await talk.hears("ok, I get it", "affirm").runs("action_affirm")
    assert not shop.cancelled and talk.slots["pending"] == "cancel:LH-100234" and "Yes, cancel it" in options(asked)
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.cancelled.values()) == ["LH-100234"]


@pytest.mark.parametrize("said", ["undo that", "i want it back", "restore it"])
async def test_nothing_is_taken_back_where_nothing_was_done(said: str) -> None:
    talk, shop = talk_about(an_order(**OPEN))
    await talk.hears("where is LH-100234", "track_order", order_number="LH-100234").runs("action_order")
    answer = await talk.hears(said, "nlu_fallback").runs("action_fallback")
    assert "brought back" not in texts(answer) and shop.sent_to == {}


async def test_a_cancelled_order_is_not_told_to_be_sent_back_when_it_should_be_changed() -> None:
    gone = {"status": "cancelled", "cancelled_at": datetime(2026, 3, 9, tzinfo=UTC)}
    talk, _ = talk_about(an_order(**gone))
    answer = await talk.hears("two lamps in LH-100234", "change_order", order_number="LH-100234").runs("action_order")
    assert "send back" not in texts(answer) and "can't be brought back" in texts(answer)


def of_two(talk: Dialogue, text: str, intent: str) -> Dialogue:
    talk.hears(text, intent, order_number="LH-100235")
    talk.latest["entities"].insert(0, {"entity": "order_number", "value": "LH-100234"})
    return talk


async def test_two_orders_named_together_are_both_cancelled_each_with_its_own_yes() -> None:
    talk, shop = talk_about(an_order(**OPEN), an_order("LH-100235", **OPEN))
    asked = await of_two(talk, "cancel 100234 and 100235", "cancel_order").runs("action_order")
    assert "two orders" in texts(asked) and talk.slots["pending"] == "cancel:LH-100234"
    asked = await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.cancelled.values()) == ["LH-100234"] and talk.slots["pending"] == "cancel:LH-100235"
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert list(shop.cancelled.values()) == ["LH-100234", "LH-100235"]


async def test_which_of_two_orders_is_a_question_about_both() -> None:
    talk, _ = talk_about(an_order(**OPEN), an_order("LH-100235", **OPEN))
    said = "two orders 100234 and 100235, which is first?"
    told = await of_two(talk, said, "change_shipping_address").runs("action_order")
    assert "LH-100235" in texts(told) and "Where should it go" not in texts(told) and talk.loop is None


async def test_a_long_list_of_orders_ends_where_it_is_said_to_end() -> None:
    numbers = [f"LH-1002{each}" for each in range(10, 40)]
    talk, _ = talk_about(*(an_order(number) for number in numbers))
    talk.hears(" ".join(["where are", *numbers]), "track_order")
    talk.latest["entities"] = [{"entity": "order_number", "value": number} for number in numbers]
    told = texts(await talk.runs("action_order"))
    assert "LH-100219" in told and "send me the others" in told and "LH-100220" not in told


@pytest.mark.parametrize("said", ["where are 100234, 100235", "where are LH-100234 and order LH-100235"])
async def test_every_order_that_was_asked_about_is_told_of(said: str) -> None:
    talk, _ = talk_about(an_order(), an_order("LH-100235"))
    told = texts(await of_two(talk, said, "track_order").runs("action_order"))
    assert "LH-100234" in told and "LH-100235" in told


async def test_two_orders_go_back_one_after_the_other() -> None:
    state: dict[str, Any] = {"status": "delivered", "delivered_at": datetime(2026, 3, 3, tzinfo=UTC)}
    back = {**state, "can_return": True, "return_until": "2026-04-02"}
    talk, shop = talk_about(an_order(**back), an_order("LH-100235", **back))
    await of_two(talk, "return 100234 and 100235", "return_item").runs("action_answer_question")
    await talk.hears("yes", "affirm").runs("action_affirm")
    await talk.hears("yes", "affirm").runs("action_affirm")
    assert [number for number, _ in shop.returned.values()] == ["LH-100234", "LH-100235"]


async def test_a_second_number_elsewhere_still_corrects_the_first() -> None:
    talk, _ = talk_about(an_order(), an_order("LH-100235"))
    said = "where is 100234, sorry, i typed that wrong, it is 100235"
    told = texts(await of_two(talk, said, "track_order").runs("action_order"))
    assert "LH-100235" in told and "two orders" not in told


class OnPasswords(FakeKnowledge):
    """Has one article, whatever is asked."""

    async def answer(self, text: str, intents: Intents = ()) -> Answer:
        reset = Article("reset", "Resetting your password", "Choose Forgot password.", intents=("recover_password",))
        return Answer(reset, reset.body, 0.9, False, ())


async def test_deleting_the_account_is_not_offered_below_another_answer() -> None:
    talk = Dialogue(a_runtime(knowledge=OnPasswords()), **SIGNED)
    answer = await talk.hears("can you lock my account", "delete_account").runs("action_answer_question")
    assert "Forgot password" in texts(answer) and "Ask the team to delete it" not in options(answer)
    await talk.hears("ok please do it", "affirm").runs("action_affirm")
    assert not str(talk.slots.get("pending") or "").startswith("account")
