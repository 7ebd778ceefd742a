"""What the page of one's own data says of a stored value."""

from typing import Any

import pytest

from bot.gateway.plain_words import in_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"), ("", "–"), ([], "–"), ({}, "–"), (0, "0"), (False, "no"), (True, "yes"), (30.0, "30"),
        (0.1 + 0.2, "0.3"), (-0.5, "-0.5"), ("True", "True"), ("2026-07-15", "2026-07-15"),
        ("2026-07-15T12:00:00.123456+00:00", "15 July 2026, 12:00 UTC"),
        ("2026-07-15T01:30:00+02:00", "14 July 2026, 23:30 UTC"),
        (["a", 2], "a\n2"), ({"order_number": "LH-1", "paid": True}, "order number: LH-1\npaid: yes"),
        ({"step": {"name": "Hub", "done": False}}, "step:\n  name: Hub\n  done: no"),
    ],
)  # fmt: skip
def test_a_value_is_told_in_words(value: Any, words: str) -> None:
    assert in_words(value) == words
