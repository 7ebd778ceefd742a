"""What a message means that is written while the case waits as a ticket and nobody of the team is there.

The ticket is the team's and the assistant does not talk beside it; but no line is met by silence. What takes the ticket
back is read from the words themselves, and strictly: a customer loses a place in the queue by it.
"""

from __future__ import annotations

import re
from enum import StrEnum

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


_NEVER = r"(?:never ?mind|nvm|nm)"
_PADDING = (
    r"(?:(?:ok|okay|oh|ah|hi|hello|actually|sorry|no|well|and|then|please|pls|thanks|thank you|thx|cheers|anyway|"
    r"after all|any ?more|now|it'?s (?:ok|okay|fine|alright|all right))\b[\s,.:;!-]*)*"
)
_REQUEST = r"(?:(?:the|my|this|that) )?(?:ticket|request|enquiry|inquiry)"
_WITHDRAWS = re.compile(
    rf"\W*{_PADDING}(?:"
    rf"{_NEVER}|forget (?:about )?(?:it|that|this)|don'?t bother|no bother|drop it|scrap (?:it|that)"
    rf"|(?:(?:it'?s|it is|this is|that'?s|{_REQUEST} is) )?(?:not|no longer) (?:needed|necessary|required)"
    r"|i (?:don'?t|do not|no longer) need (?:you|anyone|anybody|(?:any |your )?help|a reply|an answer|a person)"
    rf"|i (?:don'?t|do not|no longer) need {_REQUEST}"
    r"|(?:(?:you|we) (?:can|may|could) |just )?(?:close|cancel|withdraw|delete|remove|drop|forget|scrap) "
    rf"{_REQUEST}"
    rf"|{_REQUEST} (?:can|may|should|could) be (?:closed|cancelled|canceled|dropped)"
    rf")\b[\s,.:;!-]*{_PADDING}\W*",
    re.IGNORECASE,
)
"""The whole message: "it's not urgent" and "cancel the lamp, I don't need it any more" take nothing back."""
_SOLVED = re.compile(
    rf"\W*{_PADDING}(?:{_NEVER}\W+{_PADDING})?(?:"
    r"(?:(?:the |my )?(?:problem|issue|trouble|thing)|it|everything|all|that|this)"
    r"(?:'?s| is| has been| got)? ?(?:all )?(?:just )?(?:works?|working|solved|sorted|fixed|resolved|back|fine|good)"
    r"(?: (?:now|again|fine))*"
    r"|(?:(?:i|we)(?:'ve| have)? )?(?:just |already )?(?:found|fixed|solved|sorted|resolved) (?:it|that|this)"
    r"(?: (?:out|myself|already|now))*|(?:i(?:'ve| have)? )?figured it out|(?:i )?got it working(?: again)?"
    r"|(?:my|the) (?:parcel|package|order|delivery|refund|money) (?:has |have )?(?:just )?(?:arrived|come|came)"
    r"|all (?:good|sorted|solved|done|fixed)|solved|sorted|fixed|resolved"
    rf")\b[\s,.:;!-]*{_PADDING}\W*",
    re.IGNORECASE,
)
"""The whole message too: "one of them works now" and "the parcel arrived damaged" are for the team."""
_CALLS = re.compile(
    r"(?:(?:hi|hello|hey|hallo)[\s,.!?]*)+|\?+|why is (?:nobody|no ?one) (?:answering|there)\W*", re.IGNORECASE
)
_LONGEST = 100
"""Characters of a message that takes a ticket back; a longer one tells a story."""


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
    plain = " ".join(text.replace("\u2019", "'").split())
    if len(plain) > _LONGEST or "?" in plain:
        return None
    if _SOLVED.fullmatch(plain):
        return Beside.SOLVED
    return Beside.WITHDRAW if _WITHDRAWS.fullmatch(plain) else None
