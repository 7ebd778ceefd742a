"""Files go with a message once, into one's own conversation only; who may see them; what the bot says."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from bot.adapters.rasa import BotReply, Button
from bot.domain.conversation import Claim, ResolveConfirmed
from bot.jobs.queue import claim
from bot.services.app import App
from bot.services.cases import lock_case, move
from bot.services.desk_case import case_detail
from bot.services.desk_queue import queue
from bot.services.staff import StaffMember
from bot.services.upload_sweep import queue_sweep, sweep_uploads
from bot.store.tables import Choice, Message, Staff, Upload
from tests.integration.conftest import MovableClock
from tests.integration.test_turns import FakeRasa, run_next, texts, the_case
from tests.integration.uploads.conftest import PDF, Chat, kept, open_chat, picture

KEPT = "Thank you, that is kept with this chat. I can't look inside files myself, but a person from the team can."


async def sent(chat: Chat, *files: str, **frame: str) -> dict:
    answer = await chat.send(cid=str(uuid4()), attachments=list(files), **frame)
    assert answer.status == 200, await answer.text()
    return [f for f in await chat.frames() if f["type"] == "message" and f["author"] == "customer"][-1]


async def refused(chat: Chat, *files: str) -> str:
    answer = await chat.send(cid=str(uuid4()), text="look", attachments=list(files))
    assert answer.status == 400
    return (await answer.json())["title"]


async def test_a_message_carries_its_files_and_they_open_by_their_links(chat: Chat, client: TestClient) -> None:
    one, two = await chat.upload(picture(), "lamp.png"), await chat.upload(PDF, "bill.pdf")
    message = await sent(chat, one["id"], two["id"], text="look")
    assert message["text"] == "look"
    assert [(f["name"], f["kind"], f["width"]) for f in message["attachments"]] == [
        ("lamp.png", "png", 64), ("bill.pdf", "pdf", None),
    ]  # fmt: skip
    shown, saved = message["attachments"]
    answer = await client.get(shown["url"] + "&thumbnail=1")
    assert (answer.status, answer.content_type) == (200, "image/webp")
    assert answer.headers["Content-Disposition"].startswith("inline")
    answer = await client.get(shown["url"] + "&view=1")
    assert answer.headers["Content-Disposition"].startswith("inline")
    for parameter in ("", "&view=1", "&thumbnail=1"):
        answer = await client.get(saved["url"] + parameter)
        assert await answer.read() == PDF
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="bill.pdf"')
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Cache-Control"].startswith("private")


async def test_files_alone_are_a_message_with_empty_text(chat: Chat) -> None:
    one = await chat.upload(picture())
    message = await sent(chat, one["id"])
    assert (message["text"], len(message["attachments"])) == ("", 1)
    two = await chat.upload(picture())
    assert (await sent(chat, two["id"], text="   "))["text"] == ""


async def test_a_repeated_message_gets_the_first_ack_although_its_files_are_used(chat: Chat) -> None:
    one = await chat.upload(picture())
    frame = {"cid": str(uuid4()), "text": "look", "attachments": [one["id"]]}
    first, second = await chat.send(**frame), await chat.send(**frame)
    assert await first.json() == await second.json()


async def test_unknown_foreign_used_and_too_many_files_are_refused(chat: Chat, client: TestClient) -> None:
    other = await open_chat(client)
    foreign = await other.upload(picture())
    assert await refused(chat, foreign["id"]) == "bad_attachment"
    assert await refused(chat, "0" * 32) == "bad_attachment"
    assert await refused(chat, "../../secrets/internal_token") == "bad_attachment"
    used = await chat.upload(picture())
    await sent(chat, used["id"])
    assert await refused(chat, used["id"]) == "bad_attachment"
    more = [(await chat.upload(b"%d" % n, "a.txt"))["id"] for n in range(3)]
    assert await refused(chat, *more) == "bad_attachment"
    await sent(chat, *more[:2], more[0])
    assert (await sent(other, foreign["id"]))["attachments"], "a refused try uses nothing up"


async def test_only_its_own_chat_sees_a_file(chat: Chat, client: TestClient, clock: MovableClock) -> None:
    one = await chat.upload(picture())
    path, other = f"/api/v1/uploads/{one['id']}", await open_chat(client)
    assert (await client.get(path)).status == 401
    assert (await client.get(path, headers=chat.headers)).status == 200
    assert (await client.get(path, headers=other.headers)).status == 404
    assert (await client.get(f"/api/v1/visitor/uploads/{one['id']}", headers=other.headers)).status == 404
    assert (await client.get(one["url"][:-1] + "x")).status == 410
    two = await other.upload(picture())
    assert (await client.get(one["url"].replace(one["id"], two["id"]))).status == 410, "a link opens its own file only"
    clock.forward(minutes=59)
    assert (await client.get(one["url"])).status == 200
    clock.forward(minutes=17)
    assert (await client.get(one["url"])).status == 410
    fresh = await (await client.get(f"/api/v1/visitor/uploads/{one['id']}", headers=chat.headers)).json()
    assert (await client.get(fresh["url"])).status == 200


@pytest.mark.parametrize("name", ["..%2f..%2fsecrets%2finternal_token", "%2e%2e", "x" * 500])
async def test_no_address_leads_out_of_the_folder(chat: Chat, client: TestClient, name: str) -> None:
    answer = await client.get(f"/api/v1/uploads/{name}", headers=chat.headers)
    assert answer.status == 404
    assert answer.content_type == "application/problem+json"


async def test_a_file_that_was_not_sent_can_be_taken_back_and_a_sent_one_not(chat: Chat, folder: Path) -> None:
    one, two = await chat.upload(picture()), await chat.upload(picture())
    await sent(chat, one["id"])
    for facts in (one, two):
        assert (await chat.client.delete(f"/api/v1/visitor/uploads/{facts['id']}", headers=chat.headers)).status == 204
    assert kept(folder) == [one["id"], f"{one['id']}.thumb"]


async def test_staff_see_what_was_sent_and_nothing_before(
    app: App, chat: Chat, client: TestClient, sign_up: Callable[..., Awaitable]
) -> None:
    agent = await sign_up("Ana")
    headers = {"Authorization": f"Bearer {agent.token}"}
    one = await chat.upload(picture(), "lamp.png")
    assert (await client.get(f"/api/v1/uploads/{one['id']}", headers=headers)).status == 404
    await sent(chat, one["id"])
    detail = await case_detail(app, (await the_case(app)).id)
    [file] = [f for frame in detail.thread for f in frame.get("attachments", [])]
    assert file["url"] == f"/api/v1/uploads/{one['id']}"
    assert (await client.get(file["url"], headers=headers)).status == 200
    seen = await queue(app, StaffMember(id="x", email="", name="", role="agent", csrf=""))
    assert seen.bot[0].last_text == "lamp.png"


async def test_an_agent_answers_with_a_file_that_the_customer_sees_once_it_is_sent(
    app: App, chat: Chat, client: TestClient, sign_up: Callable[..., Awaitable]
) -> None:
    agent = await sign_up("Ana")
    await chat.send(cid=str(uuid4()), text="hello")
    case = f"/api/v1/desk/cases/{(await the_case(app)).id}"
    assert (await agent.call("POST", f"{case}/claim"))[0] == 200
    headers = {"Authorization": f"Bearer {agent.token}", "X-File-Name": "steps.pdf"}
    answer = await client.post(f"{case}/uploads", data=PDF, headers=headers)
    assert answer.status == 200, await answer.text()
    facts = await answer.json()
    assert (await client.get(f"/api/v1/uploads/{facts['id']}", headers=chat.headers)).status == 404
    assert await refused(chat, facts["id"]) == "bad_attachment", "an agent's file is not the customer's to send"
    status, problem = await agent.call("POST", f"{case}/messages", {"cid": "c0", "attachments": ["0" * 32]})
    assert (status, problem["title"]) == (409, "bad_attachment")
    assert (await agent.call("POST", f"{case}/messages", {"cid": "c1", "attachments": [facts["id"]]}))[0] == 200
    assert (await agent.call("POST", f"{case}/messages", {"cid": "c2"}))[0] == 422
    [message] = [f for f in await chat.frames() if f.get("author") == "agent"]
    assert (message["text"], message["attachments"][0]["name"]) == ("", "steps.pdf")
    assert await (await client.get(message["attachments"][0]["url"])).read() == PDF
    nowhere = "/api/v1/desk/cases/none/uploads"
    assert (await client.post(nowhere, data=PDF, headers=headers)).status == 404


async def test_the_bot_says_that_it_cannot_look_and_asks_for_words(app: App, chat: Chat) -> None:
    one = await chat.upload(picture())
    await sent(chat, one["id"])
    rasa = FakeRasa(BotReply(text="silly"))
    await run_next(app, rasa)
    assert rasa.asked == []
    [said] = await texts(app, "bot")
    assert said == f"{KEPT} Tell me in a few words what it shows, or talk to a person."
    answer = (await chat.frames())[-1]
    assert [choice["title"] for choice in answer["choices"]] == ["Talk to a person"]
    async with app.read() as tx:
        assert (await tx.execute(select(Message.outcome).where(Message.author == "customer"))).scalar_one() == "bot"


async def test_the_question_that_stood_open_is_put_again_with_its_options(app: App, chat: Chat) -> None:
    await chat.send(cid=str(uuid4()), text="my lamp is broken")
    button = Button(title="Blinking", payload='/choose{"light": "blinking"}')
    await run_next(app, FakeRasa(BotReply(text="Sorry to hear that. What does the light do?", buttons=[button])))
    one = await chat.upload(picture())
    await sent(chat, one["id"])
    await run_next(app, FakeRasa())
    assert (await texts(app, "bot"))[-1] == f"{KEPT} What does the light do?"
    choices = (await chat.frames())[-1]["choices"]
    assert [choice["title"] for choice in choices] == ["Blinking", "Talk to a person"]
    async with app.read() as tx:
        open_ones = (
            (await tx.execute(select(Choice).where(Choice.used_at.is_(None)).order_by(Choice.id))).scalars().all()
        )
    assert [(choice.intent, choice.entities) for choice in open_ones] == [
        ("choose", {"light": "blinking"}), ("contact_human_agent", {}),
    ]  # fmt: skip
    rasa = FakeRasa(BotReply(text="Thanks."))
    await chat.send(cid=str(uuid4()), choice=choices[0]["id"])
    await run_next(app, rasa)
    assert rasa.asked[0]["entities"] == {"light": "blinking"}


async def test_words_beside_a_file_are_answered_after_one_line_about_it(app: App, chat: Chat) -> None:
    for _ in range(2):
        await sent(chat, (await chat.upload(picture()))["id"], text="where is my order")
        await run_next(app, FakeRasa(BotReply(text="On its way.")))
    assert await texts(app, "bot") == [KEPT, "On its way.", "On its way."]


async def test_words_that_only_point_at_the_file_are_not_called_unclear(app: App, chat: Chat) -> None:
    await sent(chat, (await chat.upload(picture()))["id"], text="voila")
    await run_next(app, FakeRasa(BotReply(text="I did not get that."), intent="nlu_fallback"))
    [said] = await texts(app, "bot")
    assert said.startswith(KEPT)


async def test_the_bot_is_silent_about_a_file_for_an_agent(app: App, chat: Chat) -> None:
    await chat.send(cid=str(uuid4()), text="hello")
    await run_next(app, FakeRasa(BotReply(text="Hi")))
    async with app.write() as tx:
        staff = Staff(email="ana@x", name="Ana", role="agent", created_at=app.now())
        tx.add(staff)
        await tx.flush()
        await move(tx, app.now(), await lock_case(tx, (await the_case(app)).id), Claim(staff.id))
    await sent(chat, (await chat.upload(picture()))["id"])
    assert not await run_next(app, FakeRasa(BotReply(text="silly")))
    assert await texts(app, "bot") == ["Hi"]


async def test_a_file_after_the_resolution_opens_the_case_again(app: App, chat: Chat) -> None:
    await chat.send(cid=str(uuid4()), text="hello")
    await run_next(app, FakeRasa(BotReply(text="Hi")))
    async with app.write() as tx:
        await move(tx, app.now(), await lock_case(tx, (await the_case(app)).id), ResolveConfirmed())
    await sent(chat, (await chat.upload(picture()))["id"])
    await run_next(app, FakeRasa())
    assert (await the_case(app)).status == "open"


async def test_the_sweep_takes_what_was_never_sent_and_what_has_no_row(
    app: App, chat: Chat, folder: Path, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, goes = await chat.upload(picture()), await chat.upload(picture())
    await sent(chat, stays["id"])
    orphan = folder / "ab" / ("ab" * 16)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left by a crash")
    half = folder / "incoming" / f"{'cd' * 16}.part"
    half.write_bytes(b"half")
    await sweep(app)
    assert {orphan.name, half.name, goes["id"]} <= set(kept(folder)), "too young: it may still be on its way"
    monkeypatch.setattr("bot.services.upload_sweep.ORPHAN_AGE_S", -1.0)
    clock.forward(hours=25)
    await sweep(app)
    assert kept(folder) == [stays["id"], f"{stays['id']}.thumb"]
    async with app.read() as tx:
        assert list((await tx.execute(select(Upload.id))).scalars()) == [stays["id"]]


async def sweep(app: App) -> None:
    await queue_sweep(app)
    await queue_sweep(app)
    async with app.write() as tx:
        lease = await claim(tx, app.now(), "host/1/1", ["sweep_uploads"])
        assert lease is not None
        assert await claim(tx, app.now(), "host/1/1", ["sweep_uploads"]) is None, "once an hour"
    await sweep_uploads(app, lease)
