"""The vector that Rasa's side hands over is the one this side would make, and is not made twice."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.knowledge.embedding import DIMENSION, FloatArray, SentenceEmbedder, unpack_vector
from bot.knowledge.remembering import RememberingEncoder

KNOWN = json.loads((Path(__file__).parents[2] / "knowledge" / "vector.json").read_text())
"""One text and its vector; Rasa's side compares its own with the same."""


class NoEncoder:
    def encode(self, texts: Sequence[str]) -> FloatArray:
        raise AssertionError(f"was asked to encode {texts}")

    def knows(self, word: str) -> bool:
        return True


def test_both_sides_make_the_same_vector() -> None:
    own = SentenceEmbedder().encode([KNOWN["text"]])[0]
    assert float(own @ unpack_vector(KNOWN["packed"])) > 0.999


def test_a_vector_that_was_handed_over_is_not_made_again() -> None:
    encoder = RememberingEncoder(NoEncoder())
    vector = unpack_vector(KNOWN["packed"])
    encoder.remember("the words", vector)
    assert encoder.remembers("the words")
    assert np.array_equal(encoder.encode(["the words"])[0], vector)
    assert not encoder.remembers("other words")


@pytest.mark.parametrize(
    "numbers", [np.zeros(DIMENSION), np.ones(DIMENSION - 1), np.full(DIMENSION, np.nan), np.full(DIMENSION, np.inf)]
)
def test_what_is_no_vector_is_refused(numbers: np.ndarray) -> None:
    with pytest.raises(ValueError, match="sentence vector"):
        unpack_vector(base64.b64encode(numbers.astype("<f2").tobytes()).decode())
