"""Orders: finds the order first, asking for what is missing through the form `order_form`, then does what was wanted.

The form only collects. Whatever it collected, it ends and `action_order` looks again; when something is still missing
(the address, another number) that action opens the form anew. So all decisions are in one place.
"""

from __future__ import annotations

import structlog

from actions.base import Option, RapportAction, Turn
from actions.compensation import UPSET, leave_form
from actions.handoff import escalate
from actions.options import NEVER_MIND, PERSON, order_option
from actions.order_card import order_title
from actions.order_changes import DETAIL, ask_for, fits_question
from actions.order_deeds import DEEDS
from actions.order_lookup import Found, Missing, find_order, only_details, orders_named, recent_orders, typed_number
from actions.order_words import asks_where, only_names_order
from actions.support import offer_person, show_article
from bot.adapters.shop import ShopUnavailable
from bot.domain.address import names_address
from bot.domain.order_changes import read_count
from bot.domain.plain_answers import says_stop_asking
from bot.knowledge.guide_answers import is_question
from bot.services.order_proof import TRIES

log = structlog.get_logger()

FORM = "order_form"
TASKS = {
    "track_order": "track_order",
    "order_delayed": "order_delayed",
    "cancel_order": "cancel_order",
    "change_order": "change_order",
    "choose_line": "change_order",
    "choose_quantity": "change_order",
    "change_shipping_address": "change_address",
    "track_refund": "track_refund",
    "start_return": "return_item",
    "return_item": "return_item",
    "get_invoice": "get_invoice",
    "send_invoice": "send_invoice",
}
"""Intents that need an order, and what is then done with it."""

LEFT = "left"
"""Put into `order_task` when the customer no longer wants anything done."""
GAVE_UP = "gave_up"
"""The same when a detail (address, quantity) could not be understood."""
STOPPED = "stopped"
"""The same when the customer wants to be asked no more."""
QUIET = "quiet"
"""The same when other things were asked instead: the question was repeated often enough, and nothing is said of it."""
MOST_REPEATS = 2
"""How often what the form wants is asked again below answers to something else."""
SURE_OF_TASK = 0.75
NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
UNCLEAR = NOT_UNDERSTOOD | {"affirm", "rate_experience"}
ABOUT_ADDRESSES = frozenset({"set_up_shipping_address", "edit_account"})
"""Replies that are no detour: within the form they are failed attempts to answer."""


class HandleOrder(RapportAction):
    """The one entry and the one end of everything about an order."""

    def name(self) -> str:
        return "action_order"

    async def handle(self, turn: Turn) -> None:
        text = turn.context.text
        answers = FORM in turn.ran() or (turn.context.typed and (only_details(text) or only_names_order(text)))
        named = TASKS.get(turn.context.intent)
        if named == "track_order" and turn.context.typed and not asks_where(text) and _holds_address(turn):
            named = "change_address"
        # A number or an address is no new wish, whatever intent it looks like.
        task = turn.slot("order_task") or named if answers else named or turn.slot("order_task")
        if task == LEFT:
            turn.set(order_task=None)
            await turn.run_other("action_never_mind")
            return
        if task == STOPPED:
            turn.set(order_task=None)
            await turn.run_other("action_stop_asking")
            return
        if task == QUIET:
            turn.set(order_task=None)
            return
        if task == GAVE_UP:
            turn.set(order_task=None, order_change=None)
            offer_person(turn, "detail_gave_up")
            return
        if task == UPSET:
            turn.set(order_task=None)
            offer_person(turn, "offer_person_angry")
            return
        if not task or task not in DEEDS:
            offer_person(turn, "order_gave_up")
            return
        turn.set(order_task=task, problem_open=True)
        if answers:
            _complete(turn)
        turn.set(order_tried=None)
        try:
            found = await find_order(turn, task)
            if found.order is not None:
                turn.set(order_asks=0)
                await DEEDS[task](turn, found.order)
            else:
                self._ask_on(turn, found)
        except ShopUnavailable as error:
            log.warning("shop.unavailable", case=turn.context.case_id, task=task, why=str(error))
            shop_down(turn, task)

    def _ask_on(self, turn: Turn, found: Found) -> None:
        if found.missing is Missing.NO_ORDERS:
            turn.say("no_orders", options=[PERSON])
        elif found.missing is Missing.LOCKED:
            number, email = turn.slot("order_number"), turn.slot("email")
            turn.say("order_not_proven")
            escalate(turn, "not_verified", f"Find out whose order {number} is: not proven with {email}, three tries")
            turn.set(order_number=None, email=None)
        elif found.missing is Missing.NO_MATCH:
            signed_in = turn.context.verified and not turn.slot("email")
            tried = [turn.slot("order_number"), turn.slot("email")]
            turn.set(order_number=None, email=None, order_tried=tried)
            turn.say("order_not_yours" if signed_in else "order_no_match")
            ask_for(turn, "order_number")
        elif found.missing is Missing.EMAIL:
            ask_for(turn, "email")
        else:
            ask_for(turn, "order_number")


def _holds_address(turn: Turn) -> bool:
    """Whether the message holds a whole address; the number of an order is no postcode of it."""
    text = turn.context.text
    for name, value in turn.context.entities:
        if name == "order_number":
            text = text.replace(str(value).rpartition("-")[2], "")
    return names_address(text)


def _complete(turn: Turn) -> None:
    """After a mismatch a reply may bring one half only; the other is the one given before."""
    number, email = turn.slot("order_tried") or (None, None)
    if number and not turn.slot("order_number") and turn.slot("email"):
        turn.set(order_number=number)
    elif email and not turn.slot("email") and turn.slot("order_number"):
        turn.set(email=email)


def shop_down(turn: Turn, task: str) -> None:
    """Honest words, and a person who looks it up: a customer must not wait for our shop to come back."""
    turn.say("shop_down")
    number = turn.slot("order_number")
    about = f" for order {number}" if number else ""
    escalate(turn, "shop_unavailable", f"The customer wanted: {task.replace('_', ' ')}{about}; nothing was done yet")


def _repeats(turn: Turn) -> int:
    """How often the form has asked since it was opened; 0 when this turn opened it."""
    if "action_order" in turn.ran():
        return 0
    count = 0
    for event in reversed(turn.tracker.events):
        name = event.get("name") if event.get("event") == "action" else None
        if name == "action_order":
            break
        count += name in {"action_ask_order_number", "action_ask_email"}
    return count


class ValidateOrderForm(RapportAction):
    """Takes number or address out of a reply; leaves any other message to its own rule (the form is then resumed)."""

    part_of_form = True

    def name(self) -> str:
        return "validate_order_form"

    async def handle(self, turn: Turn) -> None:
        requested = turn.slot("requested_slot")
        if not turn.replies_to_form:
            # Just opened, or back from a detour: nothing new was said to the form.
            if _repeats(turn) > MOST_REPEATS:
                turn.set(requested_slot=None, order_task=QUIET)
            else:
                turn.set(requested_slot=requested)
            return
        if says_stop_asking(turn.context.text):
            turn.set(requested_slot=None, order_task=STOPPED, order_asks=0)
            return
        if turn.context.wants_out:
            turn.set(requested_slot=None, order_task=LEFT, order_asks=0)
            return
        if requested == DETAIL:
            self._take_detail(turn)
            return
        number = turn.context.entity("order_number")
        if number is None and requested == "order_number":
            number = typed_number(turn.context.text)
        email = turn.context.entity("email")
        if number or email:
            if number:
                turn.set(order_number=str(number))
            if email:
                turn.set(email=str(email))
            turn.set(requested_slot=None, order_asks=0)
            self._note_task(turn)
        elif not await leave_form(turn):
            await self._answer_question(turn)
            self._go_on_asking(turn, requested)

    async def _answer_question(self, turn: Turn) -> None:
        """A question that no intent fits may still have its article; then the form asks below it."""
        if not turn.context.typed or turn.context.intent not in NOT_UNDERSTOOD or not is_question(turn.context.text):
            return
        found = await turn.runtime.knowledge.answer(turn.context.text)
        if found.article is not None:
            show_article(turn, found.article, found.passage, found.score)

    def _go_on_asking(self, turn: Turn, requested: str | None) -> None:
        """Neither number nor address: perhaps another wish, perhaps nothing that is understood."""
        asks = int(turn.slot("order_asks") or 0) + 1
        if turn.context.intent in TASKS:
            before = turn.slot("order_task")
            self._note_task(turn)
            anew = turn.context.external_id is not None and turn.slot("order_task") != before
            # Another wish may be about another order, perhaps about one only.
            turn.set(requested_slot=None if anew else requested, order_asks=asks)
        elif turn.context.intent in UNCLEAR:
            turn.set(order_asks=asks, requested_slot=requested)
            if asks >= TRIES:
                turn.set(requested_slot=None, order_task=None, order_asks=0)

    def _take_detail(self, turn: Turn) -> None:
        """An address or a quantity; a question in between is left to its own rule."""
        if fits_question(turn):
            tapped = turn.context.entity("quantity")
            kind = (turn.slot("order_change") or {}).get("kind")
            reply = (read_count(turn.context.text) if tapped is None else tapped) if kind == "quantity" else None
            turn.set(order_detail=turn.context.text if reply is None else reply, requested_slot=None, order_asks=0)
        elif turn.context.intent in UNCLEAR | ABOUT_ADDRESSES | TASKS.keys():
            asks = int(turn.slot("order_asks") or 0) + 1
            turn.set(order_asks=asks, requested_slot=DETAIL)
            if asks >= TRIES:
                turn.set(requested_slot=None, order_task=GAVE_UP, order_asks=0)

    def _note_task(self, turn: Turn) -> None:
        """ "Actually, cancel it: LH-100234" changes what is wanted; a bare number never does."""
        context = turn.context
        if context.intent in TASKS and context.confidence >= SURE_OF_TASK and not only_details(context.text):
            turn.set(order_task=TASKS[context.intent])


class AskOrderNumber(RapportAction):
    """Which order? A signed-in customer chooses among the recent ones."""

    part_of_form = True

    def name(self) -> str:
        return "action_ask_order_number"

    async def handle(self, turn: Turn) -> None:
        try:
            task = str(turn.slot("order_task") or "")
            # One that is named by its things would have been taken without a question, had it been the one.
            named = await orders_named(turn, task)
            orders = named if len(named) > 1 else await recent_orders(turn, task)
        except ShopUnavailable:
            orders = []
        if orders:
            options = [order_option(order_title(order), order.number) for order in orders[:4]]
            turn.say("which_order", options=[*options, NEVER_MIND])
        elif turn.slot("order_tried"):
            turn.say("ask_either_again", options=[PERSON, NEVER_MIND])
        elif turn.slot("order_asks"):
            turn.say("ask_order_number_again", options=[PERSON, NEVER_MIND])
        else:
            turn.say("ask_order_number", options=[NO_NUMBER, NEVER_MIND])


class AskEmail(RapportAction):
    """The address the order was placed with."""

    part_of_form = True

    def name(self) -> str:
        return "action_ask_email"

    async def handle(self, turn: Turn) -> None:
        again = bool(turn.slot("order_asks"))
        turn.say("ask_email_again" if again else "ask_email", options=[PERSON, NEVER_MIND] if again else [NEVER_MIND])


class NoNumber(RapportAction):
    """Where an order number is found."""

    keeps_pending = True

    def name(self) -> str:
        return "action_no_number"

    async def handle(self, turn: Turn) -> None:
        turn.say("where_is_number", options=() if turn.loop else [PERSON])


NO_NUMBER = Option("option_no_number", "no_number")
