"""Messages that are plain to a person and nothing to a classifier: a thumb, "stop asking me that", "no more persons".

They are read from their own signs and words, in a conversation and in a form alike.
"""

from __future__ import annotations

import re

from actions.base import Turn
from actions.next_steps import take_where
from actions.options import START_OPTIONS
from actions.pending import Pending, read_pending
from actions.understanding import understand_one
from bot.domain.emoji_answers import EmojiAnswer, emoji_answer
from bot.domain.plain_answers import is_plain_no, is_plain_yes, says_stop_asking, wants_no_person

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
_WORDS = {EmojiAnswer.YES: ("yes", "affirm"), EmojiAnswer.NO: ("no", "deny"), EmojiAnswer.THANKS: ("thanks", "thank")}
_HESITATES = re.compile(r"\W*(?:h+m+|u+h+m*|u+m+|e+r+m*|a+h+|o+h+|well|let me think|dunno)\W*", re.IGNORECASE)
_INTERJECTION = re.compile(
    r"\b(?:the (?:\w+ )?(?:hell|heck|f\*+|fuck|devil)|on earth|in god'?s name|for (?:god|heaven|christ)'?s sake"
    r"|bloody|fuck(?:ing|in)?|f\*+(?:ing)?|damn(?:ed)?|god ?damn|effing|freaking)\b\s*",
    re.IGNORECASE,
)


def read_emoji(turn: Turn) -> EmojiAnswer | None:
    """Let a message of emoji alone mean its word, wherever words are read; which one it was."""
    meant = emoji_answer(turn.context.text)
    if meant in _WORDS:
        words, intent = _WORDS[meant]
        turn.take_as(turn.context.as_understood(intent, text=words))
    return meant


async def take_emoji(turn: Turn) -> bool:
    """Answer a message of nothing but emoji as the yes, no or thanks it is; True when it was one."""
    meant = read_emoji(turn)
    if meant is None:
        return False
    if meant is EmojiAnswer.UNSURE:
        turn.keeps_pending = True
        turn.say("unsure", options=() if turn.loop else START_OPTIONS)
        return True
    await turn.run_other(turn.runtime.routes[turn.context.intent])
    return True


async def take_hesitation(turn: Turn) -> bool:
    """ "Hmm" wants time, and is nothing that was not understood."""
    if turn.loop or not _HESITATES.fullmatch(turn.context.text):
        return False
    turn.keeps_pending = True
    turn.say("unsure", options=() if turn.slot("pending") else START_OPTIONS)
    return True


async def take_bare_answer(turn: Turn) -> bool:
    """ "Sí" or "nee" to an open question: a yes or no that the classifier has no word for."""
    kind, _ = read_pending(turn.slot("pending"))
    if turn.context.intent not in NOT_UNDERSTOOD or kind in {"", Pending.RATING, Pending.TROUBLE}:
        return False
    text = turn.context.text
    answer = "affirm" if is_plain_yes(text) else "deny" if is_plain_no(text) else ""
    if not answer:
        return False
    turn.take_as(turn.context.as_understood(answer))
    await turn.run_other(turn.runtime.routes[answer])
    return True


async def take_stop_asking(turn: Turn) -> bool:
    """Honour "stop asking me if that helped", whatever it resembles."""
    if not says_stop_asking(turn.context.text):
        return False
    await turn.run_other("action_stop_asking")
    return True


async def take_no_person(turn: Turn) -> bool:
    """Whoever refuses a person is not offered one again."""
    if not wants_no_person(turn.context.text):
        return False
    turn.calm = True
    turn.set(misses=0)
    turn.say("no_person_then")
    return True


async def take_without_interjection(turn: Turn) -> bool:
    """ "Where the hell are my alarms" asks where they are."""
    context = turn.context
    clean = " ".join(_INTERJECTION.sub("", context.text).split())
    if context.intent not in NOT_UNDERSTOOD or clean == context.text or len(clean.split()) < 2:
        return False
    turn.take_as(context.as_understood(context.intent, text=clean, entities=dict(context.entities)))
    if await take_where(turn):
        return True
    turn.take_as(context)
    meant = await understand_one(turn, clean)
    if meant is None:
        return False
    turn.take_as(meant.context(turn.context))
    await turn.run_other(turn.runtime.routes[meant.intent])
    return True
