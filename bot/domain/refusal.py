"""A step that may not happen, said twice: a code for programs and a sentence for people."""

from __future__ import annotations


class Refusal(Exception):
    """Base of the domain's refusals; `reason` is the code."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason = reason
        self.sentence = sentence
