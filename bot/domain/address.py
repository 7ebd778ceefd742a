"""Reading a postal address out of one message, as people type it, so that it can be shown and confirmed.

Nothing is guessed: a part that is not found is named, and asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST = 120
"""Characters of one line: more does not fit on a label."""

COUNTRIES = {
    name.casefold(): name
    for name in (
        "Austria", "Belgium", "Bulgaria", "Croatia", "Cyprus", "Czechia", "Denmark", "Estonia", "Finland", "France",
        "Germany", "Greece", "Hungary", "Iceland", "Ireland", "Italy", "Latvia", "Liechtenstein", "Lithuania",
        "Luxembourg", "Malta", "Netherlands", "Norway", "Poland", "Portugal", "Romania", "Slovakia", "Slovenia",
        "Spain", "Sweden", "Switzerland", "United Kingdom", "United States", "Canada", "Australia", "Turkey",
    )
} | {
    "uk": "United Kingdom", "great britain": "United Kingdom", "england": "United Kingdom", "usa": "United States",
    "us": "United States", "the netherlands": "Netherlands", "holland": "Netherlands", "deutschland": "Germany",
    "czech republic": "Czechia", "republic of ireland": "Ireland", "eire": "Ireland",
}  # fmt: skip
_POSTCODES = (
    re.compile(r"\b[AC-FHKNPRTV-Y]\d[\dW]\s?[0-9AC-FHKNPRTV-Y]{4}\b", re.IGNORECASE),  # Ireland
    re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b", re.IGNORECASE),  # United Kingdom
    re.compile(r"\b[1-9]\d{3}\s?[A-Z]{2}\b"),  # Netherlands
    re.compile(r"\b\d{2}-\d{3}\b|\b\d{4}-\d{3}\b|\b\d{3}\s\d{2}\b"),  # Poland; Portugal; Sweden, Czechia, Greece
    re.compile(r"\b(?:[A-Z]{1,2}-)?\d{4,6}\b"),
)
_LEAD = re.compile(
    r"^.{0,80}?\b(?:(?:new )?address(?:[ ,]+(?:of|for|on|in)\b[^:]{0,40}?)?[ ,]+(?:is|to|should be)(?: now)?"
    r"|(?:deliver|send|ship|redirect|change|update|correct|move|switch)\b[^:\n]{0,40}?[ ,]to"
    r"|live at|moved to|go(?:es)? to|new address)\b\s*:?\s*",
    re.IGNORECASE | re.DOTALL,
)
_FLAT = re.compile(r"\b(?:apt|apartment|flat|unit|suite|floor|c/o|care of|room|door)\b", re.IGNORECASE)
_NOT_ADDRESS = re.compile(
    r"(?:(?:my )?e-?mail(?: address)?(?: is)?:? *)?\S+@\S+|\b[A-Z]{2}[-–]\d{5,9}\b|\border(?: number)? *#? *\d{5,9}\b",
    re.IGNORECASE,
)
"""What stands beside an address when somebody says all at once."""
_WISH = re.compile(
    r"\b(?:address|instead|please|change|parcel|wrong|i (?:want|need)|it is|order)\b|^my \w+$|^the office$"
    r"|^(?:yes|yeah|yep|no|ok|okay|sorry|i|we|send|deliver)\b",
    re.IGNORECASE,
)
"""Words of a wish: no line with one of them goes on a label."""
_BEFORE_STREET = re.compile(
    r"^.*\b(?:it is|it'?s|that is|that'?s|i (?:want|need)|please|change|wrong address|yes|no|ok|okay|sorry)\b[\s:.!]*",
    re.IGNORECASE,
)
"""What is said before a street: "it is 5 Mill Road"."""
_TAIL = re.compile(r"(?:[\s,.!]*\b(?:please|pls|thanks|thank you|instead|now))+[\s.!]*$", re.IGNORECASE)
_SPLIT = re.compile(
    r"[,;\n]+|[.!?]\s+(?=(?:please|can|could|i|it|that|thanks|thank|send|deliver|change)\b)", re.IGNORECASE
)
_HOUSE_DIGITS = 4
"""More of them are the number of an order."""


@dataclass(frozen=True, slots=True)
class Address:
    """A complete address; `line2` may be empty."""

    name: str
    line1: str
    line2: str
    postcode: str
    city: str
    country: str

    def as_dict(self) -> dict[str, str]:
        """The parts as a shop's API takes them."""
        return {part: getattr(self, part) for part in self.__slots__}

    def one_line(self) -> str:
        """For the question whether it is right."""
        town = f"{self.postcode} {self.city}"
        return ", ".join(part for part in (self.name, self.line1, self.line2, town, self.country) if part)


class AddressIncomplete(ValueError):
    """Parts were not found: `missing` holds `street`, `postcode`, `city`; `too_long` when a line is."""

    def __init__(self, *missing: str) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def looks_like_address(text: str) -> bool:
    """A number and some words around it: worth reading as an address."""
    return bool(re.search(r"\d", text)) and len(re.findall(r"[^\W\d_]{2,}", text)) >= 2


def read_address(text: str, current: Mapping[str, str]) -> Address:
    """The address in `text`; name and country are those of `current` when they are not said.

    Raises AddressIncomplete naming what was not found.
    """
    parts = _parts(text)
    country = _take_country(parts) or current.get("country", "")
    postcode, city = _take_town(parts)
    parts = [part for part in map(_without_wish, parts) if part]
    street = next((part for part in parts if re.search(r"\d", part) and re.search(r"[^\W\d_]", part)), "")
    if not street:
        street = next((part for part in parts if len(part.split()) > 1 and not _FLAT.search(part)), "")
    name = ""
    if street:
        before = parts[: parts.index(street)]
        name = next((part for part in before if len(part.split()) > 1 and not _FLAT.search(part)), "")
        parts.remove(street)
    if name:
        parts.remove(name)
    if not city and parts:
        city = next((part for part in reversed(parts) if not re.search(r"\d", part) and not _FLAT.search(part)), "")
        if city:
            parts.remove(city)
    missing = [what for what, found in (("street", street), ("postcode", postcode), ("city", city)) if not found]
    if missing:
        raise AddressIncomplete(*missing)
    read = Address(name or current.get("name", ""), street, ", ".join(parts), postcode, city, country)
    if any(len(part) > MOST for part in read.as_dict().values()):
        raise AddressIncomplete("too_long")
    return read


def names_address(text: str) -> bool:
    """Whether a message that asks for something else than an address holds a whole one, the house's number included."""
    try:
        return re.search(r"\d", read_address(text, {}).line1) is not None
    except AddressIncomplete:
        return False


def _parts(text: str) -> list[str]:
    plain = "".join(character if character.isprintable() else "\n" for character in text)
    plain = _NOT_ADDRESS.sub(",", plain)
    lead = _LEAD.match(plain)
    # "5 Mill Road, .., can you change it to that": the address may stand before the wish.
    if lead and (re.search(r"\d", plain[lead.end() :]) or not re.search(rf"\b\d{{1,{_HOUSE_DIGITS}}}\b", lead[0])):
        plain = plain[lead.end() :]
    plain = _TAIL.sub("", plain)
    return [" ".join(part.split()).strip(" .:?!") for part in _SPLIT.split(plain) if part.strip(" .:,;?!")]


def _without_wish(part: str) -> str:
    """The line of the label in a part of the message; empty when it only says what is wanted."""
    number = re.search(r"\d+", part)
    if number is not None and len(number.group()) <= _HOUSE_DIGITS:
        part = _BEFORE_STREET.sub("", part[: number.start()].replace("\u2019", "'")) + part[number.start() :]
    part = _TAIL.sub("", part)
    return "" if _WISH.search(part) else part


def _take_country(parts: list[str]) -> str:
    for part in reversed(parts):
        if part.casefold() in COUNTRIES:
            parts.remove(part)
            return COUNTRIES[part.casefold()]
    if not parts:
        return ""
    words = parts[-1].split()
    for count in (2, 1):
        named = COUNTRIES.get(" ".join(words[-count:]).casefold())
        if named and len(words) > count:
            parts[-1] = " ".join(words[:-count])
            return named
    return ""


def _take_town(parts: list[str]) -> tuple[str, str]:
    """Postcode and town, taken out of the parts; an empty string for what is not there."""
    for pattern in _POSTCODES:
        for index in range(len(parts) - 1, -1, -1):
            found = list(pattern.finditer(parts[index]))
            if not found:
                continue
            match = found[-1]
            before = parts[index][: match.start()].strip(" -")
            after = parts[index][match.end() :].strip(" -")
            if index == 0 and not before and len(parts) > 1 and not _has_number(parts[1:]):
                continue  # "1200 Sunset Road, Cork": the number of the house
            parts[index] = ""
            if re.search(r"\d", before):
                # All in one line: the street stands before the postcode, the town after it.
                parts[index] = before
                town = after
            else:
                town = after or before
            parts[:] = [part for part in parts if part]
            return match.group().upper(), town
    return "", ""


def _has_number(parts: list[str]) -> bool:
    return any(re.search(r"\d", part) for part in parts)
