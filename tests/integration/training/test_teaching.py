"""The teaching inbox over a real store: what is in it, deciding, undoing, new intents."""

import pytest
from sqlalchemy import select

from bot.domain.inbox import Why
from bot.services.app import App
from bot.services.inbox import BadCursor, inbox
from bot.services.staff import StaffMember
from bot.services.teaching import (
    UNDO_DEPTH,
    NewIntent,
    TeachingRefused,
    add_example,
    intents,
    remove_example,
    set_aside,
    teach,
    undo,
)
from bot.store.base import new_id
from bot.store.tables import Example, TaughtIntent
from bot.training.dataset import load_taught
from tests.integration.training.customers import SURE, Writer


@pytest.fixture
def writer(app: App) -> Writer:
    return Writer(app)


async def taught(app: App) -> list[tuple[str, str]]:
    async with app.read() as tx:
        return list((await load_taught(tx)).examples)


async def test_a_missed_message_is_shown_redacted_in_its_context(app: App, writer: Writer) -> None:
    await writer.say("hi there", "card 4111111111111111 was charged, mail a@b.example", "are you there?")
    page = await inbox(app)
    item = next(item for item in page.items if "charged" in item.text)
    assert item.text == "card [card] was charged, mail [e-mail]"
    assert [line.text for line in item.before] == ["hi there", "about hi there"]
    assert item.after[0].text == "about card [card] was charged, mail [e-mail]"
    assert item.guesses == (("cancel_order", 0.2),)
    assert item.reasons == (Why.NOT_UNDERSTOOD,)


async def test_what_was_understood_is_not_shown(app: App, writer: Writer) -> None:
    await writer.say("hello", nlu=SURE)
    assert (await inbox(app)).total == 0


async def test_cases_that_went_wrong_come_first_and_can_be_chosen(app: App, writer: Writer) -> None:
    await writer.say("quiet miss")
    await writer.say("loud miss", escalated=True)
    assert [item.text for item in (await inbox(app)).items] == ["loud miss", "quiet miss"]
    assert [item.text for item in (await inbox(app, why=Why.WENT_WRONG)).items] == ["loud miss"]


async def test_pages_follow_each_other_without_gap_or_repeat(app: App, writer: Writer) -> None:
    words = ("lamp", "hinge", "siren", "fridge", "window")
    for word in words:
        await writer.say(f"{word} {word}")
    found, cursor = [], None
    while True:
        page = await inbox(app, limit=2, cursor=cursor)
        found += [item.text for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(found) == sorted(f"{word} {word}" for word in words)
    with pytest.raises(BadCursor):
        await inbox(app, cursor="nonsense")


async def test_a_decision_teaches_all_near_identical_messages_at_once(
    app: App, writer: Writer, admin: StaffMember
) -> None:
    for line in ("do the thing please", "please do the thing!", "Do the thing, please"):
        await writer.say(line)
    (item,) = (await inbox(app)).items
    ids = [item.message_id, *(message_id for message_id, _ in item.similar)]
    assert len(ids) == 3
    assert len((await teach(app, admin, ids, "cancel_order")).messages) == 3
    assert (await inbox(app)).total == 0
    assert {intent for _, intent in await taught(app)} == {"cancel_order"}
    assert len((await undo(app, admin)).messages) == 3
    assert (await inbox(app)).total == 1
    assert await taught(app) == []


async def test_what_is_taught_is_redacted_too(app: App, writer: Writer, admin: StaffMember) -> None:
    (id_,) = await writer.say("stop it, mail a@b.example")
    await teach(app, admin, [id_], "cancel_order")
    async with app.read() as tx:
        assert (await tx.execute(select(Example.text))).scalar_one() == "stop it, mail [e-mail]"


async def test_ten_decisions_can_be_taken_back_and_no_more(app: App, writer: Writer, admin: StaffMember) -> None:
    ids = [(await writer.say(f"{word} {word} {word}"))[0] for word in "abcdefghijkl"]
    for id_ in ids:
        await set_aside(app, admin, [id_])
    back = [(await undo(app, admin)).messages[0] for _ in range(UNDO_DEPTH)]
    assert back == ids[::-1][:UNDO_DEPTH]
    with pytest.raises(TeachingRefused, match="nothing to undo"):
        await undo(app, admin)


async def test_nobody_takes_back_what_another_decided(app: App, writer: Writer, admin: StaffMember) -> None:
    (id_,) = await writer.say("do the thing")
    await set_aside(app, admin, [id_])
    other = StaffMember(id=new_id(), email="bob@example.com", name="Bob", role="admin")
    with pytest.raises(TeachingRefused, match="nothing to undo"):
        await undo(app, other)


async def test_a_message_is_decided_once(app: App, writer: Writer, admin: StaffMember) -> None:
    (id_,) = await writer.say("do the thing")
    await set_aside(app, admin, [id_])
    with pytest.raises(TeachingRefused, match="decided about this message already"):
        await teach(app, admin, [id_], "cancel_order")
    with pytest.raises(TeachingRefused, match="not there any more"):
        await teach(app, admin, ["nope"], "cancel_order")


async def test_a_new_intent_goes_with_its_last_example(app: App, writer: Writer, admin: StaffMember) -> None:
    (id_,) = await writer.say("come and fit it")
    await teach(app, admin, [id_], "", new=NewIntent("book_visit", "We fit it for you."))
    assert any(intent.name == "book_visit" and intent.new and intent.taught == 1 for intent in await intents(app))
    await undo(app, admin)
    assert all(intent.name != "book_visit" for intent in await intents(app))
    await teach(app, admin, [id_], "", new=NewIntent("book_visit", None))
    async with app.read() as tx:
        row = await tx.get(TaughtIntent, "book_visit")
    assert row is not None
    assert (row.answer, row.removed_at) == (None, None)


@pytest.mark.parametrize("name", ["Book", "book visit", "book__visit", "_book", "book1", "EXTERNAL_x", ""])
async def test_a_name_that_rasa_could_misread_is_refused(
    app: App, writer: Writer, admin: StaffMember, name: str
) -> None:
    (id_,) = await writer.say("come and fit it")
    with pytest.raises(TeachingRefused, match="lower-case letters"):
        await teach(app, admin, [id_], "", new=NewIntent(name, "x"))


async def test_an_intent_that_is_there_already_is_not_made_again(app: App, writer: Writer, admin: StaffMember) -> None:
    (id_,) = await writer.say("come and fit it")
    for name in ("cancel_order", "choose_article"):
        with pytest.raises(TeachingRefused, match="already"):
            await teach(app, admin, [id_], "", new=NewIntent(name, "x"))
    with pytest.raises(TeachingRefused, match="no intent 'book_visit'"):
        await teach(app, admin, [id_], "book_visit")


async def test_words_that_are_a_phrase_of_another_intent_are_refused(
    app: App, writer: Writer, admin: StaffMember
) -> None:
    (id_,) = await writer.say("Cancel my order!")
    with pytest.raises(TeachingRefused, match="training phrase of 'cancel_order' already"):
        await teach(app, admin, [id_], "track_order")
    await teach(app, admin, [id_], "cancel_order")


async def test_taking_an_example_out_brings_its_message_back(app: App, writer: Writer, admin: StaffMember) -> None:
    (id_,) = await writer.say("do the thing")
    await teach(app, admin, [id_], "cancel_order")
    async with app.read() as tx:
        example_id = (await tx.execute(select(Example.id))).scalar_one()
    await remove_example(app, example_id)
    assert (await inbox(app)).total == 1
    with pytest.raises(LookupError):
        await remove_example(app, example_id)


async def test_a_phrase_of_ones_own_needs_words_and_a_known_intent(app: App, admin: StaffMember) -> None:
    await add_example(app, admin, "away with my purchase", "cancel_order")
    assert await taught(app) == [("away with my purchase", "cancel_order")]
    with pytest.raises(TeachingRefused, match="needs words"):
        await add_example(app, admin, " ?! ", "cancel_order")
    with pytest.raises(TeachingRefused, match="no intent"):
        await add_example(app, admin, "away", "nonsense")
