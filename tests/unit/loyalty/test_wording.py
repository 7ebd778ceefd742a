"""Figures, times and money in people's words."""

import pytest

from bot.insight.wording import REASONS, duration, value_text
from bot.services.money import money


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (45, "45 s"), (59.6, "1 min"), (125, "2 min 5 s"), (3600, "1 h"), (12000, "3 h 20 min"),
        (3605, "1 h"), (187200, "2 d 4 h"),
    ],
)  # fmt: skip
def test_a_duration_has_its_two_largest_parts(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "%", "–"), (83.3, "%", "83 %"), (14.3, "points", "+14"), (-14.3, "points", "-14"), (0.2, "points", "0"),
        (-0.2, "points", "0"), (5.44, "1-7", "5.4"), (0.25, "ratio", "0.25"), (1200, "count", "1,200"),
        (90, "s", "1 min 30 s"),
    ],
)  # fmt: skip
def test_a_value_is_written_with_its_unit(value: float | None, unit: str, text: str) -> None:
    assert value_text(value, unit) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1000, "GBP", "£10"), (1050, "EUR", "€10.50"), (123456, "USD", "$1,234.56"), (500, "JPY", "500 JPY"),
        (1999, "chf", "19.99 CHF"), (-1005, "GBP", "-£10.05"), (0, "EUR", "€0"),
    ],
)  # fmt: skip
def test_money_is_written_as_people_read_it(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text


def test_every_reason_not_to_ask_for_a_survey_has_words() -> None:
    from bot.domain.ask_budget import AskReason

    positive_or_for_invitations = {"budget_free", "follows_answer", "already_invited"}
    assert {reason.value for reason in AskReason} - positive_or_for_invitations <= set(REASONS)
