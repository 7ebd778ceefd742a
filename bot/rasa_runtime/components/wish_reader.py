"""The pipeline step that reads the wish out of what was typed: without courtesies around it and slips of the finger."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa_runtime.components.learning import LearningComponent
from bot.rasa_runtime.understanding.spelling import Speller
from bot.rasa_runtime.understanding.wish import wish_in

WISH = "wish"
"""The words that the later steps understand; names and numbers are still looked for in the text itself."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WishReader(LearningComponent):
    """Learns the words of the training phrases, which stay as they are, and tidies what customers type."""

    learns = Speller

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """There is nothing to set."""
        return {}

    def train(self, training_data: TrainingData) -> Resource:
        """Learns and stores the words."""
        return self._keep(Speller.fit(example.get(TEXT) or "" for example in training_data.intent_examples))

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets the wish on each message. An untrained reader raises RuntimeError."""
        speller = self._trained()
        for message in messages:
            message.set(WISH, wish_in(message.get(TEXT) or "", speller))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training phrases are learnt as they stand."""
        return training_data
