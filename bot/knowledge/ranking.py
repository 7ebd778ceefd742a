"""The figures behind a ranking of articles for one message, and the intents that may have a say in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.articles import Article
from bot.knowledge.embedding import FloatArray

Intents = Sequence[tuple[str, float]]
"""What the classifier takes the message for: intents with probabilities, best first, without the fallback's entry."""

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Evidence:
    """For calibration, for the decision, and for an admin who asks why."""

    order: tuple[int, ...]
    """Positions of all articles, best first."""
    scores: NDArray[np.float32]
    """Words and meaning fused, without the intent."""
    best: float
    margin: float
    """By how much the best article leads, the intent's word counted."""
    off_topic: float
    """Likeness to the nearest phrase that no article answers."""
    query: FloatArray
    understood: bool = False
    """The message came with intents."""
    elsewhere: float = 0.0
    """Probability that the message is out of scope."""
    sole: bool = False
    """The classifier is sure of an intent that the best article claims and no other."""


class Claims:
    """Which articles say that they answer which intent."""

    def __init__(self, articles: Sequence[Article]) -> None:
        claimed: dict[str, list[int]] = {}
        for number, article in enumerate(articles):
            for intent in article.intents:
                claimed.setdefault(intent, []).append(number)
        self._by_intent: Mapping[str, Sequence[int]] = claimed

    def of(self, intent: str) -> Sequence[int]:
        """The articles that claim `intent`."""
        return self._by_intent.get(intent, ())
