"""The word side of retrieval: tokens, typing mistakes, BM25 scores comparable across questions."""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
# Words that carry no topic. Negations and question words stay: "not arrived" and "when" say what is wanted.
_STOP_TEXT = """
a an and are as at be been but by do does for from had has have he her his i i'd i'm i've if in is it it's its
me my of on or our please she so that the their them then there they this to us was we were will with would you
your can could just also am any some im ive id hi hello hey
"""
_STOP = frozenset(_STOP_TEXT.split())
_ENDINGS = (("ies", "y"), ("ying", "y"), ("ing", ""), ("ied", "y"), ("ed", ""), ("es", "e"))
_SHORTHAND = {
    "acc": "account", "acct": "account", "addr": "address", "deliv": "delivery", "fw": "firmware", "msg": "message",
    "pw": "password", "pwd": "password", "qty": "quantity", "tel": "telephone",
}  # fmt: skip
"""How words are cut short on phones; too short to be mended by likeness."""
_MIN_TYPO_LENGTH = 5  # shorter words have too many neighbours one letter away
_BM25_K1 = 1.2
_BM25_B = 0.5  # articles differ in length by design, not by chattiness


def tokens_of(text: str) -> list[str]:
    """Split into lower-case words, without endings of plural and tense and without topicless words."""
    plain = text.lower().replace("\u2019", "'").replace("wi-fi", "wifi").replace("e-mail", "email")
    words = _WORD.findall(plain)
    return [_stem(word) for word in words if word not in _STOP]


def _stem(word: str) -> str:
    """Cut the commonest English endings; only has to treat question and article alike."""
    word = word.removesuffix("'s").replace("'", "")
    if len(word) > 4:
        for ending, instead in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                word = word[: len(word) - len(ending)] + instead
                break
        else:
            if word.endswith("s") and not word.endswith("ss"):
                word = word[:-1]
        if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lse":
            word = word[:-1]
    elif len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


class LexicalIndex:
    """BM25 over a fixed list of documents given as texts.

    `is_word` says which words are ordinary English and thus no typing mistakes, whatever they resemble
    ("politics" is not a misspelt "policies").
    """

    def __init__(self, documents: Sequence[str], is_word: Callable[[str], bool] = lambda word: False) -> None:
        self._is_word = is_word
        logging.getLogger("bm25s").setLevel(logging.WARNING)
        tokenised = [tokens_of(document) for document in documents]
        self._size = len(tokenised)
        frequency = Counter(word for words in tokenised for word in set(words))
        # Lucene's idf, the one bm25s scores with; needed here to know what a perfect match would have scored.
        size = len(tokenised)
        self._idf = {word: math.log(1 + (size - n + 0.5) / (n + 0.5)) for word, n in frequency.items()}
        self._unknown_idf = math.log(1 + (self._size + 0.5) / 0.5)
        self._spellings = self._surface_words(documents)
        self._bm25 = bm25s.BM25(method="lucene", k1=_BM25_K1, b=_BM25_B)
        if tokenised:
            self._bm25.index([words or ["-"] for words in tokenised], show_progress=False)

    @staticmethod
    def _surface_words(documents: Iterable[str]) -> list[str]:
        words = {word for document in documents for word in _WORD.findall(document.lower())}
        return sorted(word for word in words if len(word) >= _MIN_TYPO_LENGTH)

    def correct(self, text: str) -> str:
        """Mend words that are one slip away from a word of the articles ("recieve", "warrenty", "adress").

        Only the articles' own words are candidates: a general dictionary would "correct" product names.
        """

        def mend(match: re.Match[str]) -> str:
            word = _SHORTHAND.get(match.group(0), match.group(0))
            known = _stem(word) in self._idf or self._is_word(word)
            if known or len(word) < _MIN_TYPO_LENGTH or any(letter.isdigit() for letter in word):
                return word
            allowed = 1 if len(word) < 8 else 2
            best = process.extractOne(word, self._spellings, scorer=DamerauLevenshtein.distance, score_cutoff=allowed)
            return best[0] if best and best[0][0] == word[0] else word

        return _WORD.sub(mend, text.lower())

    def scores(self, text: str) -> NDArray[np.float32]:
        """Return one score per document: the share of the best score these words could reach, 0..1.

        Words that no document has count as missed, so a question about something else scores low.
        """
        words = tokens_of(text)
        known = [word for word in words if word in self._idf]
        if not known or not self._size:
            return np.zeros(self._size, dtype=np.float32)
        reachable = sum(self._idf.get(word, self._unknown_idf) for word in words)
        raw = np.asarray(self._bm25.get_scores(known), dtype=np.float32)
        shares: NDArray[np.float32] = np.minimum(raw / max(reachable, 1e-6), 1.0).astype(np.float32)
        return shares
