"""The quick replies that come up again and again, with the same words everywhere."""

from __future__ import annotations

from actions.base import Option, Turn
from bot.knowledge.retrieval import Suggestion

PERSON = Option("Talk to a person", "contact_human_agent")
NONE_OF_THESE = Option("None of these", "none_of_these")
YES = Option("Yes", "affirm")
NO = Option("No", "deny")
SOLVED = Option("Yes, that's solved", "issue_resolved")
NOT_YET = Option("No, not yet", "not_helpful")
CONTINUE_GUIDE = Option("Go on with the steps", "continue_guide")
NEVER_MIND = Option("Never mind", "never_mind")
THATS_ALL = Option("Yes, that's all", "issue_resolved")
SOMETHING_ELSE = Option("No, something else", "deny")
DID_IT_HELP = (Option("Yes, thanks", "issue_resolved"), Option("No", "not_helpful"), PERSON)

MOST_GUESSES = 3
MINIMUM_GUESS = 0.04
"""An intent below this probability is noise and no guess worth a tap."""


def article_option(suggestion: Suggestion) -> Option:
    return Option(suggestion.title, "choose_article", (("article", suggestion.article_id),))


def order_option(title: str, number: str) -> Option:
    return Option(title, "choose_order", (("order_number", number),))


def intent_options(turn: Turn, *, most: int = MOST_GUESSES) -> list[Option]:
    """The likeliest meanings of the message in plain words; tapping one says it."""
    guesses: list[Option] = []
    for intent, sure in turn.context.likely_intents():
        title = turn.runtime.wording.title(intent)
        if title and sure >= MINIMUM_GUESS and intent != PERSON.intent:
            guesses.append(Option(title, intent))
    return guesses[:most]


async def near_matches(turn: Turn, suggestions: tuple[Suggestion, ...] | None = None) -> list[Option]:
    """Up to three things the customer may have meant: intents that do something first, then articles."""
    options = intent_options(turn)
    if suggestions is None and len(options) < MOST_GUESSES:
        suggestions = (await turn.runtime.knowledge.answer(turn.context.text)).suggestions
    shown = set(turn.slot("articles_shown") or [])
    titles = {option.title.casefold() for option in options}
    for suggestion in suggestions or ():
        if suggestion.article_id not in shown and suggestion.title.casefold() not in titles:
            options.append(article_option(suggestion))
    return options[:MOST_GUESSES]
