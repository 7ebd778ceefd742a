"""Puts slips of the finger right before a message is understood: "wheres my pacakge" and "cancelmy order".

A word that nobody knows is brought to the nearest word of the training phrases: one letter left out, doubled, wrong or
swapped, two of these in a long word, or two words run together. Known is a word of the training phrases, of the
sentence encoder's vocabulary, or an inflection of either; known words are never touched, so nothing changes for whoever
spells well, and the training phrases themselves stay as they are, slips included. The few abbreviations that thumbs
type for whole words ("u", "acc") are written out: the encoder reads letters in them and no meaning.

Candidates are found by leaving letters out on both sides: W. Garbe, Symmetric Delete spelling correction (2012).
Distance is the number of single edits with swaps of neighbours: F. Damerau, CACM 7 (1964).
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Collection, Iterable, Mapping

from bot.rasa_runtime.understanding.assets import ENCODER_TOKENIZER, read_asset

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENDINGS = ("s", "es", "ed", "d", "ing", "er", "r", "est", "ly", "y", "able", "or", "al", "ion")
_FRONTS = ("re", "un", "pre", "over", "under", "mis", "dis", "out", "non", "up", "in")
_SHORTEST = 3
_LONGEST = 24
_LONG_WORD = 7
"""From here on two slips are put right; in a shorter word they would leave too little of it."""
_OFTEN = 3
"""A part of words run together must stand so often in the training phrases."""
_LITTLE_WORDS = re.compile("i|a|my|is|it|to|in|on|of|me|do|so|at|we|no|be|an|or|if|up|am|as|by|he|go")
_MOST_UNKNOWN = 12
"""A message with more unknown words is written in another language or pasted from a machine."""
_SHORTHAND = {
    "u": "you", "ur": "your", "r": "are", "pls": "please", "plz": "please", "acc": "account", "acct": "account",
    "thru": "through", "cuz": "because", "b4": "before", "wanna": "want to", "gonna": "going to", "gotta": "have to",
    "pw": "password", "addr": "address", "msg": "message", "rn": "right now", "2day": "today", "qty": "quantity",
    "cam": "camera", "pkg": "package",
}  # fmt: skip
_SHORT = re.compile(rf"(?<![\w'’&@./-])(?:{'|'.join(_SHORTHAND)})(?![\w'’&@/-]|\.\w)", re.IGNORECASE)
"""Whole words only: no part of an address, of a number with letters in it, or of "R&D"."""
_FILE = "words.json"


def general_words() -> frozenset[str]:
    """The whole words the sentence encoder knows. Raises AssetError when its files are missing or changed."""
    pieces: Mapping[str, int] = json.loads(read_asset(ENCODER_TOKENIZER))["model"]["vocab"]
    return frozenset(piece for piece in pieces if piece.isascii() and piece.isalpha())


class Speller:
    """Knows the words of the training phrases. Immutable but for a small memory of corrections; safe to share."""

    def __init__(self, counts: Mapping[str, int], general: Collection[str]) -> None:
        """`counts`: how often each word stands in the training phrases. `general`: words that are right as well."""
        self._counts = dict(counts)
        self._known = set(self._counts) | set(general)
        self._known |= {word.replace("'", "") for word in self._counts if "'" in word}
        self._by_shorter: dict[str, list[str]] = defaultdict(list)
        for word, count in sorted(self._counts.items()):
            # A word seen once that the encoder does not know either may be a slip itself.
            if len(word) >= _SHORTEST and (count > 1 or word in general):
                for key in {word} | _shorter(word):
                    self._by_shorter[key].append(word)
        self._put_right = lru_cache(maxsize=2048)(self._search)

    @classmethod
    def fit(cls, texts: Iterable[str]) -> Speller:
        """Learns the words of `texts`. Raises AssetError as `general_words` does."""
        return cls(Counter(word for text in texts for word in _words(text)), general_words())

    def save(self, folder: Path) -> None:
        """Writes the words into `folder`, which must exist."""
        (folder / _FILE).write_text(json.dumps(self._counts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Speller:
        """Reads what `save` wrote."""
        return cls(json.loads((folder / _FILE).read_text(encoding="utf-8")), general_words())

    def correct(self, text: str) -> str:
        """`text` with slips put right and shorthand written out.

        Slips stay where most of the words are unknown, as in another language.
        """
        text = _SHORT.sub(lambda found: _SHORTHAND[found.group().lower()], text)
        words = _words(text)
        unknown = [word for word in words if not self._is_known(word)]
        if not unknown or len(unknown) > _MOST_UNKNOWN or (len(words) >= 3 and 2 * len(unknown) > len(words)):
            return text
        return _WORD.sub(lambda found: self._replaced(found.group()), text)

    def _replaced(self, word: str) -> str:
        plain = _plain(word)
        return word if self._is_known(plain) else self._put_right(plain)

    def _is_known(self, word: str) -> bool:
        known, bare = self._known, word.partition("'")[0]
        if word in known or bare in known or not _SHORTEST <= len(bare) <= _LONGEST:
            return True
        if any(bare + ending in known for ending in _ENDINGS):
            return True
        rests = (bare[len(front) :] for front in _FRONTS if bare.startswith(front))
        if any(len(rest) > _SHORTEST and rest in known for rest in rests):
            return True
        stems = [bare[: -len(e)] for e in _ENDINGS if bare.endswith(e) and len(bare) - len(e) >= _SHORTEST]
        return any(self._is_stem(stem) for stem in stems)

    def _is_stem(self, stem: str) -> bool:
        """As it is, or with what an ending takes from it: hop(e)ing, stop(p)ed, carr(y)ied."""
        without_double = stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else stem
        with_y = f"{stem[:-1]}y" if stem.endswith("i") else stem
        return not self._known.isdisjoint((stem, f"{stem}e", without_double, with_y))

    def _search(self, word: str) -> str:
        near = [x for x in self._sharing({word} | _shorter(word)) if _distance(word, x) == 1 and _begin_alike(word, x)]
        if len(word) == _SHORTEST:
            near = [candidate for candidate in near if sorted(candidate) == sorted(word)]
        if near:
            return max(near, key=lambda x: (self._counts[x] * (3 if sorted(x) == sorted(word) else 1), x))
        apart = self._apart(word)
        if apart or len(word) < _LONG_WORD:
            return apart or word
        twice = {key for shorter in _shorter(word) for key in _shorter(shorter)} | _shorter(word)
        far = [x for x in self._sharing(twice) if x[0] == word[0] and _distance(word, x) == 2]
        return max(far, key=lambda x: (self._counts[x], x), default=word)

    def _sharing(self, keys: Iterable[str]) -> set[str]:
        return {word for key in keys for word in self._by_shorter.get(key, ())}

    def _apart(self, word: str) -> str | None:
        """The two words of which this one is made by leaving out a space: the pair whose rarer word is most common."""
        pairs = [(word[:at], word[at:]) for at in range(1, len(word))]
        good = [pair for pair in pairs if all(self._stands_alone(part) for part in pair)]
        best = max(good, key=lambda pair: (min(self._counts[part] for part in pair), pair), default=None)
        return " ".join(best) if best else None

    def _stands_alone(self, part: str) -> bool:
        return self._counts.get(part, 0) >= _OFTEN and (
            len(part) >= _SHORTEST or _LITTLE_WORDS.fullmatch(part) is not None
        )


def _plain(word: str) -> str:
    return word.lower().replace("’", "'")


def _words(text: str) -> list[str]:
    return [_plain(word) for word in _WORD.findall(text)]


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _begin_alike(word: str, other: str) -> bool:
    """People rarely miss the first letter, but they swap it with the second."""
    return word[0] == other[0] or word[1::-1] == other[:2]


def _distance(first: str, second: str) -> int:
    """Edits between two words: a letter left out, put in, exchanged, or swapped with its neighbour."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        current = [i]
        for j, other in enumerate(second, 1):
            best = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        before, row = row, current
    return row[-1]
