"""The trained side of the entity patterns: the names and expressions that come from the training data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Mapping, Sequence

from bot.rasa_runtime.understanding.patterns import (
    BUILT_IN,
    BUILT_IN_ENTITIES,
    Finder,
    FoundEntity,
    NameFinder,
    RegexFinder,
    find_entities,
)

_FILE = "names.json"


class EntityModel:
    """Built-in patterns first, then expressions, then names."""

    def __init__(
        self,
        names: Mapping[str, Sequence[str]] | None = None,
        synonyms: Mapping[str, str] | None = None,
        expressions: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`names` and `expressions` by entity; names of a built-in entity are left to its pattern."""
        self._names = {e: sorted(set(v)) for e, v in (names or {}).items() if e not in BUILT_IN_ENTITIES}
        self._synonyms = dict(synonyms or {})
        self._expressions = {entity: list(patterns) for entity, patterns in (expressions or {}).items()}
        self._finders: list[Finder] = [*BUILT_IN]
        self._finders += [RegexFinder(entity, found) for entity, found in sorted(self._expressions.items())]
        self._finders += [NameFinder(entity, found, self._synonyms) for entity, found in sorted(self._names.items())]

    def find(self, text: str) -> list[FoundEntity]:
        """All entities of `text`, in the order of the text, never overlapping."""
        return find_entities(text, self._finders)

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`, which must exist."""
        content = {"names": self._names, "synonyms": self._synonyms, "expressions": self._expressions}
        (folder / _FILE).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> EntityModel:
        """Reads what `save` wrote."""
        return cls(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
