"""Entities that a pattern finds better than a trained model: order numbers, e-mail addresses, scores, known names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator, Mapping, Sequence

from bot.rasa_runtime.understanding.spoken_numbers import spoken_numbers

_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
}
_NUMBER = r"(?P<number>(?<![\d.,\w-])(?:10|\d)(?![\d\w]|[.,]\d)|\b(?:" + "|".join(_NUMBER_WORDS) + r")\b)"
_LEAD = (
    r"(?:rate|rating|score|scored|say|maybe|probably|about|around|solid|weak|strong|call\ it|a|an|it|you|them"
    r"|rate\ (?:it|this|that|you)|score\ of|rating\ of)"
)
_TAIL = r"(?=\s*(?:$|[.,!;:)\n]|[-–—]\s|because|but|since|as\b|from\ me|for\ (?:me|this|that|you)|i\ |thank))"

_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.[A-Za-z]{2,24}\b"
)
_ENDINGS = r"(?:com|net|org|info|example|eu|de|at|ch|fr|es|it|pt|nl|be|ie|uk|se|no|dk|fi|pl|io|me|us)"
_SLIPPED_EMAILS = (
    # "tomas @ example.com", "tomas@example,com": a blank or a comma that nobody means.
    re.compile(
        r"(?<![\w.+@-])(?P<name>[A-Za-z0-9][\w.+-]{0,63})\s?@\s?"
        rf"(?P<host>[A-Za-z0-9-]{{1,63}}(?:[.,][A-Za-z0-9-]{{1,63}})*[.,]{_ENDINGS})\b(?![.@])",
        re.IGNORECASE,
    ),
    # "aiko dot tanaka at example dot com", where nothing stands before it that may belong to the name.
    re.compile(
        r"(?:^|\b(?:is|it's|its|email|e-mail|mail|address|with|from|under|and|use|used)\b|[:,;])\s*"
        r"(?P<name>[\w.+-]+(?:\s+(?:dot|\(dot\))\s+[\w+-]+)*)\s+(?:at|\(at\)|\[at\])\s+"
        rf"(?P<host>[A-Za-z0-9-]+(?:\s+(?:dot|\(dot\))\s+[A-Za-z0-9-]+)*?\s+(?:dot|\(dot\))\s+{_ENDINGS})\b",
        re.IGNORECASE,
    ),
)
_DOT = re.compile(r"\s*(?:\bdot\b|\(dot\)|,)\s*", re.IGNORECASE)
_ORDER_NUMBERS = (
    re.compile(r"(?<![\w-])(?P<shop>[A-Za-z]{2})[-–—_]?(?P<digits>\d{5,8})(?![\w-])"),
    re.compile(r"(?<![\w-])(?P<shop>[A-Z]{2})\s(?P<digits>\d{5,8})(?![\w-])"),
    re.compile(
        r"\border(?:\s+(?:number|no\.?|nr\.?|id))?\s*(?:is|was|:)?\s*#?\s*(?P<shop>)(?P<digits>\d{5,8})(?![\w-])",
        re.IGNORECASE,
    ),
)
_ORDER_WORD = r"(?:order|purchase|number|no\.?|nr\.?|id)"
_ORDER_NUMBERS += (
    # "no. lh 10023": letters apart and small only after a word that announces a number, and no word themselves.
    re.compile(
        rf"\b{_ORDER_WORD}\s*(?:is|was|:|#)?\s*(?!(?:is|no|nr|id|of|to|in|my|at|on|by|it|as|so|me)\b)"
        r"(?P<shop>[A-Za-z]{2})[\s–—_-]?(?P<digits>\d{4,8})(?![\w-])",
        re.IGNORECASE,
    ),
    re.compile(r"\border(?:\s+(?:number|no\.?|nr\.?|id))?\s*(?P<shop>)#\s*(?P<digits>\d{4,8})(?![\w-])", re.IGNORECASE),
)
# Six digits by themselves are an order number, unless the words before say that they are something else.
_BARE_ORDER_NUMBER = re.compile(
    r"(?<![\w@€$£.,:/+-])(?<!\d\s)#?(?P<digits>\d{6})(?![\w@%€$£]|[-.,:/]\d|\s\d{3}|\s?(?:eur|euros?|km|steps)\b)",
    re.IGNORECASE,
)
# "LH-100-234", "#100 234", "order 100 234": cut in two as it is printed or read out.
_CUT_ORDER_NUMBERS = (
    re.compile(r"(?<![\w-])(?P<shop>[A-Za-z]{2})[-–—_](?P<digits>\d{3}[\s.–—-]\d{3})(?![\w-]|[.,]\d|\s\d)"),
    re.compile(r"(?<![\w-])(?P<shop>[A-Z]{2})\s(?P<digits>\d{3}[\s.–—-]\d{3})(?![\w-]|[.,]\d|\s\d)"),
    re.compile(
        rf"(?:\b{_ORDER_WORD}\s*(?:is|was|:)?\s*#?\s*|#\s*)"
        r"(?P<shop>)(?P<digits>\d{3}[\s.–—-]\d{3})(?![\w%€$£-]|[.,]\d|\s\d)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\w@€$£.,:/+-])(?<!\d\s)(?P<shop>)(?P<digits>\d{3}\s\d{3})"
        r"(?![\w@%€$£]|[-.,:/]\d|\s\d|\s?(?:eur|euros?|km|steps|people|lumens?)\b)",
        re.IGNORECASE,
    ),
)
_OTHER_NUMBER = re.compile(
    r"(?:code|pin|otp|password|zip|phone|mobile|tel|fax|serial|sku|version|firmware|ticket|voucher|iban|bic"
    r"|account|card|error|postal)\W*(?:code|no\.?|nr\.?|number|id)?\W*(?:is|was|of|says?|shows?)?\W*$",
    re.IGNORECASE,
)
_CAPITALISED = r"[A-Z][a-zà-öø-ÿ'’-]+(?:\s(?:(?:van|von|de|da|der|den|di|del)\s)?[A-Z][a-zà-öø-ÿ'’-]+){1,2}"
_PERSON_NAMES = (
    re.compile(
        r"\b(?i:my\s+(?:full\s+)?name\s+is|my\s+name['’]s|the\s+name\s+is|name:)\s+"
        r"(?P<name>[^\W\d_][\w'’-]*(?:\s(?!(?i:and|but|i|from|my|the|is|with|or)\b)[^\W\d_][\w'’-]*){0,2})"
    ),
    re.compile(rf"\b(?i:(?:bill|invoice|receipt|order|account)s?\s+(?:of|from|for|by))\s+(?P<name>{_CAPITALISED})"),
    re.compile(rf"\b(?i:this\s+is|i\s+am|i['’]?m|it['’]s)\s+(?P<name>{_CAPITALISED})"),
    re.compile(r"\b(?i:mr|mrs|ms|miss|dr)\.?\s+(?P<name>[A-Z][a-zà-öø-ÿ'’-]+(?:\s[A-Z][a-zà-öø-ÿ'’-]+)?)"),
)
_SCORES = (
    re.compile(_NUMBER + r"\s*(?:/|out\s+of)\s*(?P<scale>5|7|10|five|seven|ten)\b", re.IGNORECASE),
    re.compile(_NUMBER + r"[\s-]*(?:stars?\b|★|⭐)", re.IGNORECASE),
    re.compile(rf"\b{_LEAD}:?\s+(?:an?\s+)?{_NUMBER}{_TAIL}", re.IGNORECASE),
    re.compile(rf"[,;:.!?–—-]\s*{_NUMBER}\s*[.!]*\s*$", re.IGNORECASE),
    re.compile(rf"^\W*{_NUMBER}\W*$", re.IGNORECASE),
    re.compile(rf"^\W*{_NUMBER}\s*(?:,|[-–—]\s|because\b|but\b|please\b|thanks?\b|thank\b|i\s+guess\b)", re.IGNORECASE),
)
_STAR_ROW = re.compile(r"(?:[★⭐]\ufe0f?){1,5}")


@dataclass(frozen=True)
class FoundEntity:
    """One entity: `value` is normalised, `start` and `end` are its place in the text, `info` says more of it."""

    entity: str
    value: str | int
    start: int
    end: int
    info: Mapping[str, Any] = field(default_factory=dict)


def find_emails(text: str) -> Iterator[FoundEntity]:
    """E-mail addresses, in lower case."""
    for match in _EMAIL.finditer(text):
        yield FoundEntity("email", match.group().lower(), match.start(), match.end())
    for pattern in _SLIPPED_EMAILS:
        for match in pattern.finditer(text):
            name, host = (_DOT.sub(".", match.group(part)).lower() for part in ("name", "host"))
            yield FoundEntity("email", f"{name}@{host}", match.start("name"), match.end("host"))


def find_order_numbers(text: str) -> Iterator[FoundEntity]:
    """Order numbers, brought to the form `LH-100234`; the bare digits when the customer left the letters out."""
    for pattern in _ORDER_NUMBERS:
        for match in pattern.finditer(text):
            shop, digits = match.group("shop"), match.group("digits")
            start = match.start("shop") if shop else match.start("digits")
            yield FoundEntity(
                "order_number", f"{shop.upper()}-{digits}" if shop else digits, start, match.end("digits")
            )
    for match in _BARE_ORDER_NUMBER.finditer(text):
        if not _OTHER_NUMBER.search(text[: match.start()]):
            yield FoundEntity("order_number", match.group("digits"), match.start("digits"), match.end("digits"))
    for pattern in _CUT_ORDER_NUMBERS:
        for match in pattern.finditer(text):
            if _OTHER_NUMBER.search(text[: match.start("digits")]):
                continue
            shop, digits = match.group("shop"), re.sub(r"\D", "", match.group("digits"))
            start = match.start("shop") if shop else match.start("digits")
            number = f"{shop.upper()}-{digits}" if shop else digits
            yield FoundEntity("order_number", number, start, match.end("digits"))
    for digits, start, end in spoken_numbers(text):
        if not _OTHER_NUMBER.search(text[:start]):
            yield FoundEntity("order_number", digits, start, end)


def find_person_names(text: str) -> Iterator[FoundEntity]:
    """Names where the words around say that one comes: `my name is maria lopez`, `the invoice of Karl van Dam`."""
    for pattern in _PERSON_NAMES:
        for match in pattern.finditer(text):
            yield FoundEntity("person_name", match.group("name"), match.start("name"), match.end("name"))


def find_scores(text: str) -> Iterator[FoundEntity]:
    """Ratings from 0 to 10 where the words around say that a rating is meant: `a 6`, `7/7`, `5 stars`, `six`.

    A number that counts something ("2 lamps") is no score. `info["scale"]` is the highest value when it was named.
    """
    for match in _STAR_ROW.finditer(text):
        count = sum(character in "★⭐" for character in match.group())
        yield FoundEntity("score", count, match.start(), match.end(), {"scale": 5})
    for pattern in _SCORES:
        for match in pattern.finditer(text):
            value = _to_number(match.group("number"))
            scale = _to_number(match.groupdict().get("scale") or "")
            if scale is None and "star" in match.group().lower():
                scale = 5
            if value is None or (scale is not None and value > scale):
                continue
            info = {} if scale is None else {"scale": scale}
            yield FoundEntity("score", value, match.start("number"), match.end("number"), info)


def _to_number(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    return _NUMBER_WORDS.get(text.lower())


class NameFinder:
    """Finds the names of one lookup table, whatever their case and spacing; the longest name wins."""

    def __init__(self, entity: str, names: Sequence[str], synonyms: Mapping[str, str]) -> None:
        """`synonyms` maps another spelling to the name it stands for."""
        self.entity = entity
        self._canonical = {_fold(name): name for name in names}
        targets = {_fold(name) for name in names}
        for spelling, name in synonyms.items():
            if _fold(name) in targets:
                self._canonical[_fold(spelling)] = self._canonical[_fold(name)]
        spellings = sorted(self._canonical, key=lambda spelling: (-len(spelling), spelling))
        parts = (r"[\s-]+".join(re.escape(word) for word in spelling.split(" ")) for spelling in spellings if spelling)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(parts) or '(?!)'})(?=s?\b)", re.IGNORECASE)

    def __call__(self, text: str) -> Iterator[FoundEntity]:
        for match in self._pattern.finditer(text):
            folded = _fold(match.group())
            name = self._canonical.get(folded)
            if name is not None:
                yield FoundEntity(self.entity, name, match.start(), match.end())


def _fold(name: str) -> str:
    return " ".join(re.split(r"[\s-]+", name.casefold().strip()))


class RegexFinder:
    """Finds one administrator-written regular expression; the whole match is the value."""

    def __init__(self, entity: str, patterns: Sequence[str]) -> None:
        self.entity = entity
        self._patterns = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]

    def __call__(self, text: str) -> Iterator[FoundEntity]:
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield FoundEntity(self.entity, match.group(), match.start(), match.end())


Finder = Callable[[str], Iterator[FoundEntity]]
BUILT_IN: tuple[Finder, ...] = (find_emails, find_order_numbers, find_scores, find_person_names)
BUILT_IN_ENTITIES = frozenset({"email", "order_number", "score"})


def find_entities(text: str, finders: Sequence[Finder]) -> list[FoundEntity]:
    """All entities of `text` in the order of the text. Where two overlap, the finder named first wins."""
    taken: list[FoundEntity] = []
    for finder in finders:
        for found in finder(text):
            if all(found.end <= other.start or found.start >= other.end for other in taken):
                taken.append(found)
    return sorted(taken, key=lambda entity: entity.start)
