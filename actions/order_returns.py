"""Sending something back: the policy's dates checked, the article chosen, the return confirmed and opened once."""

from __future__ import annotations

from actions.base import Option, RapportAction, Turn
from actions.deed import ShopDeed, is_that_all
from actions.options import PERSON
from actions.order_card import day, order_card, status_words
from actions.order_words import named_line
from actions.pending import Pending, pending
from actions.return_scope import EVERYTHING, Scope, for_colleagues, in_words, pack, pieces, said_pieces, unpack
from actions.support import offer_person
from bot.adapters.shop import Order, ShopRefused
from bot.domain.order_policy import ReturnStanding, ReturnTerms, return_standing


def standing(turn: Turn, order: Order) -> ReturnStanding:
    """Where the order stands today by the shop's dates, or by the policy where the shop gives none."""
    settings = turn.runtime.settings
    return return_standing(
        order.delivered_at.date() if order.delivered_at else None,
        turn.runtime.app.now().date(),
        ReturnTerms(settings.return_days, settings.warranty_months),
        until=order.return_until,
        warranty_until=order.warranty_until,
    )


async def choose_return(turn: Turn, order: Order) -> None:
    """Which article? With one only, or one that was named, straight to the confirmation."""
    if not order.can_return or standing(turn, order) is not ReturnStanding.RETURNABLE:
        _refuse(turn, order)
        return
    sku = order.items[0].sku if len(order.items) == 1 else named_line(turn, order)
    line = next((line for line in order.items if line.sku == sku), None)
    if line is not None:
        scope = {line.sku: said_pieces(turn.context.text, line) if turn.context.typed else None}
        confirm_return(turn, order.number, scope, in_words(order, scope))
        return
    options = [
        Option(pieces(line), "choose_return", (("sku", line.sku), ("order_number", order.number)))
        for line in order.items
    ]
    every = Option("option_everything", "choose_return", (("sku", EVERYTHING), ("order_number", order.number)))
    turn.utter(turn.text("return_which", number=order.number), options=[*options[:6], every])


def _refuse(turn: Turn, order: Order) -> None:
    """Say which of the reasons it is, and what helps instead: a customer should not have to guess."""
    days = turn.runtime.settings.return_days
    where = standing(turn, order)
    if order.cancelled_at is not None:
        turn.say("return_cancelled", number=order.number)
    elif where is ReturnStanding.NOT_DELIVERED:
        turn.say("return_not_delivered", number=order.number, status=status_words(order.status), options=[PERSON])
    elif order.returns and order.refund is None and order.returned_at is None:
        offer_person(turn, "return_waits", number=order.number, return_number=order.returns[0].number)
    elif order.returns or order.returned_at:
        offer_person(turn, "return_already", number=order.number)
    elif where is ReturnStanding.WARRANTY:
        offer_person(turn, "return_window_closed", number=order.number, days=days, until=_warranty_day(order))
    elif where is ReturnStanding.OVER:
        offer_person(turn, "return_warranty_over", number=order.number, days=days)
    else:
        offer_person(turn, "return_refused", number=order.number)


def _warranty_day(order: Order) -> str:
    return f" until {day(order.warranty_until)} {order.warranty_until:%Y}" if order.warranty_until else ""


async def report(turn: Turn, order: Order) -> None:
    """Damaged, missing or wrong: a person arranges the replacement."""
    turn.utter(turn.text("report_found", number=order.number), card=order_card(order))
    offer_person(turn, "report_problem")


def confirm_return(turn: Turn, number: str, scope: Scope, words: str) -> None:
    """Ask before a return of these pieces, in words, is opened."""
    turn.leave_loop()
    turn.say(
        "return_confirm", number=number, item=words,
        options=[Option("option_return_it", "affirm"), Option("option_no", "deny")],
    )  # fmt: skip
    turn.set(pending=pending(Pending.RETURN, number, pack(scope)))


class ChooseReturn(RapportAction):
    """The article to return was chosen."""

    def name(self) -> str:
        return "action_choose_return"

    async def handle(self, turn: Turn) -> None:
        number = str(turn.slot("order_number") or "")
        sku = str(turn.context.entity("sku") or EVERYTHING)
        confirm_return(turn, number, unpack(sku), EVERYTHING if sku == EVERYTHING else turn.context.text)


class OpenReturn(ShopDeed):
    """Runs only on a yes to "shall I open the return?"."""

    kind = Pending.RETURN

    def name(self) -> str:
        return "action_open_return"

    def wanted(self, turn: Turn, arguments: list[str]) -> str:
        return f"open a return for {for_colleagues(unpack(arguments[1]))} of order {arguments[0]}"

    async def do(self, turn: Turn, arguments: list[str]) -> None:
        number, scope = arguments[0], unpack(arguments[1])
        try:
            opened = await turn.runtime.shop.open_return(
                number, scope, "Returned by the customer in the chat", self.key(turn)
            )
        except ShopRefused as refused:
            order = await turn.runtime.shop.order(number)
            if refused.code == "already_returned" or order is None:
                offer_person(turn, "return_already", number=number)
            else:
                _refuse(turn, order.model_copy(update={"can_return": False}))
            return
        turn.say(
            "return_opened", number=number, return_number=opened.opened.number, amount=opened.opened.amount_text,
            label_url=opened.label_url or opened.order.url or "",
        )  # fmt: skip
        is_that_all(turn)
