"""Rasa's door to the custom actions: one route, so that no action server of its own has to run."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

SENTENCE_VECTOR = "sentence_vector"


def action_route(executor: ActionExecutor, remember: Callable[[str, str], None]) -> web.RouteDef:
    """`POST /webhook`: runs the action that Rasa names and answers with its events and messages.

    `remember` is told the customer's words and the sentence vector that Rasa has made of them, when the call has one.

    Rasa understands a 400 as an action's own wish not to run. Any other failure escapes and becomes a 500, so that the
    whole turn fails and is tried again; an answer of 200 would have Rasa save half a turn.
    """

    async def run(request: web.Request) -> web.Response:
        call: dict[str, Any] = await request.json()
        vector = call.pop(SENTENCE_VECTOR, None)
        if vector:
            remember(call["tracker"]["latest_message"]["text"], vector)
        try:
            result = await executor.run(call)
        except ActionExecutionRejection as rejected:
            refusal = {"error": str(rejected), "action_name": rejected.action_name}
            return web.json_response(refusal, status=web.HTTPBadRequest.status_code)
        if result is None:
            raise web.HTTPUnprocessableEntity(text="the call names no action (next_action)")
        return web.json_response(result.model_dump(mode="json"))

    return web.post("/webhook", run)
