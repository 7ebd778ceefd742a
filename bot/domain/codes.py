"""Codes that people read aloud and type: one alphabet without look-alikes, one check character.

The alphabet has 31 symbols, a prime number, on purpose: with distinct weights modulo a prime a check
character catches every single wrong character and every swap of two characters.
"""

from __future__ import annotations

# No 0/O, 1/I/L: nobody should have to ask which one it is.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_BASE = len(ALPHABET)
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
# Spare entropy makes the bias of the final modulo smaller than one in 2**32.
_SPARE_BYTES = 4


def bytes_needed(length: int) -> int:
    """How many random bytes `encode` wants for `length` characters."""
    largest: int = _BASE**length
    return (largest.bit_length() + 7) // 8 + _SPARE_BYTES


def encode(random_bytes: bytes, length: int) -> str:
    """`length` characters drawn from `random_bytes`; ValueError when there are too few bytes."""
    if length < 1:
        raise ValueError("a code needs at least one character")
    if len(random_bytes) < bytes_needed(length):
        raise ValueError(f"{length} characters need {bytes_needed(length)} random bytes, got {len(random_bytes)}")
    number = int.from_bytes(random_bytes, "big")
    characters = []
    for _ in range(length):
        number, remainder = divmod(number, _BASE)
        characters.append(ALPHABET[remainder])
    return "".join(characters)


def check_character(body: str) -> str:
    """The check character of `body`: weighted sum modulo 31, weights 1, 2, 3 .. from the left.

    Sound for bodies of up to 29 characters (each weight must differ, and the check character has its own).
    """
    if len(body) > _BASE - 2:
        raise ValueError("too long for one check character")
    total = sum(weight * _VALUE[character] for weight, character in enumerate(body, start=1))
    return ALPHABET[total % _BASE]


def tidy(typed: str) -> str:
    """What somebody typed, without the spaces and hyphens people add, in capitals."""
    return "".join(character for character in typed.upper() if character not in " -\u2013\u2014\t\r\n")


def is_written_in_alphabet(text: str) -> bool:
    """True when `text` is not empty and uses only the characters of `ALPHABET`."""
    return bool(text) and all(character in _VALUE for character in text)
