"""Which messages need the one before them to be understood."""

import pytest

from actions.following import leans


@pytest.mark.parametrize(
    "text",
    [
        "and how long does that take?",
        "what about worn filters?",
        "ok, so is it free",
        "for a lamp",
        "the other one too?",
    ],
)
def test_a_message_that_points_back_leans(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize(
    "text",
    [
        "One more thing, how do I return a lamp?",
        "ok, and one last question: which delivery companies do you work with",
        "hm, something else. who repairs the hub",
        "different topic, is there a phone line",
        "where is my order",
    ],
)
def test_a_message_that_announces_another_subject_does_not(text: str) -> None:
    assert not leans(text)
