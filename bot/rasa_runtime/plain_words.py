"""Typed text must never be a command.

Rasa reads a text that begins with `/` as `/intent{"entity": "value"}`, skips understanding and trusts it fully: a
visitor could restart the dialogue, leave a handoff or forge a score. Its last pipeline step does so whatever the
configuration, so the text itself is changed before Rasa sees it. What the visitor typed stays as typed in the
product's own store; only the copy that is understood is changed.
"""

from __future__ import annotations

import re
import unicodedata

# Slashes by look: ASCII, full-width, division, fraction, box drawing, big solidus, reverse ones are no commands.
_SLASHES = frozenset("/\uff0f\u2215\u2044\u2571\u29f8\u27cb\u1735\u2041\u2afb\u2afd\u3033\U0001f67c")
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zs", "Zl", "Zp"})
_COLONS = frozenset(":\uff1a\ufe55\ufe13\ua789\u2236\u0589\u05c3\u02f8")
_EXTERNAL = "external"
_KEPT_CONTROLS = frozenset("\n\t")
_PAYLOAD_SIGNS = re.compile(r'[{}"@_]+')
_SPACES = re.compile(r"[ \t]+")


def to_plain_words(text: str) -> str:
    """The text as Rasa may see it: the same words, with nothing in front that Rasa could take for a command.

    A leading run of slashes, in any Unicode disguise and behind any invisible characters, is removed; the marker
    `EXTERNAL:` loses its colon; control characters and broken surrogates go. Braces and quotes of a former command
    become spaces, so that its words can be understood. A text that is nothing but slashes becomes the word "slash".
    Any other text is returned with its characters unchanged. The result never begins with a slash.
    """
    clean = _without_controls(text).strip()
    rest, slashes = _after_leading_slashes(clean)
    while slashes:
        clean = _SPACES.sub(" ", _PAYLOAD_SIGNS.sub(" ", rest)).strip() or "slash"
        rest, slashes = _after_leading_slashes(clean)
    if _names_the_external_marker(clean):
        clean = _SPACES.sub(" ", "".join(" " if c in _COLONS or c == "_" else c for c in clean)).strip()
    return clean


def _without_controls(text: str) -> str:
    """Control characters out; a lone surrogate, which no encoder takes, becomes the replacement character."""
    kept = (c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) != "Cc")
    return "".join("\ufffd" if unicodedata.category(c) == "Cs" else c for c in kept)


def _is_invisible(character: str) -> bool:
    return character in _INVISIBLE_LETTERS or unicodedata.category(character) in _INVISIBLE_CATEGORIES


def _after_leading_slashes(text: str) -> tuple[str, bool]:
    """What follows the slashes at the beginning, and whether there were any."""
    position, slashes = 0, False
    for position, character in enumerate(text):
        if character in _SLASHES:
            slashes = True
        elif not _is_invisible(character):
            return (text[position:], slashes) if slashes else (text, False)
    return ("", True) if slashes else (text, False)


def _names_the_external_marker(text: str) -> bool:
    """Whether the text begins `EXTERNAL:` in any case, width or with invisible characters between."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", text[:200]) if not _is_invisible(c))
    if not visible.casefold().startswith(_EXTERNAL):
        return False
    return visible[len(_EXTERNAL) : len(_EXTERNAL) + 1] in _COLONS
