"""Words from strangers where programs would act on them: spreadsheet cells, names on a screen, addresses of mails."""

import pytest

from bot.domain.seen_text import visible_line
from bot.domain.spreadsheet import plain_cell
from bot.services.mail import one_address


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", " =1", "\t=1", "\n=1", "\u200b=1", "\uff1d1", "\rx", "\tx"]
)
def test_a_cell_that_begins_like_a_formula_becomes_text(text: str) -> None:
    assert plain_cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "hello", "a = b", "two-fold", "it's 5 < 6", "Zo\u00eb", "me@example.com"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert plain_cell(text) == text


def test_a_formula_behind_another_separator_becomes_text_too() -> None:
    assert plain_cell("great;=1+1\t@x") == "great;'=1+1\t'@x"


def test_a_name_says_nothing_that_cannot_be_seen() -> None:
    assert visible_line("Mi\x00ra \u202egnp.exe\r\nBcc: x") == "Mira gnp.exe Bcc: x"
    assert visible_line("\u0645\u06cc\u200c\u0646\u0627") == "\u0645\u06cc\u200c\u0646\u0627"


@pytest.mark.parametrize(
    "text",
    ["", "nobody", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "A <a@b.example>;", "a@b@c.example"],
)
def test_a_mail_goes_to_one_address_or_nowhere(text: str) -> None:
    assert one_address(text) is None


def test_a_plain_address_is_taken() -> None:
    found = one_address(" mira@example.com ")
    assert found is not None and found.addr_spec == "mira@example.com"
