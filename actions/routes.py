"""Which action answers which intent, read from the same rules that Rasa is trained on.

For messages whose meaning an action finds out itself: the second of two wants, a correction, an option taken in words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT

RULES_PATH = ROOT / "data" / "rules"


def load_routes(folder: Path = RULES_PATH) -> dict[str, str]:
    """Intent to action, from each rule without a condition that is one intent and one action. Raises ValueError."""
    routes: dict[str, str] = {}
    for path in sorted(folder.glob("*.yml")):
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        for rule in content.get("rules") or []:
            steps = rule.get("steps") or []
            if rule.get("condition") or len(steps) != 2 or "intent" not in steps[0] or "action" not in steps[1]:
                continue
            intent, action = str(steps[0]["intent"]), str(steps[1]["action"])
            if routes.setdefault(intent, action) != action:
                raise ValueError(f"{path}: two rules answer '{intent}'")
    return routes
