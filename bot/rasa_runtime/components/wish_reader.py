"""The pipeline step that reads the wish out of what was typed: without courtesies around it and slips of the finger."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa_runtime.components.fingerprint import code_fingerprint
from bot.rasa_runtime.understanding.spelling import Speller
from bot.rasa_runtime.understanding.wish import wish_in

WISH = "wish"
"""The words that the later steps understand; names and numbers are still looked for in the text itself."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WishReader(GraphComponent):
    """Learns the words of the training phrases, which stay as they are, and tidies what customers type."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """There is nothing to set."""
        return {}

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Makes a change of the code behind this step train again."""
        return code_fingerprint()

    def __init__(self, model_storage: ModelStorage, resource: Resource, speller: Optional[Speller] = None) -> None:
        """`speller` is None until the component is trained."""
        self._model_storage = model_storage
        self._resource = resource
        self._speller = speller

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WishReader:
        """An untrained reader."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> WishReader:
        """Reads the words back."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, Speller.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns and stores the words."""
        self._speller = Speller.fit(example.get(TEXT) or "" for example in training_data.intent_examples)
        with self._model_storage.write_to(self._resource) as folder:
            self._speller.save(folder)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets the wish on each message. An untrained reader raises RuntimeError."""
        if self._speller is None:
            raise RuntimeError("The wish reader is not trained.")
        for message in messages:
            message.set(WISH, wish_in(message.get(TEXT) or "", self._speller))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training phrases are learnt as they stand."""
        return training_data
