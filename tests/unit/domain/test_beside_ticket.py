"""What a message means that is written while the case waits as a ticket."""

import pytest

from bot.domain.beside_ticket import Beside, read_beside


@pytest.mark.parametrize(
    "text",
    ["nvm", "never mind", "Never mind then, thanks", "forget it", "no longer needed", "I don't need help anymore",
     "you can close my ticket", "please cancel the request", "the ticket can be closed", "dont bother", "drop it"],
)  # fmt: skip
def test_whoever_wants_it_no_more_takes_the_ticket_back(text: str) -> None:
    assert read_beside(text) is Beside.WITHDRAW


@pytest.mark.parametrize(
    "text",
    [
        "nvm, found it",
        "it works now",
        "solved, thanks",
        "my parcel has arrived",
        "It's all sorted now, thank you!",
        "never mind, i fixed it myself",
        "ok the problem is solved",
    ],
)
def test_whoever_says_that_it_is_solved_closes_the_ticket(text: str) -> None:
    assert read_beside(text) is Beside.SOLVED


@pytest.mark.parametrize(
    "text",
    ["never mind the lamp, where is my order", "nvm but where is my refund?", "forget it? no way",
     "don't close my ticket", "do you need the invoice for that", "it doesn't work", "is it solved?",
     "can I cancel the request?", "it's not urgent, take your time", "the second lamp is no longer needed",
     "please cancel the other lamp, I don't need it anymore", "cancel the order in that case",
     "one of them works now", "the parcel arrived damaged", "it worked yesterday", "the other lamp works",
     "it is the one with the brass ring", "yes", "no", "thanks", ""],
)  # fmt: skip
def test_ticket_stays_where_something_is_still_wanted(text: str) -> None:
    assert read_beside(text) is Beside.ADD


@pytest.mark.parametrize("text", ["is anybody there?", "hello??", "anyone here", "hi, are you there?", "???"])
def test_whoever_asks_for_somebody_hears_where_the_ticket_stands(text: str) -> None:
    assert read_beside(text) is Beside.STATUS
