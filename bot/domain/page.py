"""The page a customer writes from, as the website tells it: words from outside, read leniently and kept small.

Everybody who visits the site can write what they like here, so it is hostile text: known fields of the right kind are
kept and cut to length, everything else is left out, and nothing in it can cost the customer the chat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_URL = 2000
MAX_TITLE = 200
MAX_DATA = 10
"""Fields of the site's own."""
MAX_NAME = 40
MAX_VALUE = 200
_LIMITS = {
    "product": {"id": 80, "name": 200, "price": 40, "url": MAX_URL},
    "cart": {"items": 10, "total": 40},
    "order": {"number": 60, "status": 60},
}
"""The parts a page can have, with their fields and the longest value of each."""

_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
"""Control characters, and those that hide text or turn it round on the agent's screen."""
_ADDRESS = re.compile(r"(?:https?://(?![^/?#]*@)|/)\S*", re.IGNORECASE)
"""A web address without a name and password in it, or a path of the site."""


def read_page(given: object) -> dict[str, Any] | None:
    """The page's `url`, `title`, `product`, `cart`, `order` and `data`, as far as they were given and can be used.

    A plain text is the url. None when nothing usable is left. Never raises; the result is JSON of at most 12 KiB.
    """
    if isinstance(given, str):
        given = {"url": given}
    if not isinstance(given, Mapping):
        return None
    page: dict[str, Any] = {}
    if url := _address(given.get("url")):
        page["url"] = url
    if title := _words(given.get("title"), MAX_TITLE):
        page["title"] = title
    for part, limits in _LIMITS.items():
        fields = given.get(part)
        if not isinstance(fields, Mapping):
            continue
        kept = {
            name: value
            for name, most in limits.items()
            if (value := _address(fields.get(name)) if name == "url" else _words(fields.get(name), most))
        }
        if kept:
            page[part] = kept
    if data := _own_fields(given.get("data")):
        page["data"] = data
    return page or None


def _own_fields(given: object) -> dict[str, str]:
    if not isinstance(given, Mapping):
        return {}
    kept: dict[str, str] = {}
    for name, value in given.items():
        key, words = _words(name, MAX_NAME), _words(value, MAX_VALUE)
        if key and words:
            kept[key] = words
        if len(kept) == MAX_DATA:
            break
    return kept


def _address(given: object) -> str:
    words = _words(given, MAX_URL)
    return words if _ADDRESS.fullmatch(words) else ""


def _words(given: object, most: int) -> str:
    """One line of at most `most` characters; numbers and truth values as text, anything else as nothing."""
    if isinstance(given, bool):
        given = "yes" if given else "no"
    if isinstance(given, int | float):
        # A number may have more digits than Python likes to write out.
        given = f"{given:.15g}" if abs(given) < 1e18 else ""
    if not isinstance(given, str):
        return ""
    whole = given[: most * 4].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return " ".join(_UNSEEN.sub(" ", whole).split())[:most]
