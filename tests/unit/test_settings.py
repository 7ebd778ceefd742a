"""A wrong setting is refused when it is read, with a sentence that says what it should be."""

import pytest
from pydantic import ValidationError

from bot.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("time_zone", "Mars/Base", "Unknown time zone"),
        ("opening_hours", "whenever", "Cannot read the opening hours"),
        ("database_url", "oracle://db", "must begin with sqlite:/// or postgresql://"),
        ("public_url", "chat.example.com", "must begin with https://"),
        ("port", 65535, "less than or equal to 65530"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_starts(name: str, value: object, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        load_settings(**{name: value})


def test_all_ports_counted_from_the_last_public_one_exist() -> None:
    assert load_settings(port=65530).ports.hints == 65535
