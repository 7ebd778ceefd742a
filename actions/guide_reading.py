"""What a message in the midst of a guide is: a reply to the step, or surely about something else.

Short words about lights, tries and outcomes resemble many intents. So an intent takes the customer out of the steps
only when the model is sure of it and it is no device's; everything else is first tried as a reply.
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions.base import Turn
from actions.guide_words import SLOT, began_from
from actions.trouble import TROUBLES
from bot.domain.plain_answers import says_solved
from bot.knowledge.guide_answers import is_question
from bot.knowledge.guide_engine import advance, ask_whether_solved, resume
from bot.knowledge.guide_signs import Sign, read_sign, tells_what_is_seen
from bot.knowledge.guide_state import Aside, GuideState, NotUnderstood, Outcome, Waiting
from bot.knowledge.guides import Guide

LIKELY_REPLIES = frozenset(
    {"nlu_fallback", "affirm", "deny", "not_helpful", "issue_resolved", "out_of_scope", "rate_experience", "review"}
)
"""Messages that are likely replies, so their meaning is compared with the options too."""
ALWAYS_HEARD = frozenset(
    {"contact_human_agent", "contact_customer_service", "complaint", "stop_asking", "bot_challenge", "goodbye", "greet",
     "thank", "praise", "continue_guide"}
)  # fmt: skip
"""Wishes and courtesies that have their own rule even when the model only leans to them."""
SURE_OF_ELSEWHERE = 0.7
SURE_OF_OTHER_TROUBLE = 0.85
FEWEST_WORDS_OF_A_TROUBLE = 4
_TELLS_A_STATE = re.compile(
    r"\b(?:it'?s|is|are|was) (?:on|off|in|out|there|allowed|enabled|plugged in|charged|full|up|open|closed|set)\b"
    r"|\b(?:allowed|enabled|switched on|turned on|plugged in)\b",
    re.IGNORECASE,
)
_BACK_TO_STEPS = re.compile(
    r"\W*(?:(?:ok|okay|so|now|right|well|and|let'?s|can we)\b[\s,.!]*)*"
    r"(?:(?:go |get )?back to|(?:go on|carry on|continue) with)"
    r" (?:the|my|our) (?:\w+ ?){1,3}\W*",
    re.IGNORECASE,
)
_HOW_LONG = re.compile(
    r"\W*(?:(?:like|about|for|since|around|maybe|some|over|more than|at least|only|just|it'?s|been)\s+)*"
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|a few|few|a couple of|several|half an)\s+"
    r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?)"
    r"(?:\s+(?:now|or so|already|ago|i think))*"
    r"\W*",
    re.IGNORECASE,
)
""" "Like 3 weeks" answers the step, however much it resembles a question about delivery."""


async def read_reply(turn: Turn, guide: Guide, state: GuideState) -> Outcome | None:
    """What comes after this message; None when its own rule is to answer it, or another guide has begun."""
    context = turn.context
    chosen = context.entity("guide_choice")
    if chosen is not None:
        return advance(guide, state, str(chosen))
    if not context.typed:
        return None
    if _BACK_TO_STEPS.fullmatch(context.text):
        return Waiting(resume(guide, replace(state, misses=0)), Aside.GO_ON)
    exact = advance(guide, state, context.text)
    if not isinstance(exact, NotUnderstood):
        return exact
    if context.intent == "issue_resolved" and _says_it_works(context.text):
        return ask_whether_solved(guide, state)
    other = await _other_trouble(turn, guide)
    if other is not None:
        # Later than the first step it may as well be a reply in other words, so the customer decides.
        if not state.path:
            began_from(turn, other, context.text)
            turn.set(requested_slot=SLOT)
            return None
        return exact
    if _is_elsewhere(turn):
        return None
    if context.intent not in LIKELY_REPLIES:
        return exact
    return advance(guide, state, context.text, turn.runtime.knowledge.encoder)


def _says_it_works(text: str) -> bool:
    """ "Yes, the switch is on" only resembles good news: it names a part, and nothing that works again."""
    return read_sign(text) is not Sign.SAME and (says_solved(text) or not _TELLS_A_STATE.search(text))


def _is_elsewhere(turn: Turn) -> bool:
    """Whether the message is surely about something that is no device, or asks for what every turn may ask for."""
    context = turn.context
    if context.intent in ALWAYS_HEARD:
        return True
    if context.intent in LIKELY_REPLIES or context.intent in TROUBLES:
        return False
    if tells_what_is_seen(context.text) and not is_question(context.text):
        return False
    if _HOW_LONG.fullmatch(context.text):
        return False
    return context.confidence >= SURE_OF_ELSEWHERE


async def _other_trouble(turn: Turn, guide: Guide) -> Guide | None:
    context = turn.context
    if context.intent == guide.intent or context.confidence < SURE_OF_OTHER_TROUBLE:
        return None
    if len(context.text.split()) < FEWEST_WORDS_OF_A_TROUBLE or tells_what_is_seen(context.text):
        return None
    return await turn.runtime.knowledge.guide_for(context.intent)
