"""What the team or the shop does about an account: the newsletter, personal details, closing it, one's own data.

Only the newsletter of a signed-in customer is switched here. The rest needs a person who checks who is asking; that is
said, and a ticket is opened with what was wanted.
"""

from __future__ import annotations

import re

from actions.base import Option, RapportAction, Turn
from actions.deed import ShopDeed, is_that_all
from actions.handoff import escalate
from actions.pending import Pending, pending
from bot.adapters.shop import ShopRefused, ShopUnavailable

NEWSLETTER = "newsletter_subscription"
OFF, ON = "newsletter_off", "newsletter_on"
WANTED = {
    OFF: "take them off the newsletter",
    ON: "subscribe them to the newsletter",
    "edit_account": "change the details of their account",
    "delete_account": "close their account and delete what it holds",
    "privacy_data_request": "answer their request about their personal data (within 30 days by law)",
}
"""For the person who takes over."""
CONFIRM = {
    OFF: "account_confirm_off",
    ON: "account_confirm_on",
    "edit_account": "account_confirm_edit",
    "delete_account": "account_confirm_delete",
    "privacy_data_request": "account_confirm_privacy",
}
_AWAY = re.compile(r"\b(?:un-?subscri|stop|no more|off|out of|too many|leave|remove|cancel|don'?t want)", re.IGNORECASE)
_WANT = re.compile(r"\b(?:subscri|sign (?:me )?up|get|receive|want|join)", re.IGNORECASE)


class AccountRequest(RapportAction):
    """The option below an answer about the account: do it for me."""

    def name(self) -> str:
        return "action_account_request"

    async def handle(self, turn: Turn) -> None:
        task = str(turn.context.entity("text") or turn.slot("account_task") or "")
        if task == NEWSLETTER:
            task = _which(turn)
        if task == NEWSLETTER:
            options = [Option(title, "account_request", (("text", way),)) for title, way in _WAYS]
            turn.say("newsletter_which", options=options)
            return
        if task not in CONFIRM:
            turn.say("yes_to_what")
            return
        turn.leave_loop()
        turn.say(CONFIRM[task], options=[Option("option_yes_please", "affirm"), Option("option_no", "deny")])
        turn.set(pending=pending(Pending.ACCOUNT, task))


_WAYS = (("option_newsletter_off", OFF), ("option_newsletter_on", ON))


def _which(turn: Turn) -> str:
    """What their own words said, the newest first."""
    for text in reversed(turn.earlier_texts()):
        if _AWAY.search(text):
            return OFF
        if _WANT.search(text):
            return ON
    return NEWSLETTER


class AccountConfirmed(ShopDeed):
    """Runs only on a yes to what would be done."""

    kind = Pending.ACCOUNT

    def name(self) -> str:
        return "action_account_confirmed"

    def wanted(self, turn: Turn, arguments: list[str]) -> str:
        return f"the customer asks us to {WANTED.get(arguments[0], arguments[0])}"

    async def do(self, turn: Turn, arguments: list[str]) -> None:
        task, customer = arguments[0], turn.context.external_id
        if task not in {OFF, ON} or customer is None:
            turn.say("account_passed_on")
            escalate(turn, "account_request", self.wanted(turn, arguments))
            return
        try:
            await turn.runtime.shop.set_newsletter(customer, task == ON, self.key(turn))
        except ShopRefused as refused:
            raise ShopUnavailable(f"the newsletter was refused: {refused.code}") from refused
        turn.say("newsletter_on" if task == ON else "newsletter_off")
        is_that_all(turn)
