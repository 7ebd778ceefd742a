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

from bot.domain.score_patterns import (
    ARTICLE,
    COUNTED_THINGS,
    DANGLING,
    DECIMAL,
    FILLER,
    FLAGS,
    FOLLOWS,
    GIVEN,
    HEDGED,
    NEGATION,
    NOISE,
    OUT_OF,
    PLAIN,
    RANGE,
    SIGNED,
    STARS,
    WORDS,
)
from bot.domain.surveys import SCALES, SurveyKind

_LONGEST_TEXT = 2000


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
    for match in OUT_OF.finditer(read):
        value, top = _value(match[1]), _value(match[2])
        if top != scale.maximum:
            refusal = NoScoreReason.OTHER_SCALE
        else:
            found.append(_Candidate(match.start(), match.end(), value, strong=True, clear=True))
        read = _blank(read, match)
    for pattern, reason in (
        (DECIMAL, NoScoreReason.NOT_WHOLE),
        (RANGE, NoScoreReason.SEVERAL),
        (SIGNED, NoScoreReason.OUT_OF_RANGE),
    ):
        for match in pattern.finditer(read):
            refusal = refusal or reason
            read = _blank(read, match)
    for pattern, clear in ((STARS, True), (GIVEN, True), (ARTICLE, True), (HEDGED, False)):
        for match in pattern.finditer(read):
            told = clear and (pattern is STARS or bool(FOLLOWS.match(read, match.end())))
            found.append(_Candidate(match.start(), match.end(), _value(match[1]), strong=True, clear=told))
            read = _blank(read, match)
    found += _plain_candidates(read)
    kept = [candidate for candidate in found if not NEGATION.search(plain[: candidate.start])]
    if len(kept) < len(found):
        refusal = refusal or NoScoreReason.NEGATED
    return _choose(plain, kept, refusal, kind)


def _choose(plain: str, candidates: list[_Candidate], refusal: NoScoreReason | None, kind: SurveyKind) -> SpokenScore:
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
    for match in PLAIN.finditer(read):
        before, after = read[: match.start()], read[match.end() :]
        is_word = not match[1].isdigit()
        opens = not before.strip(" \t\n\"'([")
        closes = not after.strip(" \t\n\"')].!")
        set_off_before = opens or bool(re.search(r"[,;:.!?\-\n(]\s*$", before))
        set_off_after = closes or bool(re.match(r"\s*[,;:.!?\-\n)]", after))
        follows = bool(FOLLOWS.match(read, match.end()))
        if set_off_before and (set_off_after or (follows and not opens and not is_word)):
            found.append(_Candidate(match.start(), match.end(), _value(match[1]), strong=True, clear=True))
        elif not is_word and (opens or (closes and not _names_a_thing(before))):
            clear = opens and follows
            found.append(_Candidate(match.start(), match.end(), _value(match[1]), strong=False, clear=clear))
        elif is_word and opens and follows:
            found.append(_Candidate(match.start(), match.end(), _value(match[1]), strong=False, clear=False))
    return found


def _names_a_thing(before: str) -> bool:
    """True for "I bought a Hub" before its number: a capital inside a sentence belongs to a name."""
    words = before.split()
    return len(words) > 1 and words[-1][:1].isupper() and not words[-1].isupper() and words[-1] != "I"


def _without_noise(plain: str) -> str:
    for pattern in NOISE:
        plain = pattern.sub(lambda match: "\x00" * len(match[0]), plain)
    return COUNTED_THINGS.sub(lambda match: "\x00" * len(match[0]), plain)


def _drawn_stars(plain: str, kind: SurveyKind) -> SpokenScore | None:
    stars = sum(plain.count(star) for star in "⭐★🌟")
    if kind is not SurveyKind.CSAT or not stars or any(character.isdigit() for character in plain):
        return None
    rest = _tidy(re.sub("[⭐★🌟☆]", " ", plain))
    if stars > SCALES[kind].maximum:
        return SpokenScore(None, rest, Certainty.NONE, NoScoreReason.OUT_OF_RANGE)
    if any(re.search(rf"\b{word}\b", plain, FLAGS) for word in WORDS):
        return None
    return SpokenScore(stars, rest, Certainty.CLEAR)


def _none(plain: str, reason: NoScoreReason | None) -> SpokenScore:
    return SpokenScore(None, plain, Certainty.NONE, reason or NoScoreReason.NOT_A_SCORE)


def _value(number: str) -> int:
    word = number.lower()
    return WORDS[word] if word in WORDS else int(number)


def _blank(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "\x00" * (match.end() - match.start()) + text[match.end() :]


def _rest(plain: str, used: list[_Candidate]) -> str:
    """What is left of the sentence; the parts that only led up to the score ("I'd give it") go too."""
    parts, begin = [], 0
    for candidate in sorted(used, key=lambda each: each.start):
        parts.append(plain[begin : candidate.start])
        begin = candidate.end
    parts.append(plain[begin:])
    return DANGLING.sub("", _tidy(" ".join(part for part in parts if not _is_filler(part))))


def _is_filler(part: str) -> bool:
    words = [word.strip(".,;:!?'\"()-–—=").lower() for word in part.split()]
    return all(word in FILLER or not word for word in words)


def _tidy(text: str) -> str:
    return re.sub(r"\s+([,.;:!?])", r"\1", " ".join(text.split())).strip(" \t,;:-–—=.")
