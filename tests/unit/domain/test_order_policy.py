"""The policy's dates: the return window and the warranty, to the day."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.order_policy import (
    ReturnStanding,
    ReturnTerms,
    last_return_day,
    last_warranty_day,
    return_standing,
)

TERMS = ReturnTerms()


@pytest.mark.parametrize(
    ("today", "standing"),
    [
        (date(2026, 3, 1), ReturnStanding.RETURNABLE),
        (date(2026, 3, 31), ReturnStanding.RETURNABLE),
        (date(2026, 4, 1), ReturnStanding.WARRANTY),
        (date(2028, 3, 1), ReturnStanding.WARRANTY),
        (date(2028, 3, 2), ReturnStanding.OVER),
    ],
)
def test_the_last_day_of_each_window_still_counts(today: date, standing: ReturnStanding) -> None:
    assert return_standing(date(2026, 3, 1), today, TERMS) is standing


def test_what_has_not_arrived_cannot_be_sent_back() -> None:
    assert return_standing(None, date(2026, 3, 1), TERMS) is ReturnStanding.NOT_DELIVERED


def test_the_shops_own_dates_win_over_the_terms() -> None:
    given = {"until": date(2026, 5, 1), "warranty_until": date(2026, 6, 1)}
    assert return_standing(date(2026, 3, 1), date(2026, 5, 1), TERMS, **given) is ReturnStanding.RETURNABLE
    assert return_standing(date(2026, 3, 1), date(2026, 6, 1), TERMS, **given) is ReturnStanding.WARRANTY
    assert return_standing(date(2026, 3, 1), date(2026, 6, 2), TERMS, **given) is ReturnStanding.OVER


def test_a_warranty_ends_on_the_same_day_of_the_month_or_its_last() -> None:
    assert last_warranty_day(date(2026, 3, 15), TERMS) == date(2028, 3, 15)
    assert last_warranty_day(date(2024, 2, 29), ReturnTerms(warranty_months=12)) == date(2025, 2, 28)
    assert last_warranty_day(date(2026, 8, 31), ReturnTerms(warranty_months=6)) == date(2027, 2, 28)
    assert last_return_day(date(2026, 2, 20), TERMS) == date(2026, 3, 22)


def test_terms_shorter_than_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter than nothing"):
        ReturnTerms(days=-1)
