"""What comes of an article is counted once a case, for the version the customer saw, with the turn's own commit."""

from uuid import uuid4

from bot.adapters.rasa import BotReply, Button
from bot.services.app import App
from bot.services.article_verdicts import Tally, by_article, tallies
from bot.services.articles import create_article, edit_article
from bot.services.receive import receive_text
from tests.integration.knowledge.conftest import an_article
from tests.integration.test_turns import FakeRasa, begin, run_next

ARTICLE = {"id": "gift-wrap", "version": 1, "title": "Do you wrap gifts?", "score": 0.9}
SHOWN = BotReply(text="Yes, we do.", custom={"rapport": {"article": ARTICLE}})


def said(helped: bool, **more: object) -> BotReply:
    verdict = {"id": "gift-wrap", "version": 1, "helped": helped}
    return BotReply(text="I see.", custom={"rapport": {"verdict": verdict, **more}})


async def talk(app: App, *replies: BotReply) -> str:
    """A conversation in which the bot answers each message of the customer with the next reply."""
    conversation = await begin(app)
    for position, reply in enumerate(replies):
        if position:
            await receive_text(app, conversation, str(uuid4()), "and then?")
        assert await run_next(app, FakeRasa(reply))
    return conversation


async def test_yes_and_no_are_counted_for_the_version_that_was_shown(app: App) -> None:
    await talk(app, SHOWN, said(True))
    await talk(app, SHOWN, said(False))
    newer = BotReply(text="New words.", custom={"rapport": {"article": {**ARTICLE, "version": 2}}})
    await talk(app, newer)
    found = await tallies(app)
    assert found == {("gift-wrap", 1): Tally(shown=2, yes=1, no=1), ("gift-wrap", 2): Tally(shown=1)}
    assert by_article(found)["gift-wrap"] == Tally(shown=3, yes=1, no=1)
    assert by_article(found)["gift-wrap"].helped == 0.5
    assert Tally(shown=1).helped is None


async def test_one_case_counts_once_however_often_it_asks(app: App) -> None:
    await talk(app, SHOWN, said(False), SHOWN, said(False))
    assert await tallies(app) == {("gift-wrap", 1): Tally(shown=1, no=1)}


async def test_a_person_needed_afterwards_counts_against_what_did_not_help(app: App) -> None:
    passing_on = BotReply(text="One moment.", custom={"rapport": {"transition": {"to": "queue", "reason": "asked"}}})
    await talk(app, SHOWN, passing_on)
    await talk(app, SHOWN, said(True), passing_on)
    await talk(app, passing_on)
    assert await tallies(app, "gift-wrap") == {("gift-wrap", 1): Tally(shown=2, yes=1, escalated=1)}


async def test_none_of_these_counts_for_each_article_that_was_offered_last(app: App) -> None:
    await create_article(app, "ada", an_article())
    await create_article(app, "ada", an_article("other"))
    await edit_article(app, "ada", an_article("other", body="Changed."))
    conversation = await begin(app)
    earlier = [
        Button(title="Old", payload='/choose_article{"article": "old"}'),
        Button(title="None", payload="/none_of_these"),
    ]
    await run_next(app, FakeRasa(BotReply(text="One of these?", buttons=earlier)))
    near = [
        Button(title="Gifts", payload='/choose_article{"article": "gift-wrap"}'),
        Button(title="Other", payload='/choose_article{"article": "other"}'),
        Button(title="Track an order", payload="/track_order"),
        Button(title="None of these", payload="/none_of_these"),
    ]
    await receive_text(app, conversation, str(uuid4()), "blorf")
    await run_next(app, FakeRasa(BotReply(text="Or one of these?", buttons=near)))
    await receive_text(app, conversation, str(uuid4()), "none of those")
    await run_next(app, FakeRasa(BotReply(text="In other words?"), intent="none_of_these"))
    assert await tallies(app) == {
        ("gift-wrap", 1): Tally(none_of_these=1),
        ("other", 2): Tally(none_of_these=1),
    }
