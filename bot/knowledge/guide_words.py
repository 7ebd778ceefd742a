"""The words of a typed answer in one plain form, so that spelling and contractions make no difference."""

from __future__ import annotations

import re

_NEGATION = re.compile(r"\b(?:not|no|never|none|nothing|neither|cannot|without|stopped|fails?|failed)\b")
_CONTRACTIONS = (
    (re.compile(r"\bcan'?t\b"), "can not"),
    (re.compile(r"\bwon'?t\b"), "will not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should)n'?t\b"), r"\1 not"),
    (re.compile(r"\b(it|that|there|what|he|she)'s\b"), r"\1 is"),
    (re.compile(r"\b(its|thats)\b"), lambda match: match.group(1)[:-1] + " is"),
    (re.compile(r"\bi'?ve\b"), "i have"),
    (re.compile(r"\bi'?m\b"), "i am"),
    (re.compile(r"\b(i|you|we|they|it|that)'ll\b"), r"\1 will"),
    (re.compile(r"\bill(?= (?:try|do|check|look|see|wait|get|have|be|test|buy|ask)\b)"), "i will"),
    (re.compile(r"\b(you|we|they)'re\b"), r"\1 are"),
    (re.compile(r"\bwi-fi\b"), "wifi"),
    (re.compile(r"\bno worries\b"), " "),  # a courtesy, no denial
)


def normalise(text: str) -> str:
    """Lower case, contractions written out, punctuation gone."""
    plain = text.casefold().replace("\u2019", "'")
    for pattern, instead in _CONTRACTIONS:
        plain = pattern.sub(instead, plain)
    return " ".join(re.findall(r"[a-z0-9.]+(?<!\.)", plain))


def negated(text: str) -> bool:
    """Whether normalised words deny something."""
    return bool(_NEGATION.search(text))
