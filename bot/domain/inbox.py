"""The order of the teaching inbox: where a person's minute helps most customers.

Priority = damage x uncertainty x frequency: what it did to the customer, how little the bot knew, how many wrote so.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz, process

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
SURE = 0.6
"""A best guess under this is worth a look."""
CLEAR = 0.2
"""A best guess less than this ahead of the second is worth a look."""
DOUBT = 0.1
"""Under this uncertainty a message is not suspected of having caused the trouble around it."""
ALIKE = 90.0
"""Near-identical texts share at least this much (rapidfuzz' token sort ratio, 0..100)."""


class Why(StrEnum):
    """Why a message is in the inbox."""

    NOT_UNDERSTOOD = "not_understood"
    UNSURE = "unsure"
    WENT_WRONG = "went_wrong"


@dataclass(frozen=True)
class Trouble:
    """What happened around a message."""

    low_survey: bool = False
    escalated: bool = False
    not_helpful: bool = False

    @property
    def damage(self) -> float:
        """1 for none; a low survey weighs most, for the customer said so."""
        return 1.0 + 2.0 * self.low_survey + 1.5 * self.escalated + 1.0 * self.not_helpful

    def __bool__(self) -> bool:
        return self.low_survey or self.escalated or self.not_helpful


@dataclass(frozen=True)
class Candidate:
    """A message that may be worth teaching."""

    message_id: str
    text: str
    ranking: tuple[tuple[str, float], ...]
    """Intents with probability, best first, without the fallback."""
    understood: str
    trouble: Trouble

    @property
    def reasons(self) -> tuple[Why, ...]:
        """Empty when the message does not belong in the inbox."""
        found = []
        if self.understood in NOT_UNDERSTOOD:
            found.append(Why.NOT_UNDERSTOOD)
        elif self._best < SURE or self._best - self._second < CLEAR:
            found.append(Why.UNSURE)
        # In a case that went wrong, what the bot understood beyond doubt ("a person, please") teaches nothing.
        if self.trouble.not_helpful or (self.trouble and self.uncertainty >= DOUBT):
            found.append(Why.WENT_WRONG)
        return tuple(found)

    @property
    def uncertainty(self) -> float:
        """0.05..1; what fell back is 1, else one minus the lead of the best guess."""
        if self.understood in NOT_UNDERSTOOD:
            return 1.0
        return min(1.0, max(0.05, 1.0 - (self._best - self._second)))

    @property
    def _best(self) -> float:
        return self.ranking[0][1] if self.ranking else 0.0

    @property
    def _second(self) -> float:
        return self.ranking[1][1] if len(self.ranking) > 1 else 0.0


@dataclass(frozen=True)
class Group:
    """Near-identical messages as one decision; `first` stands for them."""

    first: Candidate
    others: tuple[Candidate, ...]
    reasons: tuple[Why, ...]
    priority: float


def ranking_of(nlu: dict[str, Any] | None) -> tuple[tuple[str, float], ...]:
    """The stored guesses, best first, without the fallback."""
    items = (nlu or {}).get("ranking") or []
    guesses = [(str(item["intent"]), float(item["confidence"])) for item in items if item["intent"] != "nlu_fallback"]
    return tuple(sorted(guesses, key=lambda guess: -guess[1]))


def arrange(candidates: Sequence[Candidate]) -> list[Group]:
    """The inbox in order, near-identical texts grouped. Equal priorities keep the order given."""
    worth = [candidate for candidate in candidates if candidate.reasons]
    groups = [_group(members) for members in _alike(worth)]
    return sorted(groups, key=lambda group: -group.priority)


def _group(members: list[Candidate]) -> Group:
    first = max(members, key=lambda member: member.trouble.damage * member.uncertainty)
    return Group(
        first=first,
        others=tuple(member for member in members if member is not first),
        reasons=tuple(why for why in Why if any(why in member.reasons for member in members)),
        priority=first.trouble.damage * first.uncertainty * (1.0 + math.log2(len(members))),
    )


def _alike(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    same: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        same.setdefault(normal(candidate.text), []).append(candidate)
    texts = list(same)
    if not texts:
        return []
    likeness = process.cdist(texts, texts, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE)
    groups: list[list[Candidate]] = []
    taken: set[int] = set()
    for row, text in enumerate(texts):
        if row in taken:
            continue
        near = [column for column in range(row + 1, len(texts)) if column not in taken and likeness[row][column] > 0]
        taken.update(near)
        groups.append([*same[text], *(member for column in near for member in same[texts[column]])])
    return groups


_NOISE = re.compile(r"[^\w\[\]]+")


def normal(text: str) -> str:
    """Words only, in lower case: what makes two messages the same."""
    return _NOISE.sub(" ", text.casefold()).strip()
