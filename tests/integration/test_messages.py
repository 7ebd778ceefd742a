"""A customer's frames against a real store: acked once, numbered without holes, answered by exactly one job."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import jwt
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.services.app import App
from bot.services.reading import mark_read
from bot.services.receive import Refused, receive_choice, receive_end, receive_human, receive_text
from bot.services.timeline import append_message, frames_after, replay
from bot.services.visitors import BadIdentity, BadToken, conversation_for_token, open_visit
from bot.settings import Settings
from bot.store.tables import Case, Choice, Job, Message


async def begin(app: App) -> str:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="en", page="/")
    return visit.conversation_id


async def test_an_acked_message_is_stored_with_the_job_that_answers_it(app: App) -> None:
    conversation = await begin(app)
    seq = await receive_text(app, conversation, str(uuid4()), "where is my order?")
    async with app.read() as tx:
        message = (await tx.execute(select(Message).where(Message.seq == seq))).scalar_one()
        jobs = (await tx.execute(select(Job))).scalars().all()
    assert message.text == "where is my order?"
    assert [(job.kind, job.payload["message"], job.lane) for job in jobs] == [("turn", message.id, conversation)]


async def test_a_repeated_cid_gets_the_first_answer_and_stores_nothing(app: App) -> None:
    conversation = await begin(app)
    cid = str(uuid4())
    first = await receive_text(app, conversation, cid, "hello")
    again = await receive_text(app, conversation, cid, "hello")
    async with app.read() as tx:
        count = (await tx.execute(select(func.count()).select_from(Message))).scalar_one()
    assert first == again
    assert count == 1


async def test_the_same_frame_sent_twenty_times_at_once_is_stored_once(app: App) -> None:
    conversation = await begin(app)
    cid = str(uuid4())
    acked = await asyncio.gather(*(receive_text(app, conversation, cid, "hello") for _ in range(20)))
    async with app.read() as tx:
        count = (await tx.execute(select(func.count()).select_from(Message))).scalar_one()
    assert len(set(acked)) == 1
    assert count == 1


async def test_numbers_have_no_holes_when_many_write_at_once(app: App) -> None:
    conversation = await begin(app)
    await asyncio.gather(*(receive_text(app, conversation, str(uuid4()), f"message {n}") for n in range(30)))
    async with app.read() as tx:
        frames = await frames_after(tx, conversation, 0)
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert sum(frame["type"] == "message" for frame in frames) == 30


async def test_a_choice_is_single_use_and_belongs_to_its_conversation(app: App) -> None:
    conversation, other = await begin(app), await begin(app)
    await receive_text(app, conversation, str(uuid4()), "hi")
    async with app.write() as tx:
        message = (await tx.execute(select(Message))).scalar_one()
        assert message.case_id
        for choice_id in ("yes", "no"):
            tx.add(
                Choice(
                    id=choice_id, conversation_id=conversation, case_id=message.case_id, message_id=message.id,
                    title=choice_id.title(), intent="affirm", entities={},
                )
            )  # fmt: skip
    with pytest.raises(Refused) as foreign:
        await receive_choice(app, other, str(uuid4()), "yes")
    assert foreign.value.code == "bad_choice"
    cid = str(uuid4())
    seq = await receive_choice(app, conversation, cid, "yes")
    assert await receive_choice(app, conversation, cid, "yes") == seq
    for used in ("yes", "no"):
        with pytest.raises(Refused):
            await receive_choice(app, conversation, str(uuid4()), used)


async def test_asking_for_a_person_queues_the_case_and_nobody_on_duty_makes_it_a_ticket(app: App) -> None:
    conversation = await begin(app)
    await receive_human(app, conversation, str(uuid4()))
    async with app.read() as tx:
        case = (await tx.execute(select(Case))).scalar_one()
        frames = await frames_after(tx, conversation, 0)
    assert (case.owner, case.ticket) == ("queue", True)
    assert case.number in frames[-1]["text"]
    for said in ("it is the blue one", "the other one is fine"):
        await receive_text(app, conversation, str(uuid4()), said)
    async with app.read() as tx:
        frames = await frames_after(tx, conversation, frames[-1]["seq"])
        outcomes = (await tx.execute(select(Message.outcome).where(Message.text.contains("e")))).scalars().all()
    # That it is with the ticket is said once, not below every line.
    assert [frame["author"] for frame in frames] == ["customer", "system", "customer"]
    assert case.number in frames[1]["text"]
    assert outcomes.count("ticket") == 2


async def test_an_ended_chat_begins_a_new_case_with_the_next_message(app: App) -> None:
    conversation = await begin(app)
    await receive_text(app, conversation, str(uuid4()), "hello")
    await receive_end(app, conversation, str(uuid4()))
    await receive_text(app, conversation, str(uuid4()), "one more thing")
    async with app.read() as tx:
        states = (await tx.execute(select(Case.status).order_by(Case.opened_at, Case.id))).scalars().all()
    assert states == ["closed", "open"]


async def test_a_token_continues_its_conversation_and_replays_what_was_missed(app: App) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    for text in ("one", "two", "three"):
        await receive_text(app, visit.conversation_id, str(uuid4()), text)
    back = await open_visit(app, token=visit.token, identity=None, last_seq=2, locale=None, page=None)
    assert back.conversation_id == visit.conversation_id
    assert [frame["seq"] for frame in back.frames] == list(range(3, back.newest + 1))


async def test_an_old_or_made_up_token_is_refused(app: App, clock) -> None:  # type: ignore[no-untyped-def]
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    with pytest.raises(BadToken):
        await open_visit(app, token="made-up", identity=None, last_seq=0, locale=None, page=None)
    clock.forward(days=31)
    with pytest.raises(BadToken):
        await open_visit(app, token=visit.token, identity=None, last_seq=0, locale=None, page=None)


async def test_a_browser_that_claims_to_know_the_future_gets_a_resync(app: App) -> None:
    conversation = await begin(app)
    await receive_text(app, conversation, str(uuid4()), "hello")
    async with app.read() as tx:
        frames = await replay(tx, conversation, 99, 2)
    assert [frame["type"] for frame in frames] == ["resync"]
    assert frames[0]["messages"][-1]["text"] == "hello"


def signed(app: App, sub: str, **more: object) -> str:
    claims = {"sub": sub, "exp": int(app.now().timestamp()) + 600, **more}
    return jwt.encode(claims, app.settings.secret("identity_secret"), algorithm="HS256")


async def test_signing_out_on_the_site_ends_the_known_customers_thread_for_this_browser(app: App) -> None:
    known = await open_visit(app, token=None, identity=signed(app, "c1"), last_seq=0, locale=None, page=None)
    await receive_text(app, known.conversation_id, str(uuid4()), "my secret question")
    after = await open_visit(app, token=known.token, identity=None, last_seq=0, locale=None, page=None)
    assert after.conversation_id != known.conversation_id
    with pytest.raises(BadToken):
        await conversation_for_token(app, known.token)


def with_secrets(app: App, secret: str, before: str) -> Settings:
    update = {"identity_secret": SecretStr(secret), "identity_secret_before": SecretStr(before)}
    return app.settings.model_copy(update=update)


async def test_while_the_secret_is_changed_tokens_of_the_older_one_are_still_good(app: App) -> None:
    old = signed(app, "c3")
    before = app.settings.secret("identity_secret")
    app = replace(app, settings=with_secrets(app, "another secret of thirty-two bytes", ""))
    with pytest.raises(BadIdentity):
        await open_visit(app, token=None, identity=old, last_seq=0, locale=None, page=None)
    app = replace(app, settings=with_secrets(app, "another secret of thirty-two bytes", before))
    for token in (old, signed(app, "c3")):
        visit = await open_visit(app, token=None, identity=token, last_seq=0, locale=None, page=None)
        assert visit.welcome["customer"] is not None
    app = replace(
        app, settings=with_secrets(app, "another secret of thirty-two bytes", "neither of the two, thirty-two bytes")
    )
    with pytest.raises(BadIdentity):
        await open_visit(app, token=None, identity=old, last_seq=0, locale=None, page=None)


async def test_an_anonymous_browser_that_signs_in_keeps_its_thread(app: App) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    known = await open_visit(
        app, token=visit.token, identity=signed(app, "c2", name="Mi\x00ra"), last_seq=0, locale=None, page=None
    )
    assert known.conversation_id == visit.conversation_id
    assert known.welcome["customer"]["name"] == "Mira"


async def test_the_agent_is_told_once_that_an_answer_was_read(app: App) -> None:
    conversation = await begin(app)
    async with app.write() as tx:
        answers = [
            await append_message(tx, app.now(), conversation, case_id=None, author="agent", text=text)
            for text in ("I'll look.", "It leaves today.")
        ]
    await mark_read(app, conversation, answers[0].seq)
    await mark_read(app, conversation, answers[1].seq + 1)
    await mark_read(app, conversation, 10**9)
    async with app.read() as tx:
        frames = await frames_after(tx, conversation, answers[1].seq)
    assert [(frame["type"], frame["of"], frame["read"]) for frame in frames] == [
        ("update", answers[0].seq, True),
        ("update", answers[1].seq, True),
    ]
