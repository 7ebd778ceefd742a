"""Troubleshooting guides: trees of steps kept as data, walked in the form `guide_form`.

The form takes every reply that means one of the step's options. Any other message is left to its own rule (a question
is answered, a person is called), and then the form shows the same step again.
"""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop

from actions.base import Option, RapportAction, Turn
from actions.handoff import escalate
from actions.options import CONTINUE_GUIDE, PERSON
from actions.resolution import confirm_resolved
from bot.domain.effort import MISSES_BEFORE_OFFER
from bot.knowledge.guide_engine import (
    GuideState,
    Handoff,
    NotUnderstood,
    Outcome,
    Solved,
    StepView,
    advance,
    resume,
    start,
    steps_tried,
)
from bot.knowledge.guides import YES, Guide

FORM = "guide_form"
SLOT = "guide_reply"
DETOURS_BY_MEANING = frozenset({"nlu_fallback", "affirm", "deny", "not_helpful", "issue_resolved", "out_of_scope"})
"""Messages that are likely replies, so their meaning is compared with the options too; others only by their words."""
SURE_OF_OTHER_TROUBLE = 0.6


def _state(turn: Turn) -> GuideState | None:
    raw = turn.slot("guide_state")
    return GuideState.from_json(raw) if isinstance(raw, dict) and "guide" in raw else None


def _keep(turn: Turn, state: GuideState, guide: Guide) -> None:
    """Remember where the customer is, and the steps so far in words: a person may be called at any moment."""
    tried = [
        {"guide": guide.title, "step": turn.runtime.fill(step.text), "answer": step.answer}
        for step in steps_tried(guide, state)
    ]
    turn.set(guide_state=state.to_json(), steps_tried=tried)


def begin(turn: Turn, guide: Guide) -> None:
    """Say the opening and open the form at the first step."""
    view = start(guide)
    if view.opening:
        turn.utter(turn.runtime.fill(view.opening))
    turn.set(guide_state=view.state.to_json(), steps_tried=None, problem_open=True)


class StartGuide(RapportAction):
    """A device does not work: its guide if there is one, else the articles."""

    def name(self) -> str:
        return "action_guide"

    async def handle(self, turn: Turn) -> None:
        knowledge = turn.runtime.knowledge
        state = _state(turn)
        if turn.context.intent in {"continue_guide", "guide_reply"} and state is not None:
            guide = await knowledge.guide(state.guide)
        else:
            guide = await knowledge.guide_for(turn.context.intent)
            if guide is not None:
                begin(turn, guide)
        if guide is None:
            await turn.run_other("action_answer_question")
            return
        turn.add_event(ActiveLoop(FORM))
        turn.set(requested_slot=SLOT)


class ValidateGuideForm(RapportAction):
    """Takes the reply to a step and moves on; what is no reply is left to its own rule."""

    part_of_form = True

    def name(self) -> str:
        return "validate_guide_form"

    async def handle(self, turn: Turn) -> None:
        state = _state(turn)
        guide = await turn.runtime.knowledge.guide(state.guide) if state else None
        if state is None or guide is None:
            # An admin removed the guide in the meantime.
            turn.set(requested_slot=None, guide_state=None)
            return
        if not turn.replies_to_form:
            turn.set(requested_slot=SLOT)
            return
        if turn.context.wants_out:
            turn.set(requested_slot=None, guide_end="left")
            return
        outcome = await self._advance(turn, guide, state)
        if outcome is not None:
            self._take(turn, guide, outcome)

    async def _advance(self, turn: Turn, guide: Guide, state: GuideState) -> Outcome | None:
        """What comes after this message; None when it is no reply to the step."""
        context = turn.context
        other = await self._other_trouble(turn, guide)
        if other is not None:
            begin(turn, other)
            turn.set(requested_slot=SLOT)
            return None
        chosen = context.entity("guide_choice")
        if chosen is not None:
            return advance(guide, state, str(chosen))
        if not context.typed:
            return None
        encoder = turn.runtime.knowledge.encoder if context.intent in DETOURS_BY_MEANING else None
        outcome = advance(guide, state, context.text, encoder)
        if not isinstance(outcome, NotUnderstood):
            return outcome
        if context.intent == "issue_resolved" and resume(guide, state).is_check:
            return advance(guide, state, YES)
        unclear = context.intent in {"nlu_fallback", "out_of_scope", "affirm", "deny", "not_helpful", guide.intent}
        return outcome if unclear and context.intent != "issue_resolved" else None

    async def _other_trouble(self, turn: Turn, guide: Guide) -> Guide | None:
        if turn.context.intent == guide.intent or turn.context.confidence < SURE_OF_OTHER_TROUBLE:
            return None
        return await turn.runtime.knowledge.guide_for(turn.context.intent)

    def _take(self, turn: Turn, guide: Guide, outcome: Outcome) -> None:
        if isinstance(outcome, Solved | Handoff):
            _keep(turn, outcome.state, guide)
            turn.utter(turn.runtime.fill(outcome.text))
            turn.set(requested_slot=None, guide_end="solved" if isinstance(outcome, Solved) else outcome.reason.value)
        elif isinstance(outcome, NotUnderstood):
            turn.set(guide_state=outcome.view.state.to_json(), requested_slot=SLOT)
            offer = outcome.misses >= MISSES_BEFORE_OFFER
            turn.say("guide_offer_person" if offer else "guide_not_understood", options=[PERSON] if offer else ())
            if outcome.view.hint:
                turn.utter(turn.runtime.fill(outcome.view.hint))
            turn.note_effort(missed=True)
        else:
            _keep(turn, outcome.state, guide)
            turn.set(requested_slot=SLOT)


class AskGuideReply(RapportAction):
    """Show the step the guide is at, with its answers to tap."""

    part_of_form = True

    def name(self) -> str:
        return "action_ask_guide_reply"

    async def handle(self, turn: Turn) -> None:
        state = _state(turn)
        guide = await turn.runtime.knowledge.guide(state.guide) if state else None
        if state is not None and guide is not None:
            first_shown = state.misses == 0 and {*turn.ran()} <= {FORM, "action_guide"}
            show_step(turn, resume(guide, state), counts=first_shown)


def show_step(turn: Turn, view: StepView, *, counts: bool) -> None:
    """The step as text, card and options; a person is always one tap away.

    `counts` is False when the same step is shown again, which is no further effort of the customer's.
    """
    fill = turn.runtime.fill
    card = {
        "kind": "guide", "title": view.title, "step": view.number, "text": fill(view.text), "check": view.is_check,
        "picture": view.picture, "alt": view.alt,
    }  # fmt: skip
    options = [Option(fill(option.label), "guide_reply", (("guide_choice", option.id),)) for option in view.options]
    turn.utter(fill(view.text), options=[*options, PERSON], card=card, effort={"guide_step": True} if counts else None)


class EndGuide(RapportAction):
    """The guide is over: solved, or on to a person with everything that was tried."""

    def name(self) -> str:
        return "action_guide_end"

    async def handle(self, turn: Turn) -> None:
        ended = turn.slot("guide_end")
        turn.set(guide_end=None)
        if ended == "solved":
            confirm_resolved(turn, said=True)
        elif ended == "left":
            turn.say("guide_left", options=[CONTINUE_GUIDE, PERSON])
        elif ended:
            escalate(turn, f"guide_{ended}")
        else:
            turn.set(guide_state=None)
            turn.say("guide_gone", options=[PERSON])
