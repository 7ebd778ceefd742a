"""Answering a question from the articles, and asking back in plain words when it was not understood."""

from __future__ import annotations

import re

from actions.base import Option, RapportAction, Turn
from actions.guide_words import takes_up_guide
from actions.looking_up import look_up
from actions.naming_orders import NAMED_ORDER, names_own_order, take_named_order
from actions.options import (
    DID_IT_HELP,
    NONE_OF_THESE,
    PERSON,
    START_OPTIONS,
    YES_PERSON,
    near_matches,
)
from actions.pending import Pending, pending, read_pending
from actions.products import tell_of_products
from actions.trouble import asks_which_trouble
from bot.domain.effort import MISSES_BEFORE_OFFER, EffortLedger, OfferReason, repeats_question, should_offer_person
from bot.domain.mood import calls_for_person, is_low
from bot.knowledge.articles import Article
from bot.knowledge.retrieval import Answer

WHOLE_ARTICLE = 900
"""Characters up to which an article is given whole; of a longer one only the passage that answers."""
RECENT = 3
"""Articles given last; one of them as the answer again means that the customer is not content with it."""
_ASKS_TO_REPEAT = re.compile(
    r"\b(?:remind me|repeat (?:that|it)|say (?:that|it) again|once more|(?:what|how|when|where) (?:was|were) .+ again)"
    r"\b",
    re.IGNORECASE,
)

DEEDS = {
    "return_item": ("option_start_return", "start_return"),
    "check_refund_policy": ("option_start_return", "start_return"),
    "get_refund": ("option_start_return", "start_return"),
    "check_cancellation_fee": ("option_cancel", "cancel_order"),
    "delivery_period": ("option_track", "track_order"),
    "check_invoice": ("option_invoice", "get_invoice"),
    "newsletter_subscription": ("option_do_it", "account_request"),
    "edit_account": ("option_ask_to_change", "account_request"),
    "delete_account": ("option_ask_to_delete", "account_request"),
    "privacy_data_request": ("option_pass_on", "account_request"),
    "set_up_shipping_address": ("option_change_address", "change_shipping_address"),
}
"""What the assistant can do about a question that it answers."""
DEED_INTENTS = frozenset(intent for _, intent in DEEDS.values())

ORDER_TASKS = {
    "return_item": "return_item",
    "get_refund": "return_item",
    "check_refund_policy": "return_item",
    "check_cancellation_fee": "cancel_order",
    "check_invoice": "get_invoice",
    "order_damaged": "report_problem",
    "order_missing_item": "report_problem",
    "order_wrong_item": "report_problem",
    "warranty_claim": "report_problem",
    "payment_issue": "check_payment",
}
"""What is to be done with the order whose number follows an answer."""

OFFER_TEXTS = {
    OfferReason.ANGER: "offer_person_angry",
    OfferReason.REPEATED: "offer_person_repeated",
    OfferReason.MISSES: "offer_person_missed",
}


def offer_person(turn: Turn, text: str, **values: object) -> None:
    """Offer a person under the sentence `text`; "yes" then takes the offer."""
    yes, no = YES_PERSON, Option("option_go_on", "deny")
    turn.say(text, options=[yes, no], **values)
    turn.set(pending=pending(Pending.PERSON_OFFER))


def should_offer(turn: Turn, misses: int) -> OfferReason | None:
    """Anger, a repeated question or two misses in a row (one, if the mood is low); None to go on."""
    text = turn.context.text
    repeated = turn.context.typed and repeats_question(text, turn.earlier_texts())
    angry = turn.context.typed and calls_for_person(turn.mood_in(text))
    ledger = EffortLedger(misses_in_a_row=misses)
    return should_offer_person(ledger, angry=angry, repeated=repeated, low=is_low(turn.mood))


def ask_back(turn: Turn, found: Answer, *, key: str = "near_matches", without: str = "") -> None:
    """Three near matches in plain words, or a person when this was not the first miss in a row."""
    reason = should_offer(turn, turn.miss())
    if reason is not None:
        offer_person(turn, OFFER_TEXTS[reason])
    else:
        near = near_matches(turn, found.suggestions, without=without)
        plain = {"near_matches": "no_article", "not_understood": "not_understood_at_all"}.get(key, key)
        turn.say(key if near.any else plain, options=[*near.options, NONE_OF_THESE, PERSON])
    turn.set(problem_open=True)
    turn.note_effort(missed=True, repeated=reason is OfferReason.REPEATED)


def give_answer(turn: Turn, found: Answer, article: Article) -> None:
    """Say the article that was found. One that was given already is not said again as it is: its gist, near matches
    and a person the first time, the person above all when it is the same question or happens again."""
    given_lately = article.id in (turn.slot("articles_shown") or [])[-RECENT:]
    if not given_lately or turn.loop or _ASKS_TO_REPEAT.search(turn.context.text):
        show_article(turn, article, found.passage, found.score)
        return
    texts = turn.runtime.texts
    before = [str(event.get("text") or "") for event in turn.bot_events()]
    gist = turn.runtime.fill(found.passage or "").strip()
    if gist and gist not in before and all(texts.said("in_short", said) is None for said in before):
        turn.say("in_short", answer=gist)
    same = turn.context.typed and repeats_question(turn.context.text, turn.earlier_texts())
    told_so = ("same_answer", OFFER_TEXTS[OfferReason.REPEATED])
    if same or any(texts.said(key, said) is not None for said in before for key in told_so):
        offer_person(turn, OFFER_TEXTS[OfferReason.REPEATED])
    else:
        near = near_matches(turn, found.suggestions, without=turn.context.intent)
        turn.say("same_answer", options=[*near.options[:2], NONE_OF_THESE, PERSON])
    turn.set(problem_open=True)
    turn.note_effort(repeated=True)


def show_article(turn: Turn, article: Article, passage: str | None, score: float) -> None:
    """Say the article, note it as shown, and ask whether it helped unless a form is waiting for its own answer."""
    whole = len(article.body) <= WHOLE_ARTICLE or passage is None
    text = turn.runtime.fill(article.body if whole else passage or article.body)
    envelope = {
        "id": article.id,
        "version": article.version,
        "title": turn.runtime.fill(article.title),
        "score": round(score, 3),
    }
    if turn.context.intent in ORDER_TASKS:
        # "Tell me your order number", says the article: a number that comes next is for this.
        turn.set(order_task=ORDER_TASKS[turn.context.intent])
    deed = _deed(turn, article)
    if deed is not None and deed.intent == "account_request":
        turn.set(account_task=turn.context.intent)
    before = [each for each in turn.slot("articles_shown") or [] if each != article.id]
    turn.set(articles_shown=[*before, article.id], problem_open=True)
    if turn.loop:
        turn.utter(text, article=envelope)
        return
    turn.utter(text, article=envelope)
    turn.say("did_that_help", options=[*([deed] if deed else []), *DID_IT_HELP])
    turn.set(pending=pending(Pending.HELPED, article.id, str(article.version)))


def _deed(turn: Turn, article: Article) -> Option | None:
    """What can be done about the question. To an account only below an article on that very wish: whoever asks to lock
    an account and reads how to reset its password must not find "delete it" there."""
    title, intent = DEEDS.get(turn.context.intent, ("", ""))
    if not title or (intent == "account_request" and turn.context.intent not in article.intents):
        return None
    return Option(title, intent)


def say_part(turn: Turn, article: Article, sentence: str, score: float) -> None:
    """Say one sentence of an article that was given before, as the answer to a question that followed it."""
    title = turn.runtime.fill(article.title)
    envelope = {"id": article.id, "version": article.version, "title": title, "score": round(score, 3)}
    turn.utter(turn.runtime.fill(sentence), article=envelope)
    if turn.loop:
        return  # the form asks again, and one question at a time is enough
    turn.say("did_that_help", options=DID_IT_HELP)
    turn.set(pending=pending(Pending.HELPED, article.id, str(article.version)), problem_open=True)


class AnswerQuestion(RapportAction):
    """Any question the articles may answer; the intent helps to choose among near ones."""

    def name(self) -> str:
        return "action_answer_question"

    async def handle(self, turn: Turn) -> None:
        context = turn.context
        if await asks_which_trouble(turn):
            return
        if context.intent in NAMED_ORDER and (context.entity("order_number") or await names_own_order(turn)):
            turn.set(order_task=NAMED_ORDER[context.intent])
            await turn.run_other("action_order")
            return
        if await tell_of_products(turn):
            return
        found = await look_up(turn)
        if found.article is None and await take_named_order(turn):
            return
        if found.article is None:
            # The intent itself is no guess here: it is what led to this answer.
            ask_back(turn, found, without=context.intent)
        else:
            give_answer(turn, found, found.article)


class ShowArticle(RapportAction):
    """An article chosen from the near matches."""

    def name(self) -> str:
        return "action_show_article"

    async def handle(self, turn: Turn) -> None:
        article = await turn.runtime.knowledge.article(str(turn.context.entity("article") or ""))
        if article is None:
            # It was withdrawn between the offer and the tap.
            turn.say("article_gone", options=[PERSON])
            return
        show_article(turn, article, None, 1.0)


class Fallback(RapportAction):
    """Not understood: ask back with near matches; the second time in a row, or with anger, offer a person."""

    def name(self) -> str:
        return "action_fallback"

    async def handle(self, turn: Turn) -> None:
        if await self._answers_open_survey(turn) or await takes_up_guide(turn) or await asks_which_trouble(turn):
            return
        if await take_named_order(turn):
            return
        found = await look_up(turn)
        if found.article is not None:
            # The classifier did not know, but the articles do: that is an answer and no miss.
            give_answer(turn, found, found.article)
        else:
            ask_back(turn, found, key="not_understood")

    async def _answers_open_survey(self, turn: Turn) -> bool:
        """A bare "6" means nothing by itself; while a rating is asked for it is the answer."""
        kind, _ = read_pending(turn.slot("pending"))
        a_score = turn.slot("survey") is not None and turn.context.entity("score") is not None
        if kind != Pending.RATING and not a_score:
            return False
        await turn.run_other("action_rate_in_words")
        return True


class NoneOfThese(RapportAction):
    """None of the near matches was meant."""

    def name(self) -> str:
        return "action_none_of_these"

    async def handle(self, turn: Turn) -> None:
        if should_offer(turn, turn.miss()) is not None:
            offer_person(turn, "offer_person_missed")
        else:
            turn.say("please_rephrase", options=[PERSON])
        turn.note_effort(missed=True)


class OutOfScope(RapportAction):
    """Nothing a support assistant can help with."""

    def name(self) -> str:
        return "action_out_of_scope"

    async def handle(self, turn: Turn) -> None:
        if await takes_up_guide(turn) or await asks_which_trouble(turn) or await take_named_order(turn):
            return
        found = await look_up(turn)
        if found.article is not None:
            # The articles know more subjects than the intents do.
            give_answer(turn, found, found.article)
        elif turn.miss() >= MISSES_BEFORE_OFFER:
            offer_person(turn, "out_of_scope_again")
        else:
            turn.say("out_of_scope", options=START_OPTIONS)
