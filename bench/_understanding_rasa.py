"""Trains a Rasa pipeline through Rasa's own API and answers messages one by one; runs in Rasa's environment.

    python -m bench._understanding_rasa FOLDER EXAMPLES.json MESSAGES.json ANSWERS.json

FOLDER holds config.yml; data and model are written into it. The shapes are those of bench/_contestants.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

os.environ.update(RASA_TELEMETRY_ENABLED="false", TF_CPP_MIN_LOG_LEVEL="3", SQLALCHEMY_SILENCE_UBER_WARNING="1")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _write_examples(folder: Path, examples: list[dict[str, str]]) -> None:
    by_intent: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        by_intent[example["intent"]].append(" ".join(example["text"].split()))
    lines = ['version: "3.1"', "nlu:"]
    for intent, texts in by_intent.items():
        lines += [f"- intent: {json.dumps(intent)}", "  examples: |", *(f"    - {text}" for text in texts)]
    (folder / "nlu.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


async def _answer(agent: Any, texts: list[str]) -> list[dict[str, Any]]:
    answers = []
    for text in texts:
        found = await agent.parse_message(text)
        ranked = found.get("intent_ranking") or [found["intent"]]
        best = next((one for one in ranked if one["name"] not in (None, "nlu_fallback")), None)
        confidence = float(best["confidence"]) if best else 0.0
        in_scope = float(found.get("in_scope", confidence))
        answers.append({"intent": best and best["name"], "confidence": confidence, "in_scope": in_scope})
    return answers


def main(folder: Path, examples: Path, messages: Path, out: Path) -> None:
    """Trains, asks, writes."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    _write_examples(folder, json.loads(examples.read_text(encoding="utf-8")))
    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    began, cpu = time.monotonic(), _cpu_seconds()
    model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder), fixed_model_name="model")
    wall, cpu = time.monotonic() - began, _cpu_seconds() - cpu
    if model is None:
        raise RuntimeError("Rasa trained no model; its own message is above.")
    agent = Agent.load(model)
    texts = json.loads(messages.read_text(encoding="utf-8"))
    asyncio.run(_answer(agent, texts[:20]))
    began, cpu_before = time.monotonic(), _cpu_seconds()
    answers = asyncio.run(_answer(agent, texts))
    per_message = 1000 / max(len(texts), 1)
    result = {
        "train_wall_s": wall,
        "train_cpu_s": cpu,
        "ms_per_message": (time.monotonic() - began) * per_message,
        "cpu_ms_per_message": (_cpu_seconds() - cpu_before) * per_message,
        "model_bytes": Path(model).stat().st_size,
        "answers": answers,
    }
    out.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
