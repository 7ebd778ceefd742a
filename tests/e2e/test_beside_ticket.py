"""Out of hours over the socket: a ticket waits for the team, and the customer is not left alone with it."""

from tests.support.shop import identity_of
from tests.support.system import StaffClient, System
from tests.support.visitor import Visitor


async def begin_ticket(visitor: Visitor) -> str:
    await visitor.post({"type": "human"})
    await visitor.until(lambda: visitor.owner == "queue" and visitor.said_by("system"), "the ticket")
    return str(visitor.welcome["case"] or next(f["case"] for f in visitor.frames.values() if f["type"] == "state"))


async def test_other_order_is_looked_up_while_the_ticket_waits(system: System) -> None:
    async with Visitor(system.base, identity=await identity_of(system, 0)) as visitor:
        await begin_ticket(visitor)
        await visitor.say("one more thing: where is my order LH-100234?")
        await visitor.until(
            lambda: any((f.get("card") or {}).get("number") == "LH-100234" for f in visitor.messages), "the order"
        )
        assert visitor.owner == "queue", "the ticket stays with the team"
        await visitor.say("is anybody there?")
        await visitor.until(
            lambda: "nobody from the team is in" in visitor.said_by("bot")[-1], "where the ticket stands"
        )


async def test_never_mind_takes_the_ticket_back_and_the_desk_reads_it(system: System, agent: tuple[str, str]) -> None:
    async with Visitor(system.base) as visitor:
        case = await begin_ticket(visitor)
        await visitor.say("nvm, found it")
        await visitor.until(lambda: visitor.owner == "bot", "the end of the wait")
        assert any("closed ticket" in text for text in visitor.said_by("bot"))
    async with StaffClient(system, *agent) as staff:
        seen = await staff.call("GET", f"/api/v1/desk/cases/{case}")
        waiting = await staff.call("GET", "/api/v1/desk/queue")
    notes = [frame["text"] for frame in seen["messages"] if frame["type"] == "note"]
    assert "nvm, found it" in " ".join(notes)
    assert case not in str(waiting)
