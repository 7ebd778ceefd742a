"""`./rapport answer`: questions on stdin, the knowledge base's answers as JSON lines on stdout."""

import asyncio
import json
import sys
from typing import Any

from actions.knowledge import StoredKnowledge
from actions.runtime import KNOWLEDGE_PATH
from bot.bootstrap import ready_app
from bot.knowledge.retrieval import Answer
from bot.logs import configure_logs
from bot.services.texts import company_words
from bot.settings import Settings


def answer(settings: Settings) -> int:
    """One JSON object for each input line, in order; stdout carries nothing else."""
    configure_logs("WARNING")  # to stderr
    return asyncio.run(_answer(settings))


async def _answer(settings: Settings) -> int:
    async with ready_app(settings) as app:
        knowledge = StoredKnowledge(app, KNOWLEDGE_PATH, settings.data / "cache")
        await knowledge.load()
        for raw in sys.stdin.buffer:
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            line = _line(text, await knowledge.answer(text), settings)
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    return 0


def _line(text: str, found: Answer, settings: Settings) -> dict[str, Any]:
    words = company_words(settings)

    def filled(title: str) -> str:
        for name, value in words.items():
            title = title.replace("{" + name + "}", value)
        return title

    return {
        "text": text,
        "article": found.article.id if found.article else None,
        "title": filled(found.article.title) if found.article else None,
        "score": round(found.score, 4),
        "abstained": found.abstained,
        "suggestions": [
            {"article": each.article_id, "title": filled(each.title), "score": each.score} for each in found.suggestions
        ],
    }
