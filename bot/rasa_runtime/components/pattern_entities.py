"""The pipeline step that finds entities by pattern and by lookup table."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa_runtime.components.learning import LearningComponent
from bot.rasa_runtime.understanding.entities import EntityModel


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PatternEntityExtractor(EntityExtractorMixin, LearningComponent):
    """Finds order numbers, e-mails, scores, the names of all lookup tables and the training data's expressions."""

    learns = EntityModel

    def train(self, training_data: TrainingData) -> Resource:
        """Collects lookup tables, annotated values, synonyms and expressions of the training data."""
        names: Dict[str, List[str]] = defaultdict(list)
        for table in training_data.lookup_tables:
            names[table["name"]].extend(_elements(table["elements"]))
        for message in training_data.entity_examples:
            for entity in message.get(ENTITIES, []):
                names[entity[ENTITY_ATTRIBUTE_TYPE]].append(str(entity[ENTITY_ATTRIBUTE_VALUE]))
        expressions: Dict[str, List[str]] = defaultdict(list)
        for feature in training_data.regex_features:
            expressions[feature["name"]].append(feature["pattern"])
        return self._keep(EntityModel(names, dict(training_data.entity_synonyms), expressions))

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the found entities to those that earlier steps found. An untrained extractor raises RuntimeError."""
        model = self._trained()
        for message in messages:
            found = [
                {
                    ENTITY_ATTRIBUTE_TYPE: entity.entity,
                    ENTITY_ATTRIBUTE_VALUE: entity.value,
                    ENTITY_ATTRIBUTE_START: entity.start,
                    ENTITY_ATTRIBUTE_END: entity.end,
                    EXTRACTOR: type(self).__name__,
                    **entity.info,
                }
                for entity in model.find(message.get(TEXT) or "")
            ]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages


def _elements(elements: Any) -> List[str]:
    """A lookup table's entries, which Rasa gives as a list or as the name of a file with one entry a line."""
    if isinstance(elements, str):
        return [line.strip() for line in Path(elements).read_text("utf-8").splitlines() if line.strip()]
    return [str(element) for element in elements]
