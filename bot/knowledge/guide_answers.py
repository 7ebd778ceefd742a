"""Which option of a guide's step somebody means who types instead of tapping.

Rules first, because they are exact and explainable; likeness of spelling and of meaning only where no rule decides,
and never across a negation: "the light is not on" must not be taken for "the light is on".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rapidfuzz import fuzz

from bot.knowledge.embedding import Encoder
from bot.knowledge.guide_words import negated, normalise
from bot.knowledge.guides import NO, PARTLY, YES, Option

FUZZY_BAR = 84.0  # of 100; "blinkin red" reaches 95 against "blinking red", "blinking green" 77
FUZZY_MARGIN = 6.0
MEANING_BAR = 0.55
MEANING_MARGIN = 0.08

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "last": -1,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "former": 1, "latter": -1, "top": 1, "bottom": -1,
}  # fmt: skip
_COUNTED = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_NUMBER = re.compile(
    rf"(?:i (?:choose|pick|take) |it is )?(?:option|number|answer|nr|no)?\s*(\d|{'|'.join(_COUNTED)})(?: please)?"
)
_ORDINAL = re.compile(
    rf"(?:i (?:choose|pick|take) |it is )?(?:the )?({'|'.join(_ORDINALS)})(?: one| option| answer)?(?: please)?"
)
_FILLERS = re.compile(r"\b(?:the|a|an|it|is|just|really|now|so|very|my|well|please|ok|okay|um|hmm|i think)\b")
_YES = re.compile(
    r"(?:yes|yep|yeah|yup|ya|ja|oui|si|yess+|sure|correct|right|exactly|indeed|it does|it did|i did|done|affirmative)\b"
)
_NO = re.compile(
    r"(?:no|nope|nah|nein|nee|non|noo+|negative|not really|not yet|still not|also not|not (?:that )?either|"
    r"it does not|it did not|"
    r"i did not)\b"
)
# What may follow a yes or no that is an answer; "no confirmation mail" is none, it only begins like one.
_GOES_ON = re.compile(
    r"(?:it|i|that|this|the|they|there|we|still|not|nothing|sorry|thanks|thank|unfortunately|but|all|now|sadly|nope|"
    r"no|yes|of|did|does|is|works|working|fixed|solved|same|sir|please|definitely|absolutely|at)\b"
)
_QUESTION = re.compile(
    r"(?:(?:so|and|but|ok|okay|well|wait|hm+|then|oh|sorry) )*"
    r"(?:how|what|where|when|why|who|which|can (?:i|you|we|it)|could (?:i|you)|do (?:you|i|we)|does|will|are you|"
    r"is (?:it|there|the|my))\b(?! not\b)"
)
_SHORTEST_QUESTION = 4  # words; "which one" may be an echo of the step
_LONGEST_YES = 6  # words
_AGREED = re.compile(r"(?:ok|okay|please|please do|go ahead|that would be (?:good|great|nice)|fine|sounds good)")
_BUT = re.compile(r"\b(?:but|although|except|however)\b")


def match_option(text: str, options: Sequence[Option], encoder: Encoder | None = None) -> Option | None:
    """Return the option that `text` means, or None when that is not clear enough to act on."""
    said = normalise(text)
    if not said:
        return None
    rules: tuple[Callable[[], Option | None], ...] = (
        lambda: named_option(text, options),
        lambda: _polarity(text, said, options),
        lambda: _contained(said, options),
        lambda: _alike(said, options),
        lambda: _by_meaning(said, options, encoder) if encoder else None,
    )
    if is_question(said):
        rules = rules[:1]  # a question of one's own is answered from the articles, not taken for a choice
    for rule in rules:
        found = rule()
        if found is not None:
            return found
    return None


def is_question(text: str) -> bool:
    """Whether this asks something by itself, and is no echo of a step's words."""
    said = normalise(text)
    return bool(_QUESTION.match(said)) and len(said.split()) >= _SHORTEST_QUESTION


def agrees(text: str) -> bool | None:
    """Whether a short reply to a question of ours is a yes or a no; None when it is neither."""
    said = normalise(text)
    if len(said.split()) > _LONGEST_YES:
        return None
    if _NO.match(said):
        return False
    if _AGREED.fullmatch(said):
        return True
    rest = _YES.sub("", said, count=1).strip()
    return True if _YES.match(said) and _goes_on(text, rest) else None


def named_option(text: str, options: Sequence[Option]) -> Option | None:
    """The option given by its id, its very words, or its place ("the second one")."""
    said = normalise(text)
    by_id = next((option for option in options if option.id == text.strip()), None)
    return by_id or _same(said, options) or _position(said, options)


def mentioned_option(text: str, options: Sequence[Option]) -> Option | None:
    """The one option whose words stand somewhere in a longer message; None when there are several or none."""
    return _contained(normalise(text), options)


def denying_option(options: Sequence[Option]) -> Option | None:
    """The option that a bare "no" means."""
    return next((option for option in options if option.id == NO or "no" in option.means), None)


def _phrases(option: Option) -> list[str]:
    return [plain for phrase in (option.label, *option.means) if (plain := normalise(phrase))]


def _same(said: str, options: Sequence[Option]) -> Option | None:
    return next((option for option in options if said in _phrases(option)), None)


def _position(said: str, options: Sequence[Option]) -> Option | None:
    digit = _NUMBER.fullmatch(said)
    ordinal = _ORDINAL.fullmatch(said)
    if not digit and not ordinal:
        return None
    counted = digit.group(1) if digit else ""
    position = _COUNTED.get(counted) or (int(counted) if counted else _ORDINALS[ordinal.group(1)] if ordinal else 0)
    if position == -1:
        return options[-1]
    return options[position - 1] if 1 <= position <= len(options) else None


def _goes_on(text: str, rest: str) -> bool:
    return not rest or bool(_GOES_ON.match(rest)) or bool(re.match(r"\s*\w+\s*[,.;:!-]", text))


def _polarity(text: str, said: str, options: Sequence[Option]) -> Option | None:
    yes = next((option for option in options if option.id == YES or "yes" in option.means), None)
    no = denying_option(options)
    partly = next((option for option in options if option.id == PARTLY), None)
    if _NO.match(said):
        rest = _NO.sub("", said, count=1).strip()
        if not _goes_on(text, rest):
            return None
        # "no, it works now" denies nothing: what follows decides when it names an option by itself.
        return _contained(rest, options) or no
    if _YES.match(said):
        if _BUT.search(said):
            return partly
        rest = _YES.sub("", said, count=1).strip()
        if negated(rest):
            return None
        # "Yes, in the app they work" goes on as it likes; only another answer in what follows is meant instead.
        other = _contained(rest, options)
        return other if other is not None and other is not yes and not _goes_on(text, rest) else yes
    return None


def _contained(said: str, options: Sequence[Option]) -> Option | None:
    """The option one of whose phrases stands within what was said; the longest phrase wins, a tie decides nothing."""
    padded = f" {said} "
    found: dict[str, int] = {}
    for option in options:
        for phrase in _phrases(option):
            bare = _YES.fullmatch(phrase) or _NO.fullmatch(phrase)  # left to _polarity, which looks at the rest
            if not bare and f" {phrase} " in padded and negated(phrase) == negated(said):
                found[option.id] = max(found.get(option.id, 0), len(phrase))
    if not found:
        return None
    longest = max(found.values())
    winners = [option for option in options if found.get(option.id) == longest]
    return winners[0] if len(winners) == 1 else None


def _core(text: str) -> str:
    return " ".join(_FILLERS.sub(" ", text).split()) or text


def _alike(said: str, options: Sequence[Option]) -> Option | None:
    def score(option: Option) -> float:
        comparable = [p for p in _phrases(option) if negated(p) == negated(said)]
        return max((fuzz.token_sort_ratio(_core(said), _core(phrase)) for phrase in comparable), default=0.0)

    return _clear_winner([(score(option), option) for option in options], FUZZY_BAR, FUZZY_MARGIN)


def _by_meaning(said: str, options: Sequence[Option], encoder: Encoder) -> Option | None:
    pairs = [(o, p) for o in options for p in _phrases(o) if negated(p) == negated(said)]
    if not pairs:
        return None
    vectors = encoder.encode([said, *(phrase for _, phrase in pairs)])
    best: dict[str, float] = {}
    for (option, _), similarity in zip(pairs, vectors[1:] @ vectors[0], strict=True):
        best[option.id] = max(best.get(option.id, -1.0), float(similarity))
    scored = [(best.get(option.id, -1.0), option) for option in options]
    return _clear_winner(scored, MEANING_BAR, MEANING_MARGIN)


def _clear_winner(scored: Sequence[tuple[float, Option]], bar: float, margin: float) -> Option | None:
    ranked = sorted(scored, key=lambda pair: pair[0], reverse=True)
    if not ranked or ranked[0][0] < bar:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < margin:
        return None
    return ranked[0][1]
