"""Text from strangers in a file that spreadsheets open: nothing in it may be taken for a formula."""

import re

_FORMULA = re.compile(r"^[\s\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
"""What begins one, past everything that some program skips before it; full-width signs are taken for plain ones."""
_NEXT_CELL = re.compile(r"([;\t\r\n])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a program that separates cells otherwise, as many European ones do, would begin another cell."""


def plain_cell(text: str) -> str:
    """The text with an apostrophe wherever a formula could begin, which makes it text."""
    inside = text[:1] + _NEXT_CELL.sub(r"\1'", text[1:])
    return f"'{inside}" if _FORMULA.match(text) else inside
