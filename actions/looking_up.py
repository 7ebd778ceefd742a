"""What the articles say to a message, whatever thanks or greeting stands before its question."""

from __future__ import annotations

import re

from actions.base import Turn
from bot.knowledge.retrieval import Answer

_COURTESY = re.compile(
    r"^\W*(?:(?:ok|okay|thanks?|thank you|thx|cheers|great|cool|perfect|nice|good|brilliant|lovely|awesome|super|"
    r"sorry|hi|hello|hey)\b(?: (?:a lot|so much|very much|you|that helps|to know))?[\s,.!:;–-]*)+"
    r"(?:(?:and|also|but|so|one more(?: thing| question)?|another (?:thing|question)|last question|quick question)\b"
    r"[\s,.:;–-]*)*",
    re.IGNORECASE,
)
"""What is said before a question and is no part of it."""


async def look_up(turn: Turn) -> Answer:
    """What the articles say to the message; to its question alone when thanks or a greeting before it hide it."""
    text, knowledge = turn.context.text, turn.runtime.knowledge
    found = await knowledge.answer(text, turn.context.likely_intents())
    bare = _COURTESY.sub("", text)
    if found.article is None and bare != text and len(bare.split()) > 2:
        alone = await knowledge.answer(bare, turn.context.likely_intents())
        return alone if alone.article is not None else found
    return found
