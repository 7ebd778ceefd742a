"""What is done in the cards themselves: a question put off, a testimonial written and taken back, a code to scan."""

import json
import re
from typing import Any

import pytest
import segno
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from bot.gateway.frames import FrameError, read_frame
from bot.gateway.qr_codes import qr_code
from bot.gateway.visitor_socket import take_frame
from bot.services.asking import attach_invitation
from bot.services.cases import lock_case
from bot.services.invitations import add_invitation
from bot.services.timeline import append_message, frames_after
from bot.services.visitors import open_visit
from bot.store.base import new_id
from bot.store.tables import Conversation, Survey
from bot.store.tables import Testimonial as Quote
from tests.integration.desk.conftest import LocalHints, build_desk
from tests.integration.loyalty.conftest import Person, World


async def frame(world: World, person: Person, **fields: Any) -> int:
    """A frame of the widget through the gateway's door; the acked number."""
    body = {"cid": new_id(), **fields}
    ack = await take_frame(world.app, person.conversation_id, read_frame(json.dumps(body)))
    return int(ack["seq"])


async def updates(world: World, person: Person) -> list[dict[str, Any]]:
    async with world.app.read() as tx:
        return [row for row in await frames_after(tx, person.conversation_id, 0) if row["type"] == "update"]


async def invited(world: World, person: Person, case_id: str, kind: str, url: str | None = None) -> str:
    """An invitation shown in the person's chat."""
    now = world.app.now()
    async with world.app.write() as tx:
        case = await lock_case(tx, case_id)
        made = await add_invitation(tx, now, case, survey_id=None, kind=kind, title="Hello", text="There", url=url)
        message = await append_message(tx, now, person.conversation_id, case_id=case_id, author="bot", text="Look")
        await attach_invitation(tx, now, made.id, message.id)
        return made.id


async def quotes(world: World) -> list[tuple[str, str]]:
    async with world.app.read() as tx:
        rows = await tx.execute(select(Quote.words, Quote.state).order_by(Quote.created_at, Quote.words))
        return [(words, state) for words, state in rows]


async def test_not_now_reaches_the_server_is_kept_and_asked_no_second_time(world: World) -> None:
    person = await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    cid = new_id()
    seq = await frame(world, person, type="survey", survey=survey_id, skip=True, cid=cid)
    assert await frame(world, person, type="survey", survey=survey_id, skip=True, cid=cid) == seq
    [update] = await updates(world, person)
    assert update["survey"] == {"id": survey_id, "skipped": True}
    async with world.app.read() as tx:
        survey = await tx.get(Survey, survey_id)
        assert survey is not None and survey.skipped_at is not None
    assert (await world.ask(await world.case(person))).reason == "surveyed_recently"


async def test_a_question_put_off_can_still_be_answered(world: World) -> None:
    person = await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    await frame(world, person, type="survey", survey=survey_id, skip=True)
    await frame(world, person, type="survey", survey=survey_id, score=5)
    assert (await updates(world, person))[-1]["survey"]["answered"] == 5


async def test_anothers_question_cannot_be_put_off(world: World) -> None:
    person, other = await world.customer(), await world.customer()
    survey_id = await world.surveyed(await world.case(person))
    with pytest.raises(FrameError) as refused:
        await frame(world, other, type="survey", survey=survey_id, skip=True)
    assert refused.value.code == "bad_survey"
    assert await updates(world, person) == []


async def test_a_testimonial_is_stored_with_its_consent_changed_and_taken_back(world: World) -> None:
    person = await world.customer()
    case_id = await world.case(person)
    given = await invited(world, person, case_id, "testimonial")
    await frame(world, person, type="invitation", invitation=given, answer="accept")
    assert await quotes(world) == []
    await frame(world, person, type="invitation", invitation=given, answer="done", words=" They fixed it in minutes. ")
    assert await quotes(world) == [("They fixed it in minutes.", "waiting")]
    assert (await updates(world, person))[-1]["invitation"] == {
        "id": given, "answered": "done", "words": "They fixed it in minutes.",
    }  # fmt: skip
    await frame(world, person, type="invitation", invitation=given, answer="done", words="Two minutes, to be exact.")
    assert await quotes(world) == [
        ("They fixed it in minutes.", "withdrawn"), ("Two minutes, to be exact.", "waiting"),
    ]  # fmt: skip
    await frame(world, person, type="invitation", invitation=given, answer="later")
    assert {state for _, state in await quotes(world)} == {"withdrawn"}
    assert (await updates(world, person))[-1]["invitation"]["words"] is None


async def test_a_testimonial_without_words_is_refused_and_changes_nothing(world: World) -> None:
    person = await world.customer()
    given = await invited(world, person, await world.case(person), "testimonial")
    with pytest.raises(FrameError, match="no words to quote"):
        await frame(world, person, type="invitation", invitation=given, answer="done", words="  ")
    assert await quotes(world) == []
    assert await updates(world, person) == []


async def test_the_link_comes_as_a_code_to_draw_and_only_in_its_own_chat(world: World) -> None:
    world.app.hints = LocalHints()
    url = "https://shop.example/r/K7f39Qx2"
    mine, other = [
        await open_visit(world.app, token=None, identity=None, last_seq=0, locale="en", page=None) for _ in range(2)
    ]
    async with world.app.read() as tx:
        conversation = await tx.get(Conversation, mine.conversation_id)
        assert conversation is not None
        person = Person(conversation.customer_id, conversation.id)
    link = await invited(world, person, await world.case(person), "referral", url)
    quote = await invited(world, person, await world.case(person), "testimonial")
    async with TestClient(TestServer(build_desk(world.app))) as client:

        async def ask(token: str, invitation: str) -> tuple[int, dict[str, Any]]:
            path = f"/api/v1/visitor/invitations/{invitation}/qr"
            answer = await client.get(path, headers={"Authorization": f"Bearer {token}"})
            return answer.status, await answer.json()

        token = mine.welcome["token"]
        assert await ask(token, link) == (200, qr_code(url).model_dump())
        assert (await ask(other.welcome["token"], link))[0] == 404
        assert (await ask(token, quote))[0] == 404
        assert (await ask(token, "no-such-thing"))[0] == 404


def test_the_path_paints_exactly_the_dark_modules() -> None:
    text = "https://shop.example/r/K7f39Qx2"
    code = qr_code(text)
    painted = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", code.path):
        painted |= {(int(x) + step, int(y)) for step in range(int(width))}
    matrix = segno.make_qr(text, error="m").matrix
    assert painted == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}
    assert code.size == len(matrix)
