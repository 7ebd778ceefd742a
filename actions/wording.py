"""Intents in the customer's words: what an option says that stands for "did you mean ..?"."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import yaml

from bot.adapters.assistant_files import domain_intents

PATH = Path(__file__).parent / "wording.yml"
_NEVER_OFFERED = "nlu_fallback"
_SYSTEM = "EXTERNAL_"


class Wording:
    """Plain titles of intents. An intent of the files without one is never offered (greetings, answers, the system's
    own); one that was taught in the studio is in no file yet and goes by its name."""

    def __init__(self, titles: Mapping[str, str], own: Collection[str] = ()) -> None:
        """`own`: the intents of the assistant's files, for which `titles` is complete."""
        self._titles = dict(titles)
        self._own = frozenset(own) | {_NEVER_OFFERED}

    @classmethod
    def load(cls, path: Path = PATH) -> Wording:
        """Read `intent: title` lines. Raises ValueError for anything else, AssistantFilesBroken without a domain."""
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict) or not all(isinstance(v, str) for v in raw.values()):
            raise ValueError(f"{path}: expected `intent: title` on each line")
        return cls(raw, domain_intents())

    def title(self, intent: str) -> str | None:
        """What to call this intent; None for one that is never offered."""
        title = self._titles.get(intent)
        if title is not None or not intent or intent in self._own or intent.startswith(_SYSTEM):
            return title
        words = intent.replace("_", " ").strip()
        return words[:1].upper() + words[1:] or None

    def intents(self) -> frozenset[str]:
        return frozenset(self._titles)
