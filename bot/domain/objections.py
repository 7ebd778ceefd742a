"""Whoever finds what they were told too much: "that's too long!", "way too complicated". Microseconds."""

from __future__ import annotations

import re

_LONGEST = 12
_TOO_MUCH = re.compile(
    r"\W*(?:(?:but|wow|oh|omg|no|hm+|ok|okay|well|sorry|come on|seriously|what|man|honestly|and)\b[\s,.!?]*)*"
    r"(?:(?:(?:i|we) (?:think|find) )?(?:that|this|it|which|these|those|all (?:of )?(?:that|this)|your \w+)?\s*"
    r"(?:'?s|'?re|is|are|was|takes?|took|taking|costs?|sounds|seems|feels)?\s*(?:taking\s+)?)?"
    r"(?:(?:just|still|really|way|far|much|a bit|a little|so|simply|already|all)\s+)*"
    r"too (?:long|slow|late|expensive|much|dear|pricey|costly|complicated|complex|difficult|hard|many|tedious|annoying)"
    r"(?:\s+(?:for (?:me|that|this|us)|anyway|though|man|mate|to wait|to do|now|honestly|steps?|questions?|work|hassle|"
    r"a wait|time|money))*\W*",
    re.IGNORECASE,
)


def finds_too_much(text: str) -> bool:
    """Whether all that the message says is that something is too long, too dear, too hard; it asks nothing."""
    plain = re.sub(r"\s+", " ", text.replace("\u2019", "'")).strip()
    return len(plain.split()) <= _LONGEST and "?" not in plain and _TOO_MUCH.fullmatch(plain) is not None
