"""A customer whose cases the desk's tests work on."""

from uuid import uuid4

from bot.services.receive import receive_human, receive_text
from bot.services.timeline import frames_after
from bot.store.tables import Case, Conversation


class Customer:
    """A customer's thread, written to as the socket would."""

    def __init__(self, app, conversation: str) -> None:
        self.app = app
        self.conversation = conversation

    async def says(self, text: str) -> None:
        await receive_text(self.app, self.conversation, str(uuid4()), text)

    async def wants_person(self) -> None:
        await receive_human(self.app, self.conversation, str(uuid4()))

    async def case(self) -> Case:
        async with self.app.read() as tx:
            conversation = await tx.get(Conversation, self.conversation)
            return await tx.get(Case, conversation.case_id)

    async def frames(self) -> list[dict]:
        async with self.app.read() as tx:
            return await frames_after(tx, self.conversation, 0)

    async def texts(self) -> list[str]:
        return [frame["text"] for frame in await self.frames() if frame["type"] == "message"]


async def path_of(customer: Customer) -> str:
    return f"/api/v1/desk/cases/{(await customer.case()).id}"
