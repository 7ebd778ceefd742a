"""What a case has cost the customer so far, and what follows from it.

Which survey, and when to offer a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz, utils

from bot.domain.surveys import SurveyKind

LONG_CASE_MESSAGES = 6
MISSES_BEFORE_OFFER = 2
_REPEAT_SIMILARITY = 92.0


@dataclass(frozen=True, slots=True)
class EffortLedger:
    """Counts of one case.

    `misses` are messages the bot did not understand, `wait_s` seconds waited for a person.
    """

    customer_messages: int = 0
    misses: int = 0
    misses_in_a_row: int = 0
    repeats: int = 0
    guide_steps: int = 0
    guided: bool = False
    escalated: bool = False
    transfers: int = 0
    reopened: int = 0
    wait_s: float = 0.0

    def with_message(self, *, missed: bool = False, repeated: bool = False) -> EffortLedger:
        """One more message of the customer."""
        return replace(
            self,
            customer_messages=self.customer_messages + 1,
            misses=self.misses + missed,
            misses_in_a_row=self.misses_in_a_row + 1 if missed else 0,
            repeats=self.repeats + repeated,
        )

    def with_guide_step(self) -> EffortLedger:
        """One more step of a troubleshooting guide."""
        return replace(self, guided=True, guide_steps=self.guide_steps + 1)

    def with_escalation(self) -> EffortLedger:
        """The case went to a person."""
        return replace(self, escalated=True)

    def with_transfer(self) -> EffortLedger:
        """The case went from one person to another."""
        return replace(self, transfers=self.transfers + 1)

    def with_reopening(self) -> EffortLedger:
        """The customer had to come back."""
        return replace(self, reopened=self.reopened + 1)

    def with_wait(self, seconds: float) -> EffortLedger:
        """Some seconds more of waiting for a person; negative ones (a moved clock) count as none."""
        return replace(self, wait_s=self.wait_s + max(0.0, seconds))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON column."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> EffortLedger:
        """From a JSON column; fields that an older version did not write have their defaults."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in (data or {}).items() if key in known})


def which_survey(ledger: EffortLedger) -> SurveyKind:
    """CES when the case was escalated, guided or longer than six customer messages, else CSAT."""
    hard = ledger.escalated or ledger.guided or ledger.customer_messages > LONG_CASE_MESSAGES
    return SurveyKind.CES if hard else SurveyKind.CSAT


class OfferReason(StrEnum):
    """Why a person is offered without having been asked for."""

    MISSES = "two_misses_in_a_row"
    REPEATED = "repeated_question"
    ANGER = "anger"


def should_offer_person(ledger: EffortLedger, *, angry: bool, repeated: bool, low: bool = False) -> OfferReason | None:
    """Whether to offer a person now: anger, a repeated question, or two misses in a row; None to go on.

    To somebody whose mood is `low` already the first miss is one too many.
    """
    if angry:
        return OfferReason.ANGER
    if repeated:
        return OfferReason.REPEATED
    limit = MISSES_BEFORE_OFFER - low
    return OfferReason.MISSES if ledger.misses_in_a_row >= limit else None


def repeats_question(text: str, earlier: Sequence[str]) -> bool:
    """True when a message of three words or more says again what one of the `earlier` messages said.

    Word order, case and punctuation do not matter. Short ones ("yes", "thanks") are never repeats.
    """
    if len(utils.default_process(text).split()) < 3:
        return False
    return any(
        fuzz.token_sort_ratio(text, before, processor=utils.default_process) >= _REPEAT_SIMILARITY for before in earlier
    )


def effort_index(ledger: EffortLedger) -> float:
    """How hard the case was, 0.0 without effort to 1.0.

    A figure of our own for ordering and health, not a survey score.

    Mean of saturating parts: messages beyond two (full at 12), misses (4), repeats (3), waiting (30
    minutes), and handovers: escalation half, each transfer or reopening half.
    """
    handovers = 0.5 * ledger.escalated + 0.5 * ledger.transfers + 0.5 * ledger.reopened
    parts = (
        max(0, ledger.customer_messages - 2) / 10,
        ledger.misses / 4,
        ledger.repeats / 3,
        ledger.wait_s / 1800,
        handovers,
    )
    return sum(min(1.0, part) for part in parts) / len(parts)
