"""The trained intent model: kernel ridge over embedding and tf-idf, looked at twice, with calibrated probabilities.

A text is compared with every training phrase (Gaussian kernel on the embedding) and by its terms (linear kernel on
tf-idf). An intent's score is near 1 where its phrases are near and falls to 0 far from everything, so that, other than
with a linear classifier, the score itself tells whether a text belongs to anything that was trained.

The second look compares profiles as well: the scores of all intents at the first look, of the text and of each
training phrase as it would be seen had it not been trained. Phrases that lie between the same intents resemble each
other in this even where their words do not, so that it settles which of them is meant.

Prediction needs NumPy only. Weights are stored as npz and json, never as pickle, so a model file cannot run code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from bot.rasa_runtime.understanding.encoder import EMBEDDING_SIZE, unit_rows
from bot.rasa_runtime.understanding.text_features import TextFeatures

FALLBACK_INTENT = "nlu_fallback"
_FORMAT = 4
_LOWEST_BEST = 0.05
"""A text far from everything has scores about 0, which must not be blown up to a difference."""
PROFILE_WEIGHT = 2.0
"""Of the kernel between profiles at the second look, beside the Gaussian of both, which has 1."""
_PROFILE_WIDTH = 2.0
_PROFILE_POWER = 0.6
"""Below 1, so that the runners-up of a clear case count a little more."""
_WEIGHTS_FILE = "weights.npz"
_TERMS_FILE = "terms.json"


CLASSIFIER_DEFAULTS: dict[str, Any] = {
    "probability_bar": 0.35,
    "scope_bar": 0.43,
    "kernel_width": 1.5,
    "terms_weight": 0.15,
    "penalty": 0.1,
    "ranking_length": 10,
}
"""What a pipeline in config.yml that names the classifier and nothing else gets; explained there."""


class IntentModelError(ValueError):
    """A stored intent model cannot be used; the message says what to do."""


@dataclass(frozen=True)
class RankedIntent:
    """One candidate and its calibrated probability, 0..1."""

    name: str
    confidence: float


@dataclass(frozen=True)
class Guess:
    """What the model thinks of a text.

    ranking: the candidates, best first. similarity: cosine to the nearest training phrase. in_scope: how much the text
    belongs to what was trained at all, 0..1: the mean of the best score at the first look and of `similarity`.
    """

    ranking: tuple[RankedIntent, ...]
    similarity: float
    in_scope: float


@dataclass(frozen=True)
class Bars:
    """Below which the model admits that it did not understand.

    probability: smallest calibrated probability of the best intent; catches what lies between intents.
    scope: smallest `in_scope`; catches what is far from all of them.
    """

    probability: float
    scope: float


@dataclass(frozen=True)
class Weights:
    """What training learns.

    projection: (EMBEDDING_SIZE, d), onto the main directions of the training embeddings. phrases: (n, d), the projected
    training phrases. by_phrase: (n, intents) and by_term: (terms, intents), the weights of the two kernels at the first
    look. profiles: (n, intents), of the training phrases. again_by_phrase, again_by_term: the weights at the second.
    """

    projection: np.ndarray
    phrases: np.ndarray
    by_phrase: np.ndarray
    by_term: np.ndarray
    profiles: np.ndarray
    again_by_phrase: np.ndarray
    again_by_term: np.ndarray

    def rounded(self) -> Weights:
        """At half precision, so that a model gives the same answers before and after storing."""
        return Weights(**{name: part.astype(np.float16).astype(np.float32) for name, part in self.parts().items()})

    def parts(self) -> dict[str, np.ndarray]:
        """By name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


class IntentModel:
    """Immutable after training; safe to share."""

    def __init__(
        self,
        names: list[str],
        features: TextFeatures,
        weights: Weights,
        kernel_width: float,
        sharpness: tuple[float, float],
        measured: dict[str, Any],
    ) -> None:
        """`sharpness`: the numbers a, b with which scores s become probabilities, softmax(a s / max(s)^b)."""
        self.names = names
        self.features = features
        self.kernel_width = kernel_width
        self.sharpness = sharpness
        self.measured = measured
        self._weights = weights.rounded()

    def guess(self, text: str, embedding: np.ndarray) -> Guess:
        """Ranks every intent for `text`, whose embedding is `embedding` (EMBEDDING_SIZE values)."""
        row = self.features.row(text)
        weights = self._weights
        vector = unit_rows(embedding[None, :])[0] @ weights.projection
        cosines = np.minimum(weights.phrases @ vector, 1.0)
        kernel = near(cosines, self.kernel_width)
        first = kernel @ weights.by_phrase + row.weights @ weights.by_term[row.columns]
        kernel += PROFILE_WEIGHT * alike(weights.profiles @ profiles(first[None, :])[0])
        second = kernel @ weights.again_by_phrase + row.weights @ weights.again_by_term[row.columns]
        probabilities = to_probabilities(both_looks(first, second)[None, :], self.sharpness)[0]
        order = np.argsort(-probabilities, kind="stable")
        ranking = tuple(RankedIntent(self.names[i], float(probabilities[i])) for i in order)
        similarity = float(max(cosines.max(), 0.0))
        return Guess(ranking, similarity, float(np.clip((first.max() + similarity) / 2, 0.0, 1.0)))

    def decide(self, text: str, embedding: np.ndarray, bars: Bars) -> Guess:
        """As `guess`, with the fallback first when a bar is missed; the real best guess is then second.

        The fallback's confidence is never below the guess it overrules, so the ranking stays ordered. A text
        without a letter or digit is not understood, with confidence 0.
        """
        if not any(character.isalnum() for character in text):
            emoji = _not_only_punctuation(text)
            if not emoji:
                return Guess((RankedIntent(FALLBACK_INTENT, 0.0),), 0.0, 0.0)
        guess = self.guess(text, embedding)
        best = guess.ranking[0]
        if best.confidence >= bars.probability and guess.in_scope >= bars.scope:
            return guess
        fallback = RankedIntent(FALLBACK_INTENT, max(bars.probability, best.confidence))
        return Guess((fallback, *guess.ranking), guess.similarity, guess.in_scope)

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`, which must exist."""
        halves = {name: part.astype(np.float16) for name, part in self._weights.parts().items()}
        np.savez_compressed(folder / _WEIGHTS_FILE, **halves)
        content = {
            "format": _FORMAT,
            "names": self.names,
            "kernel_width": self.kernel_width,
            "sharpness": list(self.sharpness),
            "measured": self.measured,
            "features": self.features.to_json(),
        }
        (folder / _TERMS_FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Reads what `save` wrote. Raises IntentModelError for another format."""
        content = json.loads((folder / _TERMS_FILE).read_text(encoding="utf-8"))
        if content.get("format") != _FORMAT:
            raise IntentModelError("The model was trained by another version of the intent classifier; train again.")
        with np.load(folder / _WEIGHTS_FILE, allow_pickle=False) as stored:
            weights = Weights(**{field.name: stored[field.name] for field in fields(Weights)})
        if weights.projection.shape[0] != EMBEDDING_SIZE:
            raise IntentModelError("The model was trained with another sentence encoder; train again.")
        return cls(
            names=content["names"],
            features=TextFeatures.from_json(content["features"]),
            weights=weights,
            kernel_width=float(content["kernel_width"]),
            sharpness=(float(content["sharpness"][0]), float(content["sharpness"][1])),
            measured=content["measured"],
        )


def near(cosines: np.ndarray, width: float) -> np.ndarray:
    """The Gaussian kernel of unit vectors, exp(-width |x - y|^2), from their cosines."""
    return np.exp((2 * width) * (cosines - 1))


def profiles(scores: np.ndarray) -> np.ndarray:
    """The profile of each row of `scores`, of length 1; zeros where no intent's score is above 0."""
    return unit_rows(np.maximum(scores, 0.0) ** _PROFILE_POWER)


def alike(cosines: np.ndarray) -> np.ndarray:
    """The Gaussian kernel of profiles from their cosines."""
    return near(cosines, _PROFILE_WIDTH)


def both_looks(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The scores that decide: the mean of what the two looks say."""
    return (first + second) / 2


def to_probabilities(scores: np.ndarray, sharpness: tuple[float, float]) -> np.ndarray:
    """Calibrated probabilities, one row for each row of `scores`; the order of the scores is kept."""
    best = np.maximum(scores.max(axis=1, keepdims=True), _LOWEST_BEST)
    logits = sharpness[0] * scores / best ** sharpness[1]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _not_only_punctuation(text: str) -> bool:
    """Whether something beyond ASCII punctuation is left: an emoji or a sign in another script means something."""
    return any(ord(character) > 0x2600 for character in text)
