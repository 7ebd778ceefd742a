"""Greetings, goodbyes and moods: short, honest about being a bot, and never in the way of the problem."""

from __future__ import annotations

from actions.base import Option, RapportAction, Turn
from actions.options import NOT_YET, PERSON, SOLVED, START_OPTIONS
from actions.pending import Pending, is_it_solved, pending
from actions.support import offer_person
from actions.trouble import TROUBLES, is_vague_trouble, told_of_trouble
from bot.knowledge.guide_words import normalise


class Greet(RapportAction):
    """The first greeting says that this is a bot and what it can do."""

    keeps_pending = True

    def name(self) -> str:
        return "action_greet"

    async def handle(self, turn: Turn) -> None:
        name = f" {turn.context.first_name}" if turn.context.first_name else ""
        if turn.loop:
            turn.say("greet_short", name=name)
        elif turn.slot("greeted"):
            turn.say("greet_again", name=name, options=START_OPTIONS)
        else:
            turn.say("greet_first", name=name, options=START_OPTIONS)
            turn.set(greeted=True)


class Goodbye(RapportAction):
    """A goodbye with an open problem asks whether it is solved."""

    def name(self) -> str:
        return "action_goodbye"

    async def handle(self, turn: Turn) -> None:
        turn.leave_loop()
        if turn.slot("problem_open"):
            turn.say("goodbye_is_it_solved", options=[SOLVED, NOT_YET])
            turn.set(pending=is_it_solved(turn.slot("pending")))
        else:
            turn.say("goodbye")


class BotChallenge(RapportAction):
    """Are you a bot? Yes."""

    keeps_pending = True

    def name(self) -> str:
        return "action_bot_challenge"

    async def handle(self, turn: Turn) -> None:
        turn.say("bot_challenge", options=() if turn.loop else [PERSON])


class Praise(RapportAction):
    """Praise is thanked for; with an open problem it is asked whether that is solved."""

    def name(self) -> str:
        return "action_praise"

    async def handle(self, turn: Turn) -> None:
        if turn.slot("problem_open") and not turn.loop:
            turn.say("praise_is_it_solved", options=[SOLVED, NOT_YET])
            turn.set(pending=is_it_solved(turn.slot("pending")))
        else:
            turn.say("praise")


class Complain(RapportAction):
    """A complaint gets an apology and a person at once, if wanted."""

    def name(self) -> str:
        return "action_complaint"

    async def handle(self, turn: Turn) -> None:
        turn.set(problem_open=True)
        turn.leave_loop()
        offer_person(turn, "complaint")


class ChooseDevice(RapportAction):
    """A device does not work: which one, and what does it do?"""

    def name(self) -> str:
        return "action_choose_device"

    async def handle(self, turn: Turn) -> None:
        titles = [(turn.runtime.wording.title(intent), intent) for intent in TROUBLES]
        said = told_of_trouble(turn)
        if turn.context.typed and not is_vague_trouble(turn.context.text):
            said = [*said, normalise(turn.context.text)]
        text = "which_trouble_of_it" if said else "which_trouble"
        turn.say(text, options=[*(Option(title, intent) for title, intent in titles if title), PERSON])
        turn.set(pending=pending(Pending.TROUBLE, *said), problem_open=True)


class Proactive(RapportAction):
    """Say what the product itself wants to tell, e.g. that an order is late."""

    keeps_pending = True

    def name(self) -> str:
        return "action_proactive"

    async def handle(self, turn: Turn) -> None:
        text = turn.context.entity("text")
        if isinstance(text, str) and text.strip():
            turn.utter(text.strip())
