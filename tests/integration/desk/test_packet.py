"""What goes along when a person takes over."""

from uuid import uuid4

from bot.services.receive import receive_human, receive_text
from bot.services.visitors import open_visit
from bot.store.tables import Case, Conversation, Message


async def test_what_was_typed_goes_along_before_what_was_tapped(app) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="en", page=None)
    conversation = visit.conversation_id
    await receive_text(app, conversation, str(uuid4()), "my radiator stays cold")
    async with app.write() as tx:
        case_id = (await tx.get(Conversation, conversation)).case_id
        options = [{"id": "c-1", "title": "It works now"}, {"id": "c-2", "title": "No, still the same"}]
        tx.add(
            Message(
                conversation_id=conversation, case_id=case_id, seq=900, author="bot", text="Does it run?",
                parts={"choices": options}, created_at=app.now(),
            )
        )  # fmt: skip
    for _ in range(4):
        await receive_text(app, conversation, str(uuid4()), "No, still the same")
    await receive_human(app, conversation, str(uuid4()))
    async with app.read() as tx:
        assert (await tx.get(Case, case_id)).packet["last_words"] == ["my radiator stays cold"]


async def test_who_only_tapped_is_quoted_with_that(app) -> None:
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale="en", page=None)
    conversation = visit.conversation_id
    await receive_text(app, conversation, str(uuid4()), "Where is my order?")
    await receive_human(app, conversation, str(uuid4()))
    async with app.read() as tx:
        case = await tx.get(Case, (await tx.get(Conversation, conversation)).case_id)
    assert case.packet["last_words"] == ["Where is my order?"]
