"""Answering a question from the articles, and asking back in plain words when it was not understood."""

from __future__ import annotations

from actions.base import Option, RapportAction, Turn
from actions.options import DID_IT_HELP, NONE_OF_THESE, PERSON, START_OPTIONS, near_matches
from actions.pending import Pending, pending, read_pending
from bot.domain.effort import EffortLedger, OfferReason, repeats_question, should_offer_person
from bot.domain.mood import calls_for_person, read_mood
from bot.knowledge.articles import Article
from bot.knowledge.retrieval import Answer

WHOLE_ARTICLE = 900
"""Characters up to which an article is given whole; of a longer one only the passage that answers."""

DEEDS = {
    "return_item": ("Start a return", "start_return"),
    "check_refund_policy": ("Start a return", "start_return"),
    "get_refund": ("Start a return", "start_return"),
    "check_cancellation_fee": ("Cancel an order", "cancel_order"),
    "delivery_period": ("Track an order", "track_order"),
    "check_invoice": ("Get an invoice", "get_invoice"),
}
"""What the assistant can do about a question that it answers."""

ORDER_TASKS = {
    "return_item": "return_item",
    "get_refund": "return_item",
    "check_refund_policy": "return_item",
    "check_cancellation_fee": "cancel_order",
    "check_invoice": "get_invoice",
    "order_damaged": "report_problem",
    "order_missing_item": "report_problem",
    "order_wrong_item": "report_problem",
}
"""What is to be done with the order whose number follows an answer."""

OFFER_TEXTS = {
    OfferReason.ANGER: "offer_person_angry",
    OfferReason.REPEATED: "offer_person_repeated",
    OfferReason.MISSES: "offer_person_missed",
}


def offer_person(turn: Turn, text: str, **values: object) -> None:
    """Offer a person under the sentence `text`; "yes" then takes the offer."""
    yes, no = Option("Yes, talk to a person", "contact_human_agent"), Option("No, go on", "deny")
    turn.say(text, options=[yes, no], **values)
    turn.set(pending=pending(Pending.PERSON_OFFER))


def should_offer(turn: Turn, misses: int) -> OfferReason | None:
    """Anger, a repeated question or two misses in a row; None to go on."""
    text = turn.context.text
    repeated = turn.context.typed and repeats_question(text, turn.earlier_texts())
    angry = turn.context.typed and calls_for_person(read_mood(text))
    return should_offer_person(EffortLedger(misses_in_a_row=misses), angry=angry, repeated=repeated)


def show_article(turn: Turn, article: Article, passage: str | None, score: float) -> None:
    """Say the article, note it as shown, and ask whether it helped unless a form is waiting for its own answer."""
    whole = len(article.body) <= WHOLE_ARTICLE or passage is None
    text = turn.runtime.fill(article.body if whole else passage or article.body)
    envelope = {"id": article.id, "version": article.version, "title": article.title, "score": round(score, 3)}
    if turn.context.intent in ORDER_TASKS:
        # "Tell me your order number", says the article: a number that comes next is for this.
        turn.set(order_task=ORDER_TASKS[turn.context.intent])
    turn.set(articles_shown=[*(turn.slot("articles_shown") or []), article.id], problem_open=True)
    if turn.loop:
        turn.utter(text, article=envelope)
        return
    deed = DEEDS.get(turn.context.intent)
    turn.utter(text, article=envelope)
    options = [Option(deed[0], deed[1])] if deed else []
    turn.say("did_that_help", options=[*options, *DID_IT_HELP])
    turn.set(pending=pending(Pending.HELPED))


class AnswerQuestion(RapportAction):
    """Any question the articles may answer; the intent helps to choose among near ones."""

    def name(self) -> str:
        return "action_answer_question"

    async def handle(self, turn: Turn) -> None:
        context = turn.context
        if context.intent == "return_item" and context.entity("order_number"):
            # "I want to send back the lamp from LH-100234" is no question.
            await turn.run_other("action_order")
            return
        reason = should_offer(turn, 0)
        found = await turn.runtime.knowledge.answer(context.text, context.likely_intents())
        shown = turn.slot("articles_shown") or []
        again = found.article is not None and bool(shown) and shown[-1] == found.article.id
        if reason is OfferReason.REPEATED or (again and reason is not None):
            # Saying the same again to someone who asks again would only annoy.
            offer_person(turn, OFFER_TEXTS[reason or OfferReason.REPEATED])
            turn.note_effort(repeated=True)
            return
        if reason is OfferReason.ANGER:
            turn.say("empathy")
        if found.article is None:
            await self._abstain(turn, found)
        else:
            show_article(turn, found.article, found.passage, found.score)
        if reason is OfferReason.ANGER:
            offer_person(turn, OFFER_TEXTS[reason])

    async def _abstain(self, turn: Turn, found: Answer) -> None:
        # The intent itself is no guess here: it is what led to this answer.
        near = near_matches(turn, found.suggestions, without=turn.context.intent)
        turn.say("near_matches" if near.any else "no_article", options=[*near.options, NONE_OF_THESE, PERSON])
        turn.set(problem_open=True)


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

    counts_as_miss = True

    def name(self) -> str:
        return "action_fallback"

    async def handle(self, turn: Turn) -> None:
        if await self._answers_open_survey(turn):
            return
        if turn.context.entity("order_number"):
            turn.set(order_task=turn.slot("order_task") or "track_order")
            await turn.run_other("action_order")
            return
        found = await turn.runtime.knowledge.answer(turn.context.text, turn.context.likely_intents())
        if found.article is not None:
            # The classifier did not know, but the articles do: that is an answer and no miss.
            show_article(turn, found.article, found.passage, found.score)
            if turn.slot("misses"):
                turn.set(misses=0)
                turn.note_effort(missed=False)
            return
        misses = int(turn.slot("misses") or 0) + 1
        turn.set(misses=misses)
        reason = should_offer(turn, misses)
        if reason is not None:
            offer_person(turn, OFFER_TEXTS[reason])
        else:
            near = near_matches(turn, found.suggestions)
            key = "not_understood" if near.any else "not_understood_at_all"
            turn.say(key, options=[*near.options, NONE_OF_THESE, PERSON])
        turn.note_effort(missed=True, repeated=reason is OfferReason.REPEATED)

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

    counts_as_miss = True

    def name(self) -> str:
        return "action_none_of_these"

    async def handle(self, turn: Turn) -> None:
        misses = int(turn.slot("misses") or 0) + 1
        turn.set(misses=misses)
        if misses >= 2:
            offer_person(turn, "offer_person_missed")
        else:
            turn.say("please_rephrase", options=[PERSON])
        turn.note_effort(missed=True)


class OutOfScope(RapportAction):
    """Nothing a support assistant can help with."""

    def name(self) -> str:
        return "action_out_of_scope"

    async def handle(self, turn: Turn) -> None:
        found = await turn.runtime.knowledge.answer(turn.context.text, turn.context.likely_intents())
        if found.article is not None:
            # The articles know more subjects than the intents do.
            show_article(turn, found.article, found.passage, found.score)
            return
        turn.say("out_of_scope", options=START_OPTIONS)
