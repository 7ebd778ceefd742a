"""What the first message already answers: who writes "my plug is offline" is not asked what kind of device it is.

Only steps marked `listen` are answered so, and only when exactly one of their options was named and not denied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.knowledge.guide_words import normalise
from bot.knowledge.guides import Option

_SAYS_NOTHING = frozenset(
    {
        "yes", "no", "not", "ok", "on", "off", "nothing", "none", "dead", "dark", "many", "everything", "all", "done",
        "person", "same", "good", "bad", "low", "fine", "error", "failed", "empty", "little", "less", "full", "light",
        "lights",
    }
)  # fmt: skip
"""Words that answer a question when they stand alone, but mean anything within a longer message."""
# "Fails" and "stopped" deny nothing here: "it fails at the Wi-Fi" is just what is to be heard.
_DENIAL = re.compile(r"\b(?:not|no|never|none|nothing|neither|without)\b")
_DENIES_NEXT_WORDS = 3
_CLAUSE = re.compile(r"[,;!?\n]|\.\s|\bbut\b")
_BREAK = "|"
"""Stands between clauses: "it is not the hub, it is the lamp" denies the hub only."""


def heard_option(text: str, options: Sequence[Option]) -> Option | None:
    """The option that a message about the trouble names by the way; None when there is none or it is not clear."""
    words = [word for clause in _CLAUSE.split(text) for word in (*normalise(clause).split(), _BREAK)]
    spans = [span for option in options for span in _spans(words, option)]
    clear = [(a, b, option) for a, b, option in spans if not any(_within((a, b), (c, d)) for c, d, _ in spans)]
    named = {option.id: option for _, _, option in clear}
    urgent = next((option for option in named.values() if option.urgent), None)
    if urgent is not None:
        return urgent
    return next(iter(named.values())) if len(named) == 1 else None


def _spans(words: list[str], option: Option) -> list[tuple[int, int, Option]]:
    found = []
    for phrase in {normalise(said) for said in (option.label, *option.means)}:
        parts = phrase.split()
        if not parts or set(parts) <= _SAYS_NOTHING:
            continue
        for start in range(len(words) - len(parts) + 1):
            end = start + len(parts)
            if words[start:end] == parts and not _denied(words, start):
                found.append((start, end, option))
    return found


def _denied(words: list[str], start: int) -> bool:
    before = " ".join(words[max(0, start - _DENIES_NEXT_WORDS) : start])
    return bool(_DENIAL.search(before.rpartition(_BREAK)[2]))


def _within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return inner != outer and outer[0] <= inner[0] and inner[1] <= outer[1]
