"""What identifies a person never reaches the inbox, and what the words are about stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.redaction import redact

WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)


def with_check_digit(digits: str) -> str:
    """`digits` and the digit that makes them a valid card number (ISO/IEC 7812-1)."""
    total = sum(
        sum(divmod(int(digit) * 2, 10)) if place % 2 == 0 else int(digit)
        for place, digit in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


CARDS = st.from_regex(r"[3-6]\d{14}", fullmatch=True).map(with_check_digit)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("mail me at ana.o'neil+shop@mail.example.co.uk please", "mail me at [e-mail] please"),
        ("my card 4111 1111 1111 1111 was charged", "my card [card] was charged"),
        ("card4111111111111111", "card[card]"),
        ("refund to GB82 WEST 1234 5698 7654 32 please", "refund to [IBAN] please"),
        ("de89370400440532013000", "[IBAN]"),
        ("call +44 20 7946 0958 or (020) 7946-0958", "call [phone] or [phone]"),
        ("my password is hunter2!", "my password is [secret]"),
        ("where is LH-100234 or 67120", "where is LH-100234 or 67120"),
        ("GB82 WEST 1234 5698 7654 33", "GB82 WEST 1234 5698 7654 33".replace("1234 5698 7654 33", "[phone]")),
        ("two bulbs for 19.99, 3 days ago", "two bulbs for 19.99, 3 days ago"),
    ],
)
def test_each_kind_is_taken_out_and_order_numbers_stay(said: str, shown: str) -> None:
    assert redact(said) == shown


@given(WORDS)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(WORDS, CARDS, WORDS, st.sampled_from(["", " ", "-"]))
def test_no_card_number_survives_whatever_stands_around_it(before: str, card: str, after: str, gap: str) -> None:
    written = gap.join(card[start : start + 4] for start in range(0, 16, 4))
    assert written not in redact(f"{before} {written} {after}")


@given(WORDS, st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}@[a-z]{2,10}\.[a-z]{2,4}", fullmatch=True), WORDS)
def test_no_address_survives_between_other_words(before: str, address: str, after: str) -> None:
    assert address not in redact(f"{before} {address} {after}")


def test_a_long_line_without_any_find_is_read_in_a_moment() -> None:
    text = "a" * 2000 + " " + "1-" * 1000
    assert "a" * 2000 in redact(text)
