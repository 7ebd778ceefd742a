"""Second thoughts while a question waits for its yes: another deed, another number, other pieces, "gimme the voucher".

"OK cancel then" below "shall I change the address?" is no yes to the address; "make that three" is no rating. What is
meant takes the place of what was asked, and is itself asked before it is done.
"""

from __future__ import annotations

import re

from actions.base import Turn
from actions.order_changes import propose_again
from actions.order_returns import confirm_return
from actions.pending import Pending, read_pending
from actions.return_scope import in_words, other_scope

LONGEST = 14
_QUESTION = re.compile(
    r"\?|^\W*(?:so |and |ok |okay |but |wait |hm+ )*(?:what|when|how|do|does|will|is|are|would|can)\b", re.IGNORECASE
)
_NAMES = {
    Pending.CANCEL: re.compile(
        r"\bcancel(?:l?ing|l?ation)?\b(?! (?:the|that|this) (?:change|return)\b)", re.IGNORECASE
    ),
    Pending.ITEMS: re.compile(
        r"\b(?:remove|take (?:out|off|away)|leave out|swap|add|drop|change) (?:just |only )?"
        r"(?:the|an?|one|two|three|some|another|my|\d+)\b(?! (?:address|change|cancellation)\b)",
        re.IGNORECASE,
    ),
    Pending.RETURN: re.compile(r"\breturn(?:ing)?\b|\bsend(?:ing)? (?:it|them|that|this) back\b", re.IGNORECASE),
}
"""Words of a deed. "OK cancel then" to "shall I change the address?" is no yes."""
_WISH_FOR = {Pending.CANCEL: "cancel_order", Pending.ITEMS: "change_order", Pending.RETURN: "start_return"}
_DENIES = re.compile(r"\b(?:not?|never|without|nor)\b|n't\b", re.IGNORECASE)
_TAKES_BACK = re.compile(
    r"\W*(?:(?:actually|wait|hm+|oh|ok|okay|sorry|no+|nope|nah|hold on|stop)\b[\s,.!:;-]*)+", re.IGNORECASE
)
"""Before the deed that is wanted instead: "actually no, just remove one plug"."""
_LONGEST_CHANGE_OF_MIND = 9
_GESTURE = r"(?:it|that|one|(?:the|your|this|a) (?:voucher|money|refund|discount|code|gift|apology|offer))"
_TAKES_GESTURE = re.compile(
    r"\W*(?:(?:ok|okay|yes|yeah|yep|sure|fine|alright|all right|well|then|great|and|so|please|thanks|i|i'll|i will|i'd|"
    r"would|like|to|will|just|guess|suppose)\b[\s,.!]*)*"
    rf"(?:take|gimme|give me|send(?: me)?|have|want|accept|let me have|hand over|get|love) {_GESTURE}"
    r"(?:[\s,.!]+(?:then|please|now|thanks|thank you|anyway|at least))*\W*",
    re.IGNORECASE,
)
_REFUSES_GESTURE = re.compile(
    rf"\b(?:don'?t|do not) (?:want|need|care (?:about|for)) (?:any |no )?{_GESTURE}|\bkeep (?:your|the|it)\b"
    r"|\bno (?:to the )?voucher\b|\b(?:no|not) (?:a |the |your |any )?(?:voucher|discount)\b",
    re.IGNORECASE,
)
COUNT_INSTEAD = re.compile(
    r"\W*(?:(?:no|ok|okay|oh|sorry|wait|actually|hmm|and|but|or|better|rather|please)\b[\s,.!]*)*"
    r"(?:make (?:it|that|them)|i (?:meant|mean|want|need)|just|only|let'?s say|how about|rather)\s+(?P<count>\w+)"
    r"(?:\s+(?:of (?:them|those)|instead|rather|then|please|pieces))*\W*",
    re.IGNORECASE,
)

_CONFIRMED = frozenset({Pending.CANCEL, Pending.RETURN, Pending.ITEMS, Pending.ADDRESS})


async def take_second_thought(turn: Turn) -> bool:
    """Do what is meant instead of what waits for its yes; True when the message was such a change of mind."""
    kind, arguments = read_pending(turn.slot("pending"))
    text = turn.context.text.replace("\u2019", "'")
    if len(text.split()) > LONGEST or turn.context.entity("order_number") is not None:
        return False
    if kind == Pending.GOODWILL and (takes := takes_gesture(text)) is not None:
        await turn.run_other("action_take_goodwill" if takes else "action_decline_goodwill")
        return True
    if kind not in _CONFIRMED:
        return False
    other = other_deed(Pending(kind), text)
    if other is not None and not asks_about(text):
        return await _take_other_deed(turn, Pending(kind), other, arguments[0])
    if kind == Pending.ITEMS and not asks_about(text):
        count, turn.settled = COUNT_INSTEAD.fullmatch(text), True
        turn.settled = await propose_again(turn, arguments[0], count["count"] if count else None)
        return turn.settled
    if kind != Pending.RETURN or (meant := await other_scope(turn, arguments[0], arguments[1])) is None:
        return False
    order, scope = meant
    confirm_return(turn, order.number, scope, in_words(order, scope))
    return True


def takes_gesture(text: str) -> bool | None:
    """Whether "OK gimme the voucher" takes what was offered, or "I don't want your voucher" refuses it."""
    if "?" in text or len(text.split()) > LONGEST:
        return None
    if _REFUSES_GESTURE.search(text):
        return False
    return True if _TAKES_GESTURE.fullmatch(text) and not _DENIES.search(text) else None


def asks_about(text: str) -> bool:
    """Whether the message asks something about what waits for its yes."""
    return _QUESTION.search(text) is not None


def other_deed(kind: Pending, text: str) -> Pending | None:
    """Another deed than the one that waits for its yes, when the words name one."""
    begun = _TAKES_BACK.match(text)
    text = text[begun.end() :] if begun else text
    if _DENIES.search(text):
        return None
    return next((other for other, words in _NAMES.items() if other != kind and words.search(text)), None)


async def _take_other_deed(turn: Turn, kind: Pending, other: Pending, number: str) -> bool:
    """Do what is wanted now instead; what waited is dropped, because the new question takes its place."""
    if len(turn.context.text.split()) > _LONGEST_CHANGE_OF_MIND:
        return False
    turn.settled = True
    if kind == Pending.RETURN:
        # What has arrived cannot be cancelled: "cancel that" means the return.
        await turn.run_other("action_deny")
        return True
    turn.set(order_task=None, pending=None)
    turn.take_as(turn.context.as_understood(_WISH_FOR[other], entities={"order_number": number}))
    await turn.run_other("action_order")
    return True
