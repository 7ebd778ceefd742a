"""The quick replies that come up again and again, with the same words everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actions.base import Option, Turn
from bot.knowledge.retrieval import Suggestion

PERSON = Option("option_person", "contact_human_agent")
NONE_OF_THESE = Option("option_none_of_these", "none_of_these")
YES = Option("option_yes", "affirm")
NO = Option("option_no", "deny")
SOLVED = Option("option_solved", "issue_resolved")
NOT_YET = Option("option_not_yet", "not_helpful")
CONTINUE_GUIDE = Option("option_continue_guide", "continue_guide")
START_AGAIN = Option("option_start_again", "continue_guide", (("guide_choice", "start_again"),))
GO_ON_WITH_STEPS = Option("option_go_on", "continue_guide")
YES_PERSON = Option("option_yes_person", "contact_human_agent")
STOP_GUIDE = Option("option_stop_guide", "never_mind")
GUIDE_IS_SOLVED = Option("option_works_now", "issue_resolved")
NEVER_MIND = Option("option_never_mind", "never_mind")
THATS_ALL = Option("option_thats_all", "issue_resolved")
SOMETHING_ELSE = Option("option_something_else", "deny")
DID_IT_HELP = (Option("option_yes_thanks", "issue_resolved"), Option("option_no", "not_helpful"), PERSON)

MOST_GUESSES = 3
MINIMUM_GUESS = 0.15
"""An intent below this probability is noise and no guess worth a tap: of held-out phrases that were not understood
none meant one below it, and every second one meant one above."""
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
    Option("option_track", "track_order"),
    Option("option_return", "return_item"),
    Option("option_device", "choose_device"),
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
