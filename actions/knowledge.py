"""The knowledge base as the actions use it: loaded once in a thread, asked off the event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

import yaml

from bot.knowledge.articles import Article, load_articles
from bot.knowledge.embedding import Encoder, SentenceEmbedder
from bot.knowledge.guides import Guide, load_guides
from bot.knowledge.retrieval import Answer, KnowledgeIndex
from bot.knowledge.vector_cache import load_vectors, save_vectors

LENIENT_BAR = 0.4
"""Enough for an article that names the very intent the classifier is sure of: two witnesses need less each."""
SURE_OF_INTENT = 0.6


class Knowledge(Protocol):
    """Articles and guides."""

    encoder: Encoder

    async def load(self) -> None:
        """Make ready; doing it again costs nothing."""

    async def answer(self, text: str, intent: str | None = None, confidence: float = 1.0) -> Answer:
        """What the articles say to `text`; may abstain."""

    async def article(self, article_id: str) -> Article | None:
        """A published article by its id."""

    async def guide_for(self, intent: str) -> Guide | None:
        """The guide that begins with this intent, if there is one."""

    async def guide(self, guide_id: str) -> Guide | None:
        """A guide by its id."""


class LocalKnowledge:
    """Reads `faq/`, `guides/` and `off_topic.yml` below `folder`; vectors are kept in `cache`."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self._folder = folder
        self._cache = cache / "article_vectors.npz"
        self.encoder: Encoder = SentenceEmbedder()
        self._lock = asyncio.Lock()
        self._index: KnowledgeIndex | None = None
        self._guides: dict[str, Guide] = {}

    async def load(self) -> None:
        """Raises KnowledgeFileError for a broken file and EmbeddingUnavailable without the model."""
        async with self._lock:
            if self._index is None:
                self._guides = load_guides(self._folder / "guides")
                self._index = await asyncio.to_thread(self._build)

    def _build(self) -> KnowledgeIndex:
        off_topic = yaml.safe_load((self._folder / "off_topic.yml").read_text(encoding="utf-8"))["phrases"]
        known = load_vectors(self._cache)
        index = KnowledgeIndex.build(
            load_articles(self._folder / "faq"), self.encoder, off_topic=off_topic, known=known
        )
        if index.vectors.keys() - known.keys():
            save_vectors(self._cache, index.vectors)
        return index

    async def _ready(self) -> KnowledgeIndex:
        await self.load()
        assert self._index is not None
        return self._index

    async def answer(self, text: str, intent: str | None = None, confidence: float = 1.0) -> Answer:
        index = await self._ready()
        found = await asyncio.to_thread(index.search, text, intent=intent, intent_confidence=confidence)
        if not found.abstained or intent is None or confidence < SURE_OF_INTENT:
            return found
        lenient = await asyncio.to_thread(
            index.search, text, intent=intent, intent_confidence=confidence, bar=LENIENT_BAR
        )
        agrees = lenient.article is not None and intent in lenient.article.intents
        return lenient if agrees else found

    async def article(self, article_id: str) -> Article | None:
        index = await self._ready()
        return next((article for article in index.articles if article.id == article_id), None)

    async def guide_for(self, intent: str) -> Guide | None:
        await self._ready()
        return next((guide for guide in self._guides.values() if guide.intent == intent), None)

    async def guide(self, guide_id: str) -> Guide | None:
        await self._ready()
        return self._guides.get(guide_id)
