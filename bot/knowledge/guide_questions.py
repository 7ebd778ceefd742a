"""A question about the step itself: its own text and hint answer it better than any article."""

from __future__ import annotations

import re

from bot.knowledge.guide_answers import is_question
from bot.knowledge.guide_words import normalise
from bot.knowledge.guides import Step

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_HOW_LONG = re.compile(r"\b(?:how long|how many (?:seconds|minutes|hours)|how much (?:time|longer)|until when)\b")
_DURATION = re.compile(
    r"\b(?:\d+|an?|one|two|three|four|five|ten|fifteen|twenty|thirty|half an|couple of|few) (?:more |full )?"
    r"(?:seconds?|minutes?|hours?|days?|weeks?)\b|\bcount to \w+\b"
)
_GENERAL = frozenset(
    re.findall(
        r"\w+",
        "a an the this that it its is are do does did can could should must shall will would may to of in on at "
        "for from with my your our i you we they me them what where when why how which who long many much time "
        "need needs have has had be been there here and or exactly mean means wait waiting take takes last lasts "
        "keep leave supposed normally usually really please then now just so stay until before after again device "
        "thing find see know tell get go look use more seconds minutes hours something anything ",
    )
)
"""Words that name no subject of their own."""


def answer_within(step: Step, text: str) -> str | None:
    """The sentences of the step that answer a question about it; None when the question is about anything else."""
    if not is_question(text):
        return None
    asked = normalise(text)
    sentences = [sentence for part in (step.hint, step.text) if part for sentence in _SENTENCE.split(part)]
    told = [sentence for sentence in sentences if not sentence.rstrip().endswith("?")]
    words = {_stem(word) for word in asked.split() if word not in _GENERAL}
    known = {_stem(word) for sentence in sentences for word in normalise(sentence).split()}
    if words - known:
        return None
    if _HOW_LONG.search(asked):
        fitting = [sentence for sentence in told if _DURATION.search(sentence.casefold())]
    else:
        fitting = [s for s in told if words & {_stem(word) for word in normalise(s).split()}]
    return " ".join(fitting) or None


def _stem(word: str) -> str:
    return re.sub(r"(?:ing|ed|es|s)$", "", word) if len(word) > 4 else word
