"""Finding the article that answers a message, and admitting when none does.

Two views are fused: what the message means (sentence vectors against the articles' questions, titles and
passages) and which words it uses (BM25). A logistic model turns the result into the probability that the best
article is the right one; below the measured bar (deciding.py) the index abstains and offers its three nearest
articles instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.articles import Article, ArticleStatus, Audience
from bot.knowledge.deciding import SURE_OF_INTENT, bar_of, confidence
from bot.knowledge.embedding import DIMENSION, Encoder, FloatArray
from bot.knowledge.lexical import LexicalIndex
from bot.knowledge.placeholders import fill
from bot.knowledge.ranking import OUT_OF_SCOPE, Claims, Evidence, Intents

# Fusion weights: the best of a small grid on the tuning half of tests/knowledge/questions.yml.
PASSAGE_WEIGHT = 0.5
LEXICAL_WEIGHT = 0.4
# What an intent named with certainty adds to its articles: 0.1 gained most there, 0.2 began to harm.
INTENT_BOOST = 0.1

SUGGESTIONS = 3
_MAX_QUERY = 600  # characters; the topic of a longer message is in its beginning or it is nowhere
_NEUTRAL_WORDS = {
    "company": "the company",
    "support_email": "our e-mail address",
    "support_hours": "office hours",
}
_EMPHASIS = re.compile(r"[*_`#>]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A near match to offer by its title."""

    article_id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the index thinks of a message.

    `article` and `passage` are None exactly when `abstained`; `score` is the probability, 0..1, that the best
    article answers the message, whether or not it was good enough; `suggestions` never repeat `article`.
    """

    article: Article | None
    passage: str | None
    score: float
    abstained: bool
    suggestions: tuple[Suggestion, ...]


def split_passages(body: str) -> list[str]:
    """Cut Markdown into passages at blank lines; a list stays with the line that announces it."""
    passages: list[str] = []
    for block in re.split(r"\n\s*\n", body.strip()):
        is_list = re.match(r"\s*(?:[-*]|\d+\.)\s", block)
        if is_list and passages and passages[-1].rstrip().endswith(":"):
            passages[-1] = f"{passages[-1]}\n\n{block}"
        else:
            passages.append(block)
    return passages


def _plain(text: str) -> str:
    return _EMPHASIS.sub("", fill(text, _NEUTRAL_WORDS))


class KnowledgeIndex:
    """An immutable index over published articles; after an edit build a new one, giving it the old vectors."""

    def __init__(
        self,
        articles: Sequence[Article],
        encoder: Encoder,
        off_topic: Sequence[str],
        known: Mapping[str, FloatArray],
    ) -> None:
        self._articles = tuple(articles)
        self._encoder = encoder
        self._passages = [split_passages(article.body) for article in self._articles]
        asked: list[str] = []
        asked_of: list[int] = []
        told: list[str] = []
        told_of: list[int] = []
        documents = []
        for number, article in enumerate(self._articles):
            title = _plain(article.title)
            asked += [title, *(_plain(question) for question in article.questions)]
            asked_of += [number] * (1 + len(article.questions))
            told += [f"{title}. {_plain(passage)}" for passage in self._passages[number]]
            told_of += [number] * len(self._passages[number])
            words = [title, title, *article.questions, *article.tags, article.body]
            documents.append(" ".join(_plain(part) for part in words))
        texts = [*asked, *told, *off_topic]
        new = [text for text in dict.fromkeys(texts) if text not in known]
        fresh = dict(zip(new, encoder.encode(new), strict=True))
        self._vectors: dict[str, FloatArray] = {t: known[t] if t in known else fresh[t] for t in texts}
        self._asked = self._matrix(asked)
        self._asked_of = np.asarray(asked_of, dtype=np.intp)
        self._told = self._matrix(told)
        self._told_of = np.asarray(told_of, dtype=np.intp)
        self._off_topic = self._matrix(off_topic)
        self._lexical = LexicalIndex(documents, encoder.knows)
        self._claims = Claims(self._articles)

    @classmethod
    def build(
        cls,
        articles: Iterable[Article],
        encoder: Encoder,
        *,
        audience: Audience = Audience.CUSTOMER,
        off_topic: Sequence[str] = (),
        known: Mapping[str, FloatArray] | None = None,
    ) -> Self:
        """Index the published articles for `audience` (an agent may read the customers' too).

        `off_topic` are phrases that no article answers; `known` are vectors of an earlier index, as given by
        its `vectors`, so that a rebuild after one edit takes milliseconds. Raises EmbeddingUnavailable.
        """
        readable = {audience, Audience.CUSTOMER}
        chosen = [a for a in articles if a.status is ArticleStatus.PUBLISHED and a.audience in readable]
        return cls(chosen, encoder, off_topic, known or {})

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles that can be answers, in the order they were given."""
        return self._articles

    @property
    def vectors(self) -> Mapping[str, FloatArray]:
        """The vector of every indexed text, for the next `build` or for the caller to keep on disk."""
        return self._vectors

    def _matrix(self, texts: Sequence[str]) -> FloatArray:
        if not texts:
            return np.zeros((0, DIMENSION), dtype=np.float32)
        return np.stack([self._vectors[text] for text in texts]).astype(np.float32)

    def _best_per_article(self, similarity: FloatArray, owners: NDArray[np.intp]) -> NDArray[np.float32]:
        best = np.full(len(self._articles), -1.0, dtype=np.float32)
        np.maximum.at(best, owners, similarity)
        return best

    def _encode(self, text: str) -> tuple[FloatArray, str]:
        mended = self._lexical.correct(text)
        variants = [text] if mended == text.lower() else [text, mended]
        return self._encoder.encode(variants), mended

    def evidence(self, text: str, intents: Intents = ()) -> Evidence:
        """Rank all articles for `text`; the figures that `search` decides by. Needs at least one article."""
        queries, mended = self._encode(text[:_MAX_QUERY])
        asked = self._best_per_article((self._asked @ queries.T).max(axis=1), self._asked_of)
        told = self._best_per_article((self._told @ queries.T).max(axis=1), self._told_of)
        scores = asked + PASSAGE_WEIGHT * told + LEXICAL_WEIGHT * self._lexical.scores(mended)
        named, sure = intents[0] if intents else ("", 0.0)
        claiming = self._claims.of(named)
        boosted = scores.copy()
        boosted[list(claiming)] += INTENT_BOOST * min(max(sure, 0.0), 1.0)
        order = np.argsort(-boosted, kind="stable")
        top = int(order[0])
        return Evidence(
            order=tuple(order.tolist()),
            scores=scores,
            best=float(scores[top]),
            margin=float(boosted[top] - boosted[order[1]]) if len(order) > 1 else float(boosted[top]),
            off_topic=float((self._off_topic @ queries[0]).max()) if len(self._off_topic) else 0.0,
            query=queries[0],
            understood=bool(intents),
            elsewhere=dict(intents).get(OUT_OF_SCOPE, 0.0),
            sole=sure >= SURE_OF_INTENT and list(claiming) == [top],
        )

    def search(self, text: str, *, intents: Intents = (), bar: float | None = None) -> Answer:
        """Answer `text` with the best article, or abstain when its probability is below the measured bar.

        `intents`, if the caller knows them, choose among near articles and tell what is no question for an article.
        `bar` is for tests.
        """
        if not self._articles or not re.search(r"\w", text):
            return Answer(None, None, 0.0, True, ())
        evidence = self.evidence(text, intents)
        score = confidence(evidence)
        abstained = score < (bar_of(evidence) if bar is None else bar)
        best, rest = evidence.order[0], evidence.order
        article = passage = None
        if not abstained:
            article, rest = self._articles[best], evidence.order[1:]
            passage = self._best_passage(evidence.query, best)
        suggestions = tuple(self._suggestion(number, evidence) for number in rest[:SUGGESTIONS])
        return Answer(article, passage, score, abstained, suggestions)

    def _suggestion(self, number: int, evidence: Evidence) -> Suggestion:
        article = self._articles[number]
        return Suggestion(article.id, article.title, round(float(evidence.scores[number]), 4))

    def _best_passage(self, query: FloatArray, number: int) -> str:
        similarity = self._told[self._told_of == number] @ query
        return self._passages[number][int(similarity.argmax())]
