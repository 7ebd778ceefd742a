"""Several wants in one message: "cancel my order, and where is my refund for the other one?"

The parts are understood by the same model as whole messages. Only when two parts are sure and ask for different
things are both answered: what is answered in words comes first, then what has to be done, one thing after the other;
what is still to be done is remembered in the slot `next_wants` and taken up when the first thing has come to its end.
A plain message costs one regular expression.
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions import corrections
from actions.base import RapportAction, Turn
from actions.pending import Pending, read_pending
from actions.understanding import Meant, is_want, understand
from bot.adapters.shop import ShopUnavailable
from bot.domain.spoken_choice import NUMBER_WORDS

SURE = 0.6
FEWEST_WORDS = 6
MOST_PARTS = 4
LONGEST = 80
"""Words; a longer message is a story, and its end is what is wanted."""
_ASKS = (
    r"(?:where|how|what|when|which|who|why|can|could|do|does|is|are|will|would|may|please|pls|tell|cancel|track|change"
    r"|send|return|refund|update|delete|give|help|stop|get|whether|if|i(?:'d| would)? (?:want|need|like))\b"
)
_ASIDE = r"(?:also|plus|another (?:thing|question)|second(?:ly)?|by the way|btw)"
_SPLIT = re.compile(
    r"(?:^|[\s,;:])\s*(?:\(?\d\)|\d\.(?=\s)|#\d\b|[-*\u2022](?=\s))\s*|\s*(?:[?!;]+\s*"
    r"|[,.]?\s+(?:and also|and (?:one )?(?:another|more) thing|oh and)\b[:,]?\s*"
    rf"|[,.]?\s+(?:and then|and|also|plus|as well as|but also|then)\s+(?={_ASKS})|\.\s+(?={_ASKS})"
    rf"|[,.]\s+(?:(?:and|oh),?\s+)?{_ASIDE}\b[:,]?\s*)\s*",
    re.IGNORECASE,
)
_TAIL = re.compile(r"^(?:and|also|plus|oh|then|by the way|btw|another (?:thing|question))[\s,:]+", re.IGNORECASE)
_GOES_ON = re.compile(r"\b(?:it|them|this)\b|^(?:the |my )?order is\b", re.IGNORECASE)
"""A later part that points back, "can you do it for me", goes on with the wish before it."""
_WHERE = re.compile(
    r"^\W*(?:and )?(?:where|when|what(?:'s| is) (?:happening|up) with|any news)\b|\b(?:still|yet|arrived)\b",
    re.IGNORECASE,
)
"""A wish for money back that asks where it stays, and does not ask for it."""
_DEEDS = frozenset({"action_order", "action_guide"})
"""Actions that may ask back, so that only one of them can run at a time."""
_SAME: tuple[frozenset[str], ...] = (
    frozenset({"track_order", "order_delayed", "delivery_period"}),
    frozenset({"get_refund", "return_item", "check_refund_policy", "track_refund", "order_damaged", "order_wrong_item",
               "order_missing_item", "warranty_claim", "start_return"}),
    frozenset({"get_invoice", "check_invoice"}),
    frozenset({"cancel_order", "check_cancellation_fee", "get_refund", "change_order"}),
    frozenset({"delivery_options", "delivery_period"}),
    frozenset({"change_order", "change_shipping_address", "set_up_shipping_address", "edit_account"}),
    frozenset({"create_account", "registration_problems", "switch_account"}),
    frozenset({"recover_password", "app_login_problem", "registration_problems"}),
    frozenset({"payment_issue", "check_payment_methods", "price_or_promo_problem"}),
    frozenset({"place_order", "product_availability", "check_payment_methods"}),
    frozenset({"review", "testimonial_offer"}),
    frozenset({"contact_customer_service", "contact_human_agent"}),
    frozenset({"device_offline", "device_setup_failed", "app_login_problem", "firmware_update_problem",
               "battery_problem", "device_noise_or_heat", "automation_not_running", "voice_assistant_link",
               "warranty_claim"}),
)  # fmt: skip
"""Intents that tell one story together: "it arrived broken, I want my money back" is one wish."""
_LISTS = re.compile(
    r"\d{5,9}(?:\W+(?:and|also|plus|then|or|the|order|number|as well as|&|LH)\b|[\s,;&+/-])*#?(?:[A-Z]{2}-?)?\d{5,9}\b",
    re.IGNORECASE,
)
"""Order numbers side by side; elsewhere a second number corrects the first."""
_WHICH = re.compile(r"\bwhich\b", re.IGNORECASE)
"""A question about the orders, whatever deed it resembles."""
MOST_ORDERS = 10
"""Orders of one message; whoever lists more is told where it ends."""
_DEED_FOR = {"return_item": "start_return", "get_refund": "start_return", "check_invoice": "get_invoice"}
"""Questions that are none when they name orders."""
_AT_REST = frozenset({"", Pending.HELPED, Pending.SOLVED, Pending.ALL_DONE})
"""Open questions that another answer may take the place of."""


def parts_of(text: str) -> list[str]:
    """The parts of a message that may be wishes of their own; fewer than two for a plain message."""
    if not FEWEST_WORDS <= len(text.split()) <= LONGEST or not _SPLIT.search(text):
        return []
    parts = [_TAIL.sub("", part).strip(" ,.") for part in _SPLIT.split(text)]
    long_enough = [
        part for at, part in enumerate(parts) if len(part.split()) > 1 and not (at and _GOES_ON.search(part))
    ]
    return long_enough[:MOST_PARTS] if len(long_enough) > 1 else []


async def take_several(turn: Turn) -> bool:
    """Answer a message that surely asks for two things or more; True when it was one."""
    parts = parts_of(turn.context.text)
    if not parts or turn.context.intent in {"contact_human_agent", "complaint"}:
        return False
    wants: list[Meant] = []
    for meant in map(_as_where, await understand(turn, parts)):
        sure = is_want(meant.intent) and meant.confidence >= SURE and meant.intent in turn.runtime.routes
        if sure and not any(_same(meant.intent, other.intent) for other in wants):
            wants.append(meant)
    if len(wants) < 2:
        return False
    if any(want.intent == "contact_human_agent" for want in wants):
        await turn.run_other("action_escalate")
        return True
    await _answer_all(turn, wants)
    return True


def _as_where(meant: Meant) -> Meant:
    """ "Where is the refund for the doorbell" beside "cancel the other order" is no second word for the cancelling."""
    asks_where = meant.intent == "get_refund" and _WHERE.search(meant.text)
    return replace(meant, intent="track_refund") if asks_where else meant


def _same(one: str, other: str) -> bool:
    return one == other or any(one in story and other in story for story in _SAME)


async def _answer_all(turn: Turn, wants: list[Meant]) -> None:
    routes = turn.runtime.routes
    said = [want for want in wants if routes[want.intent] not in _DEEDS]
    done = [want for want in wants if routes[want.intent] in _DEEDS]
    for number, want in enumerate(said):
        if number:
            turn.drop_closing()
            turn.say("second_question")
        await _run(turn, want)
    if not done:
        return
    if said:
        turn.drop_closing()
        turn.say("second_question")
    if len(done) > 1:
        titles = [turn.runtime.wording.title(want.intent) or want.text for want in done]
        turn.say(
            "one_after_the_other",
            count=NUMBER_WORDS[len(titles) - 1],
            first=titles[0],
            second=". Then: ".join(titles[1:]),
        )
        turn.set(next_wants=[{"intent": w.intent, "text": w.text, "entities": dict(w.entities)} for w in done[1:]])
    await _run(turn, done[0])


async def take_several_orders(turn: Turn) -> bool:
    """ "Cancel 100241 and 100236": the same for each, one after the other; True when there were several orders."""
    context = turn.context
    numbers = list(dict.fromkeys(str(value) for name, value in context.entities if name == "order_number"))
    intent = "track_order" if _WHICH.search(context.text) else _DEED_FOR.get(context.intent, context.intent)
    if len(numbers) < 2 or not _LISTS.search(context.text) or turn.runtime.routes.get(intent) != "action_order":
        return False
    wants = [
        {"intent": intent, "text": context.text, "entities": {"order_number": each}} for each in numbers[:MOST_ORDERS]
    ]
    turn.say("several_orders", count=dict(enumerate(NUMBER_WORDS, 1)).get(len(numbers), len(numbers)))
    if len(numbers) > MOST_ORDERS:
        turn.say("several_orders_most", most=MOST_ORDERS, last=numbers[MOST_ORDERS - 1])
    turn.set(next_wants=wants[1:])
    await _run(turn, Meant(context.text, intent, 1.0, {"order_number": numbers[0]}))
    return True


async def go_on(turn: Turn, action: RapportAction) -> None:
    """When what was wanted first has come to its end, take up what was wanted next, until something is asked."""
    while waiting := list(turn.slot("next_wants") or []):
        if turn.in_form or turn.moves or read_pending(_standing_question(turn, action))[0] not in _AT_REST:
            return
        want = Meant(waiting[0]["text"], waiting[0]["intent"], 1.0, waiting[0]["entities"])
        turn.set(next_wants=waiting[1:] or None)
        if want.intent in turn.runtime.routes:
            turn.drop_closing()
            turn.say("then_next_order" if _LISTS.search(want.text) else "then_other_question")
            await _run(turn, want)


def _standing_question(turn: Turn, action: RapportAction) -> object:
    if "pending" in turn.slots:
        return turn.slots["pending"]
    return turn.slot("pending") if action.keeps_pending or turn.keeps_pending else None


async def _run(turn: Turn, want: Meant) -> None:
    others: list[str] = []
    if corrections.other_than(want.text) and "order_number" not in want.entities:
        others = await _without_the_first(turn, want.intent)
    entities = {**want.entities, **({"order_number": others[0]} if len(others) == 1 else {})}
    turn.take_as(want.context(turn.context).as_understood(want.intent, text=want.text, entities=entities))
    if turn.runtime.routes[want.intent] == "action_order":
        # A new wish is not the last one: "cancel" must not become what the number was given for.
        turn.set(order_task=None)
    await turn.run_other(turn.runtime.routes[want.intent])


async def _without_the_first(turn: Turn, task: str) -> list[str]:
    """The customer's orders but for the one already spoken of, which is forgotten so that it is asked for."""
    try:
        numbers = [order.number for order in await corrections.other_orders(turn, task)]
    except ShopUnavailable:
        numbers = []
    turn.set(order_number=None)
    return numbers
