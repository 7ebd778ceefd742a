"""Editing articles in the store, and that the bot answers from the edit without a restart."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from actions.knowledge import StoredKnowledge
from bot.knowledge.articles import ArticleStatus, Audience
from bot.services.app import App
from bot.services.articles import (
    ArticleMoved,
    ArticleRefused,
    all_articles,
    create_article,
    edit_article,
    history,
    set_status,
)
from tests.integration.knowledge.conftest import an_article

ADA = "ada@example.com"
QUESTION = "can you wrap my present in paper?"


async def test_every_save_is_a_version_with_author_and_note(app: App) -> None:
    await create_article(app, ADA, an_article(), "asked for daily")
    second = await edit_article(app, "bo@example.com", an_article(body="In December."))
    assert (second.version, second.body) == (2, "In December.")
    rows = await history(app, "gift-wrap")
    assert [(row.version, row.author, row.note, row.origin) for row in rows] == [
        (2, "bo@example.com", "", "studio"),
        (1, ADA, "asked for daily", "studio"),
    ]
    assert rows[1].body.startswith("Yes, says")


async def test_the_same_content_again_makes_no_version(app: App) -> None:
    made = await create_article(app, ADA, an_article())
    assert await edit_article(app, ADA, made) == made
    assert (await set_status(app, ADA, made.id, ArticleStatus.PUBLISHED)).version == 1


async def test_whoever_began_from_an_older_version_is_told(app: App) -> None:
    await create_article(app, ADA, an_article())
    await edit_article(app, ADA, an_article(body="In December."))
    with pytest.raises(ArticleMoved, match="saved version 2 meanwhile; you began from version 1"):
        await edit_article(app, "bo@example.com", an_article(body="In May."))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"body": "  "}, "no text"),
        ({"body": "Ask {boss}."}, "placeholder {boss}"),
        ({"title": ""}, "title"),
        ({"questions": ()}, "questions"),
        ({"questions": ("Same?", "same?")}, "there twice"),
        ({"id": "Gift Wrap"}, "no slug"),
        ({"intents": ("wrap_gift",)}, "no intent wrap_gift"),
    ],
)
async def test_an_article_that_is_not_in_order_is_refused_with_the_reason(app: App, changes: dict, why: str) -> None:
    with pytest.raises(ArticleRefused, match=f"(?i){why}"):
        await create_article(app, ADA, replace(an_article(), **changes))
    assert await all_articles(app) == []


async def test_a_taken_name_and_an_unknown_article_are_refused(app: App) -> None:
    await create_article(app, ADA, an_article())
    with pytest.raises(ArticleRefused, match="already"):
        await create_article(app, ADA, an_article())
    with pytest.raises(LookupError):
        await edit_article(app, ADA, an_article("nope"))
    with pytest.raises(LookupError):
        await set_status(app, ADA, "nope", ArticleStatus.ARCHIVED)


async def test_an_edit_answers_the_next_question_without_a_restart(app: App, knowledge: StoredKnowledge) -> None:
    before = await knowledge.answer(QUESTION)
    assert before.article and before.article.version == 1
    assert not await knowledge.renew()
    watching = asyncio.create_task(knowledge.watch())
    try:
        await edit_article(app, ADA, an_article(body="Only on Sundays."))
        knowledge.wake()
        async with asyncio.timeout(30):
            while (await knowledge.article("gift-wrap")).version == 1:
                await asyncio.sleep(0.01)
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    after = await knowledge.answer(QUESTION)
    assert (after.article.version, after.passage) == (2, "Only on Sundays.")


async def test_a_rebuild_encodes_only_the_new_words(app: App, knowledge: StoredKnowledge, monkeypatch) -> None:
    encoded: list[str] = []
    whole = knowledge.encoder.encode
    monkeypatch.setattr(knowledge.encoder, "encode", lambda texts: encoded.extend(texts) or whole(texts))
    await edit_article(app, ADA, an_article(body="Only on Sundays."))
    assert await knowledge.renew()
    assert encoded == ["Do you wrap gifts?. Only on Sundays."]


@pytest.mark.parametrize("change", [{"audience": Audience.AGENT}, {"status": ArticleStatus.DRAFT}])
async def test_what_is_not_for_customers_never_reaches_one(app: App, knowledge: StoredKnowledge, change: dict) -> None:
    await edit_article(app, ADA, replace(an_article(), **change))
    await knowledge.renew()
    found = await knowledge.answer(QUESTION)
    assert found.article is None or found.article.id != "gift-wrap"
    assert "gift-wrap" not in {near.article_id for near in found.suggestions}
    assert await knowledge.article("gift-wrap") is None


async def test_a_store_that_is_away_leaves_the_old_answers(app: App, knowledge: StoredKnowledge, monkeypatch) -> None:
    asked = asyncio.Event()

    async def fail(_app: App) -> int:
        asked.set()
        raise OSError("away")

    monkeypatch.setattr("actions.knowledge.stamp", fail)
    watching = asyncio.create_task(knowledge.watch())
    knowledge.wake()
    async with asyncio.timeout(30):
        await asked.wait()
    assert (await knowledge.answer(QUESTION)).article is not None
    assert not watching.done()
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
