"""What a message means that is written while the case waits as a ticket."""

import pytest

from bot.domain.beside_ticket import Beside, read_beside


def read(text: str, intent: str | None = "track_order", *, missed: bool = False, bot_asked: bool = False) -> Beside:
    return read_beside(text, intent, tapped=False, missed=missed, wants_queue=False, bot_asked=bot_asked)


@pytest.mark.parametrize(
    "text",
    ["nvm", "never mind", "Never mind then, thanks", "forget it", "no longer needed", "I don't need help anymore",
     "you can close my ticket", "please cancel the request", "the ticket can be closed", "dont bother", "drop it"],
)  # fmt: skip
def test_whoever_wants_it_no_more_takes_the_ticket_back(text: str) -> None:
    assert read(text, "deny") is Beside.WITHDRAW


@pytest.mark.parametrize("text", ["nvm, found it", "it works now", "solved, thanks", "my parcel has arrived"])
def test_whoever_says_that_it_is_solved_closes_the_ticket(text: str) -> None:
    assert read(text, "issue_resolved") is Beside.SOLVED


@pytest.mark.parametrize(
    "text",
    ["never mind the lamp, where is my order", "nvm but where is my refund?", "forget it? no way",
     "don't close my ticket", "do you need the invoice for that",
     "it doesn't work", "is it solved?", "can I cancel the request?"],
)  # fmt: skip
def test_ticket_stays_where_something_is_still_wanted(text: str) -> None:
    assert read(text) is Beside.ANSWER


def test_solved_below_the_assistants_own_answer_may_mean_only_that() -> None:
    assert read("great, that works now", "issue_resolved", bot_asked=True) is Beside.KEEP_OPEN
    assert read("please close the ticket", "deny", bot_asked=True) is Beside.WITHDRAW


@pytest.mark.parametrize("text", ["is anybody there?", "hello??", "anyone here", "talk to a person"])
def test_whoever_asks_for_somebody_hears_where_the_ticket_stands(text: str) -> None:
    intent = "contact_human_agent" if "person" in text else "greet"
    assert read(text, intent) is Beside.STATUS


def test_thanks_get_a_kind_word_and_no_question_whether_it_is_solved() -> None:
    assert read("thanks", "thank") is Beside.COURTESY
    assert read("thanks", "thank", bot_asked=True) is Beside.COURTESY
    assert read("ok", "affirm") is Beside.COURTESY
    assert read("great. just great", "praise") is Beside.STATUS


def test_yes_and_no_answer_what_the_assistant_asked() -> None:
    assert read("yes", "affirm", bot_asked=True) is Beside.ANSWER
    assert read("no", "deny") is Beside.ADD


def test_what_the_assistant_cannot_answer_is_added_to_the_ticket() -> None:
    assert read("it is the one with the brass ring", "nlu_fallback") is Beside.ADD
    assert read("it is the one with the brass ring", "device_offline", missed=True) is Beside.ADD


def test_answer_that_is_only_a_person_is_the_tickets_state() -> None:
    found = read_beside("Yes", "affirm", tapped=True, missed=False, wants_queue=True, bot_asked=True)
    assert found is Beside.STATUS
