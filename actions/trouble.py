""" "It doesn't work" alone says neither what nor how: that is asked back, and no article is looked for."""

from __future__ import annotations

import re

from actions.base import Turn
from actions.pending import Pending, read_pending
from bot.knowledge.guide_answers import is_question
from bot.knowledge.guide_words import normalise

TROUBLES = (
    "device_offline", "device_setup_failed", "app_login_problem", "firmware_update_problem", "battery_problem",
    "device_noise_or_heat", "automation_not_running", "voice_assistant_link",
)  # fmt: skip
"""The intents with a guide, the most frequent first."""
SURE_OF_A_WISH = 0.8
SAYS_NO_TROUBLE = frozenset({"affirm", "deny", "nlu_fallback", "not_helpful", "out_of_scope", "complaint"})
"""Intents that a bare symptom such as "no picture" is easily taken for."""
_NAME_OF_A_THING = 4
"""Words at most of a bare "the hallway camera", given as the answer to "which device?"."""

_NOUN = r"(?:device|thing|gadget|product|item|stuff|unit)s?"
_THING = rf"(?:it|this|that|everything|something|(?:(?:my|the|this|that|your|a) )?(?:\w+ )?{_NOUN})"
_NAMED = re.compile(rf"\b{_NOUN}\b")
"""A "thing" is a device; a bare "it" may be a code, a link or a page."""
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


_SYMPTOMS = (
    (
        "device_noise_or_heat",
        r"\b(?:hot|warm|smell\w*|smok\w+|burn\w*|nois\w+|buzz\w*|humm?\w*|beep\w*|click\w*|rattl\w+|loud)\b",
    ),
    ("battery_problem", r"\b(?:batter(?:y|ies)|charg\w+|empty|drain\w*)\b"),
    ("firmware_update_problem", r"\b(?:updat\w+|firmware)\b"),
    ("voice_assistant_link", r"\b(?:alexa|google|siri|voice)\b"),
    ("app_login_problem", r"\b(?:log ?in|sign ?in|password|logs me out|logged out|signed out)\b"),
    ("automation_not_running", r"\b(?:automation\w*|routine\w*|schedule\w*|timer|scene\w*)\b"),
    (
        "device_setup_failed",
        r"\b(?:set ?up|pair\w*|not (?:be )?found|can not find|add(?:ed|ing)?|install\w*|scan\w*|qr)\b",
    ),
    (
        "device_offline",
        r"\b(?:offline|no (?:\w+ )?(?:picture|image|video|connection|signal|light|power|reaction|response|life|stream|"
        r"view|wifi|internet)|(?:picture|image|screen|video|live view) (?:is |stays )?(?:black|blank|gone|frozen|"
        r"missing)|black|blank|dark|dead|gr[ea]y|unreachable|frozen|disconnect\w*|connect\w*|lost|gone|spinning|"
        r"not (?:\w+ )?(?:turn|switch|come|go|react|respond|light|start|work)\w*|red|amber|orange|yellow|blue|"
        r"blink\w*|flash\w*|off|nothing)\b",
    ),
)  # fmt: skip
"""What a few words say of the trouble once it was asked what the device does; the plainest signs first."""
_SYMPTOM_AT_MOST = 10  # words
_CAN_IT = re.compile(
    r"\W*(?:(?:and|so|ok|okay|but|hi|hello|hey|also|quick question)\b[\s,:]*)*"
    r"(?:will|would|does|do|can|could|is|are) (?!not\b|you\b|i\b|we\b)"
    r"(?!.*(?:\bnot\b|n't\b|\bno longer\b|\bstop\w*|\bany ?more\b|\bwhy\b|\balready\b))"
    r".*\b(?:works?|function|compatible|usable|supported|supports?|integrates?|goe?s? together|plays?|talks?)\b"
    r".*\b(?:with|to|by|in|on)\b.*",
    re.IGNORECASE,
)
"""Asks what a thing can do, before it is bought or set up; a thing that fails is told of differently."""


def asks_whether_it_can(text: str) -> bool:
    """Whether this asks what a thing works with, "will it work with HomeKit", and tells of no trouble."""
    return _CAN_IT.fullmatch(text.replace("\u2019", "'").strip()) is not None


def symptom_of(text: str) -> str | None:
    """The trouble that a short answer to "what does it do, or not do?" describes; None when it says none."""
    said = normalise(text)
    if len(said.split()) > _SYMPTOM_AT_MOST or is_vague_trouble(text):
        return None
    return next((intent for intent, pattern in _SYMPTOMS if re.search(pattern, said)), None)


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


async def take_vague(turn: Turn) -> bool:
    """Ask which device, when "my stuff is not working" resembles a wish about an order; no question may be open."""
    context = turn.context
    if (
        context.intent in TROUBLES
        or read_pending(turn.slot("pending"))[0]
        or not _NAMED.search(normalise(context.text))
    ):
        return False
    return await asks_which_trouble(turn)


async def take_symptom(turn: Turn) -> bool:
    """Begin the guide for what was told when it was asked which trouble it is; False when nothing of the kind was."""
    context = turn.context
    asked = read_pending(turn.slot("pending"))[0] == Pending.TROUBLE
    if not asked or not context.typed or context.intent in TROUBLES or is_question(context.text):
        return False
    intent = symptom_of(context.text)
    if intent is None or (context.confidence >= SURE_OF_A_WISH and context.intent not in SAYS_NO_TROUBLE):
        return False
    turn.take_as(context.as_understood(intent, confidence=context.confidence))
    await turn.run_other("action_guide")
    return True
