"""The pipeline step that names the intent, with honest confidence and its own decision to fall back."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa_runtime.components.learning import LearningComponent
from bot.rasa_runtime.components.sentence_featurizer import SentenceFeaturizer
from bot.rasa_runtime.components.wish_reader import WISH
from bot.rasa_runtime.understanding.encoder import EMBEDDING_SIZE, SentenceEncoder
from bot.rasa_runtime.understanding.fitting import fit_intent_model
from bot.rasa_runtime.understanding.intents import CLASSIFIER_DEFAULTS, Bars, IntentModel

SIMILARITY_KEY = "similarity"
IN_SCOPE_KEY = "in_scope"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KernelIntentClassifier(IntentClassifier, LearningComponent):
    """Kernel ridge classifier on the sentence embedding and tf-idf; puts `nlu_fallback` first when it does not know."""

    learns = IntentModel

    @classmethod
    def required_components(cls) -> List[Type]:
        """The embedding has to be there first."""
        return [SentenceFeaturizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """See the parent class."""
        return ["scipy"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """The meaning of each key stands beside it in config.yml."""
        return dict(CLASSIFIER_DEFAULTS)

    def __init__(
        self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, learnt: Optional[Any] = None
    ) -> None:
        """Raises InvalidConfigException for a value out of range."""
        _check_config(config)
        super().__init__(config, model_storage, resource, learnt)
        self._bars = Bars(config["probability_bar"], config["scope_bar"])

    def train(self, training_data: TrainingData) -> Resource:
        """Fits and stores the model; raises FittingError when there are fewer than two intents."""
        examples = [m for m in training_data.intent_examples if m.get(INTENT) and m.get(TEXT)]
        embeddings = np.array([_embedding(message) for message in examples], dtype=np.float32)
        model = fit_intent_model(
            [message.get(TEXT) for message in examples],
            [message.get(INTENT) for message in examples],
            embeddings.reshape(len(examples), EMBEDDING_SIZE),
            lambda texts: SentenceEncoder().encode(texts),
            kernel_width=self._config["kernel_width"],
            terms_weight=self._config["terms_weight"],
            penalty=self._config["penalty"],
        )
        return self._keep(model)

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets intent, ranking and similarity on each message. An untrained classifier raises RuntimeError."""
        model = self._trained()
        for message in messages:
            guess = model.decide(message.get(WISH) or message.get(TEXT) or "", _embedding(message), self._bars)
            ranking = [
                {INTENT_NAME_KEY: intent.name, PREDICTED_CONFIDENCE_KEY: intent.confidence}
                for intent in guess.ranking[: self._config["ranking_length"]]
            ]
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(SIMILARITY_KEY, guess.similarity, add_to_output=True)
            message.set(IN_SCOPE_KEY, guess.in_scope, add_to_output=True)
        return messages


def _embedding(message: Message) -> np.ndarray:
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        return np.zeros(EMBEDDING_SIZE, dtype=np.float32)
    return np.asarray(sentence.features[0], dtype=np.float32)


def _check_config(config: Dict[Text, Any]) -> None:
    for key in ("probability_bar", "scope_bar"):
        if not 0 <= config[key] <= 1:
            raise InvalidConfigException(f"config.yml: {key} must be between 0 and 1, not {config[key]}.")
    for key in ("kernel_width", "penalty"):
        if config[key] <= 0:
            raise InvalidConfigException(f"config.yml: {key} must be above 0, not {config[key]}.")
    if config["terms_weight"] < 0:
        raise InvalidConfigException(f"config.yml: terms_weight must not be below 0, not {config['terms_weight']}.")
    if config["ranking_length"] < 2:
        raise InvalidConfigException("config.yml: ranking_length must be 2 or more.")
