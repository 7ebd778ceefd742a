"""What short answers say: read from their words, with the near misses beside them."""

from __future__ import annotations

import pytest

from bot.domain.languages import foreign_language
from bot.domain.person_abroad import wants_person_abroad
from bot.domain.plain_answers import (
    is_plain_no,
    is_plain_yes,
    says_do_it,
    says_nothing_more,
    says_solved,
    says_unsolved,
    tells_a_lack,
    wants_person,
    will_try,
)

SOLVED = [
    "it works now!!", "works", "fixed it", "sorted, thanks", "that did it", "that did the trick", "it's working again",
    "ok that was it, thank you!", "problem solved", "all good now", "no more problems, thanks", "my parcel arrived",
    "it\u2019s back online", "yes it helped", "never mind, found it", "all sorted, nothing else", "the problem is gone",
]  # fmt: skip
NOT_SOLVED = [
    "i already unlinked and linked again", "ok back to the plug, nothing changed", "yes I'm sure", "done",
    "it works if i hold it", "it doesn't work", "not solved", "nothing works", "it works but the light is red",
    "how does it work", "i want this fixed", "please get it sorted", "still not fixed", "is it fixed?", "i did that",
    "it stopped working", "has it arrived yet", "it used to work", "can this be fixed", "yes did that",
]  # fmt: skip


@pytest.mark.parametrize("text", SOLVED)
def test_words_that_say_so_are_solved(text: str) -> None:
    assert says_solved(text)


@pytest.mark.parametrize("text", NOT_SOLVED)
def test_nothing_else_is_solved(text: str) -> None:
    assert not says_solved(text)


@pytest.mark.parametrize(
    "text",
    [
        "nothing changed",
        "still the same",
        "that didn't help",
        "no luck",
        "same problem",
        "checked, nothing there",
        "I looked in spam too and it isn't there",
    ],
)
def test_what_is_no_better_is_unsolved(text: str) -> None:
    assert says_unsolved(text) and not says_solved(text)


@pytest.mark.parametrize(
    "text", ["yes", "yes thanks", "ok thanks", "yes that helped", "yep, perfect", "\U0001f44d", "that helped, thanks"]
)
def test_yes_and_nothing_beside_it_is_plain(text: str) -> None:
    assert is_plain_yes(text)


@pytest.mark.parametrize(
    "text", ["yes cancel it", "yes i want to return it", "ok i'll try that", "yes I'm sure", "it", ""]
)
def test_yes_with_a_wish_is_not_plain(text: str) -> None:
    assert not is_plain_yes(text)


@pytest.mark.parametrize("text", ["no picture", "no mail", "no sound", "no wifi light", "no power at all"])
def test_lack_is_no_refusal(text: str) -> None:
    assert tells_a_lack(text) and not is_plain_no(text)


@pytest.mark.parametrize("text", ["no", "no thanks", "no that's all", "no the other one", "no idea", "no problem"])
def test_refusal_is_no_lack(text: str) -> None:
    assert not tells_a_lack(text)


def test_end_of_a_conversation_is_told_with_and_without_a_no() -> None:
    assert says_nothing_more("no that's all") and says_nothing_more("nothing else, thanks")
    assert not says_nothing_more("nothing works")


@pytest.mark.parametrize("text", ["yes I'm sure", "please do", "do it", "yes please", "can you do it for me"])
def test_deed_is_told_from_a_plain_yes(text: str) -> None:
    assert says_do_it(text)
    assert not says_do_it("yes") and not says_do_it("i'm not sure")


def test_who_will_try_has_not_solved_it() -> None:
    assert will_try("ok i'll try that") and will_try("let me check")
    assert not will_try("i tried that")


@pytest.mark.parametrize(
    "text",
    [
        "yes a person then",
        "a real one",
        "someone please",
        "a person please",
        "i'd rather a human",
        "ok, get me someone",
    ],
)
def test_person_on_offer_is_taken_in_many_words(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize(
    "text", ["are you a person?", "no person", "someone stole my parcel", "the other one", "is there someone", "one"]
)
def test_word_for_a_person_alone_is_no_wish(text: str) -> None:
    assert not wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "Ich möchte mit einem Menschen sprechen", "Kann ich bitte mit einem Mitarbeiter sprechen?",
        "Quiero hablar con una persona", "Je veux parler à quelqu'un", "Vorrei parlare con un operatore",
        "quero falar com uma pessoa", "Ik wil met een medewerker praten", "Chcę rozmawiać z człowiekiem",
        "Bir insanla konuşmak istiyorum", "Хочу поговорить с человеком", "أريد التحدث مع شخص", "我要找人工客服",
        "人と話したいです", "ich will einen menschen sprechen", "necesito un humano por favor", "je veux un humain svp",
    ],
)  # fmt: skip
def test_person_is_asked_for_in_other_languages(text: str) -> None:
    assert foreign_language(text) is not None and wants_person_abroad(text)


@pytest.mark.parametrize(
    "text", ["Hallo, wo ist meine Bestellung?", "¿Cuánto tarda el envío a España?", "我的订单在哪里", "Где мой заказ"]
)
def test_other_wish_in_another_language_is_no_wish_for_a_person(text: str) -> None:
    assert not wants_person_abroad(text)
