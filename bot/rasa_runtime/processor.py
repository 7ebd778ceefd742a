"""A turn that happens whole or not at all.

Rasa's own processor logs a failing custom action, goes on without its events and saves what is left; its agent wraps
the tracker store so that a failed read becomes a brand-new dialogue and a failed write goes to memory. Here each of
these makes the turn fail, and nothing of it is saved.
"""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import Any, List, Optional, Sequence, Text, Union

from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator, TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

from bot.rasa_runtime.action_endpoint import ActionCallFailed
from bot.rasa_runtime.remote_action import QuickRemoteAction
from bot.rasa_runtime.replies import SilentOutput, Turn, find_turn
from bot.rasa_runtime.turn_request import BadRequest, TurnRequest

# The worker already queues the turns of a case, so waiting here is rare; Rasa would look once a second.
_LOCK_POLL_SECONDS = 0.02


class TurnFailed(Exception):
    """The turn did not happen and nothing of it was saved; the message says what failed, without customer's words."""


class AtomicProcessor(MessageProcessor):
    """Rasa's processor with turns that are atomic and idempotent."""

    async def run_turn(self, request: TurnRequest, seconds: float) -> Turn:
        """Runs one turn, or answers again what this message id was answered before.

        Raises BadRequest for an intent this model does not know, TurnFailed for everything else that goes wrong,
        a turn longer than `seconds` included.
        """
        if request.intent is not None and request.intent not in self.domain.intents:
            raise BadRequest(f"This model has no intent '{request.intent}'.")
        try:
            return await asyncio.wait_for(self._run_locked(request), seconds)
        except asyncio.TimeoutError:
            raise TurnFailed(f"The turn took longer than {seconds:g} s.") from None
        except ActionCallFailed as error:
            raise TurnFailed(str(error)) from error
        except TurnFailed:
            raise
        except Exception as error:
            raise TurnFailed(_describe(error)) from error

    async def _run_locked(self, request: TurnRequest) -> Turn:
        async with self.lock_store.lock(request.case_id, wait_time_in_seconds=_LOCK_POLL_SECONDS):
            tracker = await self.get_tracker(request.case_id)
            earlier = find_turn(tracker, request.message_id, repeated=True)
            if earlier is not None:
                return earlier
            output = SilentOutput()
            message = request.to_user_message(output)
            # The steps of MessageProcessor.handle_message, on the tracker that is already here.
            await self._update_tracker_session(tracker, output, message.metadata)
            await self._handle_message_with_tracker(message, tracker)
            tracker = await self.run_action_extract_slots(output, tracker)
            await self._run_prediction_loop(output, tracker)
            await self.save_tracker(tracker)
        turn = find_turn(tracker, request.message_id, repeated=False)
        if turn is None:
            raise TurnFailed("The message is missing from its own dialogue.")
        return turn

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        if type(action) is RemoteAction:
            action = QuickRemoteAction(action.name(), action.action_endpoint)
        return await super()._run_action(_GuardedAction(action), tracker, output_channel, nlg, prediction)


def parse_with_graph(processor: MessageProcessor, texts: Sequence[str]) -> List[dict[str, Any]]:
    """Understands many texts in one pass, without any dialogue. An empty text gets the fallback, confidence 0."""
    if not texts:
        return []
    target = processor.model_metadata.nlu_target
    results = processor.graph_runner.run(
        inputs={
            PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts],
            PLACEHOLDER_TRACKER: DialogueStateTracker.from_events("parse", []),
        },
        targets=[target],
    )
    return [message.as_dict(only_output_properties=True) for message in results[target]]


class _GuardedAction(Action):
    """An action whose errors leave the processor's action loop, which would log and forget them."""

    def __init__(self, action: Action) -> None:
        self._action = action

    def name(self) -> Text:
        return self._action.name()

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> List[Event]:
        try:
            return await self._action.run(output_channel, nlg, tracker, domain)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            raise ActionCallFailed(f"'{self.name()}' failed: {_describe(error)}") from error

    def event_for_successful_execution(self, prediction: PolicyPrediction) -> Event:
        return self._action.event_for_successful_execution(prediction)


class AtomicAgent(Agent):
    """Rasa's agent with the atomic processor, on a tracker store whose errors are errors."""

    processor: Optional[AtomicProcessor]

    @staticmethod
    def _create_tracker_store(store: Optional[TrackerStore], domain: Domain) -> TrackerStore:
        """The store itself, without Rasa's fallback to memory."""
        if store is None:
            raise ValueError("AtomicAgent needs a tracker store.")
        store.domain = domain
        return store

    def load_model(self, model_path: Union[Text, Path], fingerprint: Optional[Text] = None) -> None:
        """Loads a model; raises ModelNotFound or what the components raise."""
        self.processor = AtomicProcessor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
            on_circuit_break=_refuse_endless_turn,
        )
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain
        if isinstance(self.nlg, TemplatedNaturalLanguageGenerator):
            self.nlg.responses = self.domain.responses


def _describe(error: Exception) -> str:
    """What failed and where. Only Rasa's own errors are quoted: others may repeat what the customer wrote."""
    if isinstance(error, RasaException):
        return f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _refuse_endless_turn(tracker: DialogueStateTracker, output: OutputChannel, nlg: NaturalLanguageGenerator) -> None:
    last = tracker.latest_action_name
    raise TurnFailed(f"The turn did not come to an end; its last action was '{last}'. Check rules and stories.")
