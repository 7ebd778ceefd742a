"""What agents do with cases: the right person speaks, and each deed has its consequences."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.services.receive import receive_end
from bot.services.visitors import open_visit
from bot.store.tables import AskDecision, Case, Job, Mail
from tests.integration.desk.customer import path_of


async def jobs(app, kind: str) -> list[Job]:
    async with app.read() as tx:
        return list((await tx.execute(select(Job).where(Job.kind == kind))).scalars())


async def test_only_the_owning_agent_may_answer(arrive, sign_up) -> None:
    ana, ben = await sign_up("Ana"), await sign_up("Ben", "admin")
    path = await path_of(await arrive())
    hello = {"cid": "1", "text": "Hello"}
    assert (await ana.call("POST", f"{path}/messages", hello))[1]["title"] == "not_claimed"
    await ana.call("POST", f"{path}/claim")
    status, problem = await ben.call("POST", f"{path}/messages", hello)
    assert (status, problem["title"], problem["agent"]) == (409, "not_your_case", "Ana")
    assert (await ana.call("POST", f"{path}/messages", hello))[0] == 200


async def test_a_repeated_answer_is_said_once(arrive, sign_up, clock) -> None:
    ana = await sign_up("Ana")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    clock.forward(seconds=30)
    said = await asyncio.gather(
        *(ana.call("POST", f"{path}/messages", {"cid": "same", "text": "On it!"}) for _ in range(10))
    )
    assert len({body["seq"] for _, body in said}) == 1
    assert (await customer.texts()).count("On it!") == 1
    case = await customer.case()
    assert case.first_human_at == clock()
    clock.forward(seconds=60)
    await ana.call("POST", f"{path}/messages", {"cid": "next", "text": "Done"})
    assert (await customer.case()).first_human_at == case.first_human_at


async def test_an_agents_message_names_the_agent_and_markup_stays_text(arrive, sign_up) -> None:
    ana = await sign_up("Ana")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    await ana.call("POST", f"{path}/messages", {"cid": "1", "text": "  <b>{agent} & /restart</b> "})
    said = (await customer.frames())[-1]
    assert (said["author"], said["name"], said["text"]) == ("agent", "Ana", "<b>{agent} & /restart</b>")


@pytest.mark.parametrize("body", [{"cid": "1", "text": "   "}, {"cid": "1", "text": "x" * 4001}, {"text": "x"}, {}])
async def test_an_empty_or_overlong_answer_is_refused(arrive, sign_up, body) -> None:
    ana = await sign_up("Ana")
    path = await path_of(await arrive())
    assert (await ana.call("POST", f"{path}/messages", body))[0] == 422


async def test_notes_are_for_colleagues_only(arrive, sign_up) -> None:
    ana, ben = await sign_up("Ana"), await sign_up("Ben")
    customer = await arrive()
    path = await path_of(customer)
    assert (await ben.call("POST", f"{path}/notes", {"text": "Called twice already"}))[0] == 200
    _, detail = await ana.call("GET", path)
    assert [(frame["name"], frame["text"]) for frame in detail["thread"] if frame["type"] == "note"] == [
        ("Ben", "Called twice already")
    ]
    assert "Called twice already" not in str(await customer.frames())


async def test_handing_back_tells_the_customer_and_wakes_the_bot(app, arrive, sign_up) -> None:
    ana = await sign_up("Ana")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    assert (await ana.call("POST", f"{path}/hand-back", {"note": "Only wanted the hours"}))[0] == 200
    assert (await customer.case()).owner == "bot"
    assert (await customer.texts())[-1].startswith("Ana has handed you back")
    [job] = await jobs(app, "system_turn")
    assert job.payload["intent"] == "EXTERNAL_handed_back"
    assert (await ana.call("POST", f"{path}/hand-back", {}))[0] == 409


async def test_a_supervisor_may_act_on_a_colleagues_case_and_an_agent_may_not(arrive, sign_up) -> None:
    ana, ben, sue = await sign_up("Ana"), await sign_up("Ben"), await sign_up("Sue", "supervisor")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    assert (await ben.call("POST", f"{path}/hand-back", {}))[0] == 409
    assert (await ben.call("POST", f"{path}/transfer", {"agent": ben.id}))[0] == 409
    assert (await ben.call("POST", f"{path}/resolve", {"reason": "x", "survey": False}))[0] == 409
    assert (await sue.call("POST", f"{path}/transfer", {"agent": ben.id, "note": "Ana is ill"}))[0] == 200
    assert (await customer.case()).agent_id == ben.id


async def test_passing_on_to_a_colleague_or_back_into_the_queue(arrive, sign_up) -> None:
    ana, ben = await sign_up("Ana"), await sign_up("Ben")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    assert (await ana.call("POST", f"{path}/transfer", {"agent": "nobody", "note": ""}))[1]["title"] == "unknown_agent"
    assert (await ana.call("POST", f"{path}/transfer", {"note": "x"}))[0] == 422
    assert (await ana.call("POST", f"{path}/transfer", {"agent": "ben@team.example.com", "note": "Yours"}))[0] == 200
    assert "You're now with Ben" in (await customer.texts())[-1]
    assert (await ben.call("POST", f"{path}/transfer", {"team": "billing", "note": ""}))[0] == 200
    case = await customer.case()
    assert (case.owner, case.team, case.agent_id) == ("queue", "billing", None)


async def test_resolving_tells_the_customer_and_lets_the_bot_ask(app, arrive, sign_up) -> None:
    ana = await sign_up("Ana")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    assert (await ana.call("POST", f"{path}/resolve", {"reason": " ", "survey": True}))[0] == 422
    status, detail = await ana.call("POST", f"{path}/resolve", {"reason": "Problem solved", "survey": True})
    assert (status, detail["case"]["status"], detail["resolution"]) == (200, "resolved", "agent")
    case = await customer.case()
    [job] = await jobs(app, "system_turn")
    assert (job.payload["intent"], job.key) == ("EXTERNAL_case_resolved", f"resolved:{case.id}:0")
    assert "Ana has marked this as solved" in (await customer.texts())[-1]


async def test_resolving_without_a_survey_records_why_none_was_asked(app, arrive, sign_up) -> None:
    ana = await sign_up("Ana")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    _, detail = await ana.call("POST", f"{path}/resolve", {"reason": "Spam-like", "survey": False})
    assert await jobs(app, "system_turn") == []
    assert [ask["asked"] for ask in detail["asks"]] == [False]
    async with app.read() as tx:
        assert (await tx.execute(select(AskDecision.reason))).scalar_one()


async def test_reopening_gives_the_case_to_whoever_reopens_it(app, arrive, sign_up) -> None:
    ana, ben = await sign_up("Ana"), await sign_up("Ben")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    await ana.call("POST", f"{path}/resolve", {"reason": "Problem solved", "survey": False})
    assert (await ben.call("POST", f"{path}/messages", {"cid": "1", "text": "x"}))[1]["title"] == "not_open"
    assert (await ben.call("POST", f"{path}/reopen", {"reason": "Parcel was empty"}))[0] == 200
    case = await customer.case()
    assert (case.owner, case.agent_id, case.status, case.reopened) == ("agent", ben.id, "open", 1)
    assert (await ben.call("POST", f"{path}/reopen", {"reason": "again"}))[1]["title"] == "already_open"


async def test_the_first_answer_is_timed_anew_when_a_case_comes_back_to_the_queue(arrive, sign_up, clock) -> None:
    ana = await sign_up("Ana")
    customer = await arrive()
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    await ana.call("POST", f"{path}/messages", {"cid": "1", "text": "A colleague knows more."})
    clock.forward(minutes=10)
    await ana.call("POST", f"{path}/transfer", {"team": "billing", "note": ""})
    case = await customer.case()
    assert (case.owner, case.escalated_at, case.first_human_at) == ("queue", clock(), None)
    await ana.call("POST", f"{path}/claim")
    clock.forward(seconds=30)
    await ana.call("POST", f"{path}/messages", {"cid": "2", "text": "I am here."})
    assert (await customer.case()).first_human_at == clock()


async def test_an_old_case_is_not_reopened_beside_a_newer_open_one(app, arrive, sign_up) -> None:
    ana = await sign_up("Ana")
    customer = await arrive()
    path = await path_of(customer)
    await receive_end(app, customer.conversation, str(uuid4()))
    await customer.says("Something else")
    status, problem = await ana.call("POST", f"{path}/reopen", {"reason": "x"})
    assert (status, problem["title"]) == (409, "newer_case_open")


async def test_a_tickets_answer_goes_out_by_mail_too(app, arrive, sign_up) -> None:
    customer = await arrive()
    case = await customer.case()
    assert case.ticket
    async with app.write() as tx:
        (await tx.get(Case, case.id)).reply_email = "lee@example.com"
    ana = await sign_up("Ana")
    path = await path_of(customer)
    await ana.call("POST", f"{path}/claim")
    await ana.call("POST", f"{path}/messages", {"cid": "1", "text": "We found {it}."})
    async with app.read() as tx:
        mail = (await tx.execute(select(Mail))).scalar_one()
    [job] = await jobs(app, "mail")
    assert (mail.recipient, job.payload) == ("lee@example.com", {"mail": mail.id})
    assert "We found {it}." in mail.text
    assert case.number in mail.subject


async def test_an_agent_at_the_desk_is_on_duty_and_one_who_only_looks_is_not(app, arrive, sign_up, clock) -> None:
    ana = await sign_up("Ana")
    await ana.call("GET", "/api/v1/desk/queue?watching=false")
    assert (await (await arrive()).case()).ticket
    await ana.call("GET", "/api/v1/desk/queue")
    assert not (await (await arrive()).case()).ticket
    clock.forward(minutes=2)
    assert (await (await arrive()).case()).ticket


@pytest.mark.parametrize("deed", ["claim", "messages", "notes", "hand-back", "transfer", "resolve", "reopen"])
async def test_every_deed_needs_a_session_and_a_case(client, sign_up, deed) -> None:
    bodies = {"messages": {"cid": "1", "text": "x"}, "notes": {"text": "x"}, "transfer": {"team": ""}}
    body = bodies.get(deed, {"reason": "x"})
    assert (await client.post(f"/api/v1/desk/cases/none/{deed}", json=body)).status == 401
    ana = await sign_up("Ana")
    assert (await ana.call("POST", f"/api/v1/desk/cases/none/{deed}", body))[0] == 404


async def test_a_visitors_token_opens_no_staff_door(app, client) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=None, page=None)
    headers = {"Authorization": f"Bearer {visit.token}"}
    for path in ("/api/v1/desk/queue", "/api/v1/desk/cases/x", "/api/v1/desk/colleagues", "/api/v1/desk/recoveries"):
        assert (await client.get(path, headers=headers)).status == 401
