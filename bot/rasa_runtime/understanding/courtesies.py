"""Takes the greeting in front of a wish and the thanks behind it away before the wish is understood.

"Good morning, I hope you are well. Where is my parcel? Many thanks, Tom" is mostly courtesy by its words, and a
classifier that sees all of them hears a greeting. Only what is said around a wish goes: a text that is nothing but
courtesy stays as it is, kind words with thanks included, and so does everything where too little would be left to be
a wish.
"""

from __future__ import annotations

import re

_FEWEST_WORDS_LEFT = 3
"""With fewer words left ("hello, anyone home") the courtesy may be the message."""
_MOST = 4
"""People say no more than so many courtesies of a kind."""
_HEAD = 200
_TAIL = 120
"""Courtesies are looked for in so many characters at either end, so that no text makes the search long."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# A first name, with a second one: written with capitals, so that "I'm cross" is none.
_NAME = r"(?-i:[A-Z][a-z]+)(?:[ '-](?-i:[A-Z])[\w'-]*)?"
_GREETING = (
    r"(?:hi+|hey+|hello+|hiya|helo|howdy|heya|yo|good (?:morning|afternoon|evening|day)|greetings|morning|evening|"
    r"dear (?:sir(?: or madam)?|madam|sirs|team|support|customer service|all|friends?))"
)
_GREETED = (
    r"(?: (?:there|all|everyone|everybody|guys|folks|team|support|mate|again|to|you|sir|madam|dear|friends?|people))*"
)
_BEFORE = (
    # A voice assistant is called by such a word too, and there it is the message.
    rf"(?!hey,? (?:google|siri|alexa))(?:(?:ok|so),? )?{_GREETING}{_GREETED} ?(?:[,.!:;–—-]+ ?| )",
    r"(?:i )?hope (?:you(?:'re|r)?|this|all|everything)\b[^.!?,;]{0,45}[.!,;] ?",
    r"how (?:are|r) (?:you|things|u)(?: (?:doing|today|all))* ?[?.!,]+ ?",
    rf"(?:my name(?:'s| is)|this is|i(?:'m| am)) {_NAME}(?: (?:here|speaking))? ?[,.!;] ?(?:and )?",
    r"(?:i(?:'m| am) )?(?:sorry|apologies) (?:to (?:bother|trouble|disturb) you|for (?:bothering|troubling|disturbing) "
    r"you|for the (?:bother|trouble))(?: again)? ?[,.!;]* ?(?:but )?",
    r"(?:excuse me|pardon me|(?:just a )?(?:quick|short) question) ?[,.:;!-]+ ?(?:but )?",
)
_FILLED_THANKS = (
    r"(?: (?:so|very|you|a|lot|much|again|in|advance|guys|team|all|everyone|mate|ever|bunch|million|indeed|kindly|"
    r"for (?:your|the|any) (?:help|time|assistance|support)))*"
)
_SIGNED = rf"[,.!]*(?: {_NAME})? ?[.!]*$"
_BEHIND = (
    rf"(?:thanks?(?: you| u)?|thx|thnx|ty|tia|cheers|many thanks|much appreciated|ta|merci|danke){_FILLED_THANKS}"
    rf" ?[.!,;)]*(?: ?{_NAME} ?[.!]*)?$",
    rf"(?:(?:with )?(?:kind(?:est)?|best|warm(?:est)?) )?(?:regards|wishes){_SIGNED}",
    rf"(?:yours (?:sincerely|faithfully|truly)|sincerely){_SIGNED}",
    r"any (?:help|advice|assistance|ideas?)(?: (?:would|be|is|will|much|greatly|really|very|great|appreciated|welcome|"
    r"nice|on|this|here))+ ?[.!?]*$",
    r"(?:(?:i )?(?:am |'m )?look(?:ing)? forward to (?:hearing from you|your (?:reply|answer|response))) ?[.!]*$",
)
_OPENINGS = [re.compile(pattern, re.IGNORECASE) for pattern in _BEFORE]
_CLOSINGS = [re.compile(rf"(?<![\w'’])(?:{pattern})", re.IGNORECASE) for pattern in _BEHIND]
_KIND_WORDS = re.compile(
    r"(?:(?:oh|ah|aw+|well),? )?"
    r"(?:(?:that|this|it)(?:['’]?s| is| was)|you(?:['’]?re| are| were|['’]?ve been| have been)|how)"
    r"(?: (?:so|very|really|awfully|most|too|such|a|an))* "
    r"(?:kind|good|nice|sweet|lovely|thoughtful|great|dear|big|star|angel|help|helpful|patient|gem|friendly)"
    r"(?: (?:of you|help|to me|with me|indeed))* ?[.,!]*",
    re.IGNORECASE,
)
"""What is said of whoever is thanked: without the thanks behind it, it would be praise."""
_LOOSE_END = re.compile(r"[\s,;:(-]+(?:and|but)?[\s,;:(-]*$")


def without_courtesies(text: str) -> str:
    """`text` without the courtesies around it, or as it is where fewer than three words would be left."""
    rest = whole = " ".join(text.split())
    for _ in range(_MOST):
        for pattern in _OPENINGS:
            found = pattern.match(rest[:_HEAD])
            rest = _kept(rest[found.end() :], rest) if found else rest
        for pattern in _CLOSINGS:
            start = max(len(rest) - _TAIL, 0)
            found = pattern.search(rest, start)
            rest = _kept(_LOOSE_END.sub("", rest[: found.start()]), rest) if found else rest
    return text if rest == whole or _KIND_WORDS.fullmatch(rest) else rest


def _kept(shorter: str, whole: str) -> str:
    return shorter if len(_WORD.findall(shorter)) >= _FEWEST_WORDS_LEFT else whole
