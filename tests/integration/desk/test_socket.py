"""The staff socket: hints, presence, the live thread of the open case, and typing both ways."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.services.receive import receive_human, receive_text
from bot.services.visitors import open_visit
from bot.store.tables import Case, Staff


class Desk:
    """A staff socket that keeps what it hears until a test asks for it."""

    def __init__(self, socket) -> None:
        self.socket = socket

    async def hears(self, within: float = 30.0, **fields: object) -> dict:
        """The next frame with these fields; everything before it is dropped."""
        async with asyncio.timeout(within):
            while True:
                frame = await self.socket.receive_json()
                if all(frame.get(name) == value for name, value in fields.items()):
                    return frame

    async def sends(self, **frame: object) -> None:
        await self.socket.send_json(frame)


@pytest.fixture
async def open_desk(client):
    sockets = []

    async def make(agent) -> Desk:
        socket = await client.ws_connect("/ws/staff")
        sockets.append(socket)
        desk = Desk(socket)
        await desk.sends(type="hello", token=agent.token)
        await desk.hears(type="welcome")
        return desk

    yield make
    for socket in sockets:
        await socket.close()


async def begin(app) -> tuple[str, str, str]:
    """A conversation, its case and the visitor's token."""
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="en", page="/")
    await receive_text(app, visit.conversation_id, str(uuid4()), "My hub is offline")
    async with app.read() as tx:
        case = (await tx.execute(select(Case).where(Case.conversation_id == visit.conversation_id))).scalar_one()
    return visit.conversation_id, case.id, visit.token


async def test_an_escalation_is_hinted_to_every_desk(app, sign_up, open_desk) -> None:
    desks = [await open_desk(await sign_up(name)) for name in ("Ana", "Ben")]
    conversation, _, _ = await begin(app)
    await receive_human(app, conversation, str(uuid4()))
    for desk in desks:
        assert (await desk.hears(type="hint"))["topic"] == "desk"


async def test_an_open_case_streams_its_thread_in_order_and_without_gaps(app, sign_up, open_desk) -> None:
    conversation, case_id, _ = await begin(app)
    desk = await open_desk(await sign_up("Ana"))
    await desk.sends(type="open", case=case_id, after=0)
    for number in range(5):
        await receive_text(app, conversation, str(uuid4()), f"message {number}")
    seen = []
    while len(seen) < 7:
        frame = await desk.hears()
        if "seq" in frame:
            seen.append(frame["seq"])
    assert seen == list(range(1, 8))


async def test_reconnecting_goes_on_after_what_was_seen(app, sign_up, open_desk) -> None:
    conversation, case_id, _ = await begin(app)
    desk = await open_desk(await sign_up("Ana"))
    await desk.sends(type="open", case=case_id, after=2)
    await receive_text(app, conversation, str(uuid4()), "later")
    frame = await desk.hears(conversation=conversation)
    assert (frame["seq"], frame["text"]) == (3, "later")


async def test_a_closed_case_is_no_longer_streamed(app, sign_up, open_desk) -> None:
    first, first_case, _ = await begin(app)
    second, second_case, _ = await begin(app)
    desk = await open_desk(await sign_up("Ana"))
    await desk.sends(type="open", case=first_case, after=2)
    await desk.sends(type="open", case=second_case, after=2)
    await desk.sends(type="ping")
    await desk.hears(type="pong")
    await receive_text(app, first, str(uuid4()), "not looked at")
    await receive_text(app, second, str(uuid4()), "looked at")
    assert (await desk.hears(type="message"))["text"] == "looked at"


async def test_typing_is_seen_by_the_other_side_only(app, client, sign_up, open_desk) -> None:
    _, case_id, token = await begin(app)
    desk = await open_desk(await sign_up("Ana"))
    visitor = Desk(await client.ws_connect("/ws/visitor", protocols=("rapport.v1",)))
    await visitor.sends(type="hello", token=token, last_seq=2)
    await visitor.hears(type="welcome")
    await desk.sends(type="open", case=case_id, after=2)
    await desk.sends(type="ping")
    await desk.hears(type="pong")
    await desk.sends(type="typing")
    assert (await visitor.hears(type="typing"))["author"] == "agent"
    await visitor.sends(type="typing")
    assert (await desk.hears(type="typing"))["author"] == "customer"
    await visitor.socket.close()


async def test_what_the_agent_says_reaches_the_customers_browser(app, client, sign_up, open_desk) -> None:
    _, case_id, token = await begin(app)
    ana = await sign_up("Ana")
    visitor = Desk(await client.ws_connect("/ws/visitor", protocols=("rapport.v1",)))
    await visitor.sends(type="hello", token=token, last_seq=2)
    await visitor.hears(type="welcome")
    await ana.call("POST", f"/api/v1/desk/cases/{case_id}/claim")
    assert (await visitor.hears(type="state"))["agent"] == "Ana"
    await ana.call("POST", f"/api/v1/desk/cases/{case_id}/messages", {"cid": "1", "text": "Hello"})
    said = await visitor.hears(type="message", author="agent")
    assert (said["text"], said["name"]) == ("Hello", "Ana")
    await visitor.socket.close()


async def test_other_customers_typing_and_messages_are_not_hinted(app, sign_up, open_desk) -> None:
    desk = await open_desk(await sign_up("Ana"))
    conversation, _, _ = await begin(app)
    app.hints.publish("typing", conversation)
    app.hints.publish("models", "m1")
    topics = []
    while "models" not in topics:
        topics.append((await desk.hears(type="hint"))["topic"])
    assert set(topics) <= {"desk", "models"}


async def test_an_open_desk_is_present_until_it_goes_off_duty(app, sign_up, open_desk) -> None:
    ana = await sign_up("Ana")
    desk = await open_desk(ana)

    async def seen() -> object:
        async with app.read() as tx:
            return (await tx.execute(select(Staff.seen_at).where(Staff.id == ana.id))).scalar_one()

    assert await seen() is not None
    await desk.sends(type="duty", on=False)
    await desk.sends(type="ping")
    await desk.hears(type="pong")
    assert await seen() is None


@pytest.mark.parametrize(
    "frame", [{}, {"type": "open"}, {"type": "open", "case": 7}, {"type": "nonsense"}, {"type": "duty"}]
)
async def test_a_bad_frame_is_answered_and_the_socket_lives_on(sign_up, open_desk, frame) -> None:
    desk = await open_desk(await sign_up("Ana"))
    await desk.socket.send_json(frame)
    assert (await desk.hears(type="error"))["code"] == "bad_frame"
    await desk.socket.send_str("no json")
    assert (await desk.hears(type="error"))["code"] == "bad_frame"
    await desk.sends(type="open", case="none")
    assert (await desk.hears(type="error"))["code"] == "no_such_case"
