""" "It doesn't work" alone says neither what nor how: that is asked back, and no article is looked for."""

from __future__ import annotations

import re

from actions.base import Turn
from actions.pending import Pending, read_pending
from bot.knowledge.guide_words import normalise

TROUBLES = (
    "device_offline", "device_setup_failed", "app_login_problem", "firmware_update_problem", "battery_problem",
    "device_noise_or_heat", "automation_not_running", "voice_assistant_link",
)  # fmt: skip
"""The intents with a guide, the most frequent first."""
_NAME_OF_A_THING = 4
"""Words at most of a bare "the hallway camera", given as the answer to "which device?"."""

_NOUN = r"(?:device|thing|gadget|product|item|stuff|unit)s?"
_THING = rf"(?:it|this|that|everything|something|(?:(?:my|the|this|that|your|a) )?(?:\w+ )?{_NOUN})"
_FAILS = (
    r"(?:(?:just |simply |still |really )*(?:does|do|did|is|are|was|has|have|will|would|can) not (?:\w+ )?"
    r"(?:work|works|working|worked|function|functioning|respond|responding|go|do anything)|"
    r"not working|no longer works|stopped working|(?:has|have) (?:a |some )?problems?|(?:keeps |is )?failing|fails|"
    r"(?:is |are |seems |has )?(?:broken|kaputt?|dead|faulty|defective|malfunctioning|not ok|acting up|broke))"
)
_MORE = r"(?: (?:at all|any ?more|again|properly|correctly|right|now|today|why|what (?:do|can) i do))*"
_OPENING = (
    r"(?:(?:hi|hello|hey|help|help me|please|sorry|so|well|ok|why|omg|ugh|look|guys|there|i think|"
    r"can you help|i need help) )*"
)
_VAGUE = re.compile(
    rf"{_OPENING}(?:{_THING} )?{_FAILS}{_MORE}(?: (?:please|help|help me|thanks))*|"
    rf"{_OPENING}(?:i (?:have|got) )?(?:a |some )?(?:problems?|trouble|an issue|issues?)(?: with {_THING})?|"
    rf"{_OPENING}(?:i need help with|can you fix|how do i fix|fix) {_THING}(?: please)?"
)


def is_vague_trouble(text: str) -> bool:
    """Whether somebody only says that something does not work, naming neither the thing nor what it does."""
    return _VAGUE.fullmatch(normalise(text)) is not None


def told_of_trouble(turn: Turn) -> list[str]:
    """What was said of the trouble while it was asked about, for the guide that may follow."""
    kind, told = read_pending(turn.slot("pending"))
    return told if kind == Pending.TROUBLE else []


async def asks_which_trouble(turn: Turn) -> bool:
    """Ask which device it is and what it does, if that is all there is to ask; False when the message says more."""
    if not turn.context.typed:
        return False
    asked = read_pending(turn.slot("pending"))[0] == Pending.TROUBLE
    names_a_thing = asked and len(turn.context.text.split()) <= _NAME_OF_A_THING and "?" not in turn.context.text
    if not names_a_thing and not is_vague_trouble(turn.context.text):
        return False
    if names_a_thing and told_of_trouble(turn):
        return False
    await turn.run_other("action_choose_device")
    return True
