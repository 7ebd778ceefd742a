"""What holds for every answer, whatever was asked: heard in the customer's language and mood, in full, and as meant.

`before` looks at a typed message and may find that it means something else than the intent alone says; `after` looks
at the answer and adds what the mood asks for. Both are run by `RapportAction.run`, around the action Rasa chose.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from actions import (
    answers,
    chatter,
    compensation,
    confirmations,
    corrections,
    following,
    languages,
    next_steps,
    order_papers,
    picking,
    products,
    second_thoughts,
    signals,
    trouble,
    undoing,
    wants,
)
from actions.base import RapportAction, Turn
from actions.guide_words import offer_to_go_on, take_return
from actions.options import PERSON
from actions.pending import Pending, read_pending
from actions.support import offer_person
from bot.domain.mood import calls_for_person, is_low

QUIET_FOR = 3
"""Messages of the customer between two offers of a person, or two words of comfort."""
OFFERS = ("offer_person_angry", "offer_person_low")
OPEN_QUESTIONS = frozenset({"", Pending.HELPED, Pending.SOLVED, Pending.ALL_DONE})
"""Questions that an offer may take the place of; any other is about something being done."""
STEPS: tuple[Callable[[Turn], Awaitable[bool]], ...] = (
    languages.answer_foreign,
    signals.take_emoji,
    signals.take_stop_asking,
    signals.take_no_person,
    answers.take_person,
    take_return,
    undoing.take_undo,
    picking.take_option,
    second_thoughts.take_second_thought,
    confirmations.take_pending_question,
    wants.take_several_orders,
    signals.take_bare_answer,
    signals.take_hesitation,
    next_steps.take_follow_up,
    next_steps.take_order_by_name,
    order_papers.take_invoice_details,
    answers.take_detail,
    next_steps.take_late_address,
    next_steps.take_where,
    next_steps.take_missing_money,
    products.take_follow_up,
    compensation.take_compensation,
    compensation.take_objection,
    trouble.take_symptom,
    trouble.take_vague,
    corrections.take_correction,
    chatter.take_chatter,
    answers.take_answer,
    signals.take_without_interjection,
    wants.take_several,
    following.take_follow_up,
)
IN_A_DETOUR: tuple[Callable[[Turn], Awaitable[bool]], ...] = (
    languages.answer_foreign,
    signals.take_no_person,
    answers.take_person,
    answers.take_bitter_praise,
    chatter.take_chatter,
    following.take_follow_up,
)
"""While a form waits for its answer, its own reading of the message comes first."""


async def before(turn: Turn, action: RapportAction) -> bool:
    """True when the message was answered here and the action has nothing left to do."""
    if not turn.context.typed:
        return False
    if action.part_of_form:
        return await _in_form(turn, action)
    if turn.ran():
        return False
    for step in IN_A_DETOUR if turn.loop else STEPS:
        if await step(turn):
            return True
    return False


async def _in_form(turn: Turn, action: RapportAction) -> bool:
    if not action.name().startswith("validate_") or not turn.replies_to_form:
        return False
    if languages.is_foreign(turn):
        requested = turn.slot("requested_slot")
        languages.say_so(turn)
        turn.set(requested_slot=requested)
        return True
    signals.read_emoji(turn)
    await picking.take_in_form(turn)
    return False


async def after(turn: Turn, action: RapportAction) -> None:
    """The second of two wants, the way back to a guide, then a softer tone and a person for whoever is upset."""
    await wants.go_on(turn, action)
    confirmations.ask_again_after(turn, action)
    offer_to_go_on(turn)
    if turn.context.typed and not turn.ran():
        _soften(turn)


def _soften(turn: Turn) -> None:
    if turn.calm or turn.moves or not is_low(turn.mood_in(turn.original.text)):
        return
    if not turn.dispatcher.messages and not turn.in_form:
        return
    angry = calls_for_person(turn.mood)
    if not _already_sorry(turn) and not _lately(turn, "empathy"):
        turn.say("empathy", options=[PERSON] if angry and turn.in_form else ())
        turn.dispatcher.messages.insert(0, turn.dispatcher.messages.pop())
    if angry and turn.dispatcher.messages and not any(_lately(turn, key) for key in OFFERS):
        _offer(turn)


def _offer(turn: Turn) -> None:
    pending = read_pending(turn.slots.get("pending"))[0]
    if pending == Pending.PERSON_OFFER:
        return
    if not turn.in_form and pending in OPEN_QUESTIONS:
        turn.drop_closing()
        offer_person(turn, OFFERS[0])
        return
    # A question stands that must be answered first, so the person is one more thing to tap.
    last = turn.dispatcher.messages[-1]
    buttons = last.get("buttons") or []
    if not any(button["payload"] == PERSON.payload for button in buttons):
        last["buttons"] = [*buttons, turn.button(PERSON)]


def _already_sorry(turn: Turn) -> bool:
    return any("sorry" in str(message.get("text") or "").lower() for message in turn.dispatcher.messages)


def _lately(turn: Turn, key: str) -> bool:
    texts = turn.runtime.texts
    since = turn.messages_since(lambda event: texts.said(key, str(event.get("text") or "")) is not None)
    return since is not None and since <= QUIET_FOR
