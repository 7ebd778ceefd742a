"""Questions that live on the one before: "and how long does that take?", "what about worn filters?".

Such a message is looked up together with the question before it. What the last article says to it is given as that
sentence alone, because the rest of the article stands right above; another article is given whole.
"""

from __future__ import annotations

import asyncio
import re

from actions.base import Turn
from actions.picking import offered_last, take
from actions.support import DEED_INTENTS, ask_back, give_answer, say_part
from actions.understanding import NO_WANTS, is_want
from bot.knowledge.articles import Article
from bot.knowledge.following import SENTENCE_BAR, nearest_sentence
from bot.knowledge.retrieval import Answer

LONGEST = 14
"""Words; a longer question says what it is about."""
FRAGMENT = 5
NEAR_BOTH = 0.78
"""Score from which an article is near the two questions together."""
CERTAIN = 0.9
SURE = 0.6
"""Probability from which a message is understood by itself."""
_BEGINS = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|oh|hm+|well|but|right|thanks|yes|no)\b[\s,.]*)*(?:and|so|what about|how about|also|then)\b",
    re.IGNORECASE,
)
_ELSE = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|oh|hm+|well|but|right|thanks|and|so|also|then|just)\b[\s,.]*)*"
    r"(?:one (?:more|other|last|final|quick) (?:thing|question)|another (?:thing|question)|"
    r"(?:a )?(?:different|new|separate|unrelated) (?:thing|question|topic|subject)|something else)\b",
    re.IGNORECASE,
)
"""Announces another subject; its words would be taken for pointing back."""
_POINTS = re.compile(r"\b(?:it|its|that|this|these|those|there|them|they|one|ones|either|both)\b", re.IGNORECASE)
_FRAGMENT = re.compile(r"^\W*(?:to|for|in|from|with|without|by|at|on|after|before|even|only)\s+\w+", re.IGNORECASE)
_ASKS_FOR_DEED = re.compile(
    r"^\W*(?:(?:please|ok|yes|so|then|and|but)\b[\s,]*)*(?:i(?:'d| would)? (?:want|need|like)|give me|send me|"
    r"can i (?:have|get)|"
    r"can you|could you|do|please|let me have)\b",
    re.IGNORECASE,
)
_NAMES_A_THING = re.compile(
    r"\W*(?:(?:no|yes|ok|okay|so|well|sorry|oh)\b[\s,.]*)*"
    r"(?:it'?s|it is|this is|that'?s|that is|i mean|i meant|about|for) (?:about |for )?(?:the|my|our|that|this) "
    r"(?!.*\b(?:best|fav\w*|lovely|great|nice|perfect|good|amazing|beautiful|worst|awful)\b)(?:\w+ ?){1,3}\W*",
    re.IGNORECASE,
)
""" "It's the glow lamp" says which thing the last question was about, whatever the name sounds like."""
_NO_QUESTIONS = NO_WANTS - {"nlu_fallback", "out_of_scope"} | {"contact_human_agent", "stop_asking"}


def leans(text: str) -> bool:
    """Whether a message needs the one before it to be understood."""
    words = len(text.split())
    if words > LONGEST or _ELSE.search(text):
        return False
    points = _POINTS.search(text) is not None or _BEGINS.search(text) is not None
    return points or (words <= FRAGMENT and _FRAGMENT.search(text) is not None)


def question_before(turn: Turn) -> str:
    """The newest earlier message that wanted something, in the customer's words; empty when there is none."""
    for event in reversed(turn.tracker.events):
        metadata = event.get("metadata") or {}
        if event.get("event") != "user" or metadata.get("message_id") == turn.context.message_id:
            continue
        parsed = event.get("parse_data") or {}
        if len(parsed.get("intent_ranking") or []) > 1 and is_want(str((parsed.get("intent") or {}).get("name") or "")):
            return str(event.get("text") or "")
    return ""


async def take_follow_up(turn: Turn) -> bool:
    """Answer a question that leans on the one before; True when the two together found something."""
    if _only_names_a_thing(turn):
        turn.take_as(turn.context.as_understood("nlu_fallback"))
        if not await _together_with_the_last(turn):
            await turn.run_other("action_fallback")
        return True
    return await _together_with_the_last(turn)


def _only_names_a_thing(turn: Turn) -> bool:
    context = turn.context
    pleasant = context.intent in _NO_QUESTIONS and context.intent not in {"contact_human_agent", "stop_asking"}
    named = context.entity("product") is not None and _NAMES_A_THING.fullmatch(context.text.replace("\u2019", "'"))
    return pleasant and bool(named) and bool(question_before(turn))


async def _together_with_the_last(turn: Turn) -> bool:
    context = turn.context
    if context.intent in _NO_QUESTIONS or context.entity("order_number") or not leans(context.text):
        return False
    sure = is_want(context.intent) and context.confidence >= SURE
    in_words = turn.runtime.routes.get(context.intent) == "action_answer_question"
    if sure and not in_words and (context.confidence >= CERTAIN or not _ASKS_FOR_DEED.search(context.text)):
        return False
    before, last = question_before(turn), await _last_article(turn)
    if not before:
        return False
    if last is not None:
        return await look_up_together(turn, before, context.text, last, sure=sure)
    return not sure and await _without_article(turn, before)


async def look_up_together(turn: Turn, before: str, text: str, last: Article, *, sure: bool = False) -> bool:
    """Answer `text`, asked after `before`, which `last` answered; False when that leads nowhere.

    `sure`: the text means something by itself, so that only the last article's own words may come before that.
    """
    knowledge = turn.runtime.knowledge
    both, alone = await knowledge.answer(f"{before} {text}"), await knowledge.answer(text)
    if both.article is not None and both.article.id == last.id:
        found = await asyncio.to_thread(nearest_sentence, knowledge.encoder, last.body, before, text)
        if found is not None and found.score >= SENTENCE_BAR and not _said_alone(turn, found.sentence):
            say_part(turn, last, found.sentence, found.score)
            return True
        if _ASKS_FOR_DEED.search(text) and await take_offered_deed(turn):
            return True
    if sure or (alone.article is not None and alone.article.id != last.id):
        return False
    other = await _other_article(turn, both, alone, last)
    if other is None:
        return False
    give_answer(turn, both, other)
    return True


async def _without_article(turn: Turn, before: str) -> bool:
    """Nothing was answered lately, or it is settled: what is found for both is given or, if only near, offered."""
    knowledge = turn.runtime.knowledge
    both, alone = await knowledge.answer(f"{before} {turn.context.text}"), await knowledge.answer(turn.context.text)
    if alone.article is not None:
        return False
    if both.article is not None:
        give_answer(turn, both, both.article)
        return True
    if not _BEGINS.search(turn.context.text) or not both.suggestions or both.suggestions[0].score < NEAR_BOTH:
        return False
    turn.take_as(turn.context.as_understood("nlu_fallback"))
    ask_back(turn, both)
    return True


async def _last_article(turn: Turn) -> Article | None:
    shown = turn.slot("articles_shown") or []
    return await turn.runtime.knowledge.article(str(shown[-1])) if shown else None


async def _other_article(turn: Turn, both: Answer, alone: Answer, last: Article) -> Article | None:
    """Another article than the last: the one found, or one that is near both to the text and to the two together."""
    shown = set(turn.slot("articles_shown") or [])
    if both.article is not None:
        return both.article if both.article.id not in shown else await _near_both(turn, both, alone, shown)
    return await _near_both(turn, both, alone, shown)


async def _near_both(turn: Turn, both: Answer, alone: Answer, shown: set[str]) -> Article | None:
    near = {each.article_id for each in both.suggestions if each.score >= NEAR_BOTH}
    for each in alone.suggestions[:2]:
        if each.article_id in near and each.article_id not in shown:
            return await turn.runtime.knowledge.article(each.article_id)
    return None


async def take_offered_deed(turn: Turn) -> bool:
    """Do the one thing that was offered to be done below the last answer; False without exactly one."""
    deeds = [option for option in offered_last(turn) if option.intent in DEED_INTENTS]
    return len(deeds) == 1 and await take(turn, deeds[0])


def _said_alone(turn: Turn, sentence: str) -> bool:
    said = turn.runtime.fill(sentence)
    return any(str(event.get("text") or "") == said for event in turn.bot_events())
