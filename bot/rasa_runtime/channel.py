"""The one door into Rasa: turns, batch understanding and health, on loopback, for whoever knows the internal token.

Under `bot.rasa_runtime.serve` every turn is atomic. Under Rasa's own `rasa run` the same routes work, but Rasa then
decides what a failing action means.
"""

from __future__ import annotations

import hmac
import logging
import os
from typing import Any, Awaitable, Callable, Dict, Optional, Text, Tuple

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.exceptions import InvalidUsage
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.rasa_runtime.action_endpoint import TOKEN_HEADER
from bot.rasa_runtime.processor import AtomicProcessor, TurnFailed, parse_with_graph
from bot.rasa_runtime.replies import SilentOutput, Turn, find_turn, to_nlu
from bot.rasa_runtime.serve import TOKEN_VARIABLE
from bot.rasa_runtime.turn_request import CHANNEL_NAME, BadRequest, TurnRequest, read_cases, read_texts, read_turn

DEFAULT_TURN_TIMEOUT = 8.0
_NO_MODEL = {"error": "no_model", "detail": "No model is loaded yet."}

logger = logging.getLogger(__name__)


class RapportChannel(InputChannel):
    """Named in credentials.yml by its full path; its routes begin with /webhooks/rapport."""

    def __init__(self, token: Optional[Text], turn_timeout: float = DEFAULT_TURN_TIMEOUT) -> None:
        """Without `token` every request is refused: an open door would be worse than none."""
        self._token = token
        self._turn_timeout = turn_timeout
        if not token:
            logger.warning("%s is not set, so the channel refuses every request.", TOKEN_VARIABLE)

    @classmethod
    def name(cls) -> Text:
        """The name in the routes and in each user event."""
        return CHANNEL_NAME

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> RapportChannel:
        """`token` and `turn_timeout` of credentials.yml; the token comes from the environment when not given."""
        given = credentials or {}
        return cls(
            token=given.get("token") or os.environ.get(TOKEN_VARIABLE),
            turn_timeout=float(given.get("turn_timeout") or DEFAULT_TURN_TIMEOUT),
        )

    def get_output_channel(self) -> OutputChannel:
        """Where Rasa sends messages: nowhere, they are read from the dialogue."""
        return SilentOutput()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The four routes."""
        routes = Blueprint("rapport_channel", url_prefix=None)

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            refusal = self._refuse(request, _agent(request.app))
            if refusal is not None:
                return refusal
            try:
                body = _body(request)
            except BadRequest as error:
                return _error(400, "bad_body", str(error))
            status, answer = await self.answer_turn(request.app, body, on_new_message)
            return response.json(answer, status=status)

        @routes.post("/parse")
        async def parse(request: Request) -> HTTPResponse:
            agent = _agent(request.app)
            refusal = self._refuse(request, agent)
            if refusal is not None or agent is None:
                return refusal or _no_model()
            try:
                texts = read_texts(_body(request))
            except BadRequest as error:
                return _error(400, "bad_body", str(error))
            parsed = parse_with_graph(agent.processor, texts)
            return response.json({"model_id": _model_id(agent), "results": [to_nlu(found) for found in parsed]})

        @routes.post("/forget")
        async def forget(request: Request) -> HTTPResponse:
            agent = _agent(request.app)
            refusal = self._refuse(request, agent)
            if refusal is not None or agent is None:
                return refusal or _no_model()
            try:
                cases = read_cases(_body(request))
            except BadRequest as error:
                return _error(400, "bad_body", str(error))
            if isinstance(agent.processor, AtomicProcessor):
                await agent.processor.forget(cases)
            return response.json({"forgotten": len(cases)})

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            agent = _agent(request.app)
            if agent is None:
                return _no_model()
            return response.json(
                {
                    "status": "ok",
                    "model_id": _model_id(agent),
                    "model": agent.model_name,
                    "pid": os.getpid(),
                    # Where `serve` takes the worker's line in; Rasa's own server has none.
                    "line": getattr(request.app.ctx, "line_port", None),
                }
            )

        return routes

    async def answer_turn(
        self, app: Sanic, body: Any, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Tuple[int, Dict[Text, Any]]:
        """Runs the turn that `body` asks for: a status as HTTP's and the body of the answer."""
        agent = _agent(app)
        if agent is None:
            return 503, _NO_MODEL
        try:
            wanted = read_turn(body)
            done = await self._run(agent, wanted, on_new_message)
        except BadRequest as error:
            return 400, {"error": "bad_body", "detail": str(error)}
        except TurnFailed as error:
            logger.error("A turn of the case %s failed: %s", wanted.case_id, error)
            return 500, {"error": "turn_failed", "detail": str(error)}
        return 200, {
            "message_id": wanted.message_id,
            "replies": done.replies,
            "nlu": done.nlu,
            "model_id": _model_id(agent),
            "repeated": done.repeated,
        }

    def _refuse(self, request: Request, agent: Optional[Agent]) -> Optional[HTTPResponse]:
        given = request.headers.get(TOKEN_HEADER, "")
        if not self._token or not hmac.compare_digest(given.encode(), self._token.encode()):
            return _error(401, "bad_token", f"{TOKEN_HEADER} is missing or wrong.")
        return _no_model() if agent is None else None

    async def _run(
        self, agent: Agent, wanted: TurnRequest, on_new_message: Callable[[UserMessage], Awaitable[Any]]
    ) -> Turn:
        if isinstance(agent.processor, AtomicProcessor):
            return await agent.processor.run_turn(wanted, self._turn_timeout)
        tracker = await agent.tracker_store.retrieve(wanted.case_id)
        earlier = None if tracker is None else find_turn(tracker, wanted.message_id, repeated=True)
        if earlier is not None:
            return earlier
        await on_new_message(wanted.to_user_message(SilentOutput()))
        tracker = await agent.tracker_store.retrieve(wanted.case_id)
        done = None if tracker is None else find_turn(tracker, wanted.message_id, repeated=False)
        if done is None:
            raise TurnFailed("The turn was not saved.")
        return done


def _agent(app: Sanic) -> Optional[Agent]:
    """The running agent, or None while it has no model."""
    agent = getattr(app.ctx, "agent", None)
    return agent if agent is not None and agent.is_ready() else None


def _body(request: Request) -> Any:
    try:
        return request.json
    except InvalidUsage as error:
        raise BadRequest("The body is not valid JSON.") from error


def _model_id(agent: Agent) -> str:
    """The archive's name without its ending: the id by which the product keeps its models and their scores."""
    return str(agent.model_name or agent.model_id).replace(".tar.gz", "")


def _no_model() -> HTTPResponse:
    return response.json(_NO_MODEL, status=503)


def _error(status: int, code: str, detail: str) -> HTTPResponse:
    return response.json({"error": code, "detail": detail}, status=status)
