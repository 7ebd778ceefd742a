"""Passing the customer to a person: at once when asked for, offered when it seems better."""

from __future__ import annotations

from typing import Any

from actions.base import RapportAction, Turn
from actions.pending import Pending, read_pending

PACKET_SLOTS = ("order_number", "order_task", "product", "email")


def escalate(turn: Turn, reason: str, *promise: str) -> None:
    """Ask for the queue with all the dialogue knows. The worker tells the customer: waiting, or a ticket number.

    `promise` is what the customer was told will be done.
    """
    slots = {name: turn.slot(name) for name in PACKET_SLOTS if turn.slot(name)}
    turn.leave_loop()
    context: dict[str, Any] = {"slots": slots, "steps_tried": turn.slot("steps_tried") or []}
    if promise:
        context["open_promises"] = [{"text": text, "due_at": None} for text in promise]
    turn.move("queue", reason, context)
    turn.set(pending=None, guide_state=None, next_wants=None)


class Escalate(RapportAction):
    """A person was asked for: nothing is asked back."""

    def name(self) -> str:
        return "action_escalate"

    async def handle(self, turn: Turn) -> None:
        kind, _ = read_pending(turn.slot("pending"))
        escalate(turn, "offer_accepted" if kind == Pending.PERSON_OFFER else "asked_for_person")


class DeclinePerson(RapportAction):
    """The offer of a person was declined: go on without, but leave the door open."""

    def name(self) -> str:
        return "action_decline_person"

    async def handle(self, turn: Turn) -> None:
        turn.set(misses=0)
        turn.say("person_declined")


class WelcomeBack(RapportAction):
    """A person handed the case back to the assistant."""

    def name(self) -> str:
        return "action_welcome_back"

    async def handle(self, turn: Turn) -> None:
        turn.set(misses=0, guide_state=None)
        turn.leave_loop()
        turn.say("welcome_back")
