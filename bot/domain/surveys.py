"""The three micro-surveys: their questions, scales, labels and bands.

Sources: CES 2.0 is the seven-point agreement with "made it easy to handle my issue", where high is good;
CSAT is satisfaction on 1 to 5; NPS is likelihood to recommend on 0 to 10 with 9-10 promoters and 0-6
detractors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class SurveyKind(StrEnum):
    """Which question is asked."""

    CES = "ces"
    CSAT = "csat"
    NPS = "nps"


class Band(StrEnum):
    """What an answer leads to: low a recovery, middle one more question, high thanks and an invitation."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class SurveyScale:
    """One survey: `template` has the place {company}.

    `low_label` and `high_label` stand at the ends of the scale.
    """

    kind: SurveyKind
    template: str
    minimum: int
    maximum: int
    low_label: str
    high_label: str
    low_up_to: int
    high_from: int

    def question(self, company: str) -> str:
        """The question with the company's name in its place."""
        return self.template.replace("{company}", company)


SCALES: Mapping[SurveyKind, SurveyScale] = MappingProxyType(
    {
        SurveyKind.CES: SurveyScale(
            kind=SurveyKind.CES,
            template="{company} made it easy for me to handle my issue.",
            minimum=1,
            maximum=7,
            low_label="Strongly disagree",
            high_label="Strongly agree",
            low_up_to=3,
            high_from=6,
        ),
        SurveyKind.CSAT: SurveyScale(
            kind=SurveyKind.CSAT,
            template="How satisfied were you with the help you got today?",
            minimum=1,
            maximum=5,
            low_label="Very dissatisfied",
            high_label="Very satisfied",
            low_up_to=2,
            high_from=5,
        ),
        SurveyKind.NPS: SurveyScale(
            kind=SurveyKind.NPS,
            template="How likely are you to recommend {company} to a friend or colleague?",
            minimum=0,
            maximum=10,
            low_label="Not at all likely",
            high_label="Extremely likely",
            low_up_to=6,
            high_from=9,
        ),
    }
)


class ScoreOutOfRange(ValueError):
    """The score does not lie on the survey's scale."""


def validate_score(kind: SurveyKind, score: object) -> int:
    """The score as an int when it is a whole number on the scale of `kind`, else ScoreOutOfRange with a
    sentence.
    """
    scale = SCALES[kind]
    if isinstance(score, bool) or not isinstance(score, int) or not scale.minimum <= score <= scale.maximum:
        raise ScoreOutOfRange(
            f"A {kind.value.upper()} score is a whole number from {scale.minimum} to {scale.maximum}."
        )
    return score


def band(kind: SurveyKind, score: int) -> Band:
    """Low, middle or high: CES 1-3, 4-5, 6-7; CSAT 1-2, 3-4, 5.

    NPS 0-6, 7-8, 9-10 (detractor, passive, promoter).
    """
    scale = SCALES[kind]
    validate_score(kind, score)
    if score <= scale.low_up_to:
        return Band.LOW
    return Band.HIGH if score >= scale.high_from else Band.MIDDLE


def counts_as_positive(kind: SurveyKind, score: int) -> bool:
    """What the headline figure counts: CES 5 and up, CSAT 4 and up, NPS promoters 9 and up.

    This is not `band`: the headline is a convention of the trade, the band decides what we do about one
    answer.
    """
    validate_score(kind, score)
    return score >= {SurveyKind.CES: 5, SurveyKind.CSAT: 4, SurveyKind.NPS: 9}[kind]


def normalised(kind: SurveyKind, score: int) -> float:
    """The score as a part of its scale, 0.0 the worst and 1.0 the best."""
    scale = SCALES[kind]
    return (validate_score(kind, score) - scale.minimum) / (scale.maximum - scale.minimum)


def follow_up_question(kind: SurveyKind, score: int) -> str:
    """The one optional question after the tap, by band; never asks the happy to say it elsewhere."""
    match band(kind, score):
        case Band.LOW:
            return "I'm sorry this was not good enough. What went wrong?"
        case Band.MIDDLE:
            return f"Thank you. What would have made it a {SCALES[kind].maximum}?"
        case Band.HIGH:
            return "Thank you! What worked well for you?"
