"""The quick replies that come up again and again, with the same words everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actions.base import Option, Turn
from bot.knowledge.retrieval import Suggestion

PERSON = Option("Talk to a person", "contact_human_agent")
NONE_OF_THESE = Option("None of these", "none_of_these")
YES = Option("Yes", "affirm")
NO = Option("No", "deny")
SOLVED = Option("Yes, that's solved", "issue_resolved")
NOT_YET = Option("No, not yet", "not_helpful")
CONTINUE_GUIDE = Option("Go on with the steps", "continue_guide")
START_AGAIN = Option("Start again", "continue_guide", (("guide_choice", "start_again"),))
STOP_GUIDE = Option("Stop the steps", "never_mind")
GUIDE_IS_SOLVED = Option("It works now", "issue_resolved")
NEVER_MIND = Option("Never mind", "never_mind")
THATS_ALL = Option("Yes, that's all", "issue_resolved")
SOMETHING_ELSE = Option("No, something else", "deny")
DID_IT_HELP = (Option("Yes, thanks", "issue_resolved"), Option("No", "not_helpful"), PERSON)

MOST_GUESSES = 3
MINIMUM_GUESS = 0.04
"""An intent below this probability is noise and no guess worth a tap."""
NEAR_ARTICLE = 0.5
"""Likewise an article below this score: nonsense reaches about 0.35, a related question 0.6 and more."""
RELATED_ARTICLE = 0.85
"""From here an article may have what another one on the subject did not."""


def article_option(turn: Turn, suggestion: Suggestion) -> Option:
    title = turn.runtime.fill(suggestion.title)
    return Option(title, "choose_article", (("article", suggestion.article_id),))


def order_option(title: str, number: str) -> Option:
    return Option(title, "choose_order", (("order_number", number),))


START_OPTIONS = (
    Option("Track an order", "track_order"),
    Option("Return something", "return_item"),
    Option("A device doesn't work", "choose_device"),
    PERSON,
)
"""What most people come for."""


@dataclass(frozen=True, slots=True)
class Near:
    """Three things to tap; `any` is False when none of them is near to what was written."""

    options: tuple[Option, ...]
    any: bool


def near_matches(turn: Turn, suggestions: Sequence[Suggestion], *, without: str = "") -> Near:
    """What the customer may have meant: intents first, for they do something, then articles, then the usual wishes."""
    found: list[Option] = []
    for intent, sure in turn.context.likely_intents():
        title = turn.runtime.wording.title(intent)
        if title and sure >= MINIMUM_GUESS and intent not in {PERSON.intent, without}:
            found.append(Option(title, intent))
    shown = set(turn.slot("articles_shown") or [])
    found += [
        article_option(turn, near)
        for near in suggestions
        if near.score >= NEAR_ARTICLE and near.article_id not in shown
    ]
    usual = [option for option in START_OPTIONS if option is not PERSON]
    unique: dict[str, Option] = {}
    for option in [*found, *usual]:
        unique.setdefault(option.intent if not option.entities else option.title, option)
    return Near(tuple(unique.values())[:MOST_GUESSES], bool(found))
