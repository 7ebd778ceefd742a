"""Training of the intent model: kernel ridge regression twice, then two numbers that make probabilities.

The first look is solved exactly, and with it comes in closed form what it would say of each phrase had it never seen
it: the profiles the second look compares. What the second look would say of unseen phrases has no closed form, since
each phrase is in the profiles of the others. So for calibration and measurement a few tenths of the phrases are left
out of both looks, which takes a quarter of the first factorisation's time for each tenth.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Callable, Sequence

import numpy as np
from scipy.optimize import minimize

from bot.rasa_runtime.understanding.encoder import unit_rows
from bot.rasa_runtime.understanding.intents import (
    PROFILE_WEIGHT,
    IntentModel,
    Weights,
    alike,
    both_looks,
    near,
    profiles,
    to_probabilities,
)
from bot.rasa_runtime.understanding.ridge import FittingError, Part, solve, weigh
from bot.rasa_runtime.understanding.text_features import TextFeatures

_DIRECTIONS = 384
"""Directions of the embedding that are kept; leave-one-out accuracy is within 0.1 points of that with all 1536."""
_DEFAULT_SHARPNESS = 10.0
_FEWEST_FOR_CALIBRATION = 30
_ENOUGH_FOR_CALIBRATION = 1000
_TENTHS = 10
_ROWS = 1000
_FEW = 20
"""An intent with fewer phrases than this has its name as one more: 0.9 points on BANKING77 with ten an intent, while
with thirty and more it makes no difference (docs/decisions)."""
_WORD = re.compile(r"[^\W\d_]+")
_SPACES = 2
"""Words and characters: a row of tf-idf features has this squared length."""


def fit_intent_model(
    texts: Sequence[str],
    labels: Sequence[str],
    embeddings: np.ndarray,
    encode: Callable[[Sequence[str]], np.ndarray],
    *,
    kernel_width: float,
    terms_weight: float,
    penalty: float,
) -> IntentModel:
    """Trains on `texts` with their intent `labels` and `embeddings` (one row each).

    `encode` gives the embeddings of what else is needed: the names of intents that have few phrases.
    `kernel_width`: how fast a phrase's influence falls with distance. `terms_weight`: the weight of the words beside
    the embedding's 1. `penalty`: higher follows single phrases less. Time grows with the cube of the number of texts:
    about 2 s for 3,000, a minute for 15,000. The same input gives the same model. Raises FittingError when there are
    fewer than two intents.
    """
    names = sorted(set(labels))
    if len(names) < 2:
        raise FittingError("The intent classifier needs examples of at least two intents in data/nlu.")
    number = {name: i for i, name in enumerate(names)}
    told = _told_by_name(labels)
    targets = np.array([number[label] for label in [*labels, *told]])
    features = TextFeatures.fit(texts)
    terms = features.matrix([*texts, *told.values()])
    vectors = unit_rows(np.concatenate([embeddings, encode(list(told.values()))]) if told else embeddings)
    projection = _main_directions(vectors)
    phrases = vectors @ projection

    share = terms_weight / _SPACES
    gram = near(np.minimum(phrases @ phrases.T, 1.0), kernel_width)
    for start in range(0, len(gram), _ROWS):  # in parts, as the sparse product of many texts is nearly full
        gram[start : start + _ROWS] += share * (terms[start : start + _ROWS] @ terms.T).toarray()
    wanted = np.eye(len(names), dtype=np.float32)[targets]
    first = solve(gram, wanted, penalty, _tenths(targets[: len(labels)]))
    stiffer = penalty * (1 + PROFILE_WEIGHT)
    again = weigh(_with_profiles(gram, first.held_out), wanted, stiffer)
    unseen = [_unseen(gram, wanted, stiffer, part) for part in first.parts]
    sharpness, measured = _calibrate(np.concatenate(unseen), targets[np.concatenate([p.out for p in first.parts])])
    return IntentModel(
        names=names,
        features=features,
        weights=Weights(
            projection,
            phrases,
            by_phrase=first.weights,
            by_term=share * (terms.T @ first.weights),
            profiles=profiles(first.held_out),
            again_by_phrase=again,
            again_by_term=share * (terms.T @ again),
        ),
        kernel_width=kernel_width,
        sharpness=sharpness,
        measured={**measured, "examples": len(labels), "intents": len(names)},
    )


def _told_by_name(labels: Sequence[str]) -> dict[str, str]:
    """What the name of an intent says in words, for each intent with few phrases; a name without words says nothing."""
    words = {label: " ".join(_WORD.findall(label)).lower() for label, count in Counter(labels).items() if count < _FEW}
    return {label: words[label] for label in sorted(words) if words[label]}


def _main_directions(vectors: np.ndarray) -> np.ndarray:
    """The directions that keep most of the inner products of `vectors`, as columns, the strongest last."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)
    return np.asarray(directions[:, -_DIRECTIONS:], dtype=np.float32)


def _tenths(targets: np.ndarray) -> list[np.ndarray]:
    """Places of the phrases to leave out together: tenths with phrases of every intent, until they are enough."""
    by_intent = np.argsort(targets, kind="stable")
    tenths = [np.sort(by_intent[start::_TENTHS]) for start in range(min(_TENTHS, len(targets)))]
    together = np.cumsum([len(tenth) for tenth in tenths])
    return tenths[: int(np.searchsorted(together, _ENOUGH_FOR_CALIBRATION)) + 1]


def _with_profiles(gram: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The kernel of the second look: `gram` and the likeness of the profiles of the scores `first`."""
    seen = profiles(first)
    return np.asarray(gram + PROFILE_WEIGHT * alike(seen @ seen.T))


def _unseen(gram: np.ndarray, wanted: np.ndarray, penalty: float, part: Part) -> np.ndarray:
    """What both looks together say of the phrases `part.out` when neither has seen them."""
    known = _with_profiles(gram[np.ix_(part.rest, part.rest)], part.held_out)
    across = gram[np.ix_(part.out, part.rest)]
    first = across @ part.weights
    across = across + PROFILE_WEIGHT * alike(profiles(first) @ profiles(part.held_out).T)
    return both_looks(first, across @ weigh(known, wanted[part.rest], penalty))


def _calibrate(scores: np.ndarray, targets: np.ndarray) -> tuple[tuple[float, float], dict[str, float]]:
    """The sharpness for which the probabilities of held-out scores are most likely."""
    exact = np.asarray(scores, dtype=np.float64)
    rows = np.arange(len(targets))

    def loss(free: np.ndarray) -> float:
        probability = to_probabilities(exact, _sharpness(free))[rows, targets]
        return -float(np.log(np.maximum(probability, 1e-12)).mean())

    start = np.array([np.log(_DEFAULT_SHARPNESS), 0.5])
    enough = len(targets) >= _FEWEST_FOR_CALIBRATION
    sharpness = _sharpness(minimize(loss, start, method="Nelder-Mead", options={"xatol": 0.01}).x if enough else start)
    probabilities = to_probabilities(scores, sharpness)
    right = probabilities.argmax(axis=1) == targets
    return sharpness, {
        "held_out_accuracy": round(float(right.mean()), 4),
        "held_out_calibration_error": round(_calibration_error(probabilities.max(axis=1), right), 4),
    }


def _sharpness(free: np.ndarray) -> tuple[float, float]:
    """The two numbers of `IntentModel.sharpness` from any two numbers: one above 0, one between 0 and 1."""
    return float(np.exp(free[0])), float((1 + np.tanh(free[1])) / 2)


def _calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error: the mean gap between stated confidence and share right, over equal bins."""
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    total = 0.0
    for number in np.unique(bin_of):
        inside = bin_of == number
        total += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(total)
