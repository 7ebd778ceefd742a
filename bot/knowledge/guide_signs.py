"""What came of a step in the customer's words: it works now, it is still the same, or what there is to see.

Signs are looked for where no answer of the step was recognised, so they may be wide; each is kept from the sentences
that only look like it ("I hope it works now" solves nothing, "still working" complains of nothing).
"""

from __future__ import annotations

import re
from enum import StrEnum

from bot.knowledge.guide_words import normalise


class Sign(StrEnum):
    """How the device does, as told by the way."""

    SOLVED = "solved"
    PERHAPS_SOLVED = "perhaps_solved"
    SAME = "same"


_LONGEST = 14
"""Words; a longer message tells a story, of which a sign is only a part."""
_LONGEST_PERHAPS = 9
_UNSURE = re.compile(
    r"\b(?:if|whether|hope|hopefully|when|until|unless|will|would|should|but|except|although|however|only|almost|"
    r"nearly|sometimes|not|no|never|nothing|neither|without|before|used to|was working|worked yesterday|"
    r"(?:is|does) it)\b"
)
_COURTESY = re.compile(r"\b(?:never mind|no worries|no need|no problem|not needed any ?more|no longer needed)\b")
_RUNS = (
    r"(?:works?|working|runs?|running|(?:is |are |was )?(?:back|online|fixed|solved|sorted|connected|quiet)|responds?|"
    r"reacts?|opens?|goes|behaves|charges?|rings?|i am in|(?:i )?got in|logged in|signed in)"
)
_NOW = r"(?:now|again|finally|at last|perfectly|like a charm|great|fine|as it should|like new)"
_SOLVED = re.compile(
    rf"\b{_RUNS}(?: \w+)? {_NOW}\b|\b(?:now|finally|at last|hooray|hurray|yay)(?: \w+){{0,3}} {_RUNS}\b|"
    r"\b(?:that|this|it|which) (?:was it|did it|did the trick|(?:has )?(?:fixed|solved|sorted|cured|helped) it|"
    r"(?:has )?helped|was the (?:problem|trick|solution|reason|cause|culprit|issue))\b|"
    r"\b(?:problem|issue|trouble|matter|case)s?(?: is| has been)? (?:solved|fixed|gone|sorted|closed)\b|"
    r"\b(?:i|we)(?: have)? (?:just )?(?:fixed|solved|sorted|figured) it\b|"
    r"\bgot it (?:working|to work|fixed|running|going)\b|\bup and running\b|\bback (?:online|to normal|in action)\b|"
    r"\b(?:it|that|all|everything) (?:is )?(?:fixed|solved|"
    r"sorted)\b|^(?:fixed|solved|sorted|all sorted|all fixed)\b|"
    r"^(?:(?:ok|oh|yes|yeah|great|hey) )*(?:got |back )?in (?:now|again)\b"
)
_PERHAPS = re.compile(
    r"(?:(?:ok|oh|yes|yeah|hey|great|cool|super|wow|thanks|thank you) )*(?:(?:it|that|everything|all|this)(?: is)? )?"
    r"(?:works|worked|working|runs|all good|good now|all right now|fine now|looks good|seems fine|perfect|that is it)"
    r"(?: (?:thanks|thank you|thx|ty|cheers|great|well|so much|brilliant|amazing|perfect|lovely|yay|"
    r"you are (?:so |really )?(?:brilliant|great|the best|a star|amazing)))*"
)
_STILL = (
    r"still(?! (?:works?|working|on|online|signed|logged|good|fine|ok|running|runs|connected|green|white|in|need|"
    r"have (?:to|not tried|one)|trying|waiting|checking|looking|restarting|charging|updating)\b)"
)
_SAME = re.compile(
    rf"\b(?:{_STILL}|(?:the |exactly )?same(?: \w+)?$|same (?:thing|problem|issue|as (?:before|always|ever)|again|"
    r"story|here|result|error|message|as)|(?:nothing|not(?:hing)? (?:has|have|did)?) ?(?:changed?|changes|helped|helps|"
    r"worked|different|better|happened)|no (?:change|changes|difference|improvement|luck|effect|better|joy|success)|"
    r"(?:did|does|do|has|have) not (?:help|helped|change|changed|work|worked|do anything|fix it|solve it|make a "
    r"difference)|unchanged|(?:as|like) before|to no avail|without success|in vain|keeps (?:\w+ )?(?:happening|coming|"
    r"doing|blinking|beeping|buzzing|humming|flashing|failing)|not (?:any|much) better|no better)\b"
)
_HOPES = re.compile(r"\b(?:hope|hopefully|fingers crossed|(?:see|check|test|know) (?:if|whether))\b")
_QUESTION_TURN = re.compile(r"^(?:is|does|do|can|could|why|how|what|where|when|who|which|should|will)\b(?! not\b)")
_SEEN = re.compile(
    r"\b(?:red|amber|orange|yellow|blue|green|white|purple|pink|violet|dark|lit|lights?|led|ring|blink\w*|flash\w*|"
    r"flicker\w*|puls\w*|glow\w*|beep\w*|chirp\w*|click\w*|buzz\w*|humm?\w*|noise|sounds?|colou?r|screen|display|"
    r"(?:it|app|page|screen|phone|message) (?:says|shows|reads)|i (?:only )?see|grey|gray|spinning|circle|"
    r"black|blank|error)\b"
)


def read_sign(text: str) -> Sign | None:
    """What a typed message tells of the trouble; None when it tells nothing of it, or asks."""
    said = normalise(_COURTESY.sub(" ", text.casefold()))
    words = said.split()
    if not words or len(words) > _LONGEST or _QUESTION_TURN.match(said):
        return None
    if _SAME.search(said):
        return Sign.SAME
    if _UNSURE.search(said):
        return None
    if _SOLVED.search(said):
        return Sign.SOLVED
    return Sign.PERHAPS_SOLVED if len(words) <= _LONGEST_PERHAPS and _PERHAPS.fullmatch(said) else None


def only_hopes(text: str) -> bool:
    """Whether a message looks forward to the outcome instead of telling it."""
    return _HOPES.search(normalise(text)) is not None


def tells_what_is_seen(text: str) -> bool:
    """Whether a message describes a light, a sound or a page of the app."""
    return _SEEN.search(normalise(text)) is not None
