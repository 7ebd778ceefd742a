"""A question that waits for a yes outlives another sentence: what is asked about it is answered from what is known,
anything else is answered as ever, and then it is asked once more.
"""

from __future__ import annotations

import re

import structlog

from actions.base import Option, RapportAction, Turn
from actions.order_card import day
from actions.order_changes import YES_NO
from actions.order_lookup import only_details
from actions.pending import Pending, read_pending
from actions.second_thoughts import asks_about, other_deed
from bot.adapters.shop import Order, ShopRefused, ShopUnavailable

log = structlog.get_logger()

WAITS_FOR = 2
"""Messages of the customer that a question outlives."""
_ASKED_BY: dict[str, tuple[str, ...]] = {
    Pending.CANCEL: ("cancel_confirm", "cancel_confirm_fee", "cancel_again"),
    Pending.RETURN: ("return_confirm", "return_again"),
    Pending.ITEMS: ("change_confirm", "change_again"),
    Pending.ADDRESS: ("address_confirm", "change_again"),
}
_FIRST_ASKED = frozenset(
    {"cancel_confirm", "cancel_confirm_fee", "return_confirm", "change_confirm", "address_confirm"}
)
_OPTIONS: dict[str, tuple[Option, Option]] = {
    Pending.CANCEL: (Option("option_cancel_it", "affirm"), Option("option_keep_it", "deny")),
    Pending.RETURN: (Option("option_return_it", "affirm"), Option("option_no", "deny")),
    Pending.ITEMS: YES_NO,
    Pending.ADDRESS: YES_NO,
}
_ANSWERS = frozenset(
    {"action_affirm", "action_deny", "action_never_mind", "action_escalate", "action_confirm_resolved"}
)
"""Actions after which nothing is open: the question was answered, or somebody else takes over."""
_LONGEST = 14
_COST = re.compile(r"\b(?:costs?|charged?|fees?|pay|price|free|expensive)\b", re.IGNORECASE)
_MONEY = re.compile(r"\b(?:how much|refund(?:ed)?|money|get back|full amount)\b", re.IGNORECASE)
_WHEN = re.compile(r"\b(?:when|how (?:long|soon|quickly|fast))\b", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\b(?:express|standard|deliver\w*|shipping|another|other|new|instead)\b", re.IGNORECASE)
_YES = (
    r"^\W*(?:(?:yes|yep|yeah|yup|sure|ok|okay|please do|go ahead|do (?:it|that|so)|confirm(?:ed)?|please)\b[\s,.!]*)+"
    r"(?:please|just|and|then|go ahead|do|it|that|this|%s|now|my|the|order|i'm sure"
    r"|i want (?:to|that)|i do|all of it|\W)*$"
)
"""A yes with the deed said again, "yes cancel it", which alone would be a new wish for the same."""
_YES_TO = {
    kind: re.compile(_YES % deed, re.IGNORECASE)
    for kind, deed in {
        Pending.CANCEL: "cancel",
        Pending.RETURN: "return|send|open|back",
        Pending.ITEMS: "change",
        Pending.ADDRESS: "change|send",
    }.items()
}
_AGAIN = r"^\W*(?:please |just |then |so )*{} (?:it|that|this)(?: please| now| then)*\W*$"
_I_SEE = re.compile(
    r"\W*(?:(?:ok|okay|ah+|oh|thanks|thank you|right|hm+|well|fine)\b[\s,.!]*)*"
    r"(?:i (?:get|got) (?:it|that|you)|i see|got it|(?:i )?understand|(?:i )?understood|(?:it |that )?makes sense"
    r"|(?:that's )?good to know|interesting)(?:[\s,.!]*\b(?:now|then|thanks|thank you))*\W*",
    re.IGNORECASE,
)
"""Read and understood, which is no yes to a deed."""
_DEED = {
    Pending.CANCEL: re.compile(_AGAIN.format("cancel"), re.IGNORECASE),
    Pending.RETURN: re.compile(_AGAIN.format("return"), re.IGNORECASE),
}
_REASON = re.compile(
    r"\b(?:(?:don'?t|do not|didn'?t|no longer|never) (?:really )?(?:need|like|use|fit|work)"
    r"|too (?:big|small|large|loud|short|long|bright|dark|heavy|complicated)"
    r"|changed my mind|doesn'?t (?:fit|suit|match|work)"
    r"|(?:came|arrived|turned up|is|are|was|were|it'?s|they'?re) (?:\w+ ){0,2}"
    r"(?:scratched|broken|damaged|cracked|dented|faulty|defective|used|dirty|ugly|noisy|useless|rubbish|dead|late"
    r"|half empty|incomplete)"
    r"|(?:scratch(?:es)?|dents?|cracks?) (?:on|in|all over)|poor quality|cheaper (?:elsewhere|somewhere)"
    r"|(?:not|isn'?t|wasn'?t) (?:what|as) (?:i|we|described|expected|shown|ordered)|by (?:mistake|accident)"
    r"|wrong (?:colou?r|size|one|model)|(?:was|it'?s|as) a (?:gift|present)|already (?:have|had|got) one"
    r"|(?:have|had|got) (?:one|two|it) already|bought (?:it|one|them) twice)\b",
    re.IGNORECASE,
)


async def take_pending_question(turn: Turn) -> bool:
    """Answer a question about what waits for a yes, or take the reason for it; True when the message was one."""
    kind, arguments = read_pending(turn.slot("pending"))
    text = turn.context.text.replace("\u2019", "'")
    if kind not in _ASKED_BY or len(text.split()) > _LONGEST:
        return False
    number = turn.context.entity("order_number")
    if number is not None:
        same = arguments[0].endswith(str(number)) and only_details(text)
        if same:
            _ask_again(turn, kind, arguments)
        return same
    if _YES_TO[Pending(kind)].search(text) or (Pending(kind) in _DEED and _DEED[Pending(kind)].search(text)):
        turn.settled = True
        await turn.run_other("action_affirm")
        return True
    if _I_SEE.fullmatch(text):
        _ask_again(turn, kind, arguments)
        return True
    if kind == Pending.RETURN and _REASON.search(text) and not asks_about(text):
        _ask_again(turn, kind, arguments, "return_reason_noted")
        return True
    about = _about(text)
    if not asks_about(text) or _ELSEWHERE.search(text) or about is None:
        return False
    other = other_deed(Pending(kind), text)
    try:
        order = await turn.runtime.shop.order(arguments[0])
    except (ShopUnavailable, ShopRefused) as error:
        log.warning("confirmations.no_order", case=turn.context.case_id, why=str(error))
        return False
    if order is None or (other == Pending.CANCEL and not order.can_cancel):
        return False
    _tell(turn, other or kind, about, order)
    _ask_again(turn, kind, arguments)
    return True


def _about(text: str) -> str | None:
    for about, words in (("when", _WHEN), ("cost", _COST), ("money", _MONEY)):
        if words.search(text):
            return about
    return None


def _tell(turn: Turn, kind: str, about: str, order: Order) -> None:
    if kind == Pending.CANCEL:
        if about == "when":
            turn.say("cancel_when", number=order.number)
        elif order.cancel_fee_cents:
            turn.say("cancel_costs", fee=order.cancel_fee_text, back=order.cancel_refund_text, number=order.number)
        else:
            key = "cancel_money" if about == "money" else "cancel_costs_nothing"
            turn.say(key, number=order.number, total=order.total_text)
    elif kind == Pending.RETURN:
        until = f" until {day(order.return_until)}" if order.return_until else ""
        turn.say("return_when" if about == "when" else "return_costs_nothing", until=until)
    elif kind == Pending.ITEMS:
        change = turn.slot("order_change") or {}
        turn.say("change_costs", what=str(change.get("what") or ""), number=order.number, total=order.total_text)
    else:
        turn.say("address_costs_nothing", eta=day(order.expected_delivery))


def _ask_again(turn: Turn, kind: str, arguments: list[str], key: str | None = None) -> None:
    again = {Pending.CANCEL: "cancel_again", Pending.RETURN: "return_again"}.get(Pending(kind), "change_again")
    turn.say(key or again, number=arguments[0], options=_OPTIONS[kind])
    turn.set(pending=turn.tracker.get_slot("pending"))


def ask_again_after(turn: Turn, action: RapportAction) -> None:
    """After an answer to something else, ask the question that still waits; not for ever, and never over a new one."""
    kind, arguments = read_pending(turn.tracker.get_slot("pending"))
    if kind not in _ASKED_BY or not turn.context.typed or action.name() in _ANSWERS or turn.moves or turn.in_form:
        return
    if turn.settled or not turn.dispatcher.messages or turn.keeps_pending or action.keeps_pending:
        return
    now = read_pending(turn.slots.get("pending"))[0]
    if now not in {"", Pending.HELPED, Pending.SOLVED} or turn.slots.get("order_task"):
        return
    texts = turn.runtime.texts
    asked = turn.messages_since(
        lambda event: any(
            texts.said(key, str(event.get("text") or "")) is not None for key in _FIRST_ASKED & set(_ASKED_BY[kind])
        )
    )
    if asked is None or asked > WAITS_FOR:
        return
    turn.drop_closing()
    _ask_again(turn, kind, arguments)
