"""The same wishes as people in a hurry or with manners type them: slips of the finger, and courtesies around them.

How often and which is drawn by a fixed seed, so each contestant reads the same. One slip for every twenty letters, at
least one: a letter left out, doubled, beside the right one, or swapped with the next.
"""

import random
from collections.abc import Callable

_BESIDE = {
    letter: row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, letter in enumerate(row)
}
"""A letter's neighbours on the keyboard."""
_LETTERS_A_SLIP = 20
_FRONTS = (
    "hi there, ", "Good morning. Hope you're well. ", "hey ", "Hello, my name is Anna. ", "sorry to bother you but ",
    "Hi, long time customer here. ", "Dear team, ", "Excuse me please, ", "evening all. ",
)  # fmt: skip
_ENDS = (
    " thanks", ". Thank you very much in advance!", " pls", ". Kind regards, Tom", ", any help would be great",
    " asap!!", ". Cheers mate", ". I'd be so grateful", ", thank you for your time",
)  # fmt: skip


def with_slips(text: str, chance: random.Random) -> str:
    """`text` with a slip for every twenty letters. A text of fewer than three letters stays as it is."""
    letters = list(text)
    for _ in range(max(1, len(text) // _LETTERS_A_SLIP)):
        places = [at for at in range(1, len(letters) - 1) if letters[at].isalpha()]
        if not places:
            break
        at = chance.choice(places)
        kind = chance.randrange(4)
        if kind == 0:
            del letters[at]
        elif kind == 1:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif kind == 2:
            letters[at] = chance.choice(_BESIDE.get(letters[at].lower(), letters[at]))
        else:
            letters.insert(at, letters[at])
    return "".join(letters)


def with_courtesies(text: str, chance: random.Random) -> str:
    """`text` with something in front of it and something behind it."""
    return chance.choice(_FRONTS) + text.rstrip(".!") + chance.choice(_ENDS)


ROUGHENINGS: dict[str, Callable[[str, random.Random], str]] = {"slips": with_slips, "courtesies": with_courtesies}
"""By name."""
