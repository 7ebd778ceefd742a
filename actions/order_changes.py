"""Changing an order that has not left: other quantities, a line taken out, another address; shown and confirmed.

What is being asked for stands in the slot `order_change`; what the customer replied comes in `order_detail`.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActiveLoop

from actions.base import Option, RapportAction, Turn
from actions.deed import ShopDeed, is_that_all
from actions.options import NEVER_MIND, PERSON
from actions.order_card import order_card, status_words
from actions.pending import Pending, pending
from actions.return_scope import names_only_pieces
from actions.support import offer_person
from bot.adapters.shop import Order, OrderLine, ShopRefused, ShopUnavailable
from bot.domain.address import Address, AddressIncomplete, looks_like_address, names_address, read_address
from bot.domain.order_changes import read_change, read_count

ORDER_FORM = "order_form"
DETAIL = "order_detail"
UNDO = "undo"
"""Kind of an `order_change` that was made: `before` holds what it was, in case it is to be taken back."""
YES_NO = (Option("option_change_it", "affirm"), Option("option_leave_it", "deny"))
COUNTS = ("1", "2", "3")
PARTS = {"street": "the street and number", "postcode": "the postcode", "city": "the town"}


def ask_for(turn: Turn, slot: str) -> None:
    """Let the form ask for this slot; Rasa runs it right after this action."""
    turn.add_event(ActiveLoop(ORDER_FORM))
    turn.set(requested_slot=slot)


def fits_question(turn: Turn) -> bool:
    """Whether the reply answers what the form asked for: a number, or something like an address."""
    change = turn.slot("order_change") or {}
    text = turn.context.text
    if change.get("kind") == "quantity":
        return turn.context.entity("quantity") is not None or read_count(text) is not None
    return looks_like_address(text) or (bool(change.get("said")) and turn.context.typed and 0 < len(text) <= 80)


async def choose_change(turn: Turn, order: Order) -> None:
    """What should be different? Straight to the confirmation when the words say it exactly."""
    change = turn.slot("order_change") or {}
    said, sku = turn.slot(DETAIL), turn.context.entity("sku")
    turn.set(order_detail=None)
    if not order.can_change:
        _too_late(turn, order, "change_too_late")
        return
    line = next((line for line in order.items if line.sku == (sku or change.get("sku"))), None)
    if said is not None and change.get("kind") == "quantity" and line is not None:
        await propose_items(turn, order, {line.sku: int(said)})
    elif sku is not None and line is not None:
        turn.set(order_change={"kind": "quantity", "number": order.number, "sku": line.sku, "name": line.name})
        ask_for(turn, DETAIL)
    else:
        ordered = {line.sku: (line.name, line.quantity) for line in order.items}
        wanted = read_change(turn.context.text, ordered) if turn.context.typed else None
        if wanted:
            await propose_items(turn, order, wanted)
        else:
            _ask_which(turn, order)


def _ask_which(turn: Turn, order: Order) -> None:
    lines = [
        Option(f"{line.name} ({line.quantity}×)", "choose_line", (("sku", line.sku), ("order_number", order.number)))
        for line in order.items[:4]
    ]
    address = Option("option_the_address", "change_shipping_address") if order.can_change_address else None
    cancel = Option("option_cancel_all", "cancel_order") if order.can_cancel else None
    other = Option("option_another_product", "contact_human_agent")
    options = [*lines, *(each for each in (address, cancel) if each), other, NEVER_MIND]
    turn.utter(turn.text("change_which", number=order.number), card=order_card(order), options=options)


async def propose_items(turn: Turn, order: Order, wanted: dict[str, int]) -> None:
    """Ask the shop what it would cost, and the customer whether to do it."""
    lines = {line.sku: line for line in order.items}
    if all(lines[sku].quantity == count for sku, count in wanted.items()):
        turn.say("change_nothing", number=order.number)
        is_that_all(turn)
        return
    try:
        quote = await turn.runtime.shop.quote(order.number, wanted)
    except ShopRefused as refused:
        _refused(turn, order, refused)
        return
    turn.leave_loop()
    if quote.cheaper:
        money = turn.text("change_cheaper", difference=quote.difference_text)
    elif quote.dearer:
        money = turn.text("change_dearer", difference=quote.difference_text)
    else:
        money = ""
    what = " and ".join(_words(lines[sku], count) for sku, count in wanted.items())
    before = {sku: lines[sku].quantity for sku in wanted}
    turn.utter(
        turn.text("change_confirm", number=order.number, what=what, total=quote.total_text, money=money),
        options=YES_NO,
    )
    change = {
        "kind": "items", "number": order.number, "wanted": wanted, "total": quote.total_cents, "what": what,
        "before": before,
    }  # fmt: skip
    turn.set(order_change=change, pending=pending(Pending.ITEMS, order.number))


async def propose_again(turn: Turn, number: str, word: str | None) -> bool:
    """The one line whose change waits for its yes, in another number ("make that three") or named once more ("only the
    plug"); False when the message says neither."""
    change, count = turn.slot("order_change") or {}, None if word is None else read_count(word)
    wanted: dict[str, int] = change.get("wanted") or {}
    if (word is not None and count is None) or len(wanted) != 1 or change.get("number") != number:
        return False
    try:
        order = await turn.runtime.shop.order(number)
    except (ShopUnavailable, ShopRefused):
        return False
    if order is None or not order.can_change:
        return False
    if count is None:
        named = names_only_pieces(order, turn.context.text)
        if [line.sku for line in named] != list(wanted):
            return False
    await propose_items(turn, order, wanted if count is None else dict.fromkeys(wanted, count))
    return True


def _words(line: OrderLine, count: int) -> str:
    return f"without {line.name}" if count == 0 else f"{count} × {line.name} instead of {line.quantity}"


def _refused(turn: Turn, order: Order, refused: ShopRefused) -> None:
    if refused.code == "nothing_left":
        turn.say(
            "change_nothing_left",
            number=order.number,
            options=[Option("option_cancel_order", "cancel_order"), NEVER_MIND],
        )
    elif refused.code == "sold_out":
        turn.say("change_sold_out", options=[PERSON, NEVER_MIND])
    elif refused.code == "not_changeable":
        _too_late(turn, order, "change_too_late")
    else:
        offer_person(turn, "change_refused", number=order.number)


def _too_late(turn: Turn, order: Order, key: str) -> None:
    """It cannot be changed any more: say where it is, and what can be done instead."""
    if order.cancelled_at is not None and key == "change_too_late":
        turn.say("cancel_no_undo", number=order.number, options=[PERSON])
        return
    options = [PERSON]
    if order.can_return or order.shipped_at or order.delivered_at:
        options = [Option("option_start_return", "start_return"), PERSON]
    turn.utter(
        turn.text(key, number=order.number, status=status_words(order.status), days=turn.runtime.settings.return_days),
        card=order_card(order),
        options=options,
    )


async def ask_address(turn: Turn, order: Order) -> None:
    """Where should it go? Every part is read from the customer's words, shown, and confirmed."""
    change = turn.slot("order_change") or {}
    before = str(change.get("said") or "") if change.get("kind") == "address" else ""
    reply = turn.slot(DETAIL)
    turn.set(order_detail=None)
    if not order.can_change_address:
        on_its_way = order.shipped_at is not None and order.delivered_at is None and order.cancelled_at is None
        _too_late(turn, order, "address_on_its_way" if on_its_way else "address_too_late")
        return
    if reply is None and not (turn.context.typed and names_address(turn.context.text)):
        turn.set(order_change={"kind": "address", "number": order.number})
        ask_for(turn, DETAIL)
        return
    said = "\n".join(part for part in (before, str(reply) if reply is not None else turn.context.text) if part)
    try:
        address = read_address(said, order.address)
    except AddressIncomplete as error:
        kept = "" if "too_long" in error.missing else said
        turn.set(order_change={"kind": "address", "number": order.number, "said": kept, "missing": list(error.missing)})
        ask_for(turn, DETAIL)
        return
    propose_address(turn, order, address.as_dict())


def propose_address(turn: Turn, order: Order, parts: dict[str, str]) -> None:
    """Read the address out in full, and ask before it is changed."""
    turn.leave_loop()
    what = Address(**{part: parts.get(part, "") for part in Address.__slots__}).one_line()
    turn.say("address_confirm", number=order.number, address=what, options=YES_NO)
    confirmed = {"kind": "address", "number": order.number, "address": parts, "what": what, "before": order.address}
    turn.set(order_change=confirmed, pending=pending(Pending.ADDRESS, order.number))


class AskOrderDetail(RapportAction):
    """How many, or which address."""

    part_of_form = True

    def name(self) -> str:
        return "action_ask_order_detail"

    async def handle(self, turn: Turn) -> None:
        change: dict[str, Any] = turn.slot("order_change") or {}
        again = bool(turn.slot("order_asks"))
        if change.get("kind") == "quantity":
            sku = str(change.get("sku"))
            counts = [Option(count, "choose_quantity", (("quantity", int(count)), ("sku", sku))) for count in COUNTS]
            out = Option("option_take_out", "choose_quantity", (("quantity", 0), ("sku", sku)))
            key = "ask_quantity_again" if again else "ask_quantity"
            turn.say(key, name=change.get("name", "this"), options=[*counts, out, NEVER_MIND])
            return
        missing = [PARTS[part] for part in change.get("missing", []) if part in PARTS]
        if missing:
            turn.say("ask_address_missing", missing=" and ".join(missing), options=[NEVER_MIND])
        else:
            again = again or bool(change.get("missing"))
            turn.say(
                "ask_address_again" if again else "ask_address", options=[PERSON, NEVER_MIND] if again else [NEVER_MIND]
            )


class ChangeItems(ShopDeed):
    """Runs only on a yes to the new quantities and their total."""

    kind = Pending.ITEMS

    def name(self) -> str:
        return "action_change_items"

    def wanted(self, turn: Turn, arguments: list[str]) -> str:
        return f"change order {arguments[0]}: {_change(turn, arguments).get('what', '')}"

    async def do(self, turn: Turn, arguments: list[str]) -> None:
        change = _change(turn, arguments)
        if "wanted" not in change:
            turn.say("yes_to_what")
            return
        try:
            order = await turn.runtime.shop.change_items(
                arguments[0], change["wanted"], int(change["total"]), self.key(turn)
            )
        except ShopRefused as refused:
            fresh = await turn.runtime.shop.order(arguments[0])
            if fresh is None:
                offer_person(turn, "change_refused", number=arguments[0])
            elif refused.code == "total_changed":
                await propose_items(turn, fresh, change["wanted"])
            else:
                _refused(turn, fresh, refused)
            return
        turn.utter(turn.text("changed", number=order.number, total=order.total_text), card=order_card(order))
        turn.set(order_change={**change, "kind": UNDO})
        is_that_all(turn)


class ChangeAddress(ShopDeed):
    """Runs only on a yes to the new address, read out in full."""

    kind = Pending.ADDRESS

    def name(self) -> str:
        return "action_change_address"

    def wanted(self, turn: Turn, arguments: list[str]) -> str:
        return f"send order {arguments[0]} to {_change(turn, arguments).get('what', 'another address')}"

    async def do(self, turn: Turn, arguments: list[str]) -> None:
        change = _change(turn, arguments)
        if "address" not in change:
            turn.say("yes_to_what")
            return
        try:
            order = await turn.runtime.shop.change_address(arguments[0], change["address"], self.key(turn))
        except ShopRefused as refused:
            if refused.code in {"not_served", "other_delivery"}:
                offer_person(turn, "address_abroad", country=change["address"].get("country", ""))
            elif refused.code == "address_locked":
                # It left the warehouse while the question stood.
                offer_person(turn, "address_just_left", number=arguments[0])
            else:
                offer_person(turn, "address_refused", number=arguments[0])
            return
        turn.say("address_changed", number=order.number, address=str(change["what"]))
        turn.set(order_change={**change, "kind": UNDO})
        is_that_all(turn)


def _change(turn: Turn, arguments: list[str]) -> dict[str, Any]:
    """What was proposed for this order; nothing when it was for another."""
    change: dict[str, Any] = turn.slot("order_change") or {}
    return change if change.get("number") == arguments[0] else {}
