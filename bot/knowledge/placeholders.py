"""The few words of an article or guide that belong to the company and not to the text."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDERS = frozenset({"company", "order_example", "support_email", "support_hours"})
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]+)\}")


def unknown_placeholders(text: str) -> list[str]:
    """Return the names in braces that nothing will fill, in order of appearance."""
    return [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put `values` (keys out of PLACEHOLDERS) into `text`.

    Raises KeyError when a value is missing: an answer must never show braces to a customer.
    """
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], text)
