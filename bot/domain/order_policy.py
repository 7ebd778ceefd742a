"""Until when something may be sent back, and until when its warranty holds: the policy's dates, counted in days."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class ReturnStanding(StrEnum):
    """Where a delivered order stands today."""

    NOT_DELIVERED = "not_delivered"
    RETURNABLE = "returnable"
    WARRANTY = "warranty"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class ReturnTerms:
    """`days` to send something back for any reason, `warranty_months` for faults; both count from the delivery."""

    days: int = 30
    warranty_months: int = 24

    def __post_init__(self) -> None:
        if self.days < 0 or self.warranty_months < 0:
            raise ValueError("The return window and the warranty cannot be shorter than nothing.")


def last_return_day(delivered: date, terms: ReturnTerms) -> date:
    """The last day on which a return may be opened."""
    return delivered + timedelta(days=terms.days)


def last_warranty_day(delivered: date, terms: ReturnTerms) -> date:
    """The same day of the month, `warranty_months` later; the month's last day where it has no such day."""
    month = delivered.month - 1 + terms.warranty_months
    year, month = delivered.year + month // 12, month % 12 + 1
    return date(year, month, min(delivered.day, calendar.monthrange(year, month)[1]))


def return_standing(
    delivered: date | None,
    today: date,
    terms: ReturnTerms,
    *,
    until: date | None = None,
    warranty_until: date | None = None,
) -> ReturnStanding:
    """What the dates allow today. The shop's own dates (`until`, `warranty_until`) win over the terms."""
    if delivered is None:
        return ReturnStanding.NOT_DELIVERED
    if today <= (until or last_return_day(delivered, terms)):
        return ReturnStanding.RETURNABLE
    if today <= (warranty_until or last_warranty_day(delivered, terms)):
        return ReturnStanding.WARRANTY
    return ReturnStanding.OVER
