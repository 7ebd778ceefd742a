"""A training run as people see it: which stage, how far, the last lines of its log."""

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

LOG_LINES = 200

_WORDS = {"started": "training", "finished": "trained", "cached": "unchanged"}


@dataclass
class Progress:
    """Reads the trainer's lines. `fraction` is 0..1 and never goes back."""

    stage: str = "waiting"
    fraction: float = 0.0
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))
    error: str | None = None
    done: dict[str, Any] | None = None

    def note(self, text: str) -> None:
        """A line for the log only."""
        if text.strip():
            self.lines.append(text.rstrip()[:2000])

    def move(self, stage: str, fraction: float) -> None:
        self.stage = stage
        self.fraction = max(self.fraction, min(fraction, 1.0))
        self.note(stage)

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def read(self, line: str) -> bool:
        """Take one line of the trainer's stdout; True when stage or progress changed."""
        try:
            event = json.loads(line)
        except ValueError:
            self.note(line)
            return False
        if not isinstance(event, dict):
            self.note(line)
            return False
        match event.get("stage"):
            case "validate":
                self.move("checking the data", 0.03)
            case "load":
                self.move(
                    f"read {event.get('examples')} examples of {event.get('intents')} intents, "
                    f"{event.get('rules')} rules, {event.get('stories')} stories",
                    0.1,
                )
            case "train":
                self._component(event)
            case "package":
                self.move("packing the model", 0.9)
            case "warning":
                self.note(f"warning: {_place(event)}{event.get('message')}")
                return False
            case "error":
                self.error = f"{_place(event)}{event.get('message')}"
                self.note(f"error: {self.error}")
            case "done":
                self.done = event
                self.move(f"trained in {event.get('seconds')} s", 0.92)
            case _:
                self.note(line)
                return False
        return True

    def _component(self, event: dict[str, Any]) -> None:
        number, total = int(event.get("number") or 1), max(int(event.get("of") or 1), 1)
        state = str(event.get("state"))
        reached = number - 0.5 if state == "started" else number
        name = str(event.get("component")).rpartition(".")[2]
        self.move(f"{_WORDS.get(state, state)} {name} ({number} of {total})", 0.1 + 0.8 * reached / total)


def _place(event: dict[str, Any]) -> str:
    """`file:line: ` as far as it is known."""
    if not event.get("file"):
        return ""
    line = f":{event['line']}" if event.get("line") else ""
    return f"{event['file']}{line}: "
