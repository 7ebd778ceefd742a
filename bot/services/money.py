"""Amounts in minor units as people read them."""

_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}
_WITHOUT_MINOR = frozenset({"JPY", "KRW", "ISK", "CLP", "VND"})


def money(amount: int, currency: str) -> str:
    """`1000, "GBP"` as "£10", `1050` as "£10.50"; a currency without a sign of its own is written by its code."""
    code = currency.upper()
    digits = 0 if code in _WITHOUT_MINOR else 2
    whole, rest = divmod(abs(amount), 10**digits)
    number = f"{whole:,}" if not digits or rest == 0 else f"{whole:,}.{rest:0{digits}d}"
    minus = "-" if amount < 0 else ""
    return f"{minus}{_SIGNS[code]}{number}" if code in _SIGNS else f"{minus}{number} {code}"
