"""Opening a guide, keeping the place in it, and showing a step: what the guide's actions share."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rasa_sdk.events import ActiveLoop

from actions.base import Option, Turn
from actions.options import CONTINUE_GUIDE, PERSON
from bot.knowledge.guide_answers import match_option
from bot.knowledge.guide_engine import advance, resume, start, steps_tried
from bot.knowledge.guide_moves import Move, read_move
from bot.knowledge.guide_signs import Sign, read_sign
from bot.knowledge.guide_state import GuideState, NotUnderstood, StepView
from bot.knowledge.guides import Guide

FORM = "guide_form"
_IS_BACK = re.compile(
    r"\W*(?:(?:ok|okay|hi|hello|hey|right|so|now)\b[\s,.!]*)*(?:(?:i'?m|i am|we'?re) )?back(?: (?:again|now|here))?\W*"
    r"|\W*(?:so |ok |and )*where were we\W*",
    re.IGNORECASE,
)
""" "OK, back" of somebody who left the steps for a while; within them it means the step before."""
SLOT = "guide_reply"
CAME_BACK_AFTER_S = 30 * 60
"""Somebody who was silent for longer is asked before the guide goes on."""


def kept_state(turn: Turn) -> GuideState | None:
    """Where the customer is in a guide, running or left; None without one."""
    raw = turn.slot("guide_state")
    return GuideState.from_json(raw) if isinstance(raw, dict) and "guide" in raw else None


def tried_in_words(turn: Turn, guide: Guide, state: GuideState) -> list[dict[str, str]]:
    """The steps so far for the person who takes over."""
    fill = turn.runtime.fill
    return [
        {"guide": fill(guide.title), "step": fill(step.text), "answer": fill(step.answer)}
        for step in steps_tried(guide, state)
    ]


def keep(turn: Turn, guide: Guide, state: GuideState) -> None:
    """Remember where the customer is, and the steps so far in words: a person may be called at any moment."""
    turn.set(guide_state=state.to_json(), steps_tried=tried_in_words(turn, guide, state))


def began_from(turn: Turn, guide: Guide, said: str) -> None:
    """Say the opening and open the form at the first step that `said` leaves open."""
    view = start(guide, said)
    if view.opening:
        turn.utter(turn.runtime.fill(view.opening))
    if view.heard:
        turn.say("guide_heard", answers="; ".join(turn.runtime.fill(label) for label in view.heard))
    keep(turn, guide, view.state)
    turn.set(problem_open=True)
    reopen(turn)


def reopen(turn: Turn) -> None:
    """Let the form go on from the state that is kept."""
    if turn.loop != FORM:
        turn.add_event(ActiveLoop(FORM))
    turn.set(requested_slot=SLOT)


async def take_return(turn: Turn) -> bool:
    """Show the step again to whoever says to be back after a while; True when the message said so."""
    if (
        turn.loop
        or kept_state(turn) is None
        or not turn.slot("problem_open")
        or not _IS_BACK.fullmatch(turn.context.text)
    ):
        return False
    reopen(turn)
    return True


async def takes_up_guide(turn: Turn) -> bool:
    """Go on with a guide that was left, when the message says so or answers its step; False when it does neither."""
    state = kept_state(turn)
    guide = await turn.runtime.knowledge.guide(state.guide) if state else None
    if state is None or guide is None or turn.loop or not turn.context.typed:
        return False
    text = turn.context.text
    move = read_move(text)
    speaks_of_it = match_option(text, resume(guide, state).answers) or move or read_sign(text) is Sign.SAME
    outcome = advance(guide, state, text)
    if not speaks_of_it or isinstance(outcome, NotUnderstood) or move in {Move.WAIT, Move.EXPLAIN, Move.LEAVE}:
        return False
    if isinstance(outcome, StepView):
        keep(turn, guide, outcome.state)
    reopen(turn)
    return True


def came_back(turn: Turn) -> bool:
    """Whether this message comes long after the one before."""
    times = [
        float(event["timestamp"])
        for event in turn.tracker.events
        if event.get("event") == "user" and event.get("timestamp") is not None
    ]
    return len(times) > 1 and times[-1] - times[-2] > CAME_BACK_AFTER_S


def show_step(
    turn: Turn, guide: Guide, view: StepView, *, counts: bool, way_out: Sequence[Option] = (), short: bool = False
) -> None:
    """The step as text, card and options; a person is always one tap away.

    `counts` is False when the same step is shown again, which is no further effort of the customer's; `short` leaves
    out the words that were read twice. The steps tried
    go with the message into the store, for the button "Talk to a person" works without asking the assistant.
    """
    fill = turn.runtime.fill
    card = {
        "kind": "guide", "title": fill(view.title), "step": view.number, "text": fill(view.text),
        "check": view.is_check, "picture": view.picture, "alt": view.alt,
    }  # fmt: skip
    options = [Option(fill(option.label), "guide_reply", (("guide_choice", option.id),)) for option in view.options]
    turn.utter(
        turn.text("guide_which_of_these") if short else fill(view.text),
        options=[*options, *way_out, PERSON], card=None if short else card,
        effort={"guide_step": True} if counts else None, steps_tried=tried_in_words(turn, guide, view.state) or None,
    )  # fmt: skip


def offer_to_go_on(turn: Turn) -> None:
    """After a detour the steps that were left are one tap away, as long as the problem is open."""
    if not turn.slot("guide_state") or not turn.slot("problem_open") or not turn.dispatcher.messages:
        return
    if turn.in_form or turn.moves or turn.context.intent.startswith("EXTERNAL_"):
        return
    message = turn.dispatcher.messages[-1]
    buttons = message.get("buttons") or []
    if all(button["payload"] != CONTINUE_GUIDE.payload for button in buttons):
        message["buttons"] = [*buttons, turn.button(CONTINUE_GUIDE)]
