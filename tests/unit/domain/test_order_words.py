"""Addresses and quantities as people type them; what is not said is asked for and never guessed."""

from __future__ import annotations

import pytest

from bot.domain.address import AddressIncomplete, looks_like_address, names_address, read_address
from bot.domain.order_changes import read_change, read_count

HERE = {"name": "Jonas Lindqvist", "country": "Sweden"}
ORDERED = {"HUB": ("Hearth Hub", 1), "PLG": ("Tap Smart Plug", 3), "BULB": ("Lumen Bulb", 2)}


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("Fyrgatan 9, 118 26 Stockholm", "Jonas Lindqvist, Fyrgatan 9, 118 26 Stockholm, Sweden"),
        ("5 Quay, 1000 Brussels, Belgium", "Jonas Lindqvist, 5 Quay, 1000 Brussels, Belgium"),
        (
            "please send it to 12 Main Street, Dublin, D02 X285, Ireland",
            "Jonas Lindqvist, 12 Main Street, D02 X285 Dublin, Ireland",
        ),
        ("Lindenhof 5\n10435 Berlin\ngermany", "Jonas Lindqvist, Lindenhof 5, 10435 Berlin, Germany"),
        ("5 New Street 10435 Berlin Germany", "Jonas Lindqvist, 5 New Street, 10435 Berlin, Germany"),
        ("12 rue des Tisons, Lyon 69001", "Jonas Lindqvist, 12 rue des Tisons, 69001 Lyon, Sweden"),
        (
            "10 Downing Street, London SW1A 2AA, UK",
            "Jonas Lindqvist, 10 Downing Street, SW1A 2AA London, United Kingdom",
        ),
        (
            "my new address is Anna Berg, Storgatan 1, flat 4, 111 22 Stockholm please",
            "Anna Berg, Storgatan 1, flat 4, 111 22 Stockholm, Sweden",
        ),
        (
            "the address should be Prinsenkade 7, 1013 AB Amsterdam, Netherlands.",
            "Jonas Lindqvist, Prinsenkade 7, 1013 AB Amsterdam, Netherlands",
        ),
        (
            "change delivery address of 100240 to Storgatan 5, 114 51 Stockholm",
            "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden",
        ),
        (
            "change the address for order LH-100240: Storgatan 5, 114 51 Stockholm",
            "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden",
        ),
        ("send LH-100240 to Storgatan 5, 114 51 Stockholm", "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden"),
        (
            "can you change 100243 to my office, Storgatan 5, 114 51 Stockholm instead",
            "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden",
        ),
        (
            "change the address of LH-100240 to The Grange, 5 Mill Lane, 1000 Brussels, Belgium",
            "The Grange, 5 Mill Lane, 1000 Brussels, Belgium",
        ),
        ("it is Storgatan 5, 114 51 Stockholm", "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden"),
        ("it's Storgatan 5, 114 51 Stockholm", "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden"),
        ("Storgatan 5 please, 114 51 Stockholm", "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden"),
        (
            "Storgatan 5, 114 51 Stockholm. Please change it to that",
            "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden",
        ),
        (
            "5 Mill Lane, 114 51 Stockholm, can you change the order to that address?",
            "Jonas Lindqvist, 5 Mill Lane, 114 51 Stockholm, Sweden",
        ),
        (
            "I want 100240 there, 114 51 Stockholm, Storgatan 5",
            "Jonas Lindqvist, Storgatan 5, 114 51 Stockholm, Sweden",
        ),
    ],
)  # fmt: skip
def test_an_address_is_read_as_it_was_typed(said: str, line: str) -> None:
    assert read_address(said, HERE).one_line() == line


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("1200 Sunset Road, Cork", ("postcode",)),
        ("Stockholm", ("street", "postcode")),
        ("118 26 Stockholm", ("street",)),
        ("yes, I changed my mind about the colour, 118 26 Stockholm", ("street",)),
        ("", ("street", "postcode", "city")),
        ("I want 100240 at Storgatan 5, 114 51 Stockholm", ("street",)),
        ("5 Quay, 1000 Brussels, " + "x" * 130, ("too_long",)),
    ],
)
def test_what_an_address_lacks_is_named(said: str, missing: tuple[str, ...]) -> None:
    with pytest.raises(AddressIncomplete) as refused:
        read_address(said, HERE)
    assert refused.value.missing == missing


def test_control_characters_never_reach_a_label() -> None:
    assert read_address("5 Quay\x00, 1000\tBrussels\x07", HERE).as_dict()["city"] == "Brussels"


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ("change the delivery address of order LH-100241, my email is samuel.osei@example.com", False),
        ("please change the address of order 100241, sam@example.com", False),
        ("I moved, can order LH-100241 go to 22 Harbour View, T12 W3X8 Cork? sam@example.com", True),
        ("send LH-100241 to 22 Harbour View, Cork", False),
    ],
)
def test_a_wish_with_number_and_mail_is_an_address_only_when_one_is_said(said: str, whole: bool) -> None:
    assert names_address(said) is whole


def test_a_question_is_no_address() -> None:
    assert looks_like_address("12 Main Street, Dublin D02 X285")
    assert not looks_like_address("what does it cost?")
    assert not looks_like_address("100234")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("remove the hub", {"HUB": 0}),
        ("please take the hub out of LH-100243", {"HUB": 0}),
        ("make it 2 plugs instead of 3", {"PLG": 2}),
        ("take out one plug", {"PLG": 2}),
        ("take one Tap Smart Plug out of my order LH-100243 please", {"PLG": 2}),
        ("two plugs less", {"PLG": 1}),
        ("take some plugs out so that i get only 1", {"PLG": 1}),
        ("2 more plugs", {"PLG": 5}),
        ("only one bulb please", {"BULB": 1}),
        ("change the quantity of plugs to 5", {"PLG": 5}),
        ("change my order", None),
        ("i want the plug in another colour", None),
        ("add a lamp", None),
        ("3 plugs", None),
        ("one hub and two plugs", None),
    ],
)
def test_a_change_is_read_only_when_it_is_said_exactly(said: str, wanted: dict[str, int] | None) -> None:
    assert read_change(said, ORDERED) == wanted


@pytest.mark.parametrize(
    ("said", "count"),
    [("2", 2), ("three please", 3), ("make it 2 instead of 3", 2), ("none", 0), ("take it out", 0), ("2 or 3", None),
     ("hello", None), ("100", None), ("2.5", None)],
)  # fmt: skip
def test_a_number_in_a_reply_is_read_when_there_is_one(said: str, count: int | None) -> None:
    assert read_count(said) == count
