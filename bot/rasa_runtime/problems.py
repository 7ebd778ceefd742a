"""What is wrong with training data, with the place where it is wrong when Rasa tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Optional

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FILE = re.compile(r"""['"]?((?:[\w .-]+:)?[\w./\\ -]*\.(?:ya?ml|md|json))['"]?""")
_LINE = re.compile(r"\bline[: ]+(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """One finding. `message` is Rasa's own sentence; `fatal` means that training must not start."""

    message: str
    file: Optional[str] = None
    line: Optional[int] = None
    fatal: bool = False

    def to_json(self) -> Dict[str, Any]:
        """The fields of a progress line."""
        return {"message": self.message, "file": self.file, "line": self.line}


def read_problem(message: str, *, fatal: bool = False) -> Problem:
    """A finding from Rasa's message, with file and line where the message names them."""
    text = _ANSI.sub("", message).strip()
    file, line = _FILE.search(text), _LINE.search(text)
    return Problem(
        message=text,
        file=file.group(1).strip() if file else None,
        line=int(line.group(1)) if line else None,
        fatal=fatal,
    )


def describe_problem(error: BaseException) -> Problem:
    """The finding behind an exception: its own message and those of its causes, innermost last."""
    found = getattr(error, "problem", None)
    if isinstance(found, Problem):
        return found
    messages = []
    current: Optional[BaseException] = error
    while current is not None and len(messages) < 5:
        text = str(current).strip()
        if isinstance(current, SystemExit):
            text = "Rasa stopped the training; its own message is in the log."
        if text and text not in messages:
            messages.append(text)
        current = current.__cause__
    return read_problem("\n".join(messages) or type(error).__name__, fatal=True)
