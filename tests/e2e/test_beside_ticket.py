"""Out of hours over the socket: a ticket waits for the team, and the customer is not left alone with it."""

from tests.support.system import System
from tests.support.visitor import Visitor


async def begin_ticket(visitor: Visitor) -> None:
    await visitor.post({"type": "human"})
    await visitor.until(lambda: visitor.owner == "queue" and visitor.said_by("system"), "the ticket")


async def test_the_customer_is_told_how_the_ticket_stands_and_the_assistant_does_not_talk(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await begin_ticket(visitor)
        talk = len(visitor.said_by("bot"))
        await visitor.say("one more thing: the other lamp flickers too")
        await visitor.until(lambda: "that's with your ticket" in visitor.said_by("system")[-1], "that it was added")
        await visitor.say("is anybody there?")
        await visitor.until(lambda: "Nobody from the team" in visitor.said_by("system")[-1], "how the ticket stands")
        assert (visitor.owner, len(visitor.said_by("bot"))) == ("queue", talk)
        # Somebody with an open ticket is asked for no rating: the next test may have the same customer.
        await visitor.post({"type": "end"})
        await visitor.until(lambda: visitor.owner == "nobody", "the end")


async def test_never_mind_takes_the_ticket_back_and_the_desk_reads_it(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await begin_ticket(visitor)
        await visitor.say("nvm, found it")
        await visitor.until(lambda: visitor.owner == "bot", "the end of the wait")
        assert any("closed ticket" in text for text in visitor.said_by("system"))
        notes = system.rows(
            "SELECT n.text FROM rp_note n JOIN rp_case c ON c.id = n.case_id WHERE c.conversation_id = ?",
            visitor.welcome["conversation"],
        )
    assert len(notes) == 1 and "nvm, found it" in notes[0]["text"]
