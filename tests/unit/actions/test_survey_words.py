"""What a customer types below a question that asks for a rating."""

import pytest

from actions.surveys import says_not_now


@pytest.mark.parametrize(
    ("text", "puts_off"),
    [
        ("no", True),
        ("Nope, thanks!", True),
        ("not now please", True),
        ("skip", True),
        ("I'd rather not", True),
        ("no it didn't", False),
        ("no, where is my parcel", False),
        ("thanks", False),
        ("", False),
        ("6", False),
    ],
)
def test_only_a_no_with_nothing_beside_it_puts_the_question_off(text: str, puts_off: bool) -> None:
    assert says_not_now(text) is puts_off
