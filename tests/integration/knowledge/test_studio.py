"""Articles in the studio and over HTTP: who may read and write, what is kept, what a tried question shows."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from actions.knowledge import StoredKnowledge
from bot.adapters.loopback import require_token
from bot.adapters.rasa import BotUnavailable, RankedIntent, RasaClient, Understanding
from bot.knowledge.articles import ArticleStatus, Audience
from bot.processes.ask import ask_route
from bot.services.app import App
from bot.services.articles import create_article, history
from bot.settings import Settings
from tests.integration.knowledge.conftest import an_article
from tests.integration.knowledge.test_verdicts import SHOWN, said, talk
from tests.support.studio import sign_in, studio_client

ARTICLES = "/api/v1/articles"
BODY = {
    "title": "Do you wrap gifts?",
    "body": "Yes, says {company}.",
    "tags": ["gifts"],
    "questions": ["Can you wrap it?"],
    "intents": ["gift_card"],
    "status": "published",
}
TOKEN = "inner"


class Understands:
    """A Rasa that takes everything for one intent, or is away."""

    def __init__(self, away: bool = False) -> None:
        self.away = away

    async def parse(self, texts: list[str]) -> list[Understanding]:
        if self.away:
            raise BotUnavailable("away")
        return [Understanding(ranking=[RankedIntent(intent="gift_card", confidence=0.95)]) for _ in texts]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Without https, which the cookie would insist on."""
    return Settings(data=tmp_path, company="Lumen & Hearth", demo=False)


@pytest.fixture
async def client(app: App, quick_hashing: None) -> AsyncIterator[TestClient]:
    async with studio_client(app) as made:
        yield made


async def post(client: TestClient, path: str, body: dict, method: str = "POST") -> tuple[int, dict]:
    answer = await client.request(method, path, json=body)
    return answer.status, await answer.json()


async def test_an_article_is_written_edited_and_archived_over_http(app: App, client: TestClient) -> None:
    await sign_in(app, client, "admin")
    status, made = await post(client, ARTICLES, {**BODY, "id": "gift-wrap", "note": "asked for daily"})
    assert (status, made["version"], made["status"]) == (200, 1, "published")
    edit = {**BODY, "body": "Only in December.", "version": 1}
    assert (await post(client, f"{ARTICLES}/gift-wrap", edit, "PUT"))[1]["version"] == 2
    status, refused = await post(client, f"{ARTICLES}/gift-wrap", {**edit, "body": "Never."}, "PUT")
    assert (status, refused["title"]) == (409, "article_moved")
    assert (await post(client, f"{ARTICLES}/gift-wrap/status", {"status": "archived"}))[1]["version"] == 3
    versions = (await (await client.get(f"{ARTICLES}/gift-wrap/versions")).json())["items"]
    assert [(v["version"], v["status"], v["author"]) for v in versions][1:] == [
        (2, "published", "admin@example.com"),
        (1, "published", "admin@example.com"),
    ]
    assert versions[2]["note"] == "asked for daily"
    old = await (await client.get(f"{ARTICLES}/gift-wrap/versions/1")).json()
    assert old["body"] == "Yes, says {company}."
    assert (await client.get(f"{ARTICLES}/gift-wrap/versions/9")).status == 404
    assert (await post(client, f"{ARTICLES}/nope/status", {"status": "draft"}))[0] == 404
    assert (await post(client, f"{ARTICLES}/nope", {**edit}, "PUT"))[0] == 404


async def test_what_is_not_in_order_is_refused_with_a_sentence(app: App, client: TestClient) -> None:
    await sign_in(app, client, "admin")
    status, problem = await post(client, ARTICLES, {**BODY, "id": "gift-wrap", "body": "Ask {boss}."})
    assert (status, problem["title"]) == (409, "article_refused")
    assert "{boss}" in problem["detail"]
    assert (await post(client, ARTICLES, {**BODY, "id": "gift-wrap", "questions": []}))[0] == 422
    assert (await post(client, ARTICLES, {**BODY, "id": "x", "status": "gone"}))[0] == 422


async def test_agents_read_what_is_published_and_write_nothing(app: App, client: TestClient) -> None:
    await create_article(app, "ada", an_article())
    await create_article(app, "ada", an_article("hidden", status=ArticleStatus.DRAFT))
    await sign_in(app, client, "agent")
    listed = await (await client.get(ARTICLES)).json()
    assert [item["id"] for item in listed["items"]] == ["gift-wrap"]
    assert (await client.get(f"{ARTICLES}/gift-wrap")).status == 200
    assert (await client.get(f"{ARTICLES}/hidden")).status == 404
    assert (await client.get(f"{ARTICLES}/gift-wrap/versions")).status == 403
    assert (await post(client, ARTICLES, {**BODY, "id": "mine"}))[0] == 403
    assert (await client.get("/studio/articles")).status == 403


async def test_the_list_is_searched_filtered_and_paged(app: App, client: TestClient) -> None:
    for name in ("apples", "berries", "cherries"):
        await create_article(app, "ada", an_article(name, title=f"About {name}"))
    await create_article(app, "ada", an_article("dates", status=ArticleStatus.DRAFT, audience=Audience.AGENT))
    await sign_in(app, client, "supervisor")

    async def ids(query: str) -> list[str]:
        return [item["id"] for item in (await (await client.get(f"{ARTICLES}?{query}")).json())["items"]]

    assert await ids("q=about+BERRIES") == ["berries"]
    assert await ids("status=draft") == ["dates"]
    assert await ids("audience=agent") == ["dates"]
    first = await (await client.get(f"{ARTICLES}?limit=2")).json()
    assert (first["next"], await ids("limit=2&cursor=berries")) == ("berries", ["cherries", "dates"])


async def test_tallies_are_told_by_article_and_by_version(app: App, client: TestClient) -> None:
    await create_article(app, "ada", an_article())
    await talk(app, SHOWN, said(True))
    await talk(app, SHOWN, said(False))
    await sign_in(app, client, "supervisor")
    (item,) = (await (await client.get(ARTICLES)).json())["items"]
    assert item["tally"] == {"shown": 2, "yes": 1, "no": 1, "none_of_these": 0, "escalated": 0, "helped": 0.5}
    (version,) = (await (await client.get(f"{ARTICLES}/gift-wrap/versions")).json())["items"]
    assert version["tally"]["shown"] == 2
    page = await (await client.get("/studio/articles/gift-wrap")).text()
    assert "50.0 %" in page
    assert "50.0 %" in await (await client.get("/studio/articles?sort=trouble")).text()


async def test_an_admin_writes_publishes_and_puts_an_old_version_back_on_the_page(app: App, client: TestClient) -> None:
    csrf = await sign_in(app, client, "admin")
    form = {
        "csrf": csrf, "id": "gift-wrap", "title": "Do you wrap?", "body": "Yes.\r\n\r\nAlways.", "tags": "gifts, paper",
        "questions": "Can you wrap it?\r\n\r\nGift paper", "intents": "gift_card", "audience": "customer",
        "status": "draft", "note": "first",
    }  # fmt: skip
    made = await client.post("/studio/articles/new", data=form, allow_redirects=False)
    assert (made.status, made.headers["Location"]) == (303, "/studio/articles/gift-wrap")
    (row,) = await history(app, "gift-wrap")
    assert (row.body, row.tags, row.questions) == (
        "Yes.\n\nAlways.",
        ["gifts", "paper"],
        ["Can you wrap it?", "Gift paper"],
    )
    page = "/studio/articles/gift-wrap"
    await client.post(f"{page}/status", data={"csrf": csrf, "status": "published"}, allow_redirects=False)
    edit = {**form, "body": "No.", "version": "2", "status": "published"}
    assert (await client.post(page, data=edit, allow_redirects=False)).status == 303
    stale = await client.post(page, data={**edit, "body": "Perhaps."}, allow_redirects=False)
    text = await stale.text()
    assert stale.status == 409
    assert "saved version 3 meanwhile" in text
    assert "Perhaps." in text, "what was typed is not lost"
    old = await (await client.get(f"{page}?version=1")).text()
    assert "Saving puts this one back as version 4" in old
    assert "Always." in old
    assert 'name="version" value="3"' in old


async def test_a_refused_new_article_keeps_what_was_typed(app: App, client: TestClient) -> None:
    csrf = await sign_in(app, client, "admin")
    form = {
        "csrf": csrf, "id": "Gift Wrap", "title": "Wrap?", "body": "By hand.", "questions": "wrap", "status": "draft",
        "audience": "customer",
    }  # fmt: skip
    answer = await client.post("/studio/articles/new", data=form)
    text = await answer.text()
    assert answer.status == 409
    assert "is no slug" in text
    assert "By hand." in text
    assert (await client.post("/studio/articles/new", data={**form, "csrf": "no"})).status == 403


async def test_supervisors_look_and_do_not_edit(app: App, client: TestClient) -> None:
    await create_article(app, "ada", an_article())
    csrf = await sign_in(app, client, "supervisor")
    page = await (await client.get("/studio/articles/gift-wrap")).text()
    assert "Editing needs the role admin" in page
    assert "<textarea" not in page
    assert (
        await client.post("/studio/articles/gift-wrap/status", data={"csrf": csrf, "status": "draft"})
    ).status == 403
    assert (await client.get("/studio/articles/new")).status == 403
    assert (await client.get("/studio/articles/nope")).status == 404


@pytest.mark.parametrize("away", [False, True])
async def test_a_tried_question_shows_the_answer_scores_and_runners_up(
    app: App, knowledge: StoredKnowledge, quick_hashing: None, away: bool
) -> None:
    inner = web.Application(middlewares=[require_token(TOKEN)])
    inner.router.add_routes([ask_route(knowledge, cast(RasaClient, Understands(away)))])
    async with TestServer(inner) as worker, studio_client(app, str(worker.make_url("")).rstrip("/"), TOKEN) as client:
        await sign_in(app, client, "admin")
        status, told = await post(client, f"{ARTICLES}/try", {"text": "can you wrap my present in paper?"})
        assert status == 200
        assert told["answered"] == "gift-wrap"
        assert told["probability"] >= told["bar"]
        assert told["sole"] is not away
        assert told["intents"] == ([] if away else [["gift_card", 0.95]])
        assert [near["article"] for near in told["ranking"]] == ["gift-wrap", "parking"]
        page = await (await client.get("/studio/articles?ask=can+you+wrap+my+present+in+paper%3F")).text()
        assert "The bot answers with" in page
        assert "The bot does not answer" in await (await client.get("/studio/articles?ask=who+won+the+match")).text()
        assert (await client.get("/studio/articles?ask=%3F")).status == 200
        await post(client, f"{ARTICLES}/gift-wrap/status", {"status": "archived"})
        _, told = await post(client, f"{ARTICLES}/try", {"text": "can you wrap my present in paper?"})
        assert "gift-wrap" not in {near["article"] for near in told["ranking"]}


async def test_a_question_cannot_be_tried_while_the_worker_is_away(app: App, client: TestClient) -> None:
    await sign_in(app, client, "supervisor")
    assert (await post(client, f"{ARTICLES}/try", {"text": "hello"}))[0] == 503
    assert "cannot be asked just now" in await (await client.get("/studio/articles?ask=hello")).text()
