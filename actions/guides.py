"""Troubleshooting guides: trees of steps kept as data, walked in the form `guide_form`.

The form takes every reply that means one of the step's options. Any other message is left to its own rule (a question
is answered, a person is called), and then the form shows the same step again.
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions.base import Option, RapportAction, Turn
from actions.following import NEAR_BOTH, leans, question_before
from actions.guide_reading import read_reply
from actions.guide_words import FORM, SLOT, began_from, came_back, keep, kept_state, reopen, show_step
from actions.handoff import escalate
from actions.options import (
    CONTINUE_GUIDE,
    GO_ON_WITH_STEPS,
    GUIDE_IS_SOLVED,
    PERSON,
    START_AGAIN,
    STOP_GUIDE,
    YES_PERSON,
)
from actions.pending import Pending, pending, read_pending
from actions.resolution import confirm_resolved
from actions.support import show_article
from actions.trouble import TROUBLES, asks_whether_it_can, asks_which_trouble, symptom_of, told_of_trouble
from bot.domain.effort import MISSES_BEFORE_OFFER
from bot.domain.mood import is_low
from bot.domain.objections import finds_too_much
from bot.domain.plain_answers import says_stop_asking
from bot.knowledge.guide_answers import is_question, named_option
from bot.knowledge.guide_engine import resume
from bot.knowledge.guide_moves import Move, read_move
from bot.knowledge.guide_signs import tells_what_is_seen
from bot.knowledge.guide_state import Aside, GuideState, Handoff, NotUnderstood, Outcome, Paused, Solved, Waiting
from bot.knowledge.guides import Guide

SMALL_TALK = frozenset({"greet", "goodbye", "thank", "nlu_fallback", "out_of_scope", "continue_guide"})
"""What somebody says who is back after a while and does not answer the step."""
_OTHER_SUBJECT = re.compile(
    r"\b(?:it|this|that)(?:'s| is|'s just| isn'?t| is just)? not about (?:the|my|that|this)\b"
    r"|\bnot about (?:the|my) \w+ (?:now|any ?more|at all)\b",
    re.IGNORECASE,
)
""" "No, it's not about the battery" is no "no" to the step."""
ASIDES = {
    Aside.EXPLAIN: "guide_explain",
    Aside.WAIT: "guide_wait",
    Aside.DONE_AND: "guide_done_and",
    Aside.CANNOT_SKIP: "guide_cannot_skip",
    Aside.ALREADY: "guide_already",
    Aside.GO_ON: "guide_goes_on",
}


class StartGuide(RapportAction):
    """A device does not work: its guide if there is one, else the articles."""

    def name(self) -> str:
        return "action_guide"

    async def handle(self, turn: Turn) -> None:
        knowledge = turn.runtime.knowledge
        state = kept_state(turn)
        if turn.context.intent in {"continue_guide", "guide_reply"} or self._said_yes(turn):
            guide = await knowledge.guide(state.guide) if state else None
            if state is None or guide is None:
                turn.set(guide_state=None)
                turn.say("guide_gone", options=[PERSON])
            elif turn.context.entity("guide_choice") == START_AGAIN.entities[0][1]:
                began_from(turn, guide, "")
            else:
                afresh = replace(state, misses=0, asked="")
                turn.set(guide_state=afresh.to_json())
                reopen(turn)
            return
        if symptom_of(turn.context.text) is None and await asks_which_trouble(turn):
            return
        guide = await knowledge.guide_for(turn.context.intent)
        if guide is None or await self._only_asks(turn):
            await turn.run_other("action_answer_question")
        elif state is not None and state.guide == guide.id and state.path:
            turn.say("guide_go_on", title=guide.title, options=[CONTINUE_GUIDE, START_AGAIN, PERSON])
            turn.set(pending=pending(Pending.GUIDE))
        else:
            typed = [turn.context.text] if turn.context.typed else []
            began_from(turn, guide, ", ".join([*told_of_trouble(turn), *typed]))

    async def _only_asks(self, turn: Turn) -> bool:
        """Whether what it works with is all that is asked, and the articles know something of it."""
        if not turn.context.typed or not asks_whether_it_can(turn.context.text):
            return False
        found = await turn.runtime.knowledge.answer(turn.context.text, turn.context.likely_intents())
        return found.article is not None or any(each.score >= NEAR_BOTH for each in found.suggestions)

    def _said_yes(self, turn: Turn) -> bool:
        return read_pending(turn.slot("pending"))[0] == Pending.GUIDE and turn.context.intent == "affirm"


class ValidateGuideForm(RapportAction):
    """Takes the reply to a step and moves on; what is no reply is left to its own rule."""

    part_of_form = True

    def name(self) -> str:
        return "validate_guide_form"

    async def handle(self, turn: Turn) -> None:
        state = kept_state(turn)
        guide = await turn.runtime.knowledge.guide(state.guide) if state else None
        if state is None or guide is None:
            # An admin removed the guide in the meantime.
            turn.set(requested_slot=None, guide_state=None)
            return
        if not turn.replies_to_form:
            turn.set(requested_slot=SLOT)
            return
        if says_stop_asking(turn.context.text):
            turn.set(requested_slot=None, guide_end="stopped")
            return
        if self._wants_out(turn, guide, state):
            turn.set(requested_slot=None, guide_end="left")
            return
        outcome = await read_reply(turn, guide, state)
        unanswered = outcome is None or isinstance(outcome, NotUnderstood)
        if unanswered and came_back(turn) and turn.context.intent in SMALL_TALK:
            # The step of yesterday is no longer before their eyes: ask before going on.
            turn.set(requested_slot=None, guide_end="came_back")
        elif isinstance(outcome, NotUnderstood) and await self._answer_question(turn):
            turn.set(guide_state=state.to_json(), requested_slot=SLOT)
        elif outcome is not None:
            self._take(turn, guide, outcome)

    def _wants_out(self, turn: Turn, guide: Guide, state: GuideState) -> bool:
        """ "Skip this" means the step, and "leave it" may be one of its answers."""
        text = turn.context.text
        answers = named_option(text, resume(guide, state).answers) is not None
        if turn.context.typed and not answers and _OTHER_SUBJECT.search(text):
            return True
        return turn.context.wants_out and not answers and read_move(text) is not Move.SKIP

    async def _answer_question(self, turn: Turn) -> bool:
        """A question that no intent fits may still have its article; then the step is shown again below it."""
        if not is_question(turn.context.text):
            return False
        found = await turn.runtime.knowledge.answer(turn.context.text)
        if found.article is None and leans(turn.context.text):
            # "So do I need one?" is about what was asked before it.
            found = await turn.runtime.knowledge.answer(f"{question_before(turn)} {turn.context.text}")
        if found.article is None:
            return False
        show_article(turn, found.article, found.passage, found.score)
        turn.say("guide_goes_on")
        return True

    def _offer_other_trouble(self, turn: Turn, guide: Guide) -> None:
        context = turn.context
        title = turn.runtime.wording.title(context.intent)
        seen = tells_what_is_seen(context.text)
        if title and not seen and context.intent in TROUBLES and context.intent != guide.intent:
            turn.say("guide_other_trouble", options=[Option(title, context.intent)])

    def _take(self, turn: Turn, guide: Guide, outcome: Outcome) -> None:
        if isinstance(outcome, Solved | Handoff | Paused):
            keep(turn, guide, outcome.state)
            if not isinstance(outcome, Paused):
                turn.utter(turn.runtime.fill(outcome.text))
            ended = {Solved: "solved", Paused: "later"}.get(type(outcome))
            turn.set(requested_slot=None, guide_end=ended or (isinstance(outcome, Handoff) and outcome.reason.value))
        elif isinstance(outcome, NotUnderstood):
            turn.set(guide_state=outcome.view.state.to_json(), requested_slot=SLOT)
            self._ask_back(turn, guide, outcome)
        elif isinstance(outcome, Waiting):
            # Rasa takes a form for done with a message only when one of its other slots was set as well.
            turn.set(guide_state=outcome.view.state.to_json(), requested_slot=SLOT)
            self._say_why(turn, outcome)
        else:
            keep(turn, guide, outcome.state)
            turn.set(requested_slot=SLOT)

    def _ask_back(self, turn: Turn, guide: Guide, missed: NotUnderstood) -> None:
        """Each time in fewer words, and the third time a person is the better help."""
        if missed.view.state.asked:
            turn.say("guide_shall_i_get_person", options=[YES_PERSON, GO_ON_WITH_STEPS])
        elif missed.misses >= MISSES_BEFORE_OFFER:
            turn.say("guide_offer_person")
        elif is_low(turn.mood_in(turn.context.text)) or finds_too_much(turn.context.text):
            turn.say("guide_low")
        elif is_question(turn.context.text):
            turn.say("guide_cannot_answer")
        else:
            turn.say("guide_noted" if missed.noted else "guide_not_understood")
            if missed.view.hint and not missed.noted:
                turn.utter(turn.runtime.fill(missed.view.hint))
        if not missed.view.state.asked:
            self._offer_other_trouble(turn, guide)
        turn.note_effort(missed=True)

    def _say_why(self, turn: Turn, waiting: Waiting) -> None:
        if waiting.why is Aside.IS_IT_SOLVED:
            turn.say("guide_is_it_solved", options=[GUIDE_IS_SOLVED, GO_ON_WITH_STEPS])
            return
        words = waiting.answer or (waiting.view.hint if waiting.why is Aside.EXPLAIN else None)
        turn.utter(turn.runtime.fill(words) if words else turn.text(ASIDES[waiting.why]))


class AskGuideReply(RapportAction):
    """Show the step the guide is at, with its answers to tap."""

    part_of_form = True

    def name(self) -> str:
        return "action_ask_guide_reply"

    async def handle(self, turn: Turn) -> None:
        state = kept_state(turn)
        guide = await turn.runtime.knowledge.guide(state.guide) if state else None
        if state is None or guide is None:
            return
        others = {*turn.ran()} - {FORM, "validate_guide_form", "action_guide", "action_affirm", self.name()}
        if self._began(turn, guide):
            others = set()
        if others:
            if state.asked:
                # The step stands below another answer now, and no question of ours before it.
                state = replace(state, asked="", misses=0)
                turn.set(guide_state=state.to_json())
            turn.say("guide_goes_on")
        elif state.asked:
            return  # our own question stands before the step
        first_shown = state.misses == 0 and not others
        show_step(
            turn, guide, resume(guide, state), counts=first_shown, way_out=[STOP_GUIDE] if others else [],
            short=not others and state.misses >= MISSES_BEFORE_OFFER,
        )  # fmt: skip

    def _began(self, turn: Turn, guide: Guide) -> bool:
        """Whether another action, to which the trouble was told, has just opened the guide."""
        opening = turn.runtime.fill(guide.opening)
        return turn.messages_since(lambda event: str(event.get("text") or "") == opening) == 0


class EndGuide(RapportAction):
    """The guide is over: solved, paused, left, or on to a person with everything that was tried."""

    def name(self) -> str:
        return "action_guide_end"

    async def handle(self, turn: Turn) -> None:
        ended = turn.slot("guide_end")
        turn.set(guide_end=None)
        if ended == "solved":
            confirm_resolved(turn, said=True)
        elif ended == "left":
            turn.say("guide_left", options=[CONTINUE_GUIDE, PERSON])
        elif ended == "stopped":
            await turn.run_other("action_stop_asking")
            turn.say("guide_left", options=[CONTINUE_GUIDE, PERSON])
        elif ended == "later":
            turn.say("guide_later", options=[CONTINUE_GUIDE, GUIDE_IS_SOLVED, PERSON])
            turn.set(pending=pending(Pending.GUIDE))
        elif ended == "came_back":
            state = kept_state(turn)
            guide = await turn.runtime.knowledge.guide(state.guide) if state else None
            options = [CONTINUE_GUIDE, START_AGAIN, PERSON]
            turn.say("guide_come_back", title=guide.title if guide else "", options=options)
            turn.set(pending=pending(Pending.GUIDE))
        elif ended:
            escalate(turn, f"guide_{ended}")
        else:
            turn.set(guide_state=None)
            turn.say("guide_gone", options=[PERSON])
