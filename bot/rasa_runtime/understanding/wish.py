"""What of a message is to be understood: the wish, without the courtesies around it, its slips put right."""

from __future__ import annotations

from bot.rasa_runtime.understanding.courtesies import without_courtesies
from bot.rasa_runtime.understanding.spelling import Speller


def wish_in(text: str, speller: Speller) -> str:
    """The words of `text` from which the intent is told. Never empty where `text` is not."""
    # Spelling first: a greeting with a slip in it is a greeting.
    return without_courtesies(speller.correct(text))
