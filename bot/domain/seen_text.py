"""Names from outside as one visible line: what hides text or turns it round would speak for us on another's screen."""

import re

_HIDING = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
"""Control characters, the empty space, and the marks that change a text's direction.

The joiners stay, for names in Persian or Hindi are written with them; line ends become spaces like all white space.
"""


def visible_line(text: str) -> str:
    """The text without those, as one line, and without halves of surrogate pairs."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return " ".join(_HIDING.sub("", whole).split())
