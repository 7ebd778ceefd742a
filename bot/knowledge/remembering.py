"""An encoder that remembers: within a turn the same words are looked at by articles, guides and near matches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from bot.knowledge.embedding import DIMENSION, Encoder, FloatArray

REMEMBERED = 2000
"""Texts; a vector takes 1.5 KB."""


class RememberingEncoder:
    """Encodes each text once while it is among the last `size` that were asked for. Safe to share between threads."""

    def __init__(self, inner: Encoder, size: int = REMEMBERED) -> None:
        self._inner = inner
        self._size = size
        self._vectors: OrderedDict[str, FloatArray] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return one unit vector per text; raises EmbeddingUnavailable."""
        wanted = list(dict.fromkeys(texts))
        with self._lock:
            found = {text: self._vectors[text] for text in wanted if text in self._vectors}
        new = [text for text in wanted if text not in found]
        if new:
            found |= dict(zip(new, self._inner.encode(new), strict=True))
        with self._lock:
            for text in wanted:
                self._vectors[text] = found[text]
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)
        if not texts:
            return np.zeros((0, DIMENSION), dtype=np.float32)
        return np.stack([found[text] for text in texts])

    def remember(self, text: str, vector: FloatArray) -> None:
        """Take over a unit vector that somebody else made of `text` with the same model."""
        with self._lock:
            self._vectors[text] = vector
            self._vectors.move_to_end(text)

    def remembers(self, text: str) -> bool:
        """Whether `encode` has nothing to do for this text."""
        return text in self._vectors

    def forget(self) -> None:
        """Drop all texts: somebody's words are to be gone."""
        with self._lock:
            self._vectors.clear()

    def knows(self, word: str) -> bool:
        """Tell whether `word` is an ordinary word; raises EmbeddingUnavailable."""
        return self._inner.knows(word)
