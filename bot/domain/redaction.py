"""Takes out of a customer's words what identifies a person or opens an account, before anyone reads or learns them.

Redacted: e-mail addresses, card numbers, IBANs, phone and other long numbers, and what follows "my password is". Order
numbers (five to eight digits) stay, for the words are meaningless without them. `redact` is idempotent.
"""

import re

_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]++@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![^\W_])", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"(?<!\d)\+?\(?\d(?:[ \t().\-/]{0,3}\d){8,}")
_PASSWORD = re.compile(
    r"\b(pass(?:word|code|phrase)|pin(?: code)?|cvv|cvc|security code)(\s*(?:is|was|=|:)\s*)(?!\[)(\S+)", re.IGNORECASE
)

EMAIL, IBAN, CARD, PHONE, NUMBER, SECRET = "[e-mail]", "[IBAN]", "[card]", "[phone]", "[number]", "[secret]"


def redact(text: str) -> str:
    """`text` with every such find replaced by a word in brackets that says what was there."""
    text = _EMAIL.sub(EMAIL, text)
    text = _IBAN.sub(_iban, text)
    text = _NUMBER.sub(_number, text)
    return _PASSWORD.sub(lambda found: f"{found[1]}{found[2]}{SECRET}", text)


def _iban(found: re.Match[str]) -> str:
    """The longest beginning that is a valid IBAN is one; what the pattern swallowed after it is looked at again."""
    run = found.group()
    for end in range(len(run), 14, -1):
        if end < len(run) and run[end].isalnum():
            continue
        if _is_iban("".join(char for char in run[:end] if char.isalnum())):
            return IBAN + _IBAN.sub(_iban, run[end:])
    return run


def _is_iban(code: str) -> bool:
    """ISO 13616: moved round by four, letters as 10..35, the number leaves 1 when divided by 97."""
    if not 15 <= len(code) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def _number(found: re.Match[str]) -> str:
    digits = [int(char) for char in found.group() if char.isdigit()]
    if 13 <= len(digits) <= 19 and _is_luhn(digits):
        return CARD
    return PHONE if len(digits) <= 15 else NUMBER


def _is_luhn(digits: list[int]) -> bool:
    """ISO/IEC 7812-1: every second digit from the right doubled, digit sums added, divisible by ten."""
    doubled = [sum(divmod(digit * 2, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
