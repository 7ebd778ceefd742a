"""What stands behind the order tools: the shop, and what we keep ourselves (failed proofs, mails owed, goodwill)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bot.adapters.shop import Invoice, Match, Order, Product, Quote, ReturnOpened, Voucher
from bot.domain.goodwill import Refusal
from bot.services import effects, goodwill, order_proof
from bot.services.app import App
from bot.services.mail import owe_mail
from bot.store.engine import Tx
from bot.store.tables import Goodwill


class Shop(Protocol):
    """What the actions need of the shop; `bot.adapters.shop.ShopClient` documents each."""

    async def order(self, number: str) -> Order | None: ...
    async def orders_of(self, customer: str, limit: int = 5) -> list[Order]: ...
    async def products(self, words: str, limit: int = 5) -> list[Product]: ...
    async def verify(self, number: str, email: str) -> Match: ...
    async def cancel(self, number: str, reason: str, fee_cents: int, key: str) -> Order: ...
    async def quote(self, number: str, quantities: Mapping[str, int]) -> Quote: ...
    async def change_items(self, number: str, quantities: Mapping[str, int], total_cents: int, key: str) -> Order: ...
    async def change_address(self, number: str, address: Mapping[str, str], key: str) -> Order: ...
    async def open_return(
        self, number: str, items: Mapping[str, int | None], reason: str, key: str
    ) -> ReturnOpened: ...
    async def invoice(self, number: str, hours: int) -> Invoice: ...
    async def give_voucher(self, number: str, amount_cents: int, reason: str, key: str) -> Voucher: ...
    async def credit(self, number: str, amount_cents: int, reason: str, key: str) -> Order: ...
    async def set_newsletter(self, customer: str, subscribed: bool, key: str) -> None: ...
    async def close(self) -> None: ...


class OrderDesk(Protocol):
    """What we keep about orders ourselves; the services named in `StoreDesk` document each."""

    async def proof_locked(self, conversation: str, number: str) -> bool: ...
    async def note_failed_proof(self, conversation: str, number: str, message_id: str) -> int: ...
    async def owe_mail(self, message_id: str, case_id: str, recipient: str, subject: str, text: str) -> None: ...
    async def reserve(self, grievance: goodwill.Grievance) -> Goodwill | Refusal: ...
    async def accept(self, goodwill_id: str) -> Goodwill | Refusal: ...
    async def decline(self, goodwill_id: str) -> None: ...
    async def grant(self, goodwill_id: str) -> Goodwill: ...


class StoreDesk:
    """The real one, over the store and the shop."""

    def __init__(self, app: App, shop: Shop) -> None:
        self._app = app
        self._shop = shop

    async def proof_locked(self, conversation: str, number: str) -> bool:
        return await order_proof.proof_locked(self._app, conversation, number)

    async def note_failed_proof(self, conversation: str, number: str, message_id: str) -> int:
        return await order_proof.note_failed_proof(self._app, conversation, number, message_id)

    async def owe_mail(self, message_id: str, case_id: str, recipient: str, subject: str, text: str) -> None:
        """Once for each message, however often its turn is repeated."""

        async def work(tx: Tx) -> dict[str, Any]:
            await owe_mail(tx, self._app.now(), recipient=recipient, subject=subject, text=text, case_id=case_id)
            return {}

        await effects.once(self._app, message_id, "order_mail", case_id, work)

    async def reserve(self, grievance: goodwill.Grievance) -> Goodwill | Refusal:
        return await goodwill.reserve(self._app, grievance)

    async def accept(self, goodwill_id: str) -> Goodwill | Refusal:
        return await goodwill.accept(self._app, goodwill_id)

    async def decline(self, goodwill_id: str) -> None:
        await goodwill.decline(self._app, goodwill_id)

    async def grant(self, goodwill_id: str) -> Goodwill:
        return await goodwill.grant(self._app, self._shop, goodwill_id)
