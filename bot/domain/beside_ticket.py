"""What a message means that is written while the case waits as a ticket and nobody of the team is there.

The ticket is the team's and the assistant does not talk beside it; but no line is met by silence. What takes the ticket
back is read from the words themselves, and strictly: a customer loses a place in the queue by it.
"""

from __future__ import annotations

import re
from enum import StrEnum

from bot.domain.plain_answers import says_solved
from bot.domain.small_talk import SmallTalk, small_talk


class Beside(StrEnum):
    """What follows."""

    ADD = "add"
    """It is for whoever answers the ticket."""
    STATUS = "status"
    """Where the ticket stands."""
    SOLVED = "solved"
    """It is settled: the ticket is closed as resolved."""
    WITHDRAW = "withdraw"
    """It is not wanted any more."""


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
_CALLS = re.compile(
    r"(?:(?:hi|hello|hey|hallo)[\s,.!?]*)+|\?+|why is (?:nobody|no ?one) (?:answering|there)\W*", re.IGNORECASE
)
_LONGEST = 25
"""Words of a message that takes a ticket back; a longer one tells a story."""


def read_beside(text: str) -> Beside:
    """What to do about `text`."""
    over = _is_over(text)
    if over is not None:
        return over
    if small_talk(text) is SmallTalk.ANYBODY_THERE or _CALLS.fullmatch(text.strip()):
        return Beside.STATUS
    return Beside.ADD


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
