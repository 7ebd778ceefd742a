"""The widget's words, as the server needs them: the launcher speaks before any file of words is loaded."""

import json
import re
from pathlib import Path
from typing import Any

LOCALES = Path(__file__).parent / "static" / "widget" / "locales"

LAUNCHER_KEYS = ("launcher_open", "unavailable")
"""What the launcher says by itself: its name, and the sentence for the case that nothing else can be loaded."""

PLACE = b"RAPPORT_WORDS"
"""The name in widget.js whose place the launcher's words take."""


def words(path: Path) -> dict[str, Any]:
    """The table of one language. Its file is a module whose only statement exports a JSON object."""
    table: dict[str, Any] = json.loads(path.read_text("utf-8").strip().removeprefix("export default").removesuffix(";"))
    return table


def launcher_words() -> dict[str, list[str]]:
    """By language, English first: the sentences of LAUNCHER_KEYS in their order."""
    files = sorted(LOCALES.glob("*.mjs"), key=lambda path: (path.stem != "en", path.stem))
    return {path.stem: [words(path)[key] for key in LAUNCHER_KEYS] for path in files}


def with_words(script: bytes) -> bytes:
    """The launcher's source with its words in place."""
    said = json.dumps(launcher_words(), ensure_ascii=False, separators=(",", ":"))
    return script.replace(PLACE, re.sub(r'"(\w+)":', r"\1:", said).encode())
