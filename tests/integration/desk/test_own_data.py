"""A visitor's own data over HTTP: seen, taken away, sent as a copy, erased; and the same for a supervisor."""

import asyncio
import json
from uuid import uuid4

from aiohttp import WSMsgType
from sqlalchemy import select

from bot.jobs.queue import claim
from bot.services.mail import send_mail
from bot.services.receive import receive_human, receive_text
from bot.services.visitors import open_visit
from bot.settings import Settings
from bot.store.tables import Audit, Customer, Mail
from tests.support.mailbox import Mailbox
from tests.support.person import CANARY, make_person


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_the_file_has_everything_but_the_colleagues_notes(app, client) -> None:
    known = await make_person(app, CANARY)
    answer = await client.get("/api/v1/visitor/data", headers=bearer(known.token))
    assert answer.status == 200
    assert "my-data.json" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    held = await answer.json()
    assert held["person"][0]["email"] == f"{CANARY}@example.com"
    assert held["summary"]["orders"] == [CANARY]
    assert held["summary"]["notes"] == 1
    for part in ("messages", "answers", "goodwill", "testimonials", "invitations", "e_mails"):
        assert CANARY in json.dumps(held[part]), part
    assert "note about" not in json.dumps(held)


async def test_the_summary_counts_and_the_page_can_be_read(app, client) -> None:
    known = await make_person(app, CANARY)
    summary = await (await client.get("/api/v1/visitor/data?format=summary", headers=bearer(known.token))).json()
    assert (summary["identified"], summary["conversations"], summary["ratings"]) == (True, 1, 1)
    assert summary["can_mail"] is False
    page = await (await client.get("/api/v1/visitor/data?format=html", headers=bearer(known.token))).text()
    assert "<script" not in page
    assert f"Ms {CANARY}" in page
    assert "As of 15 July 2026, 12:00 UTC" in page
    for raw in ("True", "False", "[]", "{}", "+00:00"):
        assert f">{raw}" not in page and f"{raw}<" not in page, raw


async def test_the_transcript_names_speakers_times_ratings_links_and_attachments(app, client) -> None:
    known = await make_person(app, CANARY)
    answer = await client.get("/api/v1/visitor/transcript?zone=Asia/Tokyo", headers=bearer(known.token))
    text = await answer.text()
    assert "Times are those of Asia/Tokyo." in text
    assert f"21:00  You: my secret is {CANARY}" in text
    assert f"21:00  Ana: Dear {CANARY}" in text
    assert f"Order {CANARY}" in text
    assert "Attachment: bill.pdf" in text
    assert "Your rating: 2 of 7" in text
    assert "note about" not in text


async def test_the_words_around_a_copy_are_in_the_customers_language(app, client) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="de-AT", page=None)
    await receive_text(app, visit.conversation_id, str(uuid4()), "where is my order")
    route = "/api/v1/visitor/transcript?zone=Europe/Vienna"
    text = await (await client.get(route, headers=bearer(visit.token))).text()
    assert text.startswith("Ihr Chat mit ")
    assert "Die Zeiten sind die von Europe/Vienna." in text
    assert "Mittwoch, 15. Juli 2026, CEST" in text
    assert "Sie: where is my order" in text
    page = await (await client.get(f"{route}&format=html", headers=bearer(visit.token))).text()
    assert '<html lang="de">' in page


async def test_the_printable_transcript_shows_markup_as_text_and_links_as_links(app, client) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="en", page=None)
    await receive_text(
        app, visit.conversation_id, str(uuid4()), "<img src=x onerror=alert(1)> see https://shop.example/a"
    )
    page = await (await client.get("/api/v1/visitor/transcript?format=html", headers=bearer(visit.token))).text()
    assert "<img" not in page
    assert '<a href="https://shop.example/a" rel="noopener">' in page
    assert "<link" not in page, "it needs no other file"


async def test_a_zone_that_does_not_exist_is_named(app, client) -> None:
    known = await make_person(app, CANARY)
    for zone in ("Mars/Base", "../../etc/passwd", "/etc/passwd"):
        answer = await client.get("/api/v1/visitor/transcript", params={"zone": zone}, headers=bearer(known.token))
        assert (answer.status, (await answer.json())["title"]) == (422, "bad_zone")


async def ask_for_copy(client, token: str, **body: str):
    answer = await client.post("/api/v1/visitor/transcript", json=body, headers=bearer(token))
    return answer.status, await answer.json()


async def test_the_copy_is_sent_once_to_the_known_address(app, client) -> None:
    with Mailbox() as box:
        app.settings = Settings(**{**app.settings.model_dump(), "smtp_url": box.url})
        known = await make_person(app, CANARY)
        cid = str(uuid4())
        for _ in range(2):
            assert await ask_for_copy(client, known.token, cid=cid) == (200, {"to": f"{CANARY}@example.com"})
        async with app.read() as tx:
            mails = (await tx.execute(select(Mail).where(Mail.text.contains("copy of your chat")))).scalars().all()
        assert len(mails) == 1
        while True:
            async with app.write() as tx:
                lease = await claim(tx, app.now(), "me", ["mail"])
            if lease is None:
                break
            await send_mail(app, lease)
        copies = [mail for mail in box.to(CANARY) if "copy of your chat" in mail.get_content()]
        assert len(copies) == 1
        assert copies[0]["Subject"] == "Your chat with Lumen & Hearth"
        assert "note about" not in copies[0].get_content()


async def test_an_unknown_address_is_asked_for_and_too_many_copies_are_refused(app, client) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="en", page=None)
    await receive_text(app, visit.conversation_id, str(uuid4()), "hello")
    status, problem = await ask_for_copy(client, visit.token, cid=str(uuid4()))
    assert (status, problem["title"]) == (503, "mail_off")
    app.settings = Settings(**{**app.settings.model_dump(), "smtp_url": "smtp://127.0.0.1:1"})
    status, problem = await ask_for_copy(client, visit.token, cid=str(uuid4()))
    assert (status, problem["title"]) == (422, "no_address")
    status, problem = await ask_for_copy(client, visit.token, cid=str(uuid4()), email="a@b\nBcc: x@y.z")
    assert (status, problem["title"]) == (422, "bad_address")
    tries = [await ask_for_copy(client, visit.token, cid=str(uuid4()), email="eve@example.com") for _ in range(4)]
    assert [status for status, _ in tries] == [200, 200, 200, 429]


async def test_erasing_closes_the_sockets_and_voids_the_token(app, client) -> None:
    known = await make_person(app, CANARY)
    async with app.write() as tx:
        (await tx.get(Customer, known.customer)).external_id = None
    socket = await client.ws_connect("/ws/visitor", protocols=("rapport.v1",))
    await socket.send_json({"type": "hello", "last_seq": 0, "token": known.token})
    assert (await socket.receive_json(timeout=30))["type"] == "welcome"
    answer = await client.delete("/api/v1/visitor/data", headers=bearer(known.token))
    erasure = await answer.json()
    assert (answer.status, erasure["state"]) == (200, "running")
    seen = []
    while (message := await socket.receive(timeout=30)).type is WSMsgType.TEXT:
        seen.append(json.loads(message.data)["type"])
    assert (seen[-1], socket.close_code) == ("erased", 4001)
    assert (await client.delete("/api/v1/visitor/data", headers=bearer(known.token))).status == 401
    how_far = await client.get(f"/api/v1/visitor/erasures/{erasure['id']}")
    assert (await how_far.json())["rows"]["rp_testimonial"] == 1
    assert (await client.get("/api/v1/visitor/erasures/nobodys")).status == 404


async def test_an_open_desk_is_told_that_the_conversation_is_gone(app, client, sign_up) -> None:
    ana = await sign_up("Ana")
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="en", page=None)
    await receive_human(app, visit.conversation_id, str(uuid4()))
    _, queue = await ana.call("GET", "/api/v1/desk/queue")
    case = queue["items"][0]["id"]
    socket = await client.ws_connect("/ws/staff")
    await socket.send_json({"type": "hello", "token": ana.token})
    await socket.receive_json(timeout=30)
    await socket.send_json({"type": "open", "case": case})
    await socket.receive_json(timeout=30)
    await client.delete("/api/v1/visitor/data", headers=bearer(visit.token))
    async with asyncio.timeout(30):
        while (frame := await socket.receive_json())["type"] != "erased":
            pass
    assert frame["conversation"] == visit.conversation_id
    assert (await ana.call("GET", f"/api/v1/desk/cases/{case}"))[0] == 404
    assert (await ana.call("GET", "/api/v1/desk/queue"))[1]["items"] == []


async def test_only_a_supervisor_sees_and_erases_a_customer_and_the_audit_names_nobody(app, client, sign_up) -> None:
    known = await make_person(app, CANARY)
    ana, sue = await sign_up("Ana"), await sign_up("Sue", "supervisor")
    path = f"/api/v1/customers/{known.customer}"
    assert (await ana.call("GET", path))[0] == 403
    assert (await ana.call("DELETE", path))[0] == 403
    status, held = await sue.call("GET", path)
    assert status == 200
    assert held["notes"][0]["text"] == f"note about {CANARY}"
    assert (await sue.call("GET", f"/api/v1/customers/{CANARY}@example.com"))[0] == 404
    status, erasure = await sue.call("DELETE", path)
    assert status == 200
    assert (await sue.call("DELETE", path))[0] == 404
    async with app.read() as tx:
        row = (await tx.execute(select(Audit).where(Audit.action == "customer.erased"))).scalar_one()
    assert (row.who, row.subject, row.detail) == ("sue@team.example.com", erasure["id"], {})
