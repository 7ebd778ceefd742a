"""What belongs to one conversation is of no use in another, however it is named."""

import asyncio
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestServer
from sqlalchemy import func, select

from bot.gateway.keys import APP
from bot.services.app import App
from bot.services.receive import receive_text
from bot.services.timeline import append_message
from bot.services.visitors import BadToken, conversation_for_token, open_visit, read_identity
from bot.store.tables import Case, Choice, Message
from tests.support.raw_socket import RawSocket


async def begin(app: App) -> tuple[str, str]:
    """A conversation with one message; its id and token."""
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    await receive_text(app, visit.conversation_id, str(uuid4()), "hello")
    return visit.conversation_id, visit.token


async def answer(socket: RawSocket, cid: str) -> dict[str, object]:
    while (heard := await socket.hears()) is not None:
        if heard.get("cid") == cid and heard["type"] in {"ack", "error"}:
            return heard
    raise AssertionError(f"closed with {socket.close_code}")


async def test_a_token_with_any_bit_flipped_opens_nothing(server: TestServer) -> None:
    app = server.app[APP]
    _, token = await begin(app)
    for place in range(0, len(token), 5):
        forged = token[:place] + chr(ord(token[place]) ^ 1) + token[place + 1 :]
        with pytest.raises(BadToken):
            await conversation_for_token(app, forged)
    socket = await RawSocket.open(server.port or 0)
    await socket.say(type="hello", token=token[::-1])
    assert [frame["code"] for frame in await socket.hears_all()] == ["bad_token"]
    assert socket.close_code == 4001


@pytest.mark.parametrize("header", ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJSUzI1NiJ9", "e30"])
async def test_an_identity_without_our_signature_is_nobody(server: TestServer, header: str) -> None:
    forged = f"{header}.eyJzdWIiOiJhZG1pbiIsImV4cCI6OTk5OTk5OTk5OX0."
    with pytest.raises(BadToken):
        read_identity(server.app[APP], forged)


async def test_choices_surveys_invitations_and_files_of_others_are_refused(server: TestServer) -> None:
    app = server.app[APP]
    mine, _ = await begin(app)
    async with app.write() as tx:
        case = (await tx.execute(select(Case).where(Case.conversation_id == mine))).scalar_one()
        offered = await append_message(
            tx, app.now(), mine, case_id=case.id, author="bot", text="Well?", parts={"survey": {"id": "s1"}}
        )
        tx.add(
            Choice(id="yes", conversation_id=mine, case_id=case.id, message_id=offered.id, title="Yes", intent="affirm",
                   entities={})
        )  # fmt: skip
    thief = await RawSocket.open(server.port or 0)
    await thief.hello()
    for frame, code in (
        ({"type": "send", "choice": "yes"}, "bad_choice"),
        ({"type": "survey", "survey": "s1", "score": 1}, "bad_survey"),
        ({"type": "invitation", "invitation": "i1", "answer": "accept"}, "bad_invitation"),
        ({"type": "send", "text": "look", "attachments": ["a1"]}, "bad_attachment"),
    ):
        cid = str(uuid4())
        await thief.say(cid=cid, **frame)
        assert (await answer(thief, cid))["code"] == code
    thief.close()
    async with app.read() as tx:
        assert (await tx.execute(select(Choice.used_at).where(Choice.id == "yes"))).scalar_one() is None


async def test_a_choice_clicked_in_ten_windows_at_once_is_taken_once(server: TestServer) -> None:
    app = server.app[APP]
    mine, token = await begin(app)
    async with app.write() as tx:
        case = (await tx.execute(select(Case).where(Case.conversation_id == mine))).scalar_one()
        offered = await append_message(tx, app.now(), mine, case_id=case.id, author="bot", text="Well?")
        tx.add(
            Choice(id="yes", conversation_id=mine, case_id=case.id, message_id=offered.id, title="Yes", intent="affirm",
                   entities={})
        )  # fmt: skip
    windows = [await RawSocket.open(server.port or 0) for _ in range(10)]
    for window in windows:
        await window.hello(token=token)
    cids = [str(uuid4()) for _ in windows]
    for window, cid in zip(windows, cids, strict=True):
        await window.say(type="send", cid=cid, choice="yes")
    answers = await asyncio.gather(*(answer(window, cid) for window, cid in zip(windows, cids, strict=True)))
    for window in windows:
        window.close()
    assert sorted(str(each["type"]) for each in answers) == ["ack", *["error"] * 9]
    async with app.read() as tx:
        said = select(func.count()).select_from(Message).where(Message.conversation_id == mine, Message.text == "Yes")
        assert (await tx.execute(said)).scalar_one() == 1
