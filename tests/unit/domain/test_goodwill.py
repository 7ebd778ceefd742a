"""The goodwill table: which row fits, what the caps leave, and which tables are refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain.goodwill import (
    BadPolicy,
    Gesture,
    GestureKind,
    GoodwillPolicy,
    GoodwillReason,
    GoodwillRule,
    Refusal,
    check_limits,
    choose_gesture,
    customer_period_start,
    month_of,
)

LATE = GoodwillReason.LATE_ORDER


def rule(days: int = 2, value: int = 0, amount: int = 500, kind: GestureKind = GestureKind.VOUCHER) -> GoodwillRule:
    return GoodwillRule(LATE, days, value, kind, amount)


@pytest.mark.parametrize(
    ("days", "value", "expected"),
    [
        (1, 50_000, Refusal.NO_RULE),
        (2, 0, Gesture(GestureKind.VOUCHER, 500)),
        (4, 50_000, Gesture(GestureKind.VOUCHER, 500)),
        (5, 14_999, Gesture(GestureKind.VOUCHER, 1_000)),
        (60, 15_000, Gesture(GestureKind.VOUCHER, 1_500)),
    ],
)
def test_the_row_that_fits_most_closely_decides(days: int, value: int, expected: object) -> None:
    assert choose_gesture(GoodwillPolicy(), LATE, days, value) == expected


def test_a_policy_that_is_switched_off_gives_nothing() -> None:
    assert choose_gesture(GoodwillPolicy(enabled=False), LATE, 30, 50_000) is Refusal.SWITCHED_OFF


@pytest.mark.parametrize(
    ("customer", "month", "refused"),
    [(0, 0, None), (1_500, 49_500, None), (1_501, 0, Refusal.CUSTOMER_CAP), (0, 49_501, Refusal.BUDGET_SPENT)],
)
def test_a_gesture_fits_to_the_last_cent(customer: int, month: int, refused: Refusal | None) -> None:
    assert check_limits(GoodwillPolicy(), 500, customer, month) is refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"monthly_budget": -1}, "monthly budget"),
        ({"customer_cap": 10**9}, "cap for a customer"),
        ({"customer_days": 0}, "1 to 3650"),
        ({"rules": (rule(), rule(amount=600))}, "Row 2 is for the same case as row 1"),
        ({"rules": (rule(amount=2_001),)}, "Row 1: the amount is above the cap"),
        ({"rules": (rule(amount=0),)}, "Row 1: the amount"),
        ({"rules": (rule(days=400),)}, "Row 1: the days late"),
        ({"rules": (rule(kind=GestureKind.REFUND, value=400),)}, "Row 1: a refund"),
        ({"rules": tuple(rule(days=day) for day in range(41))}, "At most 40"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_in_words(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadPolicy, match=words):
        GoodwillPolicy(**changes)  # type: ignore[arg-type]  # that is the point


def test_a_policy_comes_back_from_the_store_as_it_was() -> None:
    policy = GoodwillPolicy(rules=(rule(), rule(5, 1_000, 700, GestureKind.REFUND)))
    assert GoodwillPolicy.from_json(policy.to_json()) == policy


def test_the_month_is_counted_in_utc() -> None:
    assert month_of(datetime(2026, 7, 31, 23, 59, tzinfo=UTC)) == "2026-07"
    assert customer_period_start(GoodwillPolicy(customer_days=31), datetime(2026, 8, 1, tzinfo=UTC)).month == 7
