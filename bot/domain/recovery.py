"""The recovery of a customer we let down.

An owner, a deadline, a root cause, and a second question when it is fixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.business_hours import BusinessHours
from bot.domain.refusal import Refusal
from bot.domain.surveys import SCALES, Band, SurveyKind, band


class Severity(StrEnum):
    """How badly we failed; decides the deadline."""

    HIGH = "high"
    NORMAL = "normal"


class RootCause(StrEnum):
    """The causes to choose from when a recovery is closed; they are counted for those who can fix them."""

    PRODUCT_FAULT = "product_fault"
    LATE_DELIVERY = "late_delivery"
    WRONG_OR_MISSING_ITEM = "wrong_or_missing_item"
    PAYMENT_OR_REFUND = "payment_or_refund"
    UNCLEAR_INFORMATION = "unclear_information"
    BOT_DID_NOT_UNDERSTAND = "bot_did_not_understand"
    LONG_WAIT = "long_wait"
    STAFF_CONDUCT = "staff_conduct"
    POLICY = "policy"
    OTHER = "other"


class RecoveryStatus(StrEnum):
    """The steps of a recovery, in order."""

    OPEN = "open"
    CONTACTED = "contacted"
    RESOLVED = "resolved"
    REASKED = "reasked"


@dataclass(frozen=True, slots=True)
class RecoverySettings:
    """Hours until the customer must have been contacted; 48 is the usual target of closed-loop programmes."""

    hours: Mapping[Severity, float] = field(default_factory=lambda: {Severity.HIGH: 24.0, Severity.NORMAL: 48.0})

    def __post_init__(self) -> None:
        if any(self.hours.get(severity, 0) <= 0 for severity in Severity):
            raise ValueError("Every severity needs a deadline of more than 0 hours.")


@dataclass(frozen=True, slots=True)
class RecoveryState:
    """One recovery. `owner` is an agent's id or None for "the team"; cause and outcome are set when
    resolved.
    """

    status: RecoveryStatus = RecoveryStatus.OPEN
    owner: str | None = None
    root_cause: RootCause | None = None
    outcome: str | None = None


class RecoveryRefused(Refusal):
    """The step does not fit the recovery's state."""


def needs_recovery(kind: SurveyKind, score: int) -> bool:
    """Every low score opens a recovery."""
    return band(kind, score) is Band.LOW


def severity(kind: SurveyKind, score: int, *, angry: bool = False) -> Severity:
    """High for the worst answer of the scale (NPS: 0 to 2) or an angry comment, else normal."""
    worst = score <= 2 if kind is SurveyKind.NPS else score == SCALES[kind].minimum
    return Severity.HIGH if worst or angry else Severity.NORMAL


def deadline(
    opened_at: datetime,
    how_bad: Severity,
    settings: RecoverySettings | None = None,
    hours: BusinessHours | None = None,
) -> datetime:
    """By when the customer must have been contacted.

    Hours of the clock from `opened_at`; when `hours` is given and the desk is closed at that moment, the
    next opening, so that a deadline never falls into a time when nobody could keep it.
    """
    due = opened_at + timedelta(hours=(settings or RecoverySettings()).hours[how_bad])
    return due if hours is None else (hours.next_open(due) or due)


def is_overdue(state: RecoveryState, due: datetime, now: datetime) -> bool:
    """True while nobody has contacted the customer and the deadline has passed."""
    return state.status is RecoveryStatus.OPEN and now > due


def contact(state: RecoveryState, owner: str) -> RecoveryState:
    """The customer was contacted by `owner`. Contacting again only changes the owner."""
    if state.status not in (RecoveryStatus.OPEN, RecoveryStatus.CONTACTED):
        raise RecoveryRefused("already_resolved", "This recovery is already resolved.")
    return replace(state, status=RecoveryStatus.CONTACTED, owner=owner)


def resolve(state: RecoveryState, root_cause: RootCause, outcome: str) -> RecoveryState:
    """Fixed: needs a contact before, a root cause and what was done. RecoveryRefused otherwise."""
    if state.status is RecoveryStatus.OPEN:
        raise RecoveryRefused("not_contacted", "Contact the customer before you resolve the recovery.")
    if state.status is not RecoveryStatus.CONTACTED:
        raise RecoveryRefused("already_resolved", "This recovery is already resolved.")
    if not outcome.strip():
        raise RecoveryRefused("outcome_missing", "Say what was done for the customer.")
    return replace(state, status=RecoveryStatus.RESOLVED, root_cause=root_cause, outcome=outcome.strip())


def reask(state: RecoveryState) -> RecoveryState:
    """The customer was asked again after the fix."""
    if state.status is not RecoveryStatus.RESOLVED:
        raise RecoveryRefused("not_resolved", "Ask again only after the recovery is resolved.")
    return replace(state, status=RecoveryStatus.REASKED)


def reopen(state: RecoveryState) -> RecoveryState:
    """The second answer was low too: it begins again with the same owner."""
    if state.status not in (RecoveryStatus.RESOLVED, RecoveryStatus.REASKED):
        raise RecoveryRefused("not_resolved", "This recovery is still open.")
    return RecoveryState(owner=state.owner)


def is_recovered(before: int, after: int, kind: SurveyKind) -> bool:
    """Recovered: the second answer to the same question is better and no longer low.

    Counts into the recovery rate.
    """
    return after > before and band(kind, after) is not Band.LOW
