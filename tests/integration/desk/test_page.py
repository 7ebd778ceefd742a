"""Where the customer is on the website: it reaches the case, the packet and the agent, live as well."""

import asyncio
from uuid import uuid4

import pytest

from bot.services.receive import receive_human, receive_text
from bot.services.visitors import change_page, open_visit
from bot.store.tables import Case, Conversation

HUB = {"url": "https://shop.example/p/hub", "title": "Hub", "product": {"id": "hub", "name": "Hub", "price": "59 €"}}
BASKET = {"url": "https://shop.example/basket", "cart": {"items": "2", "total": "118 €"}}


async def connect(client, token: str | None = None, **hello: object):
    """A visitor's open socket, after its welcome."""
    socket = await client.ws_connect("/ws/visitor", protocols=("rapport.v1",))
    await socket.send_json({"type": "hello", "last_seq": 0, **({"token": token} if token else {}), **hello})
    welcome = await socket.receive_json(timeout=30)
    assert welcome["type"] == "welcome"
    return socket, welcome


async def page_of(app, conversation: str) -> object:
    async with app.read() as tx:
        return (await tx.get(Conversation, conversation)).page


async def until_page(app, conversation: str, page: object) -> None:
    async with asyncio.timeout(30):
        while await page_of(app, conversation) != page:
            await asyncio.sleep(0.01)


async def test_the_agent_sees_where_the_customer_began_asked_and_is_now(app, sign_up) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="en", page=HUB)
    conversation = visit.conversation_id
    await receive_text(app, conversation, str(uuid4()), "It does not start")
    await change_page(app, conversation, BASKET)
    await receive_human(app, conversation, str(uuid4()))
    await change_page(app, conversation, "/help")
    async with app.read() as tx:
        case = await tx.get(Case, (await tx.get(Conversation, conversation)).case_id)
    status, detail = await (await sign_up("Ana")).call("GET", f"/api/v1/desk/cases/{case.id}")
    assert status == 200
    assert detail["customer"]["began_on"] == HUB
    assert detail["packet"]["page"] == BASKET
    assert detail["customer"]["page"] == {"url": "/help"}


async def test_a_page_sent_while_connected_is_kept_and_hinted_to_the_desk(app, client, sign_up) -> None:
    socket, welcome = await connect(client, page=HUB)
    conversation = welcome["conversation"]
    assert await page_of(app, conversation) == HUB
    await receive_text(app, conversation, str(uuid4()), "hello")
    desk = await client.ws_connect("/ws/staff")
    await desk.send_json({"type": "hello", "token": (await sign_up("Ana")).token})
    assert (await desk.receive_json(timeout=30))["type"] == "welcome"
    await socket.send_json({"type": "page", "page": BASKET})
    async with asyncio.timeout(30):
        while (await desk.receive_json()).get("topic") != "desk":
            pass
    assert await page_of(app, conversation) == BASKET


@pytest.mark.parametrize("page", [{"url": "javascript:alert(1)"}, {}, "not an address", None, 5, ["x"]])
async def test_a_page_of_which_nothing_can_be_used_changes_nothing(app, client, page) -> None:
    socket, welcome = await connect(client, page=HUB)
    await socket.send_json({"type": "page", "page": page})
    await socket.send_json({"type": "ping"})
    assert (await socket.receive_json(timeout=30))["type"] == "pong"
    assert await page_of(app, welcome["conversation"]) == HUB


async def test_a_flood_of_pages_ends_the_socket_and_not_the_right_to_send(app, client) -> None:
    socket, welcome = await connect(client)
    for number in range(app.settings.send_limit + 1):
        await socket.send_json({"type": "page", "page": f"/p/{number}"})
    answer = await socket.receive_json(timeout=30)
    assert (answer["code"], (await socket.receive(timeout=30)).data) == ("too_fast", 4029)
    again, _ = await connect(client, welcome["token"])
    await again.send_json({"type": "send", "cid": str(uuid4()), "text": "still here"})
    frames = [await again.receive_json(timeout=30) for _ in range(2)]
    assert "error" not in {frame["type"] for frame in frames}


async def test_the_way_without_sockets_takes_pages_too(app, client) -> None:
    hello = await client.post("/api/v1/visitor/hello", json={"page": HUB})
    body = await hello.json()
    headers = {"Authorization": f"Bearer {body['token']}"}
    answer = await client.post("/api/v1/visitor/messages", json={"type": "page", "page": BASKET}, headers=headers)
    assert answer.status == 200
    await until_page(app, body["conversation"], BASKET)


async def test_a_refused_hello_says_whether_it_was_the_identity_or_the_token(client) -> None:
    for field, value in (("identity", "made.up.jwt"), ("token", "made-up")):
        socket = await client.ws_connect("/ws/visitor", protocols=("rapport.v1",))
        await socket.send_json({"type": "hello", field: value})
        answer = await socket.receive_json(timeout=30)
        assert (answer["code"], answer["of"]) == ("bad_token", field)
        refused = await client.post("/api/v1/visitor/hello", json={field: value})
        assert (refused.status, (await refused.json())["of"]) == (401, field)
