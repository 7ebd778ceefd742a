"""The pipeline step that gives each message its sentence embedding."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text, Tuple, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa_runtime.components.fingerprint import code_fingerprint
from bot.rasa_runtime.components.wish_reader import WISH
from bot.rasa_runtime.sentence_vector import SENTENCE_VECTOR, pack
from bot.rasa_runtime.understanding.encoder import SentenceEncoder, mean_vector


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds one dense sentence feature from a frozen encoder; nothing is trained, nothing is stored."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """No tokenizer is needed: the encoder brings its own."""
        return []

    @staticmethod
    def required_packages() -> List[Text]:
        """See the parent class."""
        return ["onnxruntime", "tokenizers"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """See the parent class. There is nothing to set."""
        return {**DenseFeaturizer.get_default_config()}

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Makes a change of the encoder's code train again."""
        return code_fingerprint()

    def __init__(self, config: Dict[Text, Any], name: Text) -> None:
        """Reads the encoder; raises AssetError when its files are missing or changed."""
        super().__init__(name, config)
        self._encoder = SentenceEncoder()

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeaturizer:
        """See the parent class."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Every configuration is valid, as there is nothing to set."""

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the embedding to each message that has a text, and its sentence vector to what is said of it."""
        for message, embedding in self._embed(messages):
            message.set(SENTENCE_VECTOR, pack(mean_vector(embedding)), add_to_output=True)
        return messages

    def _embed(self, messages: List[Message]) -> List[Tuple[Message, np.ndarray]]:
        with_text = [message for message in messages if message.get(TEXT)]
        embeddings = self._encoder.encode([message.get(WISH) or message.get(TEXT) for message in with_text])
        for message, embedding in zip(with_text, embeddings, strict=True):
            self.add_features_to_message(sequence=None, sentence=embedding[None, :], attribute=TEXT, message=message)
        return list(zip(with_text, embeddings, strict=True))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds the embedding to each example that has an intent."""
        self._embed([message for message in training_data.training_examples if message.get(INTENT)])
        return training_data
