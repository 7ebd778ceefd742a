"""Rasa's ways to the custom actions: the line its turns come by, and one route for a Rasa that is run by hand."""

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

SENTENCE_VECTOR = "sentence_vector"


class ActionRunner:
    """Runs the action that Rasa names. `remember` is told the customer's words and the sentence vector that Rasa has
    made of them, when the call has one."""

    def __init__(self, executor: ActionExecutor, remember: Callable[[str, str], None]) -> None:
        self._executor = executor
        self._remember = remember

    async def run(self, body: bytes) -> tuple[int, bytes]:
        """A status as HTTP's and the answer, both as Rasa expects them.

        Rasa understands a 400 as an action's own wish not to run. Any other failure escapes and must become a 500, so
        that the whole turn fails and is tried again; an answer of 200 would have Rasa save half a turn.
        """
        call: dict[str, Any] = json.loads(body)
        vector = call.pop(SENTENCE_VECTOR, None)
        if vector:
            self._remember(call["tracker"]["latest_message"]["text"], vector)
        try:
            result = await self._executor.run(call)
        except ActionExecutionRejection as rejected:
            return 400, json.dumps({"error": str(rejected), "action_name": rejected.action_name}).encode()
        if result is None:
            return 422, b"the call names no action (next_action)"
        return 200, result.model_dump_json().encode()


def action_route(runner: ActionRunner) -> web.RouteDef:
    """`POST /webhook`: the same over HTTP, so that no action server of its own has to run."""

    async def run(request: web.Request) -> web.Response:
        status, answer = await runner.run(await request.read())
        return web.Response(status=status, body=answer, content_type="application/json")

    return web.post("/webhook", run)
