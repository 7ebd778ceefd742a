"""The words around numbers: which make one a score, and which make it a date, a duration or an order number.

Data for `spoken_score`, kept apart so that a phrase can be added without touching the reading itself.
"""

from __future__ import annotations

import re

WORDS = {
    word: value
    for value, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
}
NUMBER = rf"(?:\d+|{'|'.join(WORDS)})"
FLAGS = re.IGNORECASE
# Things with numbers in them that are never a score, blanked out before anything is read.
NOISE = tuple(
    re.compile(pattern, FLAGS)
    for pattern in (
        r"\bhttps?://\S+|\S+@\S+",
        r"\b\d{1,4}[-./]\d{1,2}[-./]\d{2,4}\b",  # dates
        r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\b\.?)?|\b\d{1,2}\s*(?:[ap]\.?m\b\.?|o'?clock)",
        r"\b\d{1,2}\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b",
        r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\s+\d+\b",
        r"\b\d+/7\b(?<=24/7)",
        r"[$€£¥]\s?\d[\d.,]*|\b\d[\d.,]*\s?[$€£¥%]",
        r"#\s?\w+",
        r"\b(?:order|invoice|ticket|case|model|version|item|room|step|page|line|number|no\.|nr\.?|size|level|"
        rf"chapter|option|windows|android|ios|hub|part|phase|gate|type|channel|zone)\s+(?:number\s+|no\.\s*)?"
        rf"(?:is\s+|was\s+)?{NUMBER}\b(?!\s*(?:/|out\b|stars?\b))",
        r"\b(?=[\w-]*[a-z])(?=[\w-]*\d)(?!\d{1,2}-?(?:stars?|pts?|points?)\b)[a-z\d]+(?:[-_][a-z\d]+)*\b",
        r"\b\d+(?:-\d+){2,}\b|\b\d{3,}-\d+\b|\b\d+-\d{3,}\b",
        r"\b(?:no one|any ?one|some ?one|every ?one|this one|that one|the one|which one|one another|one day|one of"
        r"(?!\s+(?:seven|five|ten|\d)))\b",
    )
)
_COUNTED = (
    r"(?:\s+|-)(?:more\s+|different\s+|other\s+|whole\s+|full\s+|long\s+|business\s+|working\s+|separate\s+|new\s+)*"
    r"(?:sec(?:ond)?s?|min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|years?|times|people|persons?|agents?|e-?mails?"
    r"|calls?|messages?|tries|attempts?|steps?|devices?|items?|orders?|bulbs?|lamps?|lights?|plugs?|cameras?|sensors?"
    r"|hubs?|packs?|inch(?:es)?|dollars?|euros?|pounds?|cents?|bucks|percent|thumbs?|things?|problems?|issues?"
    r"|questions?|reasons?|rooms?|boxes|parcels?|packages?|refunds?|chats?|bots?|links?|resets?|restarts?|rounds?"
    r"|of\s+(?:my|your|our|the|them|us|these|those|you)|or\s+so|fold|x\b|ways|kids|children|friends|customers?"
    r"|transfers?|answers?|replies|articles?|weekends?|evenings?|mornings?|nights?)\b"
)
COUNTED_THINGS = re.compile(
    rf"(?<![\w.,])(?:{NUMBER}\s*(?:/|out\s+of|of)\s*(?:my\s+|the\s+)?)?"
    rf"(?:\d+(?:[.,]\d+)?|{'|'.join(WORDS)})(?:\s*(?:-|to|or)\s*{NUMBER})?{_COUNTED}",
    FLAGS,
)
DECIMAL = re.compile(r"(?<![\w.,])\d+[.,]\d+(?![\w.,]*\d)|\b(?:\d+|" + "|".join(WORDS) + r")\s+and\s+a\s+half\b", FLAGS)
RANGE = re.compile(
    rf"\b({NUMBER})\s*(?:-|–|—|to|or|maybe)\s*(?:maybe\s+|even\s+|a\s+|an\s+)?({NUMBER})\b(?!\s*(?:/|out\s+of))"
    rf"|\bbetween\s+(?:a\s+|an\s+)?({NUMBER})\s+and\s+(?:a\s+|an\s+)?({NUMBER})\b",
    FLAGS,
)
OUT_OF = re.compile(
    rf"(?<![\w.,-])(-?{NUMBER})\s*(?:/|out\s+of|of)\s*(?:a\s+|the\s+)?({NUMBER})\b(?:\s*stars?\b)?", FLAGS
)
STARS = re.compile(rf"\b({NUMBER})(?:\s*-?\s*(?:stars?|points?|pts?)\b|\s*(?:\*|★|⭐))", FLAGS)
SIGNED = re.compile(r"(?<!\S)-\d+\b")
GIVEN = re.compile(
    r"\b(?:give|gave|giving|rate|rated|rating|score|scored|mark|put|make|say|saying|answer|choose|pick|select|go\s+for"
    r"|go\s+with|vote|it'?s|that'?s|call\s+it)\s*(?:is|was|of|as|:|=)?\s*(?:(?:it|this|you|that|them|the\s+chat|him|her"
    rf"|down)\s*)?(?:(?:at|as|with)\s+)?(?:an?\s+|the\s+)?(?:\w+\s+)??({NUMBER})\b",
    FLAGS,
)
ARTICLE = re.compile(
    rf"\b(?:an?)\s+(?:(?:solid|strong|big|full|perfect|good|great|clear|weak|low|high|straight|definite|generous|hard"
    rf"|firm|fat|easy|clean|bare|mere)\s+)?({NUMBER})\b",
    FLAGS,
)
HEDGED = re.compile(
    rf"\b(?:maybe|perhaps|probably|about|around|i\s+think|i\s+guess|i'?d\s+say|say|like)\s+({NUMBER})\b",
    FLAGS,
)
PLAIN = re.compile(rf"(?<![\w.,/])({NUMBER})(?![\w/])(?![.,]\d)", FLAGS)
NEGATION = re.compile(
    r"\b(?:not|never|n't|hardly|wouldn'?t|don'?t|didn'?t|can'?t|isn'?t|wasn'?t)\s+(?:\w+\s+){0,3}$", FLAGS
)
FOLLOWS = re.compile(
    r"\s*(?:$|[^\w\s]|(?:for|because|cos|cause|but|and|from|please|pls|thanks|thank|overall|as|since|though|really|i"
    r"|it|the|you|your|is|was|at|in|to|this|that|very|so|great|good|bad|not|would)\b)",
    FLAGS,
)
FILLER = frozenset(
    re.findall(
        r"\S+",
        "a an i id i'd i'll ill i'm im it its it's is was be the this that you would say give gave rate rated my "
        "score rating answer so ok okay well um uh hmm please pls thanks thank just maybe perhaps probably about "
        "around think guess of out me put down go with for at as call definitely solid like and stars star "
        "points from only then guess",
    )
)
# What is left hanging when the score is cut off the end of a sentence.
DANGLING = re.compile(r"(?:[\s,;]+(?:but|so|and|because|still))+$", FLAGS)
