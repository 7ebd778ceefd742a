"""Customers who write what the bot misses."""

from dataclasses import dataclass
from typing import Any

from bot.services.app import App
from bot.services.cases import open_case
from bot.services.timeline import append_message
from bot.store.base import new_id
from bot.store.tables import Conversation, Customer, Message

FALLBACK = {"intent": "nlu_fallback", "ranking": [{"intent": "cancel_order", "confidence": 0.2}]}
SURE = {"intent": "greet", "ranking": [{"intent": "greet", "confidence": 0.99}]}


@dataclass
class Writer:
    """Lets customers write, each in a conversation of their own."""

    app: App

    async def say(self, *lines: str, nlu: dict[str, Any] = FALLBACK, escalated: bool = False) -> list[str]:
        """The ids of the customer's messages; the bot answers each."""
        now, ids = self.app.now(), []
        async with self.app.write() as tx:
            customer = Customer(id=new_id(), created_at=now, seen_at=now)
            tx.add(customer)
            await tx.flush()
            conversation = Conversation(id=new_id(), customer_id=customer.id, created_at=now, last_seq=0)
            tx.add(conversation)
            await tx.flush()
            case = await open_case(tx, now, conversation)
            case.ever_escalated = escalated
            for line in lines:
                said = await append_message(
                    tx, now, conversation.id, case_id=case.id, author="customer", text=line, model_id="m"
                )
                message = await tx.get(Message, said.id)
                assert message is not None
                message.nlu = nlu
                ids.append(message.id)
                await append_message(
                    tx, now, conversation.id, case_id=case.id, author="bot", text=f"about {line}", reply_to=message.id
                )
        return ids
