"""The knowledge base as the actions use it: in memory, asked off the event loop, renewed when somebody edits it.

A turn never reads an article from the store or from disk: the index is built beside the turns and swapped in whole.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from bot.knowledge.articles import Article, load_off_topic
from bot.knowledge.embedding import Encoder, SentenceEmbedder, unpack_vector
from bot.knowledge.explaining import Explanation, explain
from bot.knowledge.guide_check import load_guides
from bot.knowledge.guides import Guide
from bot.knowledge.ranking import Intents
from bot.knowledge.remembering import RememberingEncoder
from bot.knowledge.retrieval import Answer, KnowledgeIndex
from bot.knowledge.vector_cache import load_vectors, save_vectors
from bot.services.app import App
from bot.services.article_files import log_taken, seed_articles
from bot.services.articles import all_articles, stamp

LOOK_EVERY_S = 2.0
"""How late an edit may take effect when its hint is lost."""

SHORT = 300
"""Characters; no text up to here is cut before it is encoded, neither here nor there."""

log = structlog.get_logger()


class Knowledge(Protocol):
    """Articles and guides."""

    encoder: Encoder

    async def load(self) -> None:
        """Make ready; doing it again costs nothing."""

    def wake(self) -> None:
        """Somebody says that an article was changed."""

    async def watch(self) -> None:
        """Take edits over while the process runs; until cancelled."""

    def remember(self, text: str, packed: str) -> None:
        """Take over the sentence vector that understanding made of `text`."""

    def forget(self) -> None:
        """Drop the customers' texts that are kept in memory."""

    async def answer(self, text: str, intents: Intents = ()) -> Answer:
        """What the articles say to `text`, which the classifier takes for `intents`; may abstain."""

    async def renew(self) -> bool:
        """Take edits over now if there are any; tells whether there were."""

    async def explain(self, text: str, intents: Intents = ()) -> Explanation:
        """What `answer` says, with its figures."""

    async def article(self, article_id: str) -> Article | None:
        """An article that customers may read, by its id."""

    async def guide_for(self, intent: str) -> Guide | None:
        """The guide that begins with this intent, if there is one."""

    async def guide(self, guide_id: str) -> Guide | None:
        """A guide by its id."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """An index and what it was built from."""

    index: KnowledgeIndex
    by_id: dict[str, Article]
    stamp: int


class StoredKnowledge:
    """Articles of the store, seeded from `faq/` below `folder`; `guides/` and `off_topic.yml` are read from there.

    Vectors are kept in `cache`, so that a start encodes only what is new.
    """

    def __init__(self, app: App, folder: Path, cache: Path) -> None:
        self._app = app
        self._folder = folder
        self._cache = cache / "article_vectors.npz"
        self._remembering = RememberingEncoder(SentenceEmbedder())
        self.encoder: Encoder = self._remembering
        self._lock = asyncio.Lock()
        self._changed = asyncio.Event()
        self._loaded: _Loaded | None = None
        self._guides: dict[str, Guide] = {}

    async def load(self) -> None:
        """Raises KnowledgeFileError for a broken file and EmbeddingUnavailable without the model."""
        if self._loaded is not None:
            return
        async with self._lock:
            if self._loaded is None:
                self._guides = await asyncio.to_thread(load_guides, self._folder / "guides")
                files = self._folder / "faq"
                log_taken(await seed_articles(self._app, files), files)
                self._loaded = await self._build()

    async def renew(self) -> bool:
        """Take edits over if there are any; tells whether there were. Answers go on from the old index meanwhile."""
        await self.load()
        async with self._lock:
            assert self._loaded is not None
            if await stamp(self._app) == self._loaded.stamp:
                return False
            self._loaded = await self._build()
            return True

    def wake(self) -> None:
        """Somebody says that an article was changed."""
        self._changed.set()

    async def watch(self) -> None:
        """Renew whenever woken, and look now and then; until cancelled."""
        while True:
            # Not `wait_for`: before Python 3.12 it can swallow a cancellation that meets its timeout.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._changed.wait()
            self._changed.clear()
            try:
                if await self.renew():
                    log.info("knowledge.renewed", articles=len((await self._ready()).by_id))
            except Exception as error:  # the edge of a background task: the old index goes on answering
                log.warning("knowledge.not_renewed", error=repr(error))

    async def _build(self) -> _Loaded:
        # The stamp first: an edit that comes between the two reads is then seen at the next look.
        seen = await stamp(self._app)
        articles = await all_articles(self._app)
        index = await asyncio.to_thread(self._index, articles)
        return _Loaded(index, {article.id: article for article in index.articles}, seen)

    def _index(self, articles: Sequence[Article]) -> KnowledgeIndex:
        known = self._loaded.index.vectors if self._loaded else load_vectors(self._cache)
        off_topic = load_off_topic(self._folder / "off_topic.yml")
        index = KnowledgeIndex.build(articles, self.encoder, off_topic=off_topic, known=known)
        if index.vectors.keys() - known.keys():
            save_vectors(self._cache, index.vectors)
        return index

    async def _ready(self) -> _Loaded:
        await self.load()
        assert self._loaded is not None
        return self._loaded

    def remember(self, text: str, packed: str) -> None:
        """`packed` as `unpack_vector` reads it; ignored for a long text, which is cut differently there."""
        if len(text) <= SHORT:
            self._remembering.remember(text, unpack_vector(packed))

    def forget(self) -> None:
        self._remembering.forget()

    async def answer(self, text: str, intents: Intents = ()) -> Answer:
        index = (await self._ready()).index
        if self._remembering.remembers(text):
            return index.search(text, intents=intents)  # a millisecond, less than the way to a thread and back
        return await asyncio.to_thread(index.search, text, intents=intents)

    async def explain(self, text: str, intents: Intents = ()) -> Explanation:
        index = (await self._ready()).index
        return await asyncio.to_thread(explain, index, text, intents)

    async def article(self, article_id: str) -> Article | None:
        return (await self._ready()).by_id.get(article_id)

    async def guide_for(self, intent: str) -> Guide | None:
        await self._ready()
        return next((guide for guide in self._guides.values() if guide.intent == intent), None)

    async def guide(self, guide_id: str) -> Guide | None:
        await self._ready()
        return self._guides.get(guide_id)
