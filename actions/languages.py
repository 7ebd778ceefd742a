"""A message in another language gets an honest line in that language and in English; a wish for a person is met."""

from __future__ import annotations

from actions.base import Turn
from actions.handoff import escalate
from actions.options import PERSON
from actions.support import offer_person
from bot.domain.effort import MISSES_BEFORE_OFFER
from bot.domain.languages import OTHER, asked_language, foreign_language
from bot.domain.person_abroad import wants_person_abroad


def is_foreign(turn: Turn) -> bool:
    """Written in another language, as far as we are sure."""
    return foreign_language(turn.context.text) is not None


async def answer_foreign(turn: Turn) -> bool:
    """Say what can be done for somebody who does not write English; True when the message was foreign."""
    if not is_foreign(turn):
        if asked_language(turn.context.text) is None:
            return False
        say_so(turn)
        return True
    if wants_person_abroad(turn.context.text):
        escalate(turn, "asked_for_person")
        return True
    say_so(turn)
    return True


def say_so(turn: Turn) -> None:
    """The line in the language of the message, with a person to tap; the second time the person is offered."""
    language = foreign_language(turn.context.text) or asked_language(turn.context.text) or OTHER
    misses = turn.miss()
    key = f"other_language_{language}"
    if misses >= MISSES_BEFORE_OFFER and not turn.loop:
        offer_person(turn, key)
    else:
        turn.say(key, options=[PERSON])
    turn.note_effort(missed=True)
