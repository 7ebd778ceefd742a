"""The gateway's door to what the worker knows: an editor tries a question on the very index that answers customers."""

from typing import Any

from aiohttp import web

from actions.context import FALLBACK
from actions.knowledge import Knowledge
from bot.adapters.rasa import BotUnavailable, RasaClient


def ask_route(knowledge: Knowledge, rasa: RasaClient) -> web.RouteDef:
    """`POST /ask {"text"}`: the Explanation. Without Rasa the words alone decide, and `intents` is empty."""

    async def ask(request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        text = str(body["text"])
        await knowledge.renew()
        try:
            ranking = (await rasa.parse([text]))[0].ranking
        except (BotUnavailable, IndexError):
            ranking = []
        intents = [(each.intent, each.confidence) for each in ranking if each.intent != FALLBACK]
        explanation = await knowledge.explain(text, intents)
        return web.Response(text=explanation.model_dump_json(), content_type="application/json")

    return web.post("/ask", ask)
