"""What stands in the store, as a person reads it: yes and no, whole numbers, dates; for the page of one's own data."""

import re
from datetime import UTC, datetime
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)")
NOTHING = "–"


def in_words(value: Any) -> str:
    """One stored value of JSON as text: a list or an object takes a line for each part, nested ones indented."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, str) and _TIME.fullmatch(value):
        at = datetime.fromisoformat(value).astimezone(UTC)
        return f"{at.day} {at:%B %Y, %H:%M} UTC"
    if isinstance(value, dict):
        return "\n".join(_named(str(name).replace("_", " "), each) for name, each in value.items())
    if isinstance(value, list):
        return "\n".join(in_words(each) for each in value)
    return str(value)


def _named(name: str, value: Any) -> str:
    words = in_words(value)
    return f"{name}:\n" + "\n".join(f"  {line}" for line in words.splitlines()) if "\n" in words else f"{name}: {words}"
