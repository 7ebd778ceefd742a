"""When an article is good enough to be given as the answer: calibrated probability against a measured bar.

Two calibrations, because a message comes with the classifier's intents in a conversation and without them on the
command line. All constants are printed by `python -m bench.knowledge --tune`, which reads one half of
tests/knowledge/questions.yml only; what they achieve on the other half is in docs/benchmarks.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.knowledge.ranking import Evidence

SURE_OF_INTENT = 0.9
"""From here an intent that exactly one article claims speaks for that article."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic model over the figures of `Evidence`, and the probabilities it takes to answer."""

    score: float
    margin: float
    off_topic: float
    sole: float
    elsewhere: float
    constant: float
    bar: float
    sole_bar: float
    """Enough when the sure intent is claimed by exactly this article: two witnesses need less each."""


WORDS_ONLY = Calibration(
    score=7.02, margin=3.9, off_topic=-4.65, sole=0.0, elsewhere=0.0, constant=-4.76, bar=0.77, sole_bar=0.77
)
WITH_INTENTS = Calibration(
    score=6.54, margin=3.12, off_topic=-4.07, sole=3.26, elsewhere=-1.53, constant=-4.08, bar=0.71, sole_bar=0.51
)


def confidence(evidence: Evidence) -> float:
    """The calibrated probability that the best article of `evidence` answers the message."""
    weights = calibration_of(evidence)
    logit = (
        weights.score * evidence.best
        + weights.margin * max(evidence.margin, 0.0)
        + weights.off_topic * evidence.off_topic
        + weights.sole * evidence.sole
        + weights.elsewhere * evidence.elsewhere
        + weights.constant
    )
    return 1.0 / (1.0 + math.exp(-logit))


def bar_of(evidence: Evidence) -> float:
    """The probability it takes to answer this message."""
    weights = calibration_of(evidence)
    return weights.sole_bar if evidence.sole else weights.bar


def calibration_of(evidence: Evidence) -> Calibration:
    """The weights for what is known of the message."""
    return WITH_INTENTS if evidence.understood else WORDS_ONLY
