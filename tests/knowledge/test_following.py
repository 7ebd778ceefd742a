"""A question that follows another is answered by the right sentence, and what is no such question by none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge.articles import load_articles
from bot.knowledge.embedding import SentenceEmbedder
from bot.knowledge.following import SENTENCE_BAR, nearest_sentence, sentences_of

FAQ = Path(__file__).parents[2] / "data" / "knowledge" / "faq"
BODIES = {article.id: article.body for article in load_articles(FAQ)}
ENCODER = SentenceEmbedder()


@pytest.mark.parametrize(
    ("article", "before", "text", "words"),
    [
        ("gift-cards", "can i buy a gift card for 75 euro", "does it expire", "three years"),
        ("gift-cards", "can i buy a gift card for 75 euro", "can i return it", "cannot be returned"),
        ("delivery-countries", "do you ship to Norway", "and how long does that take", "4-7 working days"),
        ("delivery-countries", "do you ship to Norway", "is there customs on that", "customs duty"),
        ("delivery-cost", "what are your shipping costs", "and express?", "Express costs"),
        ("payment-methods", "can I pay with klarna?", "what about apple pay", "Apple Pay"),
        ("warranty", "how long is the warranty", "does it cover water damage", "does not cover"),
        ("privacy-data", "what do you store about me", "and who do you sell it to", "never sell"),
    ],
)
def test_sentence_that_answers_is_found(article: str, before: str, text: str, words: str) -> None:
    found = nearest_sentence(ENCODER, BODIES[article], before, text)
    assert found is not None and words in found.sentence and found.score >= SENTENCE_BAR


@pytest.mark.parametrize(
    ("article", "before", "text"),
    [
        ("gift-cards", "can i buy a gift card for 75 euro", "what about my lamp, it is broken"),
        ("payment-methods", "can I pay with klarna?", "it is raining here"),
        ("privacy-data", "what do you store about me", "is that a joke"),
        ("delivery-countries", "do you ship to Norway", "can you fix it"),
        ("delivery-cost", "what are your shipping costs", "what is it like to be a bot"),
    ],
)
def test_what_the_article_does_not_say_is_below_the_bar(article: str, before: str, text: str) -> None:
    found = nearest_sentence(ENCODER, BODIES[article], before, text)
    assert found is not None and found.score < SENTENCE_BAR


def test_only_statements_are_sentences() -> None:
    body = "Yes: from ten euros. Is it for a friend? A card is valid for three years.\n\nTake these:\n\n- one of them"
    assert sentences_of(body) == ["A card is valid for three years.", "Take these:\n\n- one of them"]
