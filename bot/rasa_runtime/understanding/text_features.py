"""Sparse features of a text: tf-idf of words (1-2) and of characters inside words (2-5).

They see what an embedding blurs: product codes, rare words, spelling. Written out here because a single message then
costs tens of microseconds, where scikit-learn's vectoriser costs about a millisecond.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Iterable, Sequence

import numpy as np
from scipy.sparse import csr_matrix

_WORD = re.compile(r"\w+(?:'\w+)?")
_DIGITS = re.compile(r"\d+")
_LONGEST_TEXT = 1000


def terms(text: str) -> tuple[list[str], list[str]]:
    """The word terms and the character terms of `text`, repeated as often as they occur.

    Numbers become `0`: that there is a number tells the intent, which number it is does not.
    """
    lowered = _DIGITS.sub("0", text[:_LONGEST_TEXT].lower().replace("\u2019", "'"))
    words = _WORD.findall(lowered)
    word_terms = words + [f"{first} {second}" for first, second in pairwise(words)]
    character_terms = []
    for word in words:
        padded = f" {word} "
        for size in range(2, 6):
            if size >= len(padded):
                character_terms.append(padded)
                break
            character_terms.extend(padded[i : i + size] for i in range(len(padded) - size + 1))
    return word_terms, character_terms


@dataclass(frozen=True)
class SparseRow:
    """The features of one text: column numbers and their weights."""

    columns: np.ndarray
    weights: np.ndarray


class _TermSpace:
    """One kind of term: its vocabulary and its inverse document frequencies. A row has unit length."""

    def __init__(self, vocabulary: dict[str, int], idf: np.ndarray, offset: int) -> None:
        self.vocabulary = vocabulary
        self.idf = idf
        self.offset = offset

    @classmethod
    def fit(cls, documents: Iterable[Sequence[str]], offset: int, min_documents: int) -> _TermSpace:
        seen: Counter[str] = Counter()
        count = 0
        for document in documents:
            seen.update(set(document))
            count += 1
        kept = sorted(term for term, n in seen.items() if n >= min_documents)
        idf = np.array([np.log((1 + count) / (1 + seen[term])) + 1 for term in kept], dtype=np.float32)
        return cls({term: i for i, term in enumerate(kept)}, idf, offset)

    def row(self, document: Sequence[str]) -> SparseRow:
        found = Counter(self.vocabulary[term] for term in document if term in self.vocabulary)
        columns = np.fromiter(found.keys(), dtype=np.int64, count=len(found))
        counts = np.fromiter(found.values(), dtype=np.float32, count=len(found))
        weights = (1 + np.log(counts)) * self.idf[columns]
        norm = float(np.linalg.norm(weights))
        return SparseRow(columns + self.offset, weights / norm if norm else weights)


class TextFeatures:
    """Fitted tf-idf features; `size` columns, words first, characters after them."""

    def __init__(self, words: _TermSpace, characters: _TermSpace) -> None:
        self._words = words
        self._characters = characters
        self.size = len(words.vocabulary) + len(characters.vocabulary)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> TextFeatures:
        """Learns the vocabulary of `texts`. A character term found in one text only is left out: it is noise."""
        documents = [terms(text) for text in texts]
        words = _TermSpace.fit((d[0] for d in documents), offset=0, min_documents=1)
        characters = _TermSpace.fit((d[1] for d in documents), len(words.vocabulary), min_documents=2)
        return cls(words, characters)

    def row(self, text: str) -> SparseRow:
        """The features of one text; a text without known terms gives no columns."""
        word_terms, character_terms = terms(text)
        words, characters = self._words.row(word_terms), self._characters.row(character_terms)
        return SparseRow(
            np.concatenate([words.columns, characters.columns]),
            np.concatenate([words.weights, characters.weights]),
        )

    def matrix(self, texts: Sequence[str]) -> csr_matrix:
        """The features of many texts, one row each."""
        rows = [self.row(text) for text in texts]
        starts = np.cumsum([0] + [len(row.columns) for row in rows])
        columns = np.concatenate([row.columns for row in rows]) if rows else np.zeros(0, dtype=np.int64)
        weights = np.concatenate([row.weights for row in rows]) if rows else np.zeros(0, dtype=np.float32)
        return csr_matrix((weights, columns, starts), shape=(len(rows), self.size))

    def to_json(self) -> dict[str, Any]:
        """Everything needed to rebuild the features, in plain JSON values."""
        return {
            "words": list(self._words.vocabulary),
            "words_idf": [round(float(x), 6) for x in self._words.idf],
            "characters": list(self._characters.vocabulary),
            "characters_idf": [round(float(x), 6) for x in self._characters.idf],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TextFeatures:
        """The inverse of `to_json`."""
        words = {term: i for i, term in enumerate(data["words"])}
        characters = {term: i for i, term in enumerate(data["characters"])}
        return cls(
            _TermSpace(words, np.asarray(data["words_idf"], dtype=np.float32), 0),
            _TermSpace(characters, np.asarray(data["characters_idf"], dtype=np.float32), len(words)),
        )
