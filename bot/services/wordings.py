"""Every sentence a customer reads, from one file, some in several wordings so that nobody hears the same twice."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter

import yaml


class TextMissing(KeyError):
    """A sentence was asked for that the file does not have, or one of its blanks has no value."""


class Texts:
    """Sentences by key. `fixed` fills blanks such as `{company}` in all of them."""

    def __init__(self, sentences: Mapping[str, list[str]], fixed: Mapping[str, str]) -> None:
        self._sentences = sentences
        self._fixed = dict(fixed)

    @classmethod
    def load(cls, path: Path, fixed: Mapping[str, str]) -> Texts:
        """Read a YAML mapping of keys to a sentence or a list of wordings. Raises ValueError naming the bad key."""
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict):
            raise ValueError(f"{path}: expected keys with sentences")
        sentences: dict[str, list[str]] = {}
        for key, value in raw.items():
            wordings = [value] if isinstance(value, str) else value
            if not isinstance(wordings, list) or not wordings or not all(isinstance(text, str) for text in wordings):
                raise ValueError(f"{path}: '{key}' must be a sentence or a list of sentences")
            sentences[str(key)] = [text.strip() for text in wordings]
        return cls(sentences, fixed)

    def __contains__(self, key: object) -> bool:
        return key in self._sentences

    def names(self) -> frozenset[str]:
        """Every key of the file."""
        return frozenset(self._sentences)

    def wordings(self, key: str) -> list[str]:
        """Every wording of a key, blanks unfilled. Raises TextMissing."""
        if key not in self._sentences:
            raise TextMissing(f"there is no text '{key}'")
        return list(self._sentences[key])

    def said(self, key: str, text: str) -> int | None:
        """Which wording of `key` the sentence `text` is, whatever fills its blanks; None when it is none of them."""
        for index, wording in enumerate(self.wordings(key)):
            if _shape(wording).fullmatch(text):
                return index
        return None

    def say(self, key: str, seed: str, *, unlike: int | None = None, **values: object) -> str:
        """One wording with its blanks filled; the same `seed` gives the same one, so a repeated turn repeats itself.

        `unlike` is the wording used last, which is not used again when there is another. Raises TextMissing for an
        unknown key and for a blank without a value.
        """
        wordings = self.wordings(key)
        # crc32 and not hash(): Python's own is salted anew in every process.
        index = zlib.crc32(f"{seed}:{key}".encode()) % len(wordings)
        if index == unlike:
            index = (index + 1) % len(wordings)
        wording = wordings[index]
        blanks = {name for _, name, _, _ in Formatter().parse(wording) if name}
        filled = {**self._fixed, **{name: str(value) for name, value in values.items()}}
        if missing := sorted(blanks - filled.keys()):
            raise TextMissing(f"the text '{key}' needs a value for {', '.join(missing)}")
        return wording.format(**filled)


@lru_cache(maxsize=1024)
def _shape(wording: str) -> re.Pattern[str]:
    """The wording as a pattern in which each blank is anything."""
    parts = [re.escape(fixed) + (".*" if name is not None else "") for fixed, name, _, _ in Formatter().parse(wording)]
    return re.compile("".join(parts), re.DOTALL)
