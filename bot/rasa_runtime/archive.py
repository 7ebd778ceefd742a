"""Reads a trained model's archive without Rasa, when its pipeline is made of our own components only.

Importing Rasa imports TensorFlow: ten seconds and half a gigabyte that understanding a list of messages does not need.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence

from bot.rasa_runtime.plain_words import to_plain_words
from bot.rasa_runtime.understanding.encoder import SentenceEncoder
from bot.rasa_runtime.understanding.entities import EntityModel
from bot.rasa_runtime.understanding.intents import CLASSIFIER_DEFAULTS, Bars, Guess, IntentModel
from bot.rasa_runtime.understanding.spelling import Speller
from bot.rasa_runtime.understanding.wish import wish_in

_COMPONENTS = "bot.rasa_runtime.components"
_READER = f"{_COMPONENTS}.wish_reader.WishReader"
_FEATURIZER = f"{_COMPONENTS}.sentence_featurizer.SentenceFeaturizer"
_CLASSIFIER = f"{_COMPONENTS}.intent_classifier.KernelIntentClassifier"
_EXTRACTOR = f"{_COMPONENTS}.pattern_entities.PatternEntityExtractor"
_PASSED_OVER = frozenset(
    {
        "rasa.graph_components.converters.nlu_message_converter.NLUMessageConverter",
        "rasa.graph_components.providers.domain_provider.DomainProvider",
        # It reads commands; plain words hold none.
        "rasa.nlu.classifiers.regex_message_handler.RegexMessageHandler",
    }
)
_BATCH = 64


class ArchiveError(ValueError):
    """The file is no model archive; the message says which."""


class Understanding:
    """The understanding half of one model."""

    def __init__(
        self,
        speller: Optional[Speller],
        intents: IntentModel,
        bars: Bars,
        ranking_length: int,
        entities: Optional[EntityModel],
    ) -> None:
        self._speller = speller
        self._intents = intents
        self._bars = bars
        self._ranking_length = ranking_length
        self._entities = entities
        self._encoder = SentenceEncoder()

    def parse(self, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
        """One result for each text, in order; `text` is given back as it came."""
        for start in range(0, len(texts), _BATCH):
            part = texts[start : start + _BATCH]
            plain = [to_plain_words(text) for text in part]
            wishes = [wish_in(words, self._speller) for words in plain] if self._speller else plain
            for text, words, wish, embedding in zip(part, plain, wishes, self._encoder.encode(wishes), strict=True):
                yield self._result(text, words, self._intents.decide(wish, embedding, self._bars))

    def _result(self, text: str, words: str, guess: Guess) -> dict[str, Any]:
        found = self._entities.find(words) if self._entities else []
        ranking = [{"intent": i.name, "confidence": i.confidence} for i in guess.ranking[: self._ranking_length]]
        return {
            "text": text,
            **ranking[0],
            "ranking": ranking,
            "entities": [
                {"entity": e.entity, "value": e.value, "start": e.start, "end": e.end, **e.info} for e in found
            ],
            "similarity": guess.similarity,
            "in_scope": guess.in_scope,
        }


@dataclass(frozen=True)
class ModelArchive:
    """An unpacked archive; `folder` lives as long as the context it came from."""

    folder: Path
    metadata: Mapping[str, Any]

    @property
    def model_id(self) -> str:
        """The id that the running server reports for this model."""
        return str(self.metadata["model_id"])

    def understanding(self) -> Optional[Understanding]:
        """The model's understanding, or None when its pipeline has a component that only Rasa can run."""
        nodes = self._understanding_nodes()
        uses = {str(node["uses"]) for node in nodes}
        ours = {_READER, _FEATURIZER, _CLASSIFIER, _EXTRACTOR}
        if not uses <= ours | _PASSED_OVER or not {_FEATURIZER, _CLASSIFIER} <= uses:
            return None
        by_class = {str(node["uses"]): node for node in nodes}
        config = {**CLASSIFIER_DEFAULTS, **by_class[_CLASSIFIER]["config"]}
        reader, extractor = by_class.get(_READER), by_class.get(_EXTRACTOR)
        return Understanding(
            Speller.load(self._resource(reader)) if reader else None,
            IntentModel.load(self._resource(by_class[_CLASSIFIER])),
            Bars(config["probability_bar"], config["scope_bar"]),
            int(config["ranking_length"]),
            EntityModel.load(self._resource(extractor)) if extractor else None,
        )

    def measured(self) -> dict[str, Any]:
        """What training measured on held-out examples; empty for a foreign pipeline."""
        for node in self._understanding_nodes():
            if node["uses"] == _CLASSIFIER:
                return IntentModel.load(self._resource(node)).measured
        return {}

    def _understanding_nodes(self) -> list[Mapping[str, Any]]:
        """The nodes from which the understood message comes, in no order."""
        graph = self.metadata["predict_schema"]["nodes"]
        wanted, seen = [self.metadata["nlu_target"]], {}
        while wanted:
            name = wanted.pop()
            if name in graph and name not in seen:
                seen[name] = graph[name]
                wanted.extend(graph[name]["needs"].values())
        return list(seen.values())

    def _resource(self, node: Mapping[str, Any]) -> Path:
        return self.folder / "components" / str(node["resource"]["name"])


@contextmanager
def read_archive(path: Path) -> Iterator[ModelArchive]:
    """Unpacks `path` for as long as the context lasts. Raises ArchiveError."""
    with tempfile.TemporaryDirectory(prefix="rapport-model-") as name:
        folder = Path(name)
        try:
            with tarfile.open(path, "r:gz") as tar:
                tar.extractall(folder, filter="data")
            metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ArchiveError(f"There is no model at {path}.") from error
        except (tarfile.TarError, OSError, ValueError) as error:
            raise ArchiveError(f"{path} is no model archive: {error}") from error
        yield ModelArchive(folder, metadata)
