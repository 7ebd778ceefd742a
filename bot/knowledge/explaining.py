"""Why a message is answered, or not: what an editor sees who tries a question."""

from __future__ import annotations

from pydantic import BaseModel

from bot.knowledge.deciding import bar_of, confidence
from bot.knowledge.ranking import Intents
from bot.knowledge.retrieval import KnowledgeIndex

RUNNERS_UP = 5


class Ranked(BaseModel):
    """An article with its fused score of words and meaning."""

    article: str
    title: str
    version: int
    score: float


class Explanation(BaseModel):
    """The decision with its figures. `answered` is the article's id, None when the bot would offer near matches."""

    answered: str | None
    passage: str | None = None
    probability: float = 0.0
    bar: float = 0.0
    sole: bool = False
    """The sure intent is claimed by the best article alone, which lowers the bar."""
    off_topic: float = 0.0
    intents: list[tuple[str, float]] = []
    ranking: list[Ranked] = []


def explain(index: KnowledgeIndex, text: str, intents: Intents = ()) -> Explanation:
    """What `index.search` says to `text`, and why."""
    found = index.search(text, intents=intents)
    if found.abstained and not found.suggestions:
        return Explanation(answered=None, intents=list(intents[:3]))
    evidence = index.evidence(text, intents)
    best = [(index.articles[number], float(evidence.scores[number])) for number in evidence.order[: RUNNERS_UP + 1]]
    return Explanation(
        answered=found.article.id if found.article else None,
        passage=found.passage,
        probability=round(confidence(evidence), 4),
        bar=bar_of(evidence),
        sole=evidence.sole,
        off_topic=round(evidence.off_topic, 4),
        intents=list(intents[:3]),
        ranking=[Ranked(article=a.id, title=a.title, version=a.version, score=round(s, 4)) for a, s in best],
    )
