"""Did it help? What the customer's yes, no and thanks do to the case."""

from __future__ import annotations

import re

from actions.base import RapportAction, Turn
from actions.guide_words import takes_up_guide
from actions.options import (
    CONTINUE_GUIDE,
    MOST_GUESSES,
    NONE_OF_THESE,
    NOT_YET,
    PERSON,
    RELATED_ARTICLE,
    SOLVED,
    article_option,
)
from actions.order_changes import ORDER_FORM
from actions.pending import Pending, asked_about, is_it_solved, read_pending
from actions.support import offer_person
from actions.trouble import asks_which_trouble
from bot.domain.mood import calls_for_person
from bot.domain.plain_answers import is_plain_yes, says_solved
from bot.knowledge.guide_signs import Sign, read_sign
from bot.knowledge.retrieval import Suggestion

_YES = re.compile(r"\W*(?:yes|yep|yeah|yup|ja|it did|it does|that did it|perfect|sorted|all good)\b", re.IGNORECASE)
_NOTHING_MORE = re.compile(
    r"\b(?:that'?s (?:it|all|everything)|that is (?:it|all)|nothing (?:else|more)|no more|all good|i'?m good)\b",
    re.IGNORECASE,
)
"""A "no" to "is that everything?" that means yes."""

ALSO_MEANT = 0.15
"""Probability from which a message says a second thing beside its intent."""

ON_YES: dict[str, str] = {
    Pending.HELPED: "action_confirm_resolved",
    Pending.SOLVED: "action_confirm_resolved",
    Pending.ALL_DONE: "action_confirm_resolved",
    Pending.PERSON_OFFER: "action_escalate",
    Pending.CANCEL: "action_cancel_order",
    Pending.RETURN: "action_open_return",
    Pending.ITEMS: "action_change_items",
    Pending.ADDRESS: "action_change_address",
    Pending.GOODWILL: "action_take_goodwill",
    Pending.ACCOUNT: "action_account_confirmed",
    Pending.RATING: "action_confirm_rating",
    Pending.TESTIMONIAL: "action_confirm_testimonial",
    Pending.GUIDE: "action_guide",
}
"""What a yes does, by the open question."""

ON_NO: dict[str, str] = {
    Pending.HELPED: "action_not_helpful",
    Pending.SOLVED: "action_not_helpful",
    Pending.PERSON_OFFER: "action_decline_person",
    Pending.GOODWILL: "action_decline_goodwill",
    Pending.RATING: "action_confirm_rating",
    Pending.TESTIMONIAL: "action_confirm_testimonial",
}
"""What a no does; the questions that are not here are answered by a sentence."""


def confirm_resolved(turn: Turn, *, said: bool = False) -> None:
    """The customer says it is solved: the case resolves with this reply; the survey follows by its own turn.

    `said`: kind words were found already, e.g. by the guide.
    """
    turn.leave_loop()
    if not said:
        turn.say("glad_it_helped")
    turn.note_verdict(asked_about(turn.slot("pending")), helped=True)
    turn.move("resolved", "customer_confirmed")
    turn.set(problem_open=False, guide_state=None, articles_shown=[], misses=0, not_helped=0)


class ConfirmResolved(RapportAction):
    """Solved, says the customer."""

    def name(self) -> str:
        return "action_confirm_resolved"

    async def handle(self, turn: Turn) -> None:
        text = turn.context.text
        if read_sign(text) is Sign.SAME and await takes_up_guide(turn):
            return  # "back to the plug, nothing changed" resembles good news
        if turn.loop == ORDER_FORM and turn.context.typed and not (says_solved(text) or is_plain_yes(text)):
            # "Done that, blinking white" below "which order?": nothing closes a case but words that say so.
            await turn.run_other("action_fallback")
            return
        if turn.slot("problem_open"):
            confirm_resolved(turn)
        else:
            turn.say("glad_to_hear")


class NotHelpful(RapportAction):
    """It did not help: another article or a person; the second time above all a person."""

    def name(self) -> str:
        return "action_not_helpful"

    async def handle(self, turn: Turn) -> None:
        if not turn.slot("problem_open") and turn.slot("pending") is None and await asks_which_trouble(turn):
            return
        failed = int(turn.slot("not_helped") or 0) + 1
        turn.miss()
        article = asked_about(turn.slot("pending"))
        turn.set(not_helped=failed, problem_open=True)
        await self._lead_on(turn, failed)
        turn.note_verdict(article, helped=False)

    async def _lead_on(self, turn: Turn, failed: int) -> None:
        if failed >= 2 or calls_for_person(turn.mood):
            offer_person(turn, "offer_person_not_helped")
            return
        shown = turn.slot("articles_shown") or []
        asked = next(iter(reversed(turn.earlier_texts())), "")
        options = []
        if asked:
            found = await turn.runtime.knowledge.answer(asked)
            near = [each for each in found.suggestions if each.score >= RELATED_ARTICLE]
            if found.article is not None:
                near.insert(0, Suggestion(found.article.id, found.article.title, found.score))
            options = [article_option(turn, each) for each in near if each.article_id not in shown][:MOST_GUESSES]
        if options:
            turn.say("not_helped_more", options=[*options, NONE_OF_THESE, PERSON])
        else:
            offer_person(turn, "not_helped")


class Affirm(RapportAction):
    """A yes to whatever was asked last."""

    def name(self) -> str:
        return "action_affirm"

    async def handle(self, turn: Turn) -> None:
        kind, _ = read_pending(turn.slot("pending"))
        action = ON_YES.get(kind)
        if action:
            await turn.run_other(action)
        else:
            turn.say("yes_to_what")


class Deny(RapportAction):
    """A no to whatever was asked last."""

    def name(self) -> str:
        return "action_deny"

    async def handle(self, turn: Turn) -> None:
        kind, arguments = read_pending(turn.slot("pending"))
        action = ON_NO.get(kind)
        if action:
            await turn.run_other(action)
        elif kind == Pending.CANCEL:
            turn.say("cancel_kept", number=arguments[0])
        elif kind == Pending.RETURN:
            turn.say("return_dropped", number=arguments[0])
        elif kind in {Pending.ITEMS, Pending.ADDRESS}:
            turn.say("change_dropped", number=arguments[0])
        elif kind == Pending.ALL_DONE and _NOTHING_MORE.search(turn.context.text):
            confirm_resolved(turn)
        elif kind == Pending.ALL_DONE:
            turn.say("go_ahead")
        else:
            turn.leave_loop()
            turn.say("no_problem")


class NeverMind(RapportAction):
    """The way out of a form or a guide."""

    def name(self) -> str:
        return "action_never_mind"

    async def handle(self, turn: Turn) -> None:
        in_guide = turn.loop == "guide_form"
        detour = bool(turn.slot("guide_state")) and not in_guide
        turn.leave_loop()
        if in_guide:
            turn.say("guide_left", options=[CONTINUE_GUIDE, PERSON])
            return
        turn.set(order_asks=0, next_wants=None)
        if detour:
            turn.say("no_problem", options=[CONTINUE_GUIDE])
            return
        turn.set(guide_state=None)
        turn.say("no_problem")


def _also_says_yes(turn: Turn) -> bool:
    """ "Yes, thank you, all good" is a thank-you to the classifier and an answer to the customer."""
    if _YES.match(turn.context.text):
        return True
    return any(
        intent in {"affirm", "issue_resolved"} and sure >= ALSO_MEANT for intent, sure in turn.context.likely_intents()
    )


class Thank(RapportAction):
    """Thanks may mean that it is solved; only asking makes sure."""

    keeps_pending = True

    def name(self) -> str:
        return "action_thank"

    async def handle(self, turn: Turn) -> None:
        kind, _ = read_pending(turn.slot("pending"))
        if turn.loop:
            turn.say("thanks_short")
        elif kind in {Pending.HELPED, Pending.SOLVED, Pending.ALL_DONE} and _also_says_yes(turn):
            confirm_resolved(turn)
            turn.set(pending=None)
        elif turn.slot("problem_open"):
            turn.say("thanks_is_it_solved", options=[SOLVED, NOT_YET, PERSON])
            turn.set(pending=is_it_solved(turn.slot("pending")))
        else:
            turn.say("thanks")
