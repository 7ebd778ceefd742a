"""Intents in the customer's words: what an option says that stands for "did you mean ..?"."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

PATH = Path(__file__).parent / "wording.yml"


class Wording:
    """Plain titles of intents. One without a title is never offered (greetings, answers, the system's own)."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = dict(titles)

    @classmethod
    def load(cls, path: Path = PATH) -> Wording:
        """Read `intent: title` lines. Raises ValueError for anything else."""
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict) or not all(isinstance(v, str) for v in raw.values()):
            raise ValueError(f"{path}: expected `intent: title` on each line")
        return cls(raw)

    def title(self, intent: str) -> str | None:
        return self._titles.get(intent)

    def intents(self) -> frozenset[str]:
        return frozenset(self._titles)
