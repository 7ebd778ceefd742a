"""What the customer does for us, when they want to: refer a friend, review in public, be quoted."""

from __future__ import annotations

import re
from typing import Any

from actions.base import RapportAction, Turn
from actions.options import NO, YES
from actions.pending import Pending, pending, read_pending
from bot.services import advocacy, referrals, reviews, testimonials
from bot.services.cases import lock_case
from bot.services.money import money
from bot.store.engine import Tx

GIVEN_HERE = re.compile(
    r"^.{0,60}?\b(?:testimonial|quote|story|words)\s*(?:is|are)?\s*[:\-\u2013\u2014]\s*(.{10,})$", re.I | re.S
)
"""\"My testimonial: ...\": the words come with the offer."""


class ShareReferral(RapportAction):
    """Whoever asks for the referral link gets it, and hears how their friends stand."""

    def name(self) -> str:
        return "action_share_referral"

    async def handle(self, turn: Turn) -> None:
        async def work(tx: Tx) -> dict[str, Any]:
            app = turn.runtime.app
            case = await lock_case(tx, turn.context.case_id)
            invitation = await advocacy.share_referral(app, tx, case)
            standings = await referrals.standings(tx, case.customer_id, app.settings.referral_reward)
            rewards = [standing.reward for standing in standings if standing.reward is not None]
            return {"invitation": invitation.id, "friends": len(standings), "earned": sum(rewards)}

        done = await turn.once(work)
        turn.utter(turn.text("your_referral_link"), invitation=done["invitation"])
        if done["earned"]:
            turn.say("referral_earned", earned=money(done["earned"], turn.runtime.settings.currency))
        elif done["friends"]:
            turn.say("referral_underway")


class TakeReview(RapportAction):
    """The way to a public review, open to everybody."""

    def name(self) -> str:
        return "action_take_review"

    async def handle(self, turn: Turn) -> None:
        async def work(tx: Tx) -> dict[str, Any]:
            case = await lock_case(tx, turn.context.case_id)
            invitation = await reviews.take_review(turn.runtime.app, tx, case)
            return {"invitation": invitation.id if invitation else None}

        done = await turn.once(work)
        if done["invitation"] is None:
            turn.say("no_review_site")
        else:
            turn.utter(turn.text("review_offer"), invitation=done["invitation"])


class TakeTestimonial(RapportAction):
    """The customer's own words are read back, and quoted only after an explicit yes."""

    def name(self) -> str:
        return "action_take_testimonial"

    async def handle(self, turn: Turn) -> None:
        words = await self._words(turn)
        if not words:
            turn.say("testimonial_how")
            return
        turn.say("testimonial_consent", words=words, options=[YES, NO])
        turn.set(pending=pending(Pending.TESTIMONIAL, words))

    async def _words(self, turn: Turn) -> str:
        """What the customer wrote: with this very message, or as the comment of the last rating."""
        given = GIVEN_HERE.match(turn.context.text.strip())
        if given:
            return given[1].strip()[: testimonials.WORDS_LIMIT]
        async with turn.runtime.app.read() as tx:
            return await testimonials.last_comment(tx, turn.context.case_id)


class ConfirmTestimonial(RapportAction):
    """Yes or no to being quoted."""

    def name(self) -> str:
        return "action_confirm_testimonial"

    async def handle(self, turn: Turn) -> None:
        _, arguments = read_pending(turn.slot("pending"))
        words = ":".join(arguments)
        if turn.context.intent == "deny" or not words.strip():
            turn.say("testimonial_declined")
            return

        async def work(tx: Tx) -> dict[str, Any]:
            case = await lock_case(tx, turn.context.case_id)
            row = await testimonials.give_testimonial(turn.runtime.app, tx, case, words)
            return {"testimonial": row.id}

        await turn.once(work)
        turn.say("testimonial_saved")
