"""Whom we may ask to speak for us: promoters for referral and testimonial, everybody for the public review.

The public review link is never gated by score: Google's and Trustpilot's rules and the FTC rule on reviews
(16 CFR 465) forbid asking only the happy. So nothing here that concerns reviews takes a score as an input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ask_budget import AskDecision
from bot.domain.conversation import Resolution
from bot.domain.health import HealthLevel
from bot.domain.surveys import Band, SurveyKind, band


class InvitationKind(StrEnum):
    """The promoters' own invitations."""

    REFERRAL = "referral"
    TESTIMONIAL = "testimonial"


class Ineligible(StrEnum):
    """Why a customer is not invited."""

    NOT_CONFIRMED = "resolution_not_confirmed"
    NO_SCORE = "no_score"
    NOT_A_PROMOTER = "not_a_promoter"
    OPEN_CASE = "open_case"
    HEALTH_RED = "health_red"
    ALREADY_INVITED = "already_invited"
    BUDGET = "ask_budget"


_SENTENCES = {
    Ineligible.NOT_CONFIRMED: "The customer has not confirmed that the case is resolved.",
    Ineligible.NO_SCORE: "The customer has not answered a survey.",
    Ineligible.NOT_A_PROMOTER: "The score is below CES 6, CSAT 5 or NPS 9.",
    Ineligible.OPEN_CASE: "The customer has an open case.",
    Ineligible.HEALTH_RED: "The customer's health is red.",
    Ineligible.ALREADY_INVITED: "An invitation was already made for this case.",
    Ineligible.BUDGET: "The ask budget does not allow it.",
}


@dataclass(frozen=True, slots=True)
class AdvocacyFacts:
    """What decides about an invitation. `health` None means unknown, which does not stand in the way."""

    resolution: Resolution | None
    survey_kind: SurveyKind | None
    score: int | None
    has_open_case: bool
    health: HealthLevel | None
    invitations_for_case: int
    budget: AskDecision


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The verdict with every reason against it, the first being the weightiest; `sentence` is for people."""

    eligible: bool
    reasons: tuple[Ineligible, ...]
    sentence: str


def promoter_eligibility(facts: AdvocacyFacts) -> Eligibility:
    """Whether a referral or testimonial invitation may be made.

    All must hold: resolution confirmed by the customer, CES 6 or more or CSAT 5 or NPS 9 or more, no open
    case, health not red, no invitation yet for this case, and the ask budget free.
    """
    reasons = []
    if facts.resolution is not Resolution.CONFIRMED:
        reasons.append(Ineligible.NOT_CONFIRMED)
    if facts.survey_kind is None or facts.score is None:
        reasons.append(Ineligible.NO_SCORE)
    elif band(facts.survey_kind, facts.score) is not Band.HIGH:
        reasons.append(Ineligible.NOT_A_PROMOTER)
    if facts.has_open_case:
        reasons.append(Ineligible.OPEN_CASE)
    if facts.health is HealthLevel.RED:
        reasons.append(Ineligible.HEALTH_RED)
    if facts.invitations_for_case > 0:
        reasons.append(Ineligible.ALREADY_INVITED)
    if not facts.budget.asked:
        reasons.append(Ineligible.BUDGET)
    sentence = _SENTENCES[reasons[0]] if reasons else "A promoter with a confirmed resolution."
    if reasons and reasons[0] is Ineligible.BUDGET:
        sentence = f"{sentence} {facts.budget.detail}"
    return Eligibility(not reasons, tuple(reasons), sentence)


def choose_invitation(
    eligibility: Eligibility,
    *,
    enabled: Sequence[InvitationKind] = (InvitationKind.REFERRAL, InvitationKind.TESTIMONIAL),
    declined_for_good: frozenset[InvitationKind] = frozenset(),
    already_done: frozenset[InvitationKind] = frozenset(),
) -> InvitationKind | None:
    """The one invitation to make, or None: the first enabled kind neither refused for good nor done
    already.
    """
    if not eligibility.eligible:
        return None
    return next((kind for kind in enabled if kind not in declined_for_good | already_done), None)
