"""The shipped articles with the real sentence model, on questions that neither has seen."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from bench.knowledge import evaluate, load_index, load_questions
from bot.knowledge.embedding import SentenceEmbedder
from bot.knowledge.guide_answers import match_option
from bot.knowledge.guide_check import load_guides
from bot.knowledge.remembering import RememberingEncoder
from bot.knowledge.retrieval import KnowledgeIndex

ROOT = Path(__file__).parents[2]
QUESTIONS = Path(__file__).with_name("questions.yml")


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder()


@pytest.fixture(scope="module")
def index(embedder: SentenceEmbedder) -> KnowledgeIndex:
    return load_index(embedder)


def test_held_out_questions_name_real_articles_and_repeat_none_of_their_questions(index: KnowledgeIndex) -> None:
    held_out = load_questions(QUESTIONS)
    assert len([q for q in held_out if q.article]) >= 150
    assert len([q for q in held_out if q.article is None]) >= 50
    assert {q.article for q in held_out if q.article} <= {article.id for article in index.articles}
    asked = {q.casefold().strip("?!. ") for article in index.articles for q in (article.title, *article.questions)}
    asked |= {
        p.casefold().strip("?!. ")
        for p in yaml.safe_load((ROOT / "data/knowledge/off_topic.yml").read_text())["phrases"]
    }
    assert [q.text for q in held_out if q.text.casefold().strip("?!. ") in asked] == []


def test_answers_hold_the_targets_on_the_half_nothing_was_tuned_on(index: KnowledgeIndex) -> None:
    report = evaluate(index, load_questions(QUESTIONS)[1::2])
    assert report.recall_at_1 >= 0.90
    assert report.mrr >= 0.93
    assert report.wrong_of_all <= 0.03
    assert report.answered_right >= 0.74
    assert report.unanswerable_abstained >= 0.90


def test_a_search_costs_little_beside_the_vector_of_its_question(embedder: SentenceEmbedder) -> None:
    index = load_index(RememberingEncoder(embedder))
    spent = []
    for _ in range(200):
        started = time.perf_counter()
        index.search("how long does delivery take to my place", intents=[("delivery_period", 0.9)])
        spent.append(time.perf_counter() - started)
    assert min(spent) < 0.003


def test_vectors_are_unit_length_and_do_not_depend_on_their_batch(embedder: SentenceEmbedder) -> None:
    texts = ["hi", "where is my parcel, it should have been here on monday", "", "refund"]
    together = embedder.encode(texts)
    assert together.shape == (4, 384)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, together, strict=True):
        assert float(embedder.encode([text])[0] @ vector) > 0.99


def test_free_words_reach_the_meant_option_of_a_shipped_guide(embedder: SentenceEmbedder) -> None:
    step = load_guides(ROOT / "data/knowledge/guides")["device_offline"].step("which_kind")
    assert step is not None
    for said, meant in [("the thing at my front door that rings", "wifi"), ("heating", "battery")]:
        option = match_option(said, step.choices(), embedder)
        assert option is None or option.id == meant
