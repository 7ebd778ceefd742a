"""What is told may be too much for somebody: that is no goodbye, and no answer to a step."""

import pytest

from bot.domain.objections import finds_too_much


@pytest.mark.parametrize(
    "text",
    ["Thats too long!", "that's way too long", "too expensive", "this is taking too long", "way too complicated",
     "wow, that is far too much for me", "omg too slow", "it takes too long", "these are too many questions"],
)  # fmt: skip
def test_too_much_is_heard(text: str) -> None:
    assert finds_too_much(text)


@pytest.mark.parametrize(
    "text",
    ["so long", "bye", "is that too long?", "the cable is too long for my shelf", "my bulb gets too hot",
     "I paid too much for LH-100234", "it is not too late", "too bad"],
)  # fmt: skip
def test_what_only_has_the_words_is_not(text: str) -> None:
    assert not finds_too_much(text)
