"""Short answers, read from their own words before the intent is believed: a person, a deed, a yes, "that's all".

The classifier cannot tell "yes, that helped" from "yes, I'm sure", or "no" from "no picture": that depends on what was
asked. And nothing closes a case but words that say so.
"""

from __future__ import annotations

import re

from actions import surveys
from actions.base import Turn
from actions.following import take_offered_deed
from actions.guide_words import kept_state, takes_up_guide
from actions.options import NOT_YET, PERSON, SOLVED
from actions.pending import Pending, is_it_solved, read_pending
from actions.picking import offered_last
from actions.signals import NOT_UNDERSTOOD
from actions.support import offer_person
from actions.trouble import TROUBLES, told_of_trouble
from actions.understanding import Meant, is_want, understand, understand_one
from bot.domain.mood import is_low
from bot.domain.plain_answers import (
    begins_as_question,
    is_plain_no,
    is_plain_yes,
    says_do_it,
    says_nothing_more,
    says_solved,
    says_unsolved,
    tells_a_lack,
    wants_no_person,
    wants_person,
    will_try,
)

CLOSED = frozenset({Pending.HELPED, Pending.SOLVED, Pending.ALL_DONE})
"""Questions that a yes closes the case with."""
MOST_DESCRIBED = 3
"""How often what a device does is asked back before it counts as not understood."""
NICE = frozenset({"praise", "thank"})
_FEWEST_OF_A_DETAIL = 3
_SURE_OF_QUESTION = 0.85
_PASSES_ON = ("report_problem", "next_report", "payment_problem", "invoice_details_noted", "detail_noted")
"""Offers of a person who does what the assistant cannot; what is told below them belongs to it."""
_WANTS_AMENDS = re.compile(
    r"\bi(?:'d| would)? (?:just |only )?(?:want|need|like|prefer) (?:\w+ )?(?:replacements?|new ones?|exchange"
    r"|another one|(?:my )?money back|refund)\b",
    re.IGNORECASE,
)
_PUTS_OFF = re.compile(
    r"\b(?:think (?:about (?:it|that)|it over)|sleep on it|(?:maybe |perhaps )?(?:later|another time|tomorrow)"
    r"|not (?:now|yet|necessary|needed|at the moment))\b",
    re.IGNORECASE,
)
"""Neither yes nor no to the offer, and nothing of the story."""
_LEADING_YES = re.compile(
    r"^\W*(?:(?:yes|yep|yeah|yup|ok|okay|sure|right|great|fine|good|perfect|thanks|thank you)\b[\s,.!:;–-]*)+",
    re.IGNORECASE,
)
_BACK_TO_STEPS = re.compile(
    r"\b(?:(?:go(?:ing)? )?back to (?:the|my|our|it)|(?:go on|carry on|continue)(?: with)?)\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[.,!?;:]+\s*|\s+\bbut\b\s+", re.IGNORECASE)


async def take_person(turn: Turn) -> bool:
    """Bring the person that was on offer: "a real one", "someone please", "yes a person then"."""
    offered = read_pending(turn.slot("pending"))[0] == Pending.PERSON_OFFER or _person_on_offer(turn)
    if not offered or not wants_person(turn.context.text):
        return False
    await turn.run_other("action_escalate")
    return True


async def take_detail(turn: Turn) -> bool:
    """More of the story below "shall I pass you on?": it goes along, and the offer stands; "no, I want a new one" wants
    what the person would arrange."""
    kind, text = read_pending(turn.slot("pending"))[0], turn.context.text
    if kind != Pending.PERSON_OFFER or "?" in text or len(text.split()) < _FEWEST_OF_A_DETAIL:
        return False
    texts = turn.runtime.texts
    asked = turn.messages_since(
        lambda event: any(texts.said(key, str(event.get("text") or "")) is not None for key in _PASSES_ON)
    )
    if turn.context.entity("order_number") is not None or (_PUTS_OFF.search(text) and not _WANTS_AMENDS.search(text)):
        return False
    in_words = turn.runtime.routes.get(turn.context.intent) == "action_answer_question"
    unsure = turn.context.intent in NOT_UNDERSTOOD or (in_words and turn.context.confidence < _SURE_OF_QUESTION)
    told = unsure or _WANTS_AMENDS.search(text) is not None
    if asked != 1 or not told or wants_person(text) or wants_no_person(text) or begins_as_question(text):
        return False
    turn.calm = True
    offer_person(turn, "detail_noted")
    return True


async def take_bitter_praise(turn: Turn) -> bool:
    """ "Great, broken after two weeks. Well done." in the midst of a form is a complaint."""
    text = turn.context.text
    if turn.context.intent not in NICE or says_solved(text) or not is_low(turn.mood_in(text)):
        return False
    turn.take_as(turn.context.as_understood("complaint"))
    await turn.run_other("action_complaint")
    return True


async def take_answer(turn: Turn) -> bool:
    """Do what a short answer says; True when the message was one that its intent alone would misread."""
    kind, _ = read_pending(turn.slot("pending"))
    text, intent = turn.context.text, turn.context.intent
    if await surveys.take_decline(turn):
        return True
    if kind == Pending.HELPED and says_do_it(text) and await take_offered_deed(turn):
        return True
    if intent in NICE and is_low(turn.mood_in(text)) and not says_solved(text):
        await _hear_complaint(turn)
        return True
    if kind == Pending.TROUBLE and not is_want(intent) and told_of_trouble(turn) and not is_plain_no(text):
        return await _describe(turn)
    if kind in CLOSED and not is_want(intent) and will_try(text) and not says_unsolved(text):
        turn.keeps_pending = True
        turn.say("will_try")
        return True
    if intent in NICE and says_solved(text) and turn.slot("problem_open"):
        await turn.run_other("action_confirm_resolved")
        return True
    if intent == "affirm" and begins_as_question(text):
        await turn.run_other("action_fallback")  # "when exactly" resembles a yes and must not call a person
        return True
    if intent == "deny":
        return await _take_no(turn, kind)
    if intent == "issue_resolved" or (intent == "affirm" and kind in CLOSED):
        return await _take_yes(turn, kind)
    return False


def _person_on_offer(turn: Turn) -> bool:
    return any(option.intent == PERSON.intent for option in offered_last(turn))


async def _hear_complaint(turn: Turn) -> None:
    """Praise that is none: what it is about is answered if that can be told, else it is a complaint."""
    parts = [part for part in _CLAUSE.split(turn.context.text) if len(part.split()) > 2]
    wishes = [meant for meant in await understand(turn, parts) if _is_wish(turn, meant)] if parts else []
    if wishes:
        turn.take_as(wishes[-1].context(turn.context))
        await turn.run_other(turn.runtime.routes[wishes[-1].intent])
    else:
        turn.take_as(turn.context.as_understood("complaint"))
        await turn.run_other("action_complaint")


def _is_wish(turn: Turn, meant: Meant) -> bool:
    return is_want(meant.intent) and meant.intent in turn.runtime.routes


async def _take_no(turn: Turn, kind: str) -> bool:
    text = turn.context.text
    if tells_a_lack(text) and kind in {"", Pending.TROUBLE}:
        return await _describe(turn)
    if says_unsolved(text) and (kind == Pending.PERSON_OFFER or (not kind and _person_on_offer(turn))):
        # A no to what was said before, and no refusal of the person whom it was followed by.
        await turn.run_other("action_not_helpful")
        return True
    if says_nothing_more(text) and kind in {"", Pending.HELPED, Pending.SOLVED, Pending.RATING}:
        turn.say("goodbye")
        return True
    return False


async def _describe(turn: Turn) -> bool:
    """ "No picture" tells what the device does; with what was said before it may be enough to begin its guide."""
    told = told_of_trouble(turn) or turn.earlier_texts()[-1:]
    if len(told) >= MOST_DESCRIBED:
        return False
    found = await understand_one(turn, ", ".join([*told, turn.context.text]))
    if found is not None and found.intent in TROUBLES:
        turn.take_as(turn.context.as_understood(found.intent, entities=found.entities))
        await turn.run_other("action_guide")
    else:
        await turn.run_other("action_choose_device")
    return True


async def _take_yes(turn: Turn, kind: str) -> bool:
    text = turn.context.text
    if says_solved(text) or (kind in CLOSED and (is_plain_yes(text) or says_nothing_more(text))):
        return False
    if await _back_to_steps(turn):
        return True
    if says_unsolved(text):
        await turn.run_other("action_not_helpful")
        return True
    rest = _LEADING_YES.sub("", text)
    meant = await understand_one(turn, rest) if rest != text and len(rest.split()) > 1 else None
    if meant is not None:
        turn.take_as(meant.context(turn.context))
        await turn.run_other(turn.runtime.routes[meant.intent])
    elif is_plain_yes(text) and not turn.slot("problem_open"):
        return False
    elif turn.slot("problem_open") and kind != Pending.SOLVED:
        turn.say("is_it_solved", options=[SOLVED, NOT_YET, PERSON])
        turn.set(pending=is_it_solved(turn.slot("pending")))
    else:
        await turn.run_other("action_fallback")
    return True


async def _back_to_steps(turn: Turn) -> bool:
    """Go on with the guide that was left, when that is what was said, or an answer to its step."""
    if kept_state(turn) is None:
        return False
    if await takes_up_guide(turn):
        return True
    if not _BACK_TO_STEPS.search(turn.context.text):
        return False
    turn.take_as(turn.context.as_understood("continue_guide"))
    await turn.run_other("action_guide")
    return True
