"""Troubleshooting guides: trees of steps kept as data, walked in the form `guide_form`.

The form takes every reply that means one of the step's options. Any other message is left to its own rule (a question
is answered, a person is called), and then the form shows the same step again.
"""

from __future__ import annotations

from actions.base import Option, RapportAction, Turn
from actions.guide_words import FORM, SLOT, began_from, came_back, keep, kept_state, reopen, show_step
from actions.handoff import escalate
from actions.options import CONTINUE_GUIDE, GUIDE_IS_SOLVED, PERSON, START_AGAIN, STOP_GUIDE
from actions.pending import Pending, pending, read_pending
from actions.resolution import confirm_resolved
from actions.support import show_article
from actions.trouble import TROUBLES, is_vague_trouble, told_of_trouble
from bot.domain.effort import MISSES_BEFORE_OFFER
from bot.knowledge.guide_answers import is_question, named_option
from bot.knowledge.guide_engine import advance, resume
from bot.knowledge.guide_moves import Move, read_move
from bot.knowledge.guide_state import Aside, GuideState, Handoff, NotUnderstood, Outcome, Paused, Solved, Waiting
from bot.knowledge.guides import YES, Guide

LIKELY_REPLIES = frozenset({"nlu_fallback", "affirm", "deny", "not_helpful", "issue_resolved", "out_of_scope"})
"""Messages that are likely replies, so their meaning is compared with the options too; others only by their words."""
SMALL_TALK = frozenset({"greet", "goodbye", "thank", "nlu_fallback", "out_of_scope", "continue_guide"})
"""What somebody says who is back after a while and does not answer the step."""
SURE_OF_OTHER_TROUBLE = 0.6
ASIDES = {
    Aside.EXPLAIN: "guide_explain",
    Aside.WAIT: "guide_wait",
    Aside.DONE_AND: "guide_done_and",
    Aside.CANNOT_SKIP: "guide_cannot_skip",
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
                reopen(turn)
            return
        if turn.context.typed and is_vague_trouble(turn.context.text):
            await turn.run_other("action_choose_device")
            return
        guide = await knowledge.guide_for(turn.context.intent)
        if guide is None:
            await turn.run_other("action_answer_question")
        elif state is not None and state.guide == guide.id and state.path:
            turn.say("guide_go_on", title=guide.title, options=[CONTINUE_GUIDE, START_AGAIN, PERSON])
            turn.set(pending=pending(Pending.GUIDE))
        else:
            typed = [turn.context.text] if turn.context.typed else []
            began_from(turn, guide, ", ".join([*told_of_trouble(turn), *typed]))

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
        if self._wants_out(turn, guide, state):
            turn.set(requested_slot=None, guide_end="left")
            return
        outcome = await self._advance(turn, guide, state)
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
        return turn.context.wants_out and not answers and read_move(text) is not Move.SKIP

    async def _advance(self, turn: Turn, guide: Guide, state: GuideState) -> Outcome | None:
        """What comes after this message; None when it is no reply to the step."""
        context = turn.context
        chosen = context.entity("guide_choice")
        if chosen is not None:
            return advance(guide, state, str(chosen))
        if not context.typed:
            return None
        exact = advance(guide, state, context.text)
        if not isinstance(exact, NotUnderstood):
            return exact
        other = await self._other_trouble(turn, guide)
        if other is not None and exact.view.number == 1:
            began_from(turn, other, context.text)
            turn.set(requested_slot=SLOT)
            return None
        if other is not None:
            # In the midst of the steps it may as well be a reply in other words, so the customer decides.
            return exact
        if context.intent == "issue_resolved" and resume(guide, state).is_check:
            return advance(guide, state, YES)
        if context.intent not in LIKELY_REPLIES:
            return exact if context.intent == guide.intent else None
        by_meaning = advance(guide, state, context.text, turn.runtime.knowledge.encoder)
        return None if context.intent == "issue_resolved" and isinstance(by_meaning, NotUnderstood) else by_meaning

    async def _other_trouble(self, turn: Turn, guide: Guide) -> Guide | None:
        if turn.context.intent == guide.intent or turn.context.confidence < SURE_OF_OTHER_TROUBLE:
            return None
        return await turn.runtime.knowledge.guide_for(turn.context.intent)

    async def _answer_question(self, turn: Turn) -> bool:
        """A question that no intent fits may still have its article; then the step is shown again below it."""
        if not is_question(turn.context.text):
            return False
        found = await turn.runtime.knowledge.answer(turn.context.text)
        if found.article is None:
            return False
        show_article(turn, found.article, found.passage, found.score)
        turn.say("guide_goes_on")
        return True

    def _offer_other_trouble(self, turn: Turn, guide: Guide) -> None:
        context = turn.context
        title = turn.runtime.wording.title(context.intent)
        if title and context.intent in TROUBLES and context.intent != guide.intent:
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
            offer = outcome.misses >= MISSES_BEFORE_OFFER
            turn.say("guide_offer_person" if offer else "guide_not_understood", options=[PERSON] if offer else ())
            self._offer_other_trouble(turn, guide)
            if outcome.view.hint:
                turn.utter(turn.runtime.fill(outcome.view.hint))
            turn.note_effort(missed=True)
        elif isinstance(outcome, Waiting):
            # Rasa takes a form for done with a message only when one of its other slots was set as well.
            turn.set(guide_state=outcome.view.state.to_json(), requested_slot=SLOT)
            hint = outcome.view.hint if outcome.why is Aside.EXPLAIN else None
            turn.utter(turn.runtime.fill(hint) if hint else turn.text(ASIDES[outcome.why]))
        else:
            keep(turn, guide, outcome.state)
            turn.set(requested_slot=SLOT)


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
        others = {*turn.ran()} - {FORM, "action_guide", "action_affirm", self.name()}
        if others:
            turn.say("guide_goes_on")
        first_shown = state.misses == 0 and not others
        show_step(turn, guide, resume(guide, state), counts=first_shown, way_out=[STOP_GUIDE] if others else [])


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
