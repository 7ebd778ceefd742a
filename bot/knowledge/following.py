"""Which sentence of an article answers a question that follows it: "does it expire" after gift cards.

The question alone says too little and the question before says what was answered already, so each sentence is compared
with both. Weight and bar were chosen on two dozen pairs of questions and hold in tests/knowledge/test_following.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.knowledge.embedding import Encoder
from bot.knowledge.retrieval import split_passages

BEFORE_WEIGHT = 0.3
"""Of the likeness to both questions together, beside that to the new one alone."""
SENTENCE_BAR = 0.4
"""From here a sentence answers; what is no question about the article stays below 0.38."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z*])")
_REPLY = re.compile(r"(?:yes|no)\b[:,.]", re.IGNORECASE)
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """The sentence nearest to a question, and how near it is."""

    sentence: str
    score: float


def sentences_of(body: str) -> list[str]:
    """What a Markdown text states, sentence by sentence; lists stay with the line that announces them."""
    found: list[str] = []
    for passage in split_passages(body):
        found += [passage] if "\n\n" in passage else _SENTENCE.split(passage.replace("\n", " "))
    return [sentence.strip() for sentence in found if _states(sentence)]


def _states(sentence: str) -> bool:
    """A "yes: ..." answers the article's own question and no other."""
    plain = sentence.strip()
    return len(plain.split()) >= _FEWEST_WORDS and not plain.endswith("?") and not _REPLY.match(plain)


def nearest_sentence(encoder: Encoder, body: str, before: str, text: str) -> Found | None:
    """The sentence of `body` nearest to `text`, which was asked after `before`; None for a body without sentences."""
    sentences = sentences_of(body)
    if not sentences:
        return None
    vectors = encoder.encode([text, f"{before} {text}", *sentences])
    scores = vectors[2:] @ vectors[0] + BEFORE_WEIGHT * (vectors[2:] @ vectors[1])
    best = int(scores.argmax())
    return Found(sentences[best], float(scores[best]))
