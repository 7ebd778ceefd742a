"""A turn that happens whole or not at all.

Rasa's own processor logs a failing custom action, goes on without its events and saves what is left; its agent wraps
the tracker store so that a failed read becomes a brand-new dialogue and a failed write goes to memory. Here each of
these makes the turn fail, and nothing of it is saved.
"""

from __future__ import annotations

import asyncio
import tarfile
import tempfile
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Text, Tuple, Union
from weakref import WeakValueDictionary

from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator, TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.exceptions import ModelNotFound
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import INTENT_NAME_KEY

from bot.rasa_runtime.action_endpoint import ActionCallFailed
from bot.rasa_runtime.graph_runner import SequentialGraphRunner
from bot.rasa_runtime.live_cases import LiveCase, LiveCases
from bot.rasa_runtime.remote_action import find_event_classes_once, use_quick_actions
from bot.rasa_runtime.replies import SilentOutput, Turn, find_turn
from bot.rasa_runtime.rule_policy import RulePolicy
from bot.rasa_runtime.sentence_vector import take_out
from bot.rasa_runtime.tracker_store import RapportTrackerStore
from bot.rasa_runtime.turn_request import BadRequest, TurnRequest

# Components that keep nothing between messages, so that two messages may pass through them at the same time.
_BESIDE = (
    "bot.rasa_runtime.components.",
    "rasa.graph_components.",
    "rasa.nlu.classifiers.regex_message_handler",
)


class TurnFailed(Exception):
    """The turn did not happen and nothing of it was saved; the message says what failed, without customer's words."""


class AtomicProcessor(MessageProcessor):
    """Rasa's processor with turns that are atomic and idempotent."""

    def __init__(self, tracker_store: RapportTrackerStore, **settings: Any) -> None:
        """Loads the model; `settings` are those of MessageProcessor. Raises ModelNotFound or what components raise."""
        super().__init__(tracker_store=tracker_store, **settings)
        self._cases = LiveCases(tracker_store, self.domain, _actions_back(self.graph_runner))
        self._parser = ThreadPoolExecutor(max_workers=2, thread_name_prefix="parse")
        self._locks: WeakValueDictionary[Text, asyncio.Lock] = WeakValueDictionary()
        self._turns = 0
        self._parses_beside = all(type(each).__module__.startswith(_BESIDE) for each in self._understanding())
        self._known_intents = frozenset(self.domain.intents)
        self._known_entities = frozenset(self.domain.entities)

    @staticmethod
    def _load_model(model_path: Union[Text, Path]) -> Tuple[Text, ModelMetadata, GraphRunner]:
        """The archive's name, what is known of it, and its components. Raises ModelNotFound."""
        path = Path(model_path)
        if not path.is_file():
            raise ModelNotFound(f"There is no model at {path}.")
        with tempfile.TemporaryDirectory(prefix="rapport-model-") as folder:
            try:
                metadata, runner = load_predict_graph_runner(
                    Path(folder), path, LocalModelStorage, SequentialGraphRunner
                )
            except tarfile.ReadError as error:
                raise ModelNotFound(f"{path} is no model archive.") from error
        return path.name, metadata, runner

    async def run_turn(self, request: TurnRequest, seconds: float) -> Turn:
        """Runs one turn, or answers again what this message id was answered before.

        Raises BadRequest for an intent this model does not know, TurnFailed for everything else that goes wrong,
        a turn longer than `seconds` included.
        """
        if request.intent is not None and request.intent not in self._known_intents:
            raise BadRequest(f"This model has no intent '{request.intent}'.")
        self._turns += 1
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
        finally:
            self._turns -= 1

    async def forget(self, cases: Sequence[Text]) -> None:
        """Drops these cases from memory, each after the turn that may be running for it. Their rows are not touched."""
        for case_id in cases:
            async with self._locks.setdefault(case_id, asyncio.Lock()):
                self._cases.drop(case_id)

    async def parse_message(
        self,
        message: UserMessage,
        tracker: Optional[DialogueStateTracker] = None,
        only_output_properties: bool = True,
    ) -> Dict[Text, Any]:
        """Understands the message; its sentence vector goes to the actions and not into the dialogue."""
        found = await self._understand(message, tracker, only_output_properties)
        take_out(found)
        return found

    async def _understand(
        self, message: UserMessage, tracker: Optional[DialogueStateTracker], only_output_properties: bool
    ) -> Dict[Text, Any]:
        """Beside the other turns, in a thread, when there are any.

        Half a turn's time is the sentence's embedding, which runs outside Python's lock: so a second core is of use.
        """
        if self._turns < 2 or not self._parses_beside:
            return await super().parse_message(message, tracker, only_output_properties)
        found = await asyncio.get_running_loop().run_in_executor(
            self._parser, self._parse_message_with_graph, message, DialogueStateTracker.from_events("parse", [])
        )
        self._check_for_unseen_features(found)
        return found

    def _understanding(self) -> List[Any]:
        """The components that a message passes through."""
        return self.graph_runner.components_for(self.model_metadata.nlu_target)

    async def _run_locked(self, request: TurnRequest) -> Turn:
        lock = self._locks.setdefault(request.case_id, asyncio.Lock())
        async with lock:
            case = self._cases.take(request.case_id)
            if request.message_id in case.message_ids:
                return self._answer_again(case, request)
            tracker = case.tracker
            tracker.model_id, tracker.assistant_id = self.model_metadata.model_id, self.model_metadata.assistant_id
            output = SilentOutput()
            message = request.to_user_message(output)
            # The steps of MessageProcessor.handle_message, on the tracker that is already here.
            await self._update_tracker_session(tracker, output, message.metadata)
            await self._handle_message_with_tracker(message, tracker)
            await self.run_action_extract_slots(output, tracker)
            await self._run_prediction_loop(output, tracker)
            await self.save_tracker(tracker)
            case.message_ids.add(request.message_id)
            self._cases.put(case)
        turn = find_turn(tracker, request.message_id, repeated=False)
        if turn is None:
            raise TurnFailed("The message is missing from its own dialogue.")
        return turn

    def _answer_again(self, case: LiveCase, request: TurnRequest) -> Turn:
        """What the message was answered; an old one is looked for in the store."""
        self._cases.put(case)
        for tracker in (case.tracker, self._cases.whole(request.case_id)):
            turn = None if tracker is None else find_turn(tracker, request.message_id, repeated=True)
            if turn is not None:
                return turn
        raise TurnFailed("The message is missing from its own dialogue.")

    def _check_for_unseen_features(self, parse_data: Dict[Text, Any]) -> None:
        """Warns only when there is something to warn of: Rasa's check builds the whole domain again each time."""
        intent = parse_data["intent"][INTENT_NAME_KEY]
        entities = {element["entity"] for element in parse_data["entities"] or []}
        if (intent and intent not in self._known_intents) or not entities <= self._known_entities:
            super()._check_for_unseen_features(parse_data)

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        return await super()._run_action(_GuardedAction(action), tracker, output_channel, nlg, prediction)


def _actions_back(runner: SequentialGraphRunner) -> int:
    """How many actions back the policies of the model look."""
    lengths = [component.reach for component in runner.components() if isinstance(component, RulePolicy)]
    for component in runner.components():
        lengths.append(getattr(getattr(component, "featurizer", None), "max_history", None) or 0)
    return max(lengths)


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
        use_quick_actions()
        find_event_classes_once()
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
