"""Small talk that is worth a line of its own: the whole message is a pleasantry and nothing is wanted."""

from __future__ import annotations

import re
from enum import StrEnum


class SmallTalk(StrEnum):
    """What is chatted about."""

    HOW_ARE_YOU = "how_are_you"
    JOKE = "joke"
    MAKER = "maker"
    AFFECTION = "affection"
    LAUGHTER = "laughter"
    WISHES = "wishes"
    ANYBODY_THERE = "anybody_there"
    ABILITIES = "abilities"


_LONGEST = 10
_OPENING = (
    r"(?:(?:hi|hey|hello|hiya|yo|good (?:morning|evening|afternoon)|ok|okay|so|well|and|oh|thanks|thank you)[\s,.!]+)*"
)
_CLOSING = (
    r"(?:[\s,.!?]+(?:please|there|today|man|mate|bot|my friend|buddy|then|btw|by the way|doing|pls))*[\s.!?\u2026:)(]*"
)
_PATTERNS: dict[SmallTalk, tuple[str, ...]] = {
    SmallTalk.HOW_ARE_YOU: (
        r"how(?:'s|s| is| are)? (?:you|u|ya|it going|things|life|(?:is )?your day)(?: (?:doing|going|feeling))?",
        r"how do you do|what'?s up|wassup|are you (?:ok|okay|well)|you (?:ok|good|alright)",
    ),
    SmallTalk.JOKE: (
        r"(?:(?:can|could) you )?(?:please )?(?:tell|give) (?:me|us) (?:a|another|some|any) "
        r"(?:good |funny )?(?:joke|riddle|story)s?",
        r"(?:do you )?know any (?:good )?jokes|make me laugh|say something funny|sing (?:me )?(?:a song|something)",
    ),
    SmallTalk.MAKER: (
        r"who (?:made|built|created|programmed|trained|invented) you|where (?:are|do) you (?:come )?from",
        r"what(?:'s| is) your name|do you have a name|how old are you|what are you made of",
    ),
    SmallTalk.AFFECTION: (
        r"i (?:love|like|adore) you(?: so much)?|(?:will|would) you marry me|are you single",
        r"you(?:'re| are) (?:so )?(?:cute|sweet|funny|hot)|do you (?:love|like) me|can we be friends",
    ),
    SmallTalk.LAUGHTER: (r"(?:lol|lmao|rofl|haha(?:ha)*|hehe(?:he)*|hihi|xd)(?: that(?:'s| was) funny)?",),
    SmallTalk.WISHES: (
        r"(?:merry|happy) (?:christmas|xmas|new year|easter|holidays|birthday|friday|halloween|hanukkah|eid|diwali)"
        r"(?: to you(?: all| too)?)?",
        r"season'?s greetings",
    ),
    SmallTalk.ABILITIES: (
        r"what (?:all |else )?(?:can|do) you (?:do|know|offer)(?: for me)?|how can you help(?: me)?",
        r"what (?:can|could) (?:you|i) (?:help(?: me)? with|ask(?: you)?)|what are you (?:good )?for|what do you do",
    ),
    SmallTalk.ANYBODY_THERE: (
        r"(?:is )?any(?:one|body)(?: (?:there|here|home))?|are you (?:still )?(?:there|here|awake)|you there",
        r"test(?:ing)?|test test|(?:is )?this thing (?:on|working)|knock knock",
    ),
}
_COMPILED = {
    kind: re.compile(rf"{_OPENING}(?:{'|'.join(patterns)}){_CLOSING}", re.IGNORECASE)
    for kind, patterns in _PATTERNS.items()
}


def small_talk(text: str) -> SmallTalk | None:
    """The kind of small talk that the whole message is; None for everything else, and for a longer message."""
    plain = text.replace("\u2019", "'").strip()
    if len(plain.split()) > _LONGEST:
        return None
    return next((kind for kind, pattern in _COMPILED.items() if pattern.fullmatch(plain)), None)
