"""Reads a survey score out of an ordinary sentence: "a 6", "5 stars", "it was a pain, 2".

Nothing is guessed: what may be an order number, a date, a duration or an answer on another scale is no
score, and the reason is given. Whatever is read is confirmed by the customer before it is stored, so
`UNSURE` is allowed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.surveys import SCALES, SurveyKind

_LONGEST_TEXT = 2000
_WORDS = {
    word: value for value, word in enumerate("zero one two three four five six seven eight nine ten".split())
}
_NUMBER = rf"(?:\d+|{'|'.join(_WORDS)})"


class Certainty(StrEnum):
    """How plainly the score was said."""

    CLEAR = "clear"
    UNSURE = "unsure"
    NONE = "none"


class NoScoreReason(StrEnum):
    """Why no score was read."""

    NOT_A_SCORE = "not_a_score"
    OUT_OF_RANGE = "out_of_range"
    OTHER_SCALE = "other_scale"
    SEVERAL = "several_scores"
    NOT_WHOLE = "not_a_whole_number"
    NEGATED = "negated"


@dataclass(frozen=True, slots=True)
class SpokenScore:
    """What was read.

    `comment_rest` is the text without the score's own words; `reason` is set when score is None.
    """

    score: int | None
    comment_rest: str
    certainty: Certainty
    reason: NoScoreReason | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    value: int
    strong: bool
    clear: bool


_FLAGS = re.IGNORECASE
# Things with numbers in them that are never a score, blanked out before anything is read.
_NOISE = tuple(
    re.compile(pattern, _FLAGS)
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
        rf"(?:is\s+|was\s+)?{_NUMBER}\b(?!\s*(?:/|out\b|stars?\b))",
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
_DECIMAL = re.compile(
    r"(?<![\w.,])\d+[.,]\d+(?![\w.,]*\d)|\b(?:\d+|" + "|".join(_WORDS) + r")\s+and\s+a\s+half\b", _FLAGS
)
_RANGE = re.compile(
    rf"\b({_NUMBER})\s*(?:-|–|—|to|or|maybe)\s*(?:maybe\s+|even\s+|a\s+|an\s+)?({_NUMBER})\b(?!\s*(?:/|out\s+of))"
    rf"|\bbetween\s+(?:a\s+|an\s+)?({_NUMBER})\s+and\s+(?:a\s+|an\s+)?({_NUMBER})\b",
    _FLAGS,
)
_OUT_OF = re.compile(
    rf"(?<![\w.,-])(-?{_NUMBER})\s*(?:/|out\s+of|of)\s*(?:a\s+|the\s+)?({_NUMBER})\b(?:\s*stars?\b)?", _FLAGS
)
_STARS = re.compile(rf"\b({_NUMBER})(?:\s*-?\s*(?:stars?|points?|pts?)\b|\s*(?:\*|★|⭐))", _FLAGS)
_SIGNED = re.compile(r"(?<!\S)-\d+\b")
_GIVEN = re.compile(
    r"\b(?:give|gave|giving|rate|rated|rating|score|scored|mark|put|make|say|saying|answer|choose|pick|select|go\s+for"
    r"|go\s+with|vote|it'?s|that'?s|call\s+it)\s*(?:is|was|of|as|:|=)?\s*(?:(?:it|this|you|that|them|the\s+chat|him|her"
    rf"|down)\s*)?(?:(?:at|as|with)\s+)?(?:an?\s+|the\s+)?(?:\w+\s+)??({_NUMBER})\b",
    _FLAGS,
)
_ARTICLE = re.compile(
    rf"\b(?:an?)\s+(?:(?:solid|strong|big|full|perfect|good|great|clear|weak|low|high|straight|definite|generous|hard"
    rf"|firm|fat|easy|clean|bare|mere)\s+)?({_NUMBER})\b",
    _FLAGS,
)
_HEDGED = re.compile(
    rf"\b(?:maybe|perhaps|probably|about|around|i\s+think|i\s+guess|i'?d\s+say|say|like)\s+({_NUMBER})\b",
    _FLAGS,
)
_PLAIN = re.compile(rf"(?<![\w.,/])({_NUMBER})(?![\w/])(?![.,]\d)", _FLAGS)
_NEGATION = re.compile(
    r"\b(?:not|never|n't|hardly|wouldn'?t|don'?t|didn'?t|can'?t|isn'?t|wasn'?t)\s+(?:\w+\s+){0,3}$", _FLAGS
)
_FOLLOWS = re.compile(
    r"\s*(?:$|[^\w\s]|(?:for|because|cos|cause|but|and|from|please|pls|thanks|thank|overall|as|since|though|really|i"
    r"|it|the|you|your|is|was|at|in|to|this|that|very|so|great|good|bad|not|would|out)\b)",
    _FLAGS,
)
_FILLER = frozenset(
    "a an i id i'd i'll ill i'm im it its it's is was be the this that you would say give gave rate rated my score "
    "rating answer so ok okay well um uh hmm please pls thanks thank just maybe perhaps probably about around think "
    "guess of out me put down go with for at as call definitely solid like and stars star points".split()
)


def parse_spoken_score(text: str, kind: SurveyKind) -> SpokenScore:
    """The score that `text` says on the scale of `kind`, or None with the reason.

    Never raises, never rescales.

    "10/10" on a scale to 5 is an answer on another scale and is asked again rather than converted.
    """
    scale = SCALES[kind]
    # Keycap emoji are a digit with two marks behind it.
    plain = unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).replace("\ufe0f", "").replace("\u20e3", "")
    plain = plain.replace("\u2019", "'").replace("\u2212", "-").strip()
    drawn = _drawn_stars(plain, kind)
    if drawn is not None:
        return drawn
    read = _without_noise(plain)
    found: list[_Candidate] = []
    refusal: NoScoreReason | None = None
    for match in _OUT_OF.finditer(read):
        value, top = _value(match[1]), _value(match[2])
        if top != scale.maximum:
            refusal = NoScoreReason.OTHER_SCALE
        else:
            found.append(_Candidate(match.start(), match.end(), value, strong=True, clear=True))
        read = _blank(read, match)
    for pattern, reason in (
        (_DECIMAL, NoScoreReason.NOT_WHOLE),
        (_RANGE, NoScoreReason.SEVERAL),
        (_SIGNED, NoScoreReason.OUT_OF_RANGE),
    ):
        for match in pattern.finditer(read):
            refusal = refusal or reason
            read = _blank(read, match)
    for pattern, clear in ((_STARS, True), (_GIVEN, True), (_ARTICLE, True), (_HEDGED, False)):
        for match in pattern.finditer(read):
            told = clear and (pattern is _STARS or bool(_FOLLOWS.match(read, match.end())))
            found.append(_Candidate(match.start(), match.end(), _value(match[1]), strong=True, clear=told))
            read = _blank(read, match)
    found += _plain_candidates(read)
    kept = [candidate for candidate in found if not _NEGATION.search(plain[: candidate.start])]
    if len(kept) < len(found):
        refusal = refusal or NoScoreReason.NEGATED
    return _choose(plain, kept, refusal, kind)


def _choose(
    plain: str, candidates: list[_Candidate], refusal: NoScoreReason | None, kind: SurveyKind
) -> SpokenScore:
    scale = SCALES[kind]
    pool = [candidate for candidate in candidates if candidate.strong] or candidates
    inside = [candidate for candidate in pool if scale.minimum <= candidate.value <= scale.maximum]
    if refusal not in (None, NoScoreReason.NEGATED):
        # "4.5", "6 or 7", "10/10": the sentence holds an answer we cannot store; a second number is no way out.
        return _none(plain, refusal)
    if not inside:
        return _none(plain, NoScoreReason.OUT_OF_RANGE if pool else refusal)
    if len({candidate.value for candidate in inside}) > 1:
        return _none(plain, NoScoreReason.SEVERAL)
    best = max(inside, key=lambda candidate: (candidate.clear, candidate.strong))
    # Another number in the sentence, or one that was denied, leaves a doubt.
    alone = refusal is None and len({candidate.value for candidate in pool}) == 1
    certainty = Certainty.CLEAR if best.clear and alone else Certainty.UNSURE
    return SpokenScore(best.value, _rest(plain, inside), certainty)


def _plain_candidates(read: str) -> list[_Candidate]:
    found = []
    for match in _PLAIN.finditer(read):
        before, after = read[: match.start()], read[match.end() :]
        is_word = not match[1].isdigit()
        opens = not before.strip(" \t\n\"'([")
        closes = not after.strip(" \t\n\"')].!")
        set_off_before = opens or bool(re.search(r"[,;:.!?\-\n(]\s*$", before))
        set_off_after = closes or bool(re.match(r"\s*[,;:.!?\-\n)]", after))
        if set_off_before and set_off_after:
            found.append(_Candidate(match.start(), match.end(), _value(match[1]), strong=True, clear=True))
        elif not is_word and (opens or (closes and not _names_a_thing(before))):
            told = opens and bool(_FOLLOWS.match(read, match.end()))
            found.append(_Candidate(match.start(), match.end(), _value(match[1]), strong=False, clear=told))
        elif is_word and opens and _FOLLOWS.match(read, match.end()):
            found.append(_Candidate(match.start(), match.end(), _value(match[1]), strong=False, clear=False))
    return found


def _names_a_thing(before: str) -> bool:
    """True for "I bought a Hub" before its number: a capital inside a sentence belongs to a name."""
    words = before.split()
    return len(words) > 1 and words[-1][:1].isupper() and not words[-1].isupper() and words[-1] != "I"


def _without_noise(plain: str) -> str:
    for pattern in _NOISE:
        plain = pattern.sub(lambda match: "\x00" * len(match[0]), plain)
    counted = re.compile(
        rf"(?<![\w.,])(?:\d+(?:[.,]\d+)?|{'|'.join(_WORDS)})(?:\s*(?:-|to|or)\s*{_NUMBER})?{_COUNTED}", _FLAGS
    )
    return counted.sub(lambda match: "\x00" * len(match[0]), plain)


def _drawn_stars(plain: str, kind: SurveyKind) -> SpokenScore | None:
    stars = sum(plain.count(star) for star in "⭐★🌟")
    if kind is not SurveyKind.CSAT or not stars or any(character.isdigit() for character in plain):
        return None
    rest = _tidy(re.sub("[⭐★🌟☆]", " ", plain))
    if stars > SCALES[kind].maximum:
        return SpokenScore(None, rest, Certainty.NONE, NoScoreReason.OUT_OF_RANGE)
    if any(re.search(rf"\b{word}\b", plain, _FLAGS) for word in _WORDS):
        return None
    return SpokenScore(stars, rest, Certainty.CLEAR)


def _none(plain: str, reason: NoScoreReason | None) -> SpokenScore:
    return SpokenScore(None, plain, Certainty.NONE, reason or NoScoreReason.NOT_A_SCORE)


def _value(number: str) -> int:
    word = number.lower()
    return _WORDS[word] if word in _WORDS else int(number)


def _blank(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "\x00" * (match.end() - match.start()) + text[match.end() :]


def _rest(plain: str, used: list[_Candidate]) -> str:
    for candidate in sorted(used, key=lambda each: each.start, reverse=True):
        plain = f"{plain[: candidate.start]} {plain[candidate.end :]}"
    rest = _tidy(plain)
    words = [word.strip(".,;:!?'\"()").lower() for word in rest.split()]
    return "" if all(word in _FILLER or not word for word in words) else rest


def _tidy(text: str) -> str:
    return re.sub(r"\s+([,.;:!?])", r"\1", " ".join(text.split())).strip(" \t,;:-–—=.")
