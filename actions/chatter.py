"""Small talk in one line, and coarse words without a lecture: what is wanted is answered, else a calm line."""

from __future__ import annotations

from actions.base import Turn
from actions.options import PERSON, START_OPTIONS
from actions.support import offer_person
from actions.understanding import is_want, understand_one
from bot.domain.mood import is_abuse, without_profanity
from bot.domain.small_talk import SmallTalk, small_talk

LEFT_ALONE = frozenset({"complaint", "contact_human_agent", "not_helpful", "stop_asking", "rate_experience"})
"""Intents whose own answer fits an abusive message well."""


async def take_chatter(turn: Turn) -> bool:
    """True when the message was small talk or abuse and has been answered."""
    kind = small_talk(turn.context.text)
    if kind is not None:
        turn.keeps_pending = turn.calm = True
        turn.say(f"small_talk_{kind.value}", options=START_OPTIONS if kind is SmallTalk.ABILITIES else ())
        return True
    if not is_abuse(turn.context.text) or is_want(turn.context.intent) or turn.context.intent in LEFT_ALONE:
        return False
    return await _answer_abuse(turn)


async def _answer_abuse(turn: Turn) -> bool:
    clean = without_profanity(turn.context.text)
    if len(clean.split()) > 1:
        meant = await understand_one(turn, clean)
        if meant is not None:
            turn.take_as(meant.context(turn.context))
            await turn.run_other(turn.runtime.routes[meant.intent])
            return True
    if turn.loop:
        return False
    if any(is_abuse(text) for text in turn.earlier_texts()):
        offer_person(turn, "abuse_again")
    else:
        turn.say("abuse", options=[PERSON])
    turn.keeps_pending = turn.calm = True
    return True
