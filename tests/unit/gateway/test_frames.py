"""Reading a client's frame never fails in any other way than the contract's error codes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.frames import MAX_FRAME_BYTES, FrameError, Hello, Page, Send, clean_text, read_frame

CID = "6f0f4c57-8b0e-4a8f-9d9f-6a110b8f4f5e"


def code_of(raw: str | bytes) -> str:
    with pytest.raises(FrameError) as caught:
        read_frame(raw)
    return caught.value.code


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "bad_json"),
        ("{", "bad_json"),
        ("NaN", "bad_json"),
        ('{"type":"send","cid":"x","text":NaN}', "bad_json"),
        (b"\xff\xfe", "bad_json"),
        ("[" * 10_000, "bad_json"),
        ("null", "bad_frame"),
        ('"hello"', "bad_frame"),
        ("{}", "bad_frame"),
        ('{"type":null}', "bad_frame"),
        ('{"type":7}', "unknown_type"),
        ('{"type":"dance"}', "unknown_type"),
        ('{"type":"send"}', "bad_frame"),
        ('{"type":"send","cid":"not-a-uuid","text":"x"}', "bad_frame"),
        (f'{{"type":"send","cid":"{CID}"}}', "bad_frame"),
        (f'{{"type":"send","cid":"{CID}","text":"x","choice":"y"}}', "bad_frame"),
        (f'{{"type":"send","cid":"{CID}","text":7}}', "bad_frame"),
        (f'{{"type":"send","cid":"{CID}","text":""}}', "empty_text"),
        (f'{{"type":"send","cid":"{CID}","text":" \\n\\t"}}', "empty_text"),
        (f'{{"type":"send","cid":"{CID}","text":"\\u0000"}}', "empty_text"),
        (f'{{"type":"send","cid":"{CID}","text":"{"x" * 2001}"}}', "too_long"),
        (f'{{"type":"send","cid":"{CID}","text":"x","attachments":["\\u0000"]}}', "bad_attachment"),
        (f'{{"type":"send","cid":"{CID}","text":"x","attachments":"a"}}', "bad_attachment"),
        (f'{{"type":"send","cid":"{CID}","text":"x","attachments":[{",".join(["1"] * 11)}]}}', "bad_attachment"),
        (f'{{"type":"send","cid":"{CID}","attachments":[]}}', "bad_frame"),
        (f'{{"type":"send","cid":"{CID}","text":"x","choice":"c","attachments":["a"]}}', "bad_frame"),
        (f'{{"type":"survey","cid":"{CID}","survey":"s","score":"7"}}', "bad_survey"),
        (f'{{"type":"survey","cid":"{CID}","survey":"s","score":6.5}}', "bad_survey"),
        (f'{{"type":"survey","cid":"{CID}","survey":"s","score":true}}', "bad_survey"),
        (f'{{"type":"survey","cid":"{CID}","survey":"\\u0000","score":5}}', "bad_survey"),
        (f'{{"type":"send","cid":"urn:uuid:{CID}","text":"x"}}', "bad_frame"),
        ('{"type":"hello","page":"\\ud83d","x":' + "[" * 20_000, "bad_json"),
        (f'{{"type":"invitation","cid":"{CID}","invitation":"i","answer":"maybe"}}', "bad_invitation"),
        ('{"type":"hello","last_seq":-1}', "bad_frame"),
        ('{"type":"hello","token":' + json.dumps("x" * (MAX_FRAME_BYTES + 1)) + "}", "too_large"),
    ],
)
def test_a_bad_frame_gets_its_code(raw: str | bytes, code: str) -> None:
    assert code_of(raw) == code


def test_text_of_exactly_two_thousand_characters_is_taken() -> None:
    frame = read_frame(json.dumps({"type": "send", "cid": CID, "text": "ä" * 2000}))
    assert isinstance(frame, Send)
    assert frame.text == "ä" * 2000


@pytest.mark.parametrize(
    "said",
    [
        {"page": [1, 2]}, {"page": 5}, {"page": {"title": ["x"]}}, {"locale": "de-" + "x" * 40},
        {"token": "x" * 201}, {"identity": "x" * 9000},
    ],
)  # fmt: skip
def test_a_hello_is_read_whatever_else_is_odd_about_it(said: dict[str, object]) -> None:
    hello = read_frame(json.dumps({"type": "hello", **said}))
    assert isinstance(hello, Hello)
    assert len(hello.locale or "") <= 35


@pytest.mark.parametrize("page", [None, 5, ["/x"], True])
def test_no_page_is_refused(page: object) -> None:
    assert isinstance(read_frame(json.dumps({"type": "page", "page": page})), Page)


def test_the_error_names_the_cid_so_that_the_client_knows_which_message() -> None:
    with pytest.raises(FrameError) as caught:
        read_frame(f'{{"type":"send","cid":"{CID}","text":""}}')
    assert caught.value.frame()["cid"] == CID


def test_unknown_fields_are_ignored() -> None:
    assert isinstance(read_frame('{"type":"hello","last_seq":3,"new_field":[1]}'), Hello)


def test_a_command_is_text_like_any_other() -> None:
    frame = read_frame(json.dumps({"type": "send", "cid": CID, "text": '/inform{"score": 10}'}))
    assert isinstance(frame, Send)
    assert frame.text == '/inform{"score": 10}'


def test_half_a_surrogate_pair_becomes_something_a_database_can_hold() -> None:
    assert clean_text("hi \ud83d there").encode("utf-8").startswith(b"hi ")


def test_a_message_cut_inside_an_emoji_is_taken() -> None:
    frame = read_frame(f'{{"type":"send","cid":"{CID}","text":"cut \\ud83d"}}')
    assert isinstance(frame, Send)
    assert frame.text is not None and frame.text.startswith("cut ") and frame.text.encode("utf-8")


def test_a_token_that_is_no_text_is_an_unknown_token_and_no_fault_of_ours() -> None:
    frame = read_frame('{"type":"hello","token":"\\ud83d"}')
    assert isinstance(frame, Hello)
    assert frame.token is not None and frame.token.encode("utf-8")


def test_the_cid_stays_as_the_client_wrote_it() -> None:
    frame = read_frame(json.dumps({"type": "send", "cid": CID.upper(), "text": "x"}))
    assert isinstance(frame, Send)
    assert frame.cid == CID.upper()


@given(st.text())
def test_cleaned_text_can_always_be_stored(text: str) -> None:
    cleaned = clean_text(text + "\ud800")
    assert "\x00" not in cleaned
    assert cleaned.encode("utf-8")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_is_a_frame_or_an_error_of_the_contract(data: object) -> None:
    try:
        read_frame(json.dumps(data))
    except FrameError as error:
        assert error.code in {"bad_frame", "unknown_type", "too_large"}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_an_error_of_the_contract(raw: bytes) -> None:
    try:
        read_frame(raw)
    except FrameError as error:
        assert error.code in {"bad_json", "bad_frame", "unknown_type"}
