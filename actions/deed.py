"""What all deeds at the shop have in common: a question before, one key, honest words when the shop does not answer."""

from __future__ import annotations

from abc import abstractmethod

import structlog

from actions.base import RapportAction, Turn
from actions.handoff import escalate
from actions.options import CONTINUE_GUIDE, DID_IT_HELP, SOMETHING_ELSE, THATS_ALL
from actions.pending import Pending, pending, read_pending
from bot.adapters.shop import ShopUnavailable

log = structlog.get_logger()

GUIDE_FORM = "guide_form"


def is_that_all(turn: Turn) -> None:
    """After something was done for the customer: "did that help?" would be an odd question then."""
    if turn.loop == GUIDE_FORM:
        return
    turn.say("is_that_all", options=[THATS_ALL, SOMETHING_ELSE])
    turn.set(pending=pending(Pending.ALL_DONE))


def did_it_help(turn: Turn) -> None:
    """After something was told."""
    if turn.loop == GUIDE_FORM:
        return  # the guide shows its step again, and one question at a time is enough
    left = [CONTINUE_GUIDE] if turn.slot("guide_state") else []
    turn.say("did_that_help", options=[*left, *DID_IT_HELP])
    turn.set(pending=pending(Pending.HELPED))


class ShopDeed(RapportAction):
    """A change at the shop that runs only on a yes to its own question.

    When the shop does not answer, a person gets what was wanted, word for word, and makes sure that it happens once.
    """

    kind: Pending
    """The question whose yes this is."""

    async def handle(self, turn: Turn) -> None:
        kind, arguments = read_pending(turn.slot("pending"))
        if kind != self.kind:
            turn.say("yes_to_what")
            return
        try:
            await self.do(turn, arguments)
        except ShopUnavailable as error:
            log.warning("shop.unavailable", case=turn.context.case_id, action=self.name(), why=str(error))
            turn.say("shop_down_deed")
            wanted = self.wanted(turn, arguments)
            escalate(turn, "shop_unavailable", f"Make sure that this is done exactly once, and say so: {wanted}")

    @abstractmethod
    async def do(self, turn: Turn, arguments: list[str]) -> None:
        """The change itself, with the arguments of its question. Raises ShopUnavailable."""

    @abstractmethod
    def wanted(self, turn: Turn, arguments: list[str]) -> str:
        """The change in words, for the person who takes over."""

    def key(self, turn: Turn) -> str:
        """The same for a repeated turn, another for every other message."""
        return f"{turn.context.message_id}:{self.name()}"
