"""A dialogue for one action at a time: trackers as Rasa sends them, a shop and a knowledge base in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.runtime import Runtime, Understand
from actions.wording import Wording
from bot.adapters.rasa import Understanding
from bot.adapters.shop import (
    Invoice,
    Match,
    Order,
    Product,
    Quote,
    Refund,
    Return,
    ReturnOpened,
    ShopRefused,
    ShopUnavailable,
    Voucher,
)
from bot.domain.goodwill import Gesture, GoodwillPolicy, LedgerState, Refusal, choose_gesture
from bot.knowledge.articles import Article
from bot.knowledge.guide_check import parse_guide
from bot.knowledge.guides import Guide
from bot.knowledge.ranking import Intents
from bot.knowledge.retrieval import Answer, Suggestion
from bot.services.app import App
from bot.services.goodwill import Grievance
from bot.services.order_proof import TRIES
from bot.services.texts import texts_of
from bot.settings import Settings
from bot.store.engine import Store
from bot.store.tables import Goodwill

MIRA = "cus_mira"
SIGNED = {"verified": True, "external_id": MIRA, "email": "mira@example.com", "name": "Mira Okafor"}
"""A customer who is signed in, as `Dialogue` takes it."""
ACCOUNT = ("delete_account", "edit_account", "newsletter_subscription", "privacy_data_request")
PAYING = Article(
    "paying", "Ways to pay", "By card or PayPal, says {company}.", intents=("check_payment_methods", *ACCOUNT)
)
GUIDE = """
guide: device_offline
title: A device is offline
intent: device_offline
opening: Let us bring it back.
solved: Lovely, it is back.
handoff: A colleague takes it from here.
first: light
steps:
  - id: light
    text: Is a light on?
    hint: Look at the front.
    options:
      - {id: lit, label: "Yes, it is lit", next: restart}
      - {id: dark, label: "No light at all", next: handoff}
  - id: restart
    text: Unplug it for ten seconds. Did that help?
    check: {no: handoff}
"""


def an_order(number: str = "LH-100234", **changes: Any) -> Order:
    """An order of Mira's on its way, with `changes`."""
    return Order.model_validate(
        {
            "number": number,
            "status": "shipped",
            "customer": MIRA,
            "email": "mira@example.com",
            "placed_at": datetime(2026, 3, 1, tzinfo=UTC),
            "shipped_at": datetime(2026, 3, 2, tzinfo=UTC),
            "expected_delivery": "2026-03-05",
            "items": [{"sku": "LAMP", "name": "Glow Lamp", "quantity": 1}],
            "total_text": "€40.00",
            "total_cents": 4000,
            "address": {"name": "Mira Okafor", "line1": "14 Lantern Row", "country": "Ireland"},
            **changes,
        }
    )


class FakeShop:
    """Orders with the address each was placed with. `down` makes it unreachable."""

    def __init__(self, *orders: Order, email: str = "mira@example.com") -> None:
        self.orders = {order.number: order for order in orders}
        self.email = email
        self.down = False
        self.cancelled: dict[str, str] = {}
        self.returned: dict[str, tuple[str, dict[str, int | None]]] = {}
        self.changed: dict[str, dict[str, int]] = {}
        self.sent_to: dict[str, dict[str, str]] = {}
        self.vouchers: dict[str, int] = {}
        self.newsletter: dict[str, bool] = {}
        self.refuses: str | None = None
        self.shelf: list[Product] = []

    def _up(self) -> None:
        if self.down:
            raise ShopUnavailable("down")

    async def order(self, number: str) -> Order | None:
        self._up()
        return self.orders.get(number if number.startswith("LH-") else f"LH-{number}")

    async def orders_of(self, customer: str, limit: int = 5) -> list[Order]:
        self._up()
        return [order for order in self.orders.values() if order.customer == customer][:limit]

    async def products(self, words: str, limit: int = 5) -> list[Product]:
        self._up()
        wanted = words.lower().split()
        found = (each for each in self.shelf if all(w in f"{each.name} {each.tagline}".lower() for w in wanted))
        return list(found)[:limit]

    async def verify(self, number: str, email: str) -> Match:
        order = await self.order(number)
        return Match(match=order is not None and email == self.email, customer=order.customer if order else None)

    def _willing(self) -> None:
        self._up()
        if self.refuses:
            raise ShopRefused(self.refuses, "No.", 409)

    async def quote(self, number: str, quantities: Mapping[str, int]) -> Quote:
        self._willing()
        fewer = sum(quantities.values()) < sum(line.quantity for line in self.orders[number].items)
        return Quote(total_cents=2500, total_text="€25.00", difference_text="€15.00", cheaper=fewer, dearer=not fewer)

    async def change_items(self, number: str, quantities: Mapping[str, int], total_cents: int, key: str) -> Order:
        self._willing()
        assert total_cents == 2500
        self.changed[key] = dict(quantities)
        return self.orders[number].model_copy(update={"total_text": "€25.00"})

    async def change_address(self, number: str, address: Mapping[str, str], key: str) -> Order:
        self._willing()
        self.sent_to[key] = dict(address)
        return self.orders[number]

    async def give_voucher(self, number: str, amount_cents: int, reason: str, key: str) -> Voucher:
        self._willing()
        self.vouchers[key] = amount_cents
        return Voucher(code="THANKS-1", amount_cents=amount_cents)

    async def credit(self, number: str, amount_cents: int, reason: str, key: str) -> Order:
        self._willing()
        return self.orders[number]

    async def set_newsletter(self, customer: str, subscribed: bool, key: str) -> None:
        self._up()
        self.newsletter[customer] = subscribed

    async def cancel(self, number: str, reason: str, fee_cents: int, key: str) -> Order:
        self._up()
        order = self.orders[number]
        if order.cancel_fee_cents != fee_cents:
            raise ShopRefused("fee_changed", "Another fee.", 409)
        if not order.can_cancel:
            raise ShopRefused("not_cancellable", "It has left.", 409)
        self.cancelled[key] = number
        refund = Refund(status="pending", amount_text=order.total_text)
        now = datetime(2026, 3, 3, tzinfo=UTC)
        return order.model_copy(update={"status": "cancelled", "cancelled_at": now, "refund": refund})

    async def open_return(self, number: str, items: Mapping[str, int | None], reason: str, key: str) -> ReturnOpened:
        self._up()
        self.returned[key] = (number, dict(items))
        return ReturnOpened(
            opened=Return(number="RT-00001", status="requested", amount_text="€40.00"),
            order=self.orders[number],
            label_url="https://shop.example/label",
        )

    async def invoice(self, number: str, hours: int) -> Invoice:
        self._up()
        return Invoice(number="INV-1", total_text="€40.00", url="https://shop.example/invoice")

    async def close(self) -> None:
        return None


class FakeDesk:
    """Failed proofs, mails and gestures in memory; the real ones are tested over both databases."""

    def __init__(self, shop: FakeShop) -> None:
        self.shop = shop
        self.failed: dict[str, set[str]] = {}
        self.mails: dict[str, tuple[str, str, str]] = {}
        self.gestures: dict[str, Goodwill] = {}

    async def proof_locked(self, conversation: str, number: str) -> bool:
        return len(self.failed.get(conversation, ())) >= TRIES

    async def note_failed_proof(self, conversation: str, number: str, message_id: str) -> int:
        self.failed.setdefault(conversation, set()).add(message_id)
        return len(self.failed[conversation])

    async def owe_mail(self, message_id: str, case_id: str, recipient: str, subject: str, text: str) -> None:
        self.mails[message_id] = (recipient, subject, text)

    async def reserve(self, grievance: Grievance) -> Goodwill | Refusal:
        key = f"{grievance.order_number}-{grievance.reason.value}"
        if key not in self.gestures:
            gesture = choose_gesture(GoodwillPolicy(), grievance.reason, grievance.days_late, grievance.order_value)
            if not isinstance(gesture, Gesture):
                return gesture
            self.gestures[key] = Goodwill(
                id=key, subject=grievance.order_number, kind=gesture.kind.value, amount=gesture.amount, currency="EUR",
                state=LedgerState.RESERVED.value, reason=grievance.reason.value,
            )  # fmt: skip
        return self.gestures[key]

    async def accept(self, goodwill_id: str) -> Goodwill | Refusal:
        row = self.gestures[goodwill_id]
        row.accepted_at = row.accepted_at or datetime(2026, 3, 3, tzinfo=UTC)
        return row

    async def decline(self, goodwill_id: str) -> None:
        self.gestures[goodwill_id].state = LedgerState.RELEASED.value

    async def grant(self, goodwill_id: str) -> Goodwill:
        row = self.gestures[goodwill_id]
        row.code = (await self.shop.give_voucher(row.subject, row.amount, "Late", f"goodwill:{row.id}")).code
        row.state = LedgerState.GRANTED.value
        return row


class FakeEncoder:
    """No word is like another."""

    def encode(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.eye(len(texts), 384, dtype=np.float32)

    def knows(self, word: str) -> bool:
        return True


class FakeKnowledge:
    """Knows one article, found by the words in `known`, and one guide."""

    def __init__(self, *known: str) -> None:
        self.known = known
        self.encoder = FakeEncoder()
        self.suggestions = (Suggestion("gift-cards", "Gift cards", 0.9), Suggestion("nonsense", "Nonsense", 0.1))
        self._guide = parse_guide(GUIDE, "device_offline.yml")

    async def load(self) -> None:
        return None

    def forget(self) -> None:
        return None

    def remember(self, text: str, packed: str) -> None:
        return None

    async def answer(self, text: str, intents: Intents = ()) -> Answer:
        if any(word in text.lower() for word in self.known):
            return Answer(PAYING, PAYING.body, 0.9, False, self.suggestions)
        return Answer(None, None, 0.2, True, self.suggestions)

    async def article(self, article_id: str) -> Article | None:
        return PAYING if article_id == PAYING.id else None

    async def guide_for(self, intent: str) -> Guide | None:
        return self._guide if intent == self._guide.intent else None

    async def guide(self, guide_id: str) -> Guide | None:
        return self._guide if guide_id == self._guide.id else None


class GuideForAll(FakeKnowledge):
    """Its one guide is every trouble's."""

    async def guide_for(self, intent: str) -> Guide | None:
        return self._guide


def fake_model(**meanings: tuple[str, float]) -> Understand:
    """Understands a text by the first of the given words in it; anything else is not understood."""

    async def understand(texts: list[str]) -> list[Understanding]:
        found = []
        for text in texts:
            intent, sure = next((m for word, m in meanings.items() if word in text.lower()), ("nlu_fallback", 0.2))
            found.append(Understanding(intent=intent, confidence=sure))
        return found

    return understand


def a_runtime(
    shop: FakeShop | None = None, knowledge: FakeKnowledge | None = None, understand: Understand | None = None
) -> Runtime:
    """The real texts and wordings over fakes; the store is not there, so nothing here may need it."""
    settings = Settings(data=Path("never-written"), smtp_url="smtp://mail.example")
    shop = shop or FakeShop()
    return Runtime(
        app=App(settings=settings, store=cast(Store, None), clock=lambda: datetime(2026, 3, 10, tzinfo=UTC)),
        shop=shop,
        desk=FakeDesk(shop),
        texts=texts_of(settings),
        wording=Wording.load(),
        knowledge=knowledge or FakeKnowledge("pay"),
        understand=understand,
    )


class Dialogue:
    """Carries slots and loop from action to action as Rasa would."""

    def __init__(self, runtime: Runtime | None = None, **metadata: Any) -> None:
        self.runtime = runtime or a_runtime()
        self.metadata = metadata
        self.slots: dict[str, Any] = {}
        self.loop: str | None = None
        self.events: list[dict[str, Any]] = []
        self.turns = 0
        self.latest: dict[str, Any] = {}

    def hears(self, text: str, intent: str, *, tapped: bool = False, sure: float = 0.9, **entities: Any) -> Dialogue:
        """The customer's next message, typed unless `tapped`. Slots of the same name as an entity are filled."""
        self.turns += 1
        rest = [] if tapped else [{"name": "track_order", "confidence": 0.16}]
        self.latest = {
            "text": text,
            "intent": {"name": intent, "confidence": sure},
            "intent_ranking": [{"name": intent, "confidence": sure}, *rest],
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
            "metadata": {"message_id": f"m{self.turns}", "case_id": "case", **self.metadata},
        }
        self.events.append({"event": "action", "name": "action_listen"})
        self.events.append(
            {"event": "user", "text": text, "parse_data": self.latest, "metadata": self.latest["metadata"]}
        )
        self.slots.update({name: value for name, value in entities.items() if name in {"order_number", "email"}})
        return self

    async def runs(self, action: str) -> list[dict[str, Any]]:
        """Run an action and give its messages."""
        tracker = Tracker.from_dict(
            {
                "sender_id": "case",
                "slots": dict(self.slots),
                "latest_message": self.latest,
                "events": list(self.events),
                "paused": False,
                "followup_action": None,
                "active_loop": {"name": self.loop} if self.loop else {},
                "latest_action_name": "action_listen",
            }
        )
        dispatcher = CollectingDispatcher()
        for event in await self.runtime.action(action).run(dispatcher, tracker, {}):
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "active_loop":
                self.loop = event["name"]
        self.events.append({"event": "action", "name": action})
        for message in dispatcher.messages:
            data = {"buttons": message.get("buttons") or None}
            self.events.append({"event": "bot", "text": message.get("text"), "data": data})
        return cast(list[dict[str, Any]], dispatcher.messages)


def texts(messages: Sequence[dict[str, Any]]) -> str:
    return " ".join(message.get("text") or "" for message in messages)


def options(messages: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Title to payload of everything offered."""
    return {button["title"]: button["payload"] for message in messages for button in message.get("buttons") or ()}


def envelope(messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All envelopes of the messages merged, the last winning."""
    merged: dict[str, Any] = {}
    for message in messages:
        merged.update((message.get("custom") or {}).get("rapport", {}))
    return merged


def talk_with(*orders: Order) -> Dialogue:
    """Somebody who is signed in and has these orders."""
    return Dialogue(a_runtime(FakeShop(*orders)), **SIGNED)
