"""The trained intent model: a linear classifier over embedding and tf-idf, with calibrated probabilities.

Prediction needs NumPy only. Weights are stored as npz and json, never as pickle, so a model file cannot run code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.rasa_runtime.understanding.encoder import EMBEDDING_SIZE, HIDDEN_SIZE, unit_rows
from bot.rasa_runtime.understanding.text_features import TextFeatures

FALLBACK_INTENT = "nlu_fallback"
_FORMAT = 1
_WEIGHTS_FILE = "weights.npz"
_TERMS_FILE = "terms.json"


CLASSIFIER_DEFAULTS: dict[str, Any] = {
    "probability_bar": 0.35,
    "similarity_bar": 0.42,
    "penalty": 0.5,
    "calibration_folds": 3,
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
    """What the model thinks of a text: candidates, best first, and the cosine to the nearest training example."""

    ranking: tuple[RankedIntent, ...]
    similarity: float


@dataclass(frozen=True)
class Bars:
    """Below which the model admits that it did not understand.

    probability: smallest calibrated probability of the best intent.
    similarity: smallest cosine between the text and its nearest training example; catches confident nonsense,
    as a linear classifier is often sure far away from everything it has seen.
    """

    probability: float
    similarity: float


class IntentModel:
    """Immutable after training; safe to share."""

    def __init__(
        self,
        names: list[str],
        features: TextFeatures,
        dense: np.ndarray,
        sparse: np.ndarray,
        bias: np.ndarray,
        sharpness: float,
        examples: np.ndarray,
        measured: dict[str, Any],
    ) -> None:
        """`dense`, `sparse`: one column of weights for each intent. `examples`: unit vectors of the training texts.

        Weights are rounded to half precision here, so that a model gives the same answers before and after storing.
        """
        self.names = names
        self.features = features
        self.sharpness = sharpness
        self.measured = measured
        self._dense = dense.astype(np.float16).astype(np.float32)
        self._sparse = sparse.astype(np.float16).astype(np.float32)
        self._bias = bias.astype(np.float32)
        self._examples = examples.astype(np.float16).astype(np.float32)

    def guess(self, text: str, embedding: np.ndarray) -> Guess:
        """Ranks every intent for `text`, whose embedding is `embedding` (EMBEDDING_SIZE values)."""
        row = self.features.row(text)
        margins = embedding @ self._dense + row.weights @ self._sparse[row.columns] + self._bias
        logits = margins * self.sharpness
        exponentials = np.exp(logits - logits.max())
        probabilities = exponentials / exponentials.sum()
        order = np.argsort(-probabilities, kind="stable")
        ranking = tuple(RankedIntent(self.names[i], float(probabilities[i])) for i in order)
        vector = unit_rows(embedding[None, :HIDDEN_SIZE])[0]
        similarity = min(float((self._examples @ vector).max()), 1.0) if len(self._examples) else 0.0
        return Guess(ranking, similarity)

    def decide(self, text: str, embedding: np.ndarray, bars: Bars) -> Guess:
        """As `guess`, with the fallback first when a bar is missed; the real best guess is then second.

        The fallback's confidence is never below the guess it overrules, so the ranking stays ordered. A text
        without a letter or digit is not understood, with confidence 0.
        """
        if not any(character.isalnum() for character in text):
            emoji = _not_only_punctuation(text)
            if not emoji:
                return Guess((RankedIntent(FALLBACK_INTENT, 0.0),), 0.0)
        guess = self.guess(text, embedding)
        best = guess.ranking[0]
        if best.confidence >= bars.probability and guess.similarity >= bars.similarity:
            return guess
        fallback = RankedIntent(FALLBACK_INTENT, max(bars.probability, best.confidence))
        return Guess((fallback, *guess.ranking), guess.similarity)

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`, which must exist."""
        np.savez_compressed(
            folder / _WEIGHTS_FILE,
            dense=self._dense.astype(np.float16),
            sparse=self._sparse.astype(np.float16),
            bias=self._bias,
            examples=self._examples.astype(np.float16),
        )
        content = {
            "format": _FORMAT,
            "names": self.names,
            "sharpness": self.sharpness,
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
            weights = {name: stored[name] for name in ("dense", "sparse", "bias", "examples")}
        if weights["dense"].shape[0] != EMBEDDING_SIZE:
            raise IntentModelError("The model was trained with another sentence encoder; train again.")
        return cls(
            names=content["names"],
            features=TextFeatures.from_json(content["features"]),
            sharpness=float(content["sharpness"]),
            measured=content["measured"],
            **weights,
        )


def _not_only_punctuation(text: str) -> bool:
    """Whether something beyond ASCII punctuation is left: an emoji or a sign in another script means something."""
    return any(ord(character) > 0x2600 for character in text)
