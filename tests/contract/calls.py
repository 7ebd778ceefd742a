"""The calls of the contract test: each custom action at the beginning of a dialogue and in the midst of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from actions.runtime import Runtime
from bot.adapters.shop import Order
from bot.domain.effort import EffortLedger
from bot.domain.goodwill import GoodwillReason, Refusal
from bot.knowledge.guide_engine import start
from bot.services.app import App
from bot.services.goodwill import Grievance
from bot.store.base import new_id
from tests.integration.conftest import MovableClock
from tests.integration.loyalty.conftest import Person, World

ROOT = Path(__file__).resolve().parents[2]
MIRA = "cus_mira"
MIRAS_EMAIL = "mira.okafor@example.com"
JONAS = "cus_jonas"
AFTER_SURVEY = {"action_after_survey"}
AFTER_CASE = {"action_after_resolution"}
NEARLY_ANSWERED = ("something with my phone number", "thermostat shows a wrong temperature", "fees for something")
"""The articles have something near, and nothing that answers."""


@dataclass
class Call:
    """One action, the message it answers and the dialogue before it. Goes to Rasa's side as JSON."""

    action: str
    metadata: dict[str, Any]
    text: str = "hello"
    intent: str = "greet"
    entities: dict[str, Any] = field(default_factory=dict)
    typed: bool = True
    slots: dict[str, Any] = field(default_factory=dict)
    loop: str | None = None
    earlier: list[str] = field(default_factory=list)
    stranger: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        pending = f", open question {self.slots['pending']}" if self.slots.get("pending") else ""
        loop = f", in {self.loop}" if self.loop else ""
        return f"{self.action} on {self.intent} {self.text!r}{loop}{pending}"


def custom_actions() -> list[str]:
    """Every action of domain.yml that runs in the worker."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    return [name for name in domain["actions"] if not name.startswith("utter_")]


def intents_by_action() -> dict[str, list[str]]:
    """For each action the intents whose rule runs it."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text("utf-8"))["rules"]:
            intents = [step["intent"] for step in rule["steps"] if "intent" in step]
            for step in rule["steps"]:
                if "action" in step and intents:
                    found.setdefault(step["action"], []).append(intents[-1])
    return found


class Dialogues:
    """Makes calls whose customer, case and survey really are in the store."""

    def __init__(self, app: App, runtime: Runtime, clock: MovableClock) -> None:
        self._runtime = runtime
        self._world = World(app, clock)
        self._intents = intents_by_action()

    async def all(self) -> list[Call]:
        """Each action fresh and in the midst; the actions that decide by the open question or a form, in each case."""
        fresh = [await self._fresh(name) for name in custom_actions()]
        midway = [await self._midway(name) for name in custom_actions()]
        return [*fresh, *midway, *await self._answers_to_questions(), *await self._orders(), *await self._guides()]

    async def _fresh(self, action: str) -> Call:
        """A stranger's first message."""
        intent = self._intents.get(action, ["greet"])[0]
        person, case_id, survey_id = await self._customer(action)
        entities = {"survey": survey_id} if action in AFTER_SURVEY else {}
        return Call(
            action, _metadata(person, case_id), text=f"something about {intent}", intent=intent, entities=entities,
            typed=not intent.startswith("EXTERNAL_"),
        )  # fmt: skip

    async def _midway(self, action: str) -> Call:
        """A signed-in customer who has written before, with an order, a guide and an open question."""
        intent = self._intents.get(action, ["greet"])[-1]
        person, case_id, survey_id = await self._customer(action)
        orders = await self._runtime.shop.orders_of(MIRA)
        slots = {
            "articles_shown": ["return-item"], "email": MIRAS_EMAIL, "greeted": True, "misses": 1, "not_helped": 1,
            "order_number": orders[0].number, "pending": "helped", "problem_open": True, "steps_tried": [],
            "guide_state": await self._guide_state(), "survey": survey_id,
        }  # fmt: skip
        entities = {"article": "return-item", "guide_choice": "nothing", "sku": "everything", "text": "It is late."}
        if survey_id and action in AFTER_SURVEY:
            entities["survey"] = survey_id
        metadata = _metadata(person, case_id, external_id=MIRA)
        return Call(
            action, metadata, text="how do I return it", intent=intent, entities=entities, slots=slots,
            typed=not intent.startswith(("EXTERNAL_", "choose_")), earlier=["my lamp is broken", "what now"],
        )  # fmt: skip

    async def _customer(self, action: str) -> tuple[Person, str, str | None]:
        """A customer in the store, the case, and the survey that was shown."""
        person = await self._world.customer()
        if action not in AFTER_SURVEY | AFTER_CASE:
            return person, await self._world.case(person, status="open", resolution=None), None
        case_id = await self._world.case(person, effort=EffortLedger(customer_messages=3, guided=True))
        if action in AFTER_CASE:
            return person, case_id, None
        survey_id = await self._world.surveyed(case_id)
        await self._world.answer(person, survey_id, 2)
        return person, case_id, survey_id

    async def _answers_to_questions(self) -> list[Call]:
        """Yes and no to each question that can be open."""
        cancel = await self._order_of(JONAS, "can_cancel")
        sent_back = await self._order_of(MIRA, "can_return")
        person = await self._world.customer()
        case_id = await self._world.case(person)
        survey_id = await self._world.surveyed(case_id)
        questions = {
            "helped": MIRA, "solved": MIRA, "all_done": MIRA, "person_offer": MIRA, "rating": MIRA,
            f"rating:{survey_id}:5:quick": MIRA, "testimonial:Lovely lamps.": MIRA,
            f"return:{sent_back.number}:{sent_back.items[0].sku}": MIRA, f"cancel:{cancel.number}": JONAS,
            f"items:{cancel.number}": JONAS, f"address:{cancel.number}": JONAS, "account:newsletter_off": MIRA,
            "account:delete_account": MIRA, f"goodwill:{await self._gesture()}": MIRA,
        }  # fmt: skip
        said = _metadata(person, case_id)
        calls = [Call("action_rate_in_words", said, "a 4, it was quick", "rate_experience", {"score": 4})]
        for text in NEARLY_ANSWERED:
            calls.append(Call("action_fallback", _metadata(person, case_id), text, "nlu_fallback"))
        for pending, customer in questions.items():
            for intent, text in (("deny", "no"), ("affirm", "yes")):
                metadata = _metadata(person, case_id, external_id=customer)
                slots = {"pending": pending, "problem_open": True, "order_change": _changes(cancel).get(pending)}
                calls.append(Call(f"action_{intent}", metadata, text=text, intent=intent, slots=slots))
        return calls

    async def _orders(self) -> list[Call]:
        """Each thing that is done with an order, for a signed-in customer and for one with number and address."""
        person = await self._world.customer()
        case_id = await self._world.case(person, status="open", resolution=None)
        numbers = [order.number for order in await self._runtime.shop.orders_of(MIRA)]
        tasks = [("order_delayed", ""), ("cancel_order", ""), ("track_refund", ""), ("start_return", ""),
                 ("get_invoice", ""), ("track_order", "report_problem")]  # fmt: skip
        calls = []
        for number in numbers:
            for intent, task in tasks:
                slots = {"order_number": number, "email": MIRAS_EMAIL, "order_task": task or None}
                metadata = _metadata(person, case_id)
                text = number if task else f"about {number}"
                calls.append(Call("action_order", metadata, text, intent, slots=slots))
        calls.append(Call("action_order", _metadata(person, case_id, external_id=MIRA), "where is it", "track_order"))
        wrong = {"order_number": numbers[0], "email": "someone@example.com", "order_task": "track_order"}
        calls.append(Call("action_order", _metadata(person, case_id), "where is it", "track_order", slots=wrong))
        waiting = {"requested_slot": "order_number", "order_task": "track_order"}
        for text, intent in ((numbers[0], "track_order"), ("no idea", "deny"), ("never mind", "deny"), ("?", "greet")):
            metadata = _metadata(person, case_id)
            calls.append(Call("validate_order_form", metadata, text, intent, slots=waiting, loop="order_form"))
        calls += await self._changes(person, case_id)
        signed = _metadata(person, case_id, external_id=MIRA)
        for action in ("action_ask_order_number", "action_ask_email"):
            calls.append(Call(action, signed, "where is it", "track_order", slots=waiting, loop="order_form"))
        return calls

    async def _changes(self, person: Person, case_id: str) -> list[Call]:
        """Other quantities, another address, the invoice: asked for, replied to, and mailed."""
        order = await self._order_of(JONAS, "can_change")
        line = order.items[-1]
        said = _metadata(person, case_id, external_id=JONAS)
        calls = []
        for text, intent, entities in (
            ("change my order", "change_order", {}), (f"take out {line.name}", "change_order", {}),
            (line.name, "choose_line", {"sku": line.sku}), ("another address", "change_shipping_address", {}),
            ("send it to Storgatan 1, 111 22 Stockholm", "change_shipping_address", {}),
            ("by mail", "send_invoice", {}),
        ):  # fmt: skip
            slots = {"order_number": order.number}
            calls.append(Call("action_order", {**said, "message_id": new_id()}, text, intent, entities, slots=slots))
        for change in (
            {"kind": "quantity", "sku": line.sku, "name": line.name},
            {"kind": "address", "missing": ["city"]},
        ):
            slots = {"order_number": order.number, "requested_slot": "order_detail", "order_change": change}
            for text in ("2", "Storgatan 1, 111 22 Stockholm", "hm"):
                metadata = {**said, "message_id": new_id()}
                calls.append(
                    Call("validate_order_form", metadata, text, "nlu_fallback", slots=slots, loop="order_form")
                )
            calls.append(
                Call("action_ask_order_detail", said, "change it", "change_order", slots=slots, loop="order_form")
            )
        return calls

    async def _gesture(self) -> str:
        late = Grievance(GoodwillReason.LATE_ORDER, "LH-100234", MIRA, days_late=3, order_value=14700, currency="EUR")
        reserved = await self._runtime.desk.reserve(late)
        assert not isinstance(reserved, Refusal)
        return reserved.id

    async def _guides(self) -> list[Call]:
        """A guide's step shown, answered, left and ended."""
        person = await self._world.customer()
        case_id = await self._world.case(person, status="open", resolution=None)
        inside = {"guide_state": await self._guide_state(), "requested_slot": "guide_reply"}
        calls = []
        for text, intent in (("yes", "affirm"), ("asdf", "nlu_fallback"), ("never mind", "deny"), ("hi", "greet")):
            metadata = _metadata(person, case_id)
            calls.append(Call("validate_guide_form", metadata, text, intent, slots=inside, loop="guide_form"))
        shown = _metadata(person, case_id)
        calls.append(Call("action_ask_guide_reply", shown, "go on", "continue_guide", slots=inside, loop="guide_form"))
        for end in ("solved", "left", "later", "came_back", "asked_for_person"):
            metadata = _metadata(person, case_id)
            calls.append(Call("action_guide_end", metadata, "yes", "affirm", slots={**inside, "guide_end": end}))
        for intent in self._intents["action_guide"]:
            for text in ("it does not work", "my hub is not online"):
                calls.append(Call("action_guide", _metadata(person, case_id), text, intent, slots=inside))
        return calls

    async def _guide_state(self) -> dict[str, Any]:
        guide = await self._runtime.knowledge.guide_for("device_offline")
        assert guide is not None
        return start(guide).state.to_json()

    async def _order_of(self, customer: str, can: str) -> Order:
        orders = await self._runtime.shop.orders_of(customer)
        return next(order for order in orders if getattr(order, can))


def _changes(order: Order) -> dict[str, dict[str, Any]]:
    """What was proposed, by the question that is open about it."""
    line = order.items[-1]
    one = {"number": order.number, "wanted": {line.sku: 1}, "total": order.total_cents, "what": "one only"}
    there = {**order.address, "line1": "Storgatan 1"}
    return {
        f"items:{order.number}": one,
        f"address:{order.number}": {"number": order.number, "address": there, "what": "Storgatan 1"},
    }


def _metadata(person: Person, case_id: str, external_id: str | None = None) -> dict[str, Any]:
    """What the worker sends with a turn. Here `external_id` need not be in the store: only the shop is asked for it."""
    return {
        "message_id": new_id(),
        "conversation_id": person.conversation_id,
        "case_id": case_id,
        "customer_id": person.customer_id,
        "external_id": external_id,
        "verified": external_id is not None,
        "email": None,
        "name": "Mira Okafor" if external_id else None,
        "locale": "en",
    }


def actions_in(calls: Iterable[Call]) -> dict[str, int]:
    """How often each action is called."""
    counted: dict[str, int] = {}
    for call in calls:
        counted[call.action] = counted.get(call.action, 0) + 1
    return counted


def a_clock() -> MovableClock:
    """The present: the sample shop counts its orders' dates from it."""
    return MovableClock(datetime.now(UTC))
