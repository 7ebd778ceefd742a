"""What a customer wants to be different in an order, read from their words: which line, and how many of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

MOST = 99
_WORDS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905 -- reads as counting
    )
} | {"none": 0, "single": 1, "both": 2, "couple": 2, "dozen": 12}
_COUNT = re.compile(rf"(?<![\w.,-])(\d{{1,3}}|{'|'.join(_WORDS)})(?![\w-]|[.,]\d)", re.IGNORECASE)
_OUT = re.compile(
    r"\b(?:remove|take (?:\w+ ){0,4}(?:out|off|away)|delete|drop|without|leave (?:\w+ ){0,4}out|get rid of)\b", re.I
)
_LEFT = re.compile(r"\b(?:to|only|just|it|leave|keep|want|need)\s+$", re.IGNORECASE)
"""Before a number that says how many there should be in the end, even beside "take out"."""
_FEWER = re.compile(r"\b(?:fewer|less)\b", re.IGNORECASE)
_INSTEAD = re.compile(r"\binstead of\s+(?:the\s+)?$|\brather than\s+$", re.IGNORECASE)
_MORE = re.compile(r"^\s*(?:more|extra|additional|another)\b", re.IGNORECASE)
_OTHER = re.compile(r"\b(?:add|swap|exchange|replace|colou?rs?|variant|version|size)\b", re.IGNORECASE)


def read_count(text: str) -> int | None:
    """The one number in a reply to "how many?"; None when there is none, several, or more than `MOST`."""
    found = {_value(match.group(1)) for match in _COUNT.finditer(text) if not _INSTEAD.search(text[: match.start()])}
    if len(found) != 1:
        return 0 if not found and _OUT.search(text) else None
    count = found.pop()
    return count if count <= MOST else None


def _value(word: str) -> int:
    return int(word) if word.isdigit() else _WORDS[word.lower()]


def read_change(text: str, ordered: Mapping[str, tuple[str, int]]) -> dict[str, int] | None:
    """New quantities by sku, when the words say exactly which line and how many; None to ask.

    `ordered` maps each sku to its name and its present quantity. Another product or colour is no quantity.
    """
    named = _named(text, [(sku, name) for sku, (name, _) in ordered.items()])
    if len(named) != 1 or _OTHER.search(text):
        return None
    sku = named[0]
    present = ordered[sku][1]
    counts = [match for match in _COUNT.finditer(text) if not _INSTEAD.search(text[: match.start()])]
    if not counts:
        return {sku: 0} if _OUT.search(text) else None
    if len(counts) > 1:
        return None
    match, value = counts[0], _value(counts[0].group(1))
    takes_out = _OUT.search(text) or _FEWER.search(text)
    if takes_out and not _LEFT.search(text[: match.start()]):
        wanted = present - value
    elif _MORE.search(text[match.end() :]):
        wanted = present + value
    else:
        wanted = value
    return {sku: wanted} if 0 <= wanted <= MOST and wanted != present else None


def _named(text: str, lines: Sequence[tuple[str, str]]) -> list[str]:
    """The skus whose name, or a word that only this line's name has, is in the text."""
    said = set(_stems(text))
    words = {sku: set(_stems(name)) for sku, name in lines}
    found = []
    for sku, own in words.items():
        others = set().union(*(rest for other, rest in words.items() if other != sku))
        if (own - others) & said:
            found.append(sku)
    return found


def _stems(text: str) -> list[str]:
    return [word.removesuffix("s") for word in re.findall(r"[^\W\d_]{3,}", text.casefold())]
