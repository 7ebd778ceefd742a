"""Which case a new message belongs to, and the times after which silence changes a case."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.conversation import CaseStatus

REOPEN_WINDOW = timedelta(hours=72)
ASSUMED_RESOLVED_AFTER = timedelta(hours=24)


class Topic(StrEnum):
    """What a new message is about, compared with the case before it."""

    SAME = "same"
    OTHER = "other"
    ASIDE = "aside"  # thanks, a greeting, a rating: neither reopens nor begins anything


class Placement(StrEnum):
    """Where a new customer message belongs."""

    THIS_CASE = "this_case"
    REOPEN = "reopen"
    NEW_CASE = "new_case"


def place_message(
    status: CaseStatus,
    resolved_at: datetime | None,
    now: datetime,
    topic: Topic,
    window: timedelta = REOPEN_WINDOW,
) -> Placement:
    """Where a message goes.

    A resolved case reopens within 72 hours on the same subject, else a new case begins.
    """
    if status is CaseStatus.OPEN:
        return Placement.THIS_CASE
    if status is CaseStatus.CLOSED or resolved_at is None:
        return Placement.NEW_CASE
    if topic is Topic.ASIDE:
        return Placement.THIS_CASE
    if topic is Topic.SAME and now - resolved_at <= window:
        return Placement.REOPEN
    return Placement.NEW_CASE
