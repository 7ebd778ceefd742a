"""How a message sounds, by a small lexicon and a few rules.

Enough to offer a person to somebody who is angry.

Made for support chats, where words such as "broken", "cancel" or "problem" are the subject and not the
mood. It runs in microseconds, needs no model and gives the words that led to its verdict.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.mood_lexicon import (
    ANGRY_PHRASES,
    ANGRY_WORDS,
    BOOSTERS,
    EMOJI,
    NEGATIONS,
    PHRASES,
    PROFANITY,
    SARCASM,
    WORDS,
)


class MoodLabel(StrEnum):
    """The verdict in one word."""

    ANGRY = "angry"
    FRUSTRATED = "frustrated"
    NEUTRAL = "neutral"
    PLEASED = "pleased"


@dataclass(frozen=True, slots=True)
class Mood:
    """`score` from -1 (furious) to 1 (delighted), and the `signals` found, for the handoff packet."""

    score: float
    label: MoodLabel
    signals: tuple[str, ...] = ()


NEUTRAL = Mood(0.0, MoodLabel.NEUTRAL)
_ANGRY_AT = -0.6
_FRUSTRATED_AT = -0.26
_PLEASED_AT = 0.3
# How fast a sum of word weights comes near -1 or 1: one strong word (3) gives about 0.6.
_SOFTNESS = 15.0
_LONGEST_TEXT = 2000
_TOKEN = re.compile(r"[a-z']+", re.IGNORECASE)
_CLAUSE = re.compile(r"[.,;:!?\n]|\bbut\b", re.IGNORECASE)
_PHRASES = (
    *((phrase, re.compile(phrase), weight) for phrase, weight in SARCASM.items()),
    *((phrase, re.compile(rf"\b(?:{phrase})\b"), weight) for phrase, weight in (ANGRY_PHRASES | PHRASES).items()),
)


def read_mood(text: str) -> Mood:
    """The mood of one message. Neutral for an empty one; never raises.

    Weights of the words add up; a negation among the three words before turns a word round and weakens it,
    an intensifier before it strengthens it, shouting and exclamation marks strengthen what is there.
    Profanity aimed at the company and plain words of anger make a message angry whatever else it says.
    """
    plain = unicodedata.normalize("NFKC", text[:_LONGEST_TEXT]).replace("\u2019", "'")
    lower = plain.lower()
    signals: list[str] = []
    total = 0.0
    angry = False
    for sign, weight in EMOJI.items():
        if sign in plain:
            signals.append(sign)
            total += weight
    for phrase, pattern, weight in _PHRASES:
        match = pattern.search(lower)
        if match is not None:
            signals.append(match[0])
            total += weight
            angry = angry or phrase in ANGRY_PHRASES
            lower = f"{lower[: match.start()]} , {lower[match.end() :]}"
    for clause in _CLAUSE.split(lower):
        weight, found, fury = _clause(_TOKEN.findall(clause))
        total += weight
        angry = angry or fury
        signals += found
    shouting = _shouts(plain)
    marks = min(3, max(plain.count("!"), 2 * plain.count("?!")))
    if total:
        total *= 1 + 0.1 * marks + (0.3 if shouting else 0)
    elif shouting and marks:
        total -= 1.5
    if "???" in plain:
        signals.append("???")
        total -= 1.2
    if shouting:
        signals.append("shouting")
    if angry:
        total = min(total - 1.0, -3.0)
    score = total / (total * total + _SOFTNESS) ** 0.5
    return Mood(round(score, 3), _label(score), tuple(dict.fromkeys(signals)))


def mood_of_case(moods: Sequence[Mood]) -> Mood:
    """The mood of a case from its messages, oldest first: the newest count most (each half of the next).

    An angry message among the last three keeps the case angry: anger does not pass with one polite line.
    """
    if not moods:
        return NEUTRAL
    weights = [0.5 ** (len(moods) - 1 - index) for index in range(len(moods))]
    score = sum(mood.score * weight for mood, weight in zip(moods, weights, strict=True)) / sum(weights)
    recent = moods[-3:]
    angry = any(mood.label is MoodLabel.ANGRY for mood in recent) and recent[-1].label is not MoodLabel.PLEASED
    signals = tuple(dict.fromkeys(signal for mood in recent for signal in mood.signals))
    return Mood(round(score, 3), MoodLabel.ANGRY if angry else _label(score), signals)


def is_low(mood: Mood) -> bool:
    """Whether the tone should be softer: no exclamation of joy, no small talk."""
    return mood.label in {MoodLabel.ANGRY, MoodLabel.FRUSTRATED}


def is_abuse(text: str) -> bool:
    """Coarse or insulting words are in the message."""
    return any(token in PROFANITY and WORDS.get(token, 0.0) <= -2.4 for token in _TOKEN.findall(text.lower()))


def without_profanity(text: str) -> str:
    """The message without its coarse words, so that what is wanted can be understood."""
    return " ".join(word for word in text.split() if word.lower().strip(".,!?*'\"") not in PROFANITY)


def calls_for_person(mood: Mood) -> bool:
    """Whether to offer a person because of the mood: anger only; mere frustration is the bot's to mend."""
    return mood.label is MoodLabel.ANGRY


def _clause(tokens: list[str]) -> tuple[float, list[str], bool]:
    total, signals, fury = 0.0, [], False
    for index, token in enumerate(tokens):
        weight = WORDS.get(token, 0.0)
        if not weight:
            continue
        before = tokens[max(0, index - 3) : index]
        if index and tokens[index - 1] in BOOSTERS:
            weight *= 1.4
        negated = any(word in NEGATIONS or word.endswith("n't") for word in before)
        if negated and token not in PROFANITY:
            # "Not good" is bad, but "not angry" is hardly delight.
            weight *= -0.6 if weight > 0 else -0.15
        total += weight
        signals.append(f"not {token}" if negated else token)
        fury = fury or (token in ANGRY_WORDS and not negated) or (token in PROFANITY and weight <= -2.5)
    return total, signals, fury


def _shouts(plain: str) -> bool:
    """At least three words of three letters or more in capitals, and most of the message."""
    words = [word for word in _TOKEN.findall(plain) if len(word) >= 3]
    capitals = [word for word in words if word.isupper()]
    return len(capitals) >= 3 and len(capitals) > len(words) / 2


def _label(score: float) -> MoodLabel:
    if score <= _ANGRY_AT:
        return MoodLabel.ANGRY
    if score <= _FRUSTRATED_AT:
        return MoodLabel.FRUSTRATED
    return MoodLabel.PLEASED if score >= _PLEASED_AT else MoodLabel.NEUTRAL
