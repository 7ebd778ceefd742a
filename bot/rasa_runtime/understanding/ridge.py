"""Kernel ridge regression, solved exactly, and what it would say of phrases it has not seen.

One factorisation gives the weights of all phrases and, in closed form, the score of each phrase from a model without
that phrase, and a whole model without a given part of the phrases.

Leave-one-out residuals: G. Wahba, Spline Models for Observational Data (1990), chapter 4. Leaving out many at once is
the inverse of a partitioned matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np
from scipy.linalg import cho_solve, lapack, solve_triangular


class FittingError(ValueError):
    """The training data cannot give a classifier; the message says what is missing."""


@dataclass(frozen=True)
class Part:
    """Phrases `out` that were left out of a model of the phrases `rest`.

    weights: of each of `rest` for each intent. held_out: the score of each of `rest` from a model that has seen
    neither it nor any of `out`.
    """

    out: np.ndarray
    rest: np.ndarray
    weights: np.ndarray
    held_out: np.ndarray


@dataclass(frozen=True)
class Solution:
    """weights: of each phrase for each intent. held_out: the score of each phrase from a model that has not seen it."""

    weights: np.ndarray
    held_out: np.ndarray
    parts: tuple[Part, ...]


def solve(gram: np.ndarray, wanted: np.ndarray, penalty: float, leave_out: Sequence[np.ndarray] = ()) -> Solution:
    """Fits all phrases, and for each array of places in `leave_out` all but those.

    `gram` is the kernel between all phrases, `wanted` the scores they should have (phrases x intents). Raises
    FittingError when the penalty is too small for the numbers at hand.
    """
    factor = _factor(gram, penalty)
    inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise _too_small()
    inverse = np.tril(inverse)
    diagonal = inverse.diagonal().copy()
    weights = inverse @ wanted + inverse.T @ wanted - diagonal[:, None] * wanted
    parts = tuple(_without(inverse, diagonal, weights, wanted, out) for out in leave_out)
    return Solution(weights, wanted - weights / diagonal[:, None], parts)


def weigh(gram: np.ndarray, wanted: np.ndarray, penalty: float) -> np.ndarray:
    """The weights of `solve` alone, in a third of its time. Raises FittingError as it does."""
    return np.asarray(cho_solve((_factor(gram, penalty), True), wanted, check_finite=False))


def _without(
    inverse: np.ndarray, diagonal: np.ndarray, weights: np.ndarray, wanted: np.ndarray, out: np.ndarray
) -> Part:
    """The model of all phrases but `out`, from the lower triangle of the whole inverse."""
    rest = np.setdiff1d(np.arange(len(inverse)), out)
    between = inverse[np.ix_(rest, out)] + inverse[np.ix_(out, rest)].T  # at each place one of the two is zero
    factor = np.linalg.cholesky(inverse[np.ix_(out, out)])  # which reads the lower triangle only
    halves = solve_triangular(factor, between.T, lower=True, check_finite=False)
    fewer = weights[rest] - between @ cho_solve((factor, True), weights[out], check_finite=False)
    shrunk = diagonal[rest] - np.square(halves).sum(axis=0)
    return Part(out, rest, fewer, wanted[rest] - fewer / shrunk[:, None])


def _factor(gram: np.ndarray, penalty: float) -> np.ndarray:
    gram = np.array(gram, dtype=np.float32, order="F")
    gram[np.diag_indices(len(gram))] += np.float32(penalty)
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if failed:
        raise _too_small()
    return np.asarray(factor)


def _too_small() -> FittingError:
    return FittingError("The intent classifier cannot be fitted with this penalty; set a higher one in config.yml.")
