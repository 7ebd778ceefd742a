"""What a website says of a page is read leniently, kept small, and never trusted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.page import read_page

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=12),
    max_leaves=30,
)
PARTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("url", "title", "product", "cart", "order", "data"), JSON_VALUES),
)


def test_a_plain_address_is_the_url() -> None:
    assert read_page("https://shop.example/hub?x=1") == {"url": "https://shop.example/hub?x=1"}


def test_all_that_is_known_is_kept_as_text() -> None:
    page = read_page(
        {
            "url": "/p/hub", "title": " A  hub\n", "product": {"id": 7, "name": "Hub", "price": 59.9, "secret": "x"},
            "cart": {"items": 2, "total": "118.00 €"}, "order": {"number": "LH-1"},
            "data": {"plan": "gold", "beta": True},
            "html": "<b>",
        }
    )  # fmt: skip
    assert page == {
        "url": "/p/hub", "title": "A hub", "product": {"id": "7", "name": "Hub", "price": "59.9"},
        "cart": {"items": "2", "total": "118.00 €"}, "order": {"number": "LH-1"},
        "data": {"plan": "gold", "beta": "yes"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "https://me:secret@shop.example/", "hub", "", "https://a b", 5, None],
)
def test_what_is_no_web_address_is_left_out(url: object) -> None:
    assert read_page({"url": url, "title": "T"}) == {"title": "T"}


@pytest.mark.parametrize("given", [None, 5, [], {}, "", {"product": []}, {"data": {"": "x", "y": None}}])
def test_nothing_usable_is_no_page(given: object) -> None:
    assert read_page(given) is None


def test_letters_that_hide_or_turn_text_round_do_not_reach_the_agent() -> None:
    assert read_page({"title": "ok\u202egnp.exe\u0000\u200b!"}) == {"title": "ok gnp.exe !"}


def test_half_an_emoji_is_mended() -> None:
    page = read_page({"title": "hub \ud83d"})
    assert page is not None
    assert page["title"].encode() == "hub \ufffd".encode()


@given(JSON_VALUES | PARTS)
def test_whatever_comes_is_read_without_an_error_and_stays_small(given: object) -> None:
    page = read_page(given)
    assert len(json.dumps(page, ensure_ascii=False)) <= 12 * 1024
    assert page == read_page(page), "what was read reads the same again"
