"""What a message means that is written while the case waits as a ticket and nobody of the team is there.

The ticket stays the team's; until one of them takes it, the assistant helps on with whatever it can, and is never
silent. What takes the ticket back is read from the words themselves: a customer loses a place in the queue by it.
"""

from __future__ import annotations

import re
from enum import StrEnum

from bot.domain.mood import is_low, read_mood
from bot.domain.plain_answers import is_plain_no, is_plain_yes, says_solved
from bot.domain.small_talk import SmallTalk, small_talk


class Beside(StrEnum):
    """What follows."""

    ANSWER = "answer"
    """The assistant's own answer is said; the ticket stays."""
    ADD = "add"
    """It is for whoever answers the ticket."""
    STATUS = "status"
    """Where the ticket stands."""
    COURTESY = "courtesy"
    """A kind word back."""
    SOLVED = "solved"
    """It is settled: the ticket is closed as resolved."""
    WITHDRAW = "withdraw"
    """It is not wanted any more."""
    KEEP_OPEN = "keep_open"
    """Something was settled, but perhaps only what the assistant answered since: the customer says which."""


_NEVER_MIND = re.compile(
    r"\b(?:never ?mind|nvm|nm|forget (?:about )?(?:it|that|this)|don'?t bother|no bother|drop it|scrap that|"
    r"(?:it'?s |is |are )?(?:not|no longer) (?:needed|necessary|required|relevant|urgent)(?: any ?more)?|"
    r"(?:don'?t|do not|no longer) need (?:it|that|this|you|them|anyone|anybody|help|any help|a reply|an answer|"
    r"a person|the (?:ticket|request))(?: any ?more| now| after all)?)\b",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(
    r"\b(?:close|cancel|withdraw|delete|remove|drop|forget|scrap|take back|end)\b[^.!?]{0,20}"
    r"\b(?:ticket|request|enquiry|inquiry|case)\b"
    r"|\b(?:ticket|request|enquiry|inquiry|case)\b[^.!?]{0,25}"
    r"\b(?:(?:can|may|should|could) be (?:closed|cancelled|canceled|dropped)|no longer|not needed|is (?:done|over))\b",
    re.IGNORECASE,
)
_WANTS_MORE = re.compile(
    r"\b(?:but|though|instead|don'?t (?:close|cancel|drop)|do not (?:close|cancel|drop)|where|when|how|what|why|which|"
    r"can (?:you|i)|could (?:you|i))\b|\?",
    re.IGNORECASE,
)
_SAYS_MORE_AFTER = re.compile(
    r"(?:never ?mind|nvm)\b[\s,.:;!-]*(?:the|that|about the|what i said|my last)\b", re.IGNORECASE
)
_LONGEST = 25
"""Words of a message that takes a ticket back; a longer one tells a story."""
_COURTESIES = frozenset({"thank", "praise", "goodbye"})
_LOST = frozenset({"nlu_fallback", "out_of_scope"})
_ANSWERS = frozenset({"affirm", "deny"})
_WANTS_PERSON = "contact_human_agent"
_GREETS = "greet"


def read_beside(
    text: str, intent: str | None, *, tapped: bool, missed: bool, wants_queue: bool, bot_asked: bool
) -> Beside:
    """What to do about `text`.

    `missed`: the assistant has no answer of its own. `wants_queue`: its answer is a person. `bot_asked`: the newest
    line that is not the customer's is an answer of the assistant, so that a yes or a "solved" may be about that.
    """
    if not tapped:
        over = _is_over(text)
        if over is not None:
            return Beside.KEEP_OPEN if bot_asked and not _TAKES_BACK.search(text) else over
        if intent in {_WANTS_PERSON, _GREETS} or small_talk(text) is SmallTalk.ANYBODY_THERE:
            return Beside.STATUS
        if intent in _COURTESIES:
            # "Great. Just great" is no thanks.
            return Beside.STATUS if is_low(read_mood(text)) else Beside.COURTESY
        if not bot_asked and (is_plain_yes(text) or is_plain_no(text) or intent in _ANSWERS):
            # Nothing was asked, so it answers nothing.
            return Beside.COURTESY if is_plain_yes(text) else Beside.ADD
    if wants_queue:
        return Beside.STATUS
    return Beside.ADD if missed or intent in _LOST else Beside.ANSWER


def _is_over(text: str) -> Beside | None:
    """Whether the words end the matter, and how."""
    plain = text.replace("\u2019", "'")
    if len(plain.split()) > _LONGEST or _WANTS_MORE.search(plain):
        return None
    if says_solved(_NEVER_MIND.sub(" ", plain)):
        return Beside.SOLVED
    if _TAKES_BACK.search(plain) or (_NEVER_MIND.search(plain) and not _SAYS_MORE_AFTER.search(plain)):
        return Beside.WITHDRAW
    return None
