"""The studio's doors: who may look, who may act, and that every page and route answers."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient

from bot.services.app import App
from bot.settings import Settings
from bot.training.ensure import ensure_live_model
from bot.training.promote import finish_promotion
from bot.training.train import train
from tests.integration.training.customers import Writer
from tests.support.studio import sign_in, studio_client

PAGES = ("/studio", "/studio/inbox", "/studio/taught", "/studio/models", "/studio/articles", "/studio/models/progress")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data=tmp_path, company="Lumen & Hearth", demo=False)


@pytest.fixture
async def client(app: App, quick_hashing: None) -> AsyncIterator[TestClient]:
    async with studio_client(app) as made:
        yield made


async def test_a_stranger_is_sent_to_sign_in_and_an_agent_is_refused(app: App, client: TestClient) -> None:
    for path in PAGES:
        answer = await client.get(path, allow_redirects=False)
        assert (answer.status, answer.headers["Location"][:13]) == (303, "/signin?next="), path
    assert (await client.get("/api/v1/nlu/inbox")).status == 401
    await sign_in(app, client, "agent")
    for path in PAGES:
        assert (await client.get(path)).status == 403, path
    assert (await client.get("/api/v1/models")).status == 403


async def test_a_supervisor_looks_and_does_not_act(app: App, client: TestClient) -> None:
    csrf = await sign_in(app, client, "supervisor")
    for path in PAGES:
        assert (await client.get(path)).status == 200, path
    for path in ("/api/v1/trainings", "/api/v1/models/rollback", "/api/v1/nlu/inbox"):
        assert (await client.post(path, json={"reason": "x", "decision": "undo"})).status == 403, path
    assert (await client.post("/studio/models/train", data={"csrf": csrf})).status == 403
    assert "Train a candidate" not in await (await client.get("/studio/models")).text()


async def test_a_form_without_the_sessions_token_is_refused(app: App, client: TestClient) -> None:
    await sign_in(app, client, "admin")
    assert (await client.post("/studio/models/train", data={})).status == 403
    assert (await client.post("/studio/taught", data={"text": "x", "intent": "greet"})).status == 403


async def test_no_page_carries_inline_script_or_style(app: App, client: TestClient) -> None:
    await sign_in(app, client, "admin")
    await ensure_live_model(app, print)
    other = await train(app, "ada", print, force=True)
    for path in (*PAGES, f"/studio/models/{other.id}"):
        answer = await client.get(path)
        text = await answer.text()
        assert answer.status == 200, path
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert " style=" not in text, path
        assert " onclick=" not in text, path
        assert all(" src=" in tag for tag in text.split("<script")[1:]), path


async def test_teaching_over_http_from_inbox_to_examples_and_back(app: App, client: TestClient) -> None:
    await sign_in(app, client, "admin")
    (message,) = await Writer(app).say("do the thing with the order")
    page = await (await client.get("/api/v1/nlu/inbox")).json()
    assert (page["total"], page["items"][0]["message"], page["next"]) == (1, message, None)
    taught = await client.post(
        "/api/v1/nlu/inbox", json={"decision": "intent", "messages": [message], "intent": "cancel_order"}
    )
    assert await taught.json() == {"messages": [message], "intent": "cancel_order"}
    examples = await (await client.get("/api/v1/nlu/examples")).json()
    assert [item["text"] for item in examples["items"]] == ["do the thing with the order"]
    assert "do the thing with the order" in await (await client.get("/studio/taught")).text()
    assert (await client.post("/api/v1/nlu/inbox", json={"decision": "undo"})).status == 200
    assert (await client.post("/api/v1/nlu/inbox", json={"decision": "undo"})).status == 409


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "intent", "messages": ["x"]},
        {"decision": "intent", "intent": "greet"},
        {"decision": "new_intent", "messages": ["x"]},
        {"decision": "shrug", "messages": ["x"]},
        {},
    ],
)
async def test_an_incomplete_decision_is_refused_by_name(app: App, client: TestClient, body: dict) -> None:
    await sign_in(app, client, "admin")
    answer = await client.post("/api/v1/nlu/inbox", json=body)
    assert answer.status == 422
    assert (await answer.json())["title"] == "invalid"


async def test_a_run_is_started_watched_and_cancelled_over_http(app: App, client: TestClient) -> None:
    await sign_in(app, client, "admin")
    run = await (await client.post("/api/v1/trainings", json={})).json()
    assert run["state"] == "queued"
    assert (await (await client.post("/api/v1/trainings", json={})).json())["id"] == run["id"]
    progress = await client.get("/studio/models/progress")
    replaced = await progress.text()
    assert "every 1s" in replaced and "<button" not in replaced, "a button must not go from under the finger"
    assert f"trainings/{run['id']}/cancel" in await (await client.get("/studio/models")).text()
    assert (await client.delete(f"/api/v1/trainings/{run['id']}", json={})).status == 204
    assert (await client.delete(f"/api/v1/trainings/{run['id']}", json={})).status == 409
    assert (await client.get("/studio/models/progress")).headers["HX-Refresh"] == "true"
    assert (await (await client.get(f"/api/v1/trainings/{run['id']}")).json())["state"] == "cancelled"
    assert (await client.get("/api/v1/trainings/nope")).status == 404


async def test_promoting_over_http_and_by_the_page(
    app: App, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrf = await sign_in(app, client, "admin")
    live = await ensure_live_model(app, print)
    good = await train(app, "ada", print, force=True)
    monkeypatch.setenv("STAND_IN", "bad")
    bad = await train(app, "ada", print, force=True)
    refused = await client.post(f"/api/v1/models/{bad.id}/promote", json={"reason": "hurry"})
    assert refused.status == 409
    assert (await refused.json())["gate"][0].startswith("Accuracy falls by")
    page = await client.post(f"/studio/models/{bad.id}/promote", data={"csrf": csrf, "reason": "hurry"})
    assert page.status == 409
    assert "The gate refuses this model" in await page.text()
    wish = await (await client.post(f"/api/v1/models/{good.id}/promote", json={"reason": "better"})).json()
    assert (wish["state"], wish["previous"]) == ("wanted", live.id)
    assert f"Switching to {good.id}" in await (await client.get("/studio/models/progress")).text()
    await finish_promotion(app, wish["id"], ok=True, error=None)
    assert (await (await client.get(f"/api/v1/promotions/{wish['id']}")).json())["state"] == "done"
    models = await (await client.get("/api/v1/models?limit=2")).json()
    assert len(models["items"]) == 2
    rest = await (await client.get(f"/api/v1/models?limit=2&cursor={models['next']}")).json()
    states = {item["id"]: item["state"] for item in [*models["items"], *rest["items"]]}
    assert states == {good.id: "live", live.id: "retired", bad.id: "candidate"}
    back = await client.post(
        "/studio/models/rollback", data={"csrf": csrf, "reason": "odd answers"}, allow_redirects=False
    )
    assert back.status == 303
    assert (await client.post("/api/v1/models/nope/promote", json={"reason": "x"})).status == 404


async def test_a_failed_run_is_told_on_the_page_word_for_word(
    app: App, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(app, client, "admin")
    monkeypatch.setenv("STAND_IN", "broken")
    with pytest.raises(Exception, match="Contradicting"):
        await train(app, "ada", print)
    assert (
        "data/rules/orders.yml:12: Contradicting rules were found" in await (await client.get("/studio/models")).text()
    )


async def test_a_period_that_makes_no_sense_is_answered_with_a_sentence(app: App, client: TestClient) -> None:
    await sign_in(app, client, "admin")
    for query in ("days=3", "from=yesterday", "from=2026-07-10&to=2026-07-01"):
        answer = await client.get(f"/studio?{query}")
        assert answer.status == 422, query
        assert 'role="alert"' in await answer.text()
