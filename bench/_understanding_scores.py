"""Scores of one training and its answers to a test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

_LOSS = 0.03
_BINS = 15


@dataclass(frozen=True)
class Answer:
    """The best intent (a fallback is passed over), its confidence 0..1, and how sure it is to be in scope."""

    intent: str | None
    confidence: float
    in_scope: float


def accuracy(answers: Sequence[Answer], expected: Sequence[str]) -> float:
    """Share of right answers, 0..1."""
    return sum(answer.intent == intent for answer, intent in zip(answers, expected, strict=True)) / len(expected)


def macro_f1(answers: Sequence[Answer], expected: Sequence[str]) -> float:
    """The unweighted mean of the F1 of each expected intent."""
    scores = []
    for intent in set(expected):
        pairs = list(zip(answers, expected, strict=True))
        right = sum(answer.intent == intent == truth for answer, truth in pairs)
        named = sum(answer.intent == intent for answer, _ in pairs)
        scores.append(2 * right / (named + sum(truth == intent for truth in expected)))
    return float(np.mean(scores))


def calibration_error(answers: Sequence[Answer], expected: Sequence[str]) -> float:
    """Expected calibration error: mean gap between stated confidence and share right, 15 equal bins."""
    confidence = np.array([answer.confidence for answer in answers])
    right = np.array([answer.intent == intent for answer, intent in zip(answers, expected, strict=True)])
    bin_of = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    inside = [bin_of == number for number in np.unique(bin_of)]
    return float(sum(part.mean() * abs(confidence[part].mean() - right[part].mean()) for part in inside))


def out_of_scope_scores(
    known: Sequence[Answer], unknown: Sequence[Answer], choose_known: Sequence[Answer]
) -> dict[str, float]:
    """AUROC; recall at exactly 3 % in-scope loss; recall and loss at the bar chosen on `choose_known`."""
    inside = np.array([answer.in_scope for answer in known])
    outside = np.array([answer.in_scope for answer in unknown])
    ranks = rankdata(np.concatenate([inside, outside]))[: len(inside)]
    area = (ranks.sum() - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside))
    chosen = np.quantile([answer.in_scope for answer in choose_known], _LOSS)
    return {
        "auroc": float(area),
        "oos_recall_at_3": float((outside < np.quantile(inside, _LOSS)).mean()),
        "oos_recall": float((outside < chosen).mean()),
        "in_scope_loss": float((inside < chosen).mean()),
    }
