"""Out of hours over the socket: a ticket waits for the team, and the customer is not left alone with it."""

from tests.support.shop import identity_of
from tests.support.system import System
from tests.support.visitor import Visitor


async def begin_ticket(visitor: Visitor) -> None:
    await visitor.post({"type": "human"})
    await visitor.until(lambda: visitor.owner == "queue" and visitor.said_by("system"), "the ticket")


async def test_other_order_is_looked_up_while_the_ticket_waits(system: System) -> None:
    async with Visitor(system.base, identity=await identity_of(system, 2)) as visitor:
        await begin_ticket(visitor)
        await visitor.say("one more thing: where is my order LH-100233?")
        await visitor.until(
            lambda: any((f.get("card") or {}).get("number") == "LH-100233" for f in visitor.messages), "the order"
        )
        assert visitor.owner == "queue", "the ticket stays with the team"
        await visitor.say("is anybody there?")
        await visitor.until(lambda: "nobody from the team is in" in visitor.said_by("bot")[-1], "how the ticket stands")
        # Somebody with an open ticket is asked for no rating: the next test may have the same customer.
        await visitor.post({"type": "end"})
        await visitor.until(lambda: visitor.owner == "nobody", "the end")


async def test_never_mind_takes_the_ticket_back_and_the_desk_reads_it(system: System) -> None:
    async with Visitor(system.base) as visitor:
        await begin_ticket(visitor)
        await visitor.say("nvm, found it")
        await visitor.until(lambda: visitor.owner == "bot", "the end of the wait")
        assert any("closed ticket" in text for text in visitor.said_by("bot"))
        notes = system.rows(
            "SELECT n.text FROM rp_note n JOIN rp_case c ON c.id = n.case_id WHERE c.conversation_id = ?",
            visitor.welcome["conversation"],
        )
    assert len(notes) == 1 and "nvm, found it" in notes[0]["text"]
