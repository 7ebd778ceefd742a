"""Measures a model on phrases it never saw: `tests/nlu/`, through the same parser that the customers' bot uses."""

import asyncio
import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import update

from bot.environments import SetupFailed, ensure_rasa
from bot.services.app import App, hint
from bot.settings import ROOT, Settings
from bot.store.tables import Model
from bot.training.dataset import load_taught, plain
from bot.training.rasa_process import rasa_module
from bot.training.registry import file_fault, live_model

PARSER = "bot.rasa_runtime.parse"
PARSE_WITHIN_S = 300.0

_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")

Phrase = tuple[str, str]
"""Text and the intent a person gave it."""


class EvaluationFailed(Exception):
    """The model could not be measured; the text is one sentence."""


def held_out_phrases(root: Path = ROOT) -> list[Phrase]:
    """The phrases of `tests/nlu/`, without entity marks. Raises EvaluationFailed for a file that cannot be read."""
    phrases: list[Phrase] = []
    for path in sorted((root / "tests" / "nlu").rglob("*.yml")):
        try:
            items = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("nlu") or []
            for item in items:
                lines = (line.strip() for line in str(item["examples"]).splitlines())
                phrases += [
                    (_ENTITY.sub(r"\1", line[2:]).strip(), item["intent"]) for line in lines if line[:2] == "- "
                ]
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise EvaluationFailed(f"{path.relative_to(root)} cannot be read: {error}") from error
    return phrases


async def evaluate(app: App, model_id: str) -> Model:
    """Measure a model and keep its scores. The live model is measured again when its scores are of other phrases.

    Raises EvaluationFailed; LookupError for an unknown model.
    """
    async with app.read() as tx:
        model = await tx.get(Model, model_id)
        taught = await load_taught(tx)
        live = await live_model(tx)
    if model is None:
        raise LookupError(f"There is no model {model_id}.")
    # A held-out phrase that somebody taught since would flatter the model.
    known = {text.casefold() for text, _ in taught.examples}
    phrases = [
        phrase for phrase in await asyncio.to_thread(held_out_phrases) if plain(phrase[0]).casefold() not in known
    ]
    if not phrases:
        raise EvaluationFailed("There are no held-out phrases in tests/nlu/.")
    held_out = phrases_version(phrases)
    measured = await _keep(app, model, phrases, held_out)
    if live is not None and live.id != model_id and live.scores.get("held_out") != held_out:
        # A live model whose file is gone cannot be measured; that is no fault of this one.
        with contextlib.suppress(EvaluationFailed):
            await _keep(app, live, phrases, held_out)
    return measured


async def _keep(app: App, model: Model, phrases: Sequence[Phrase], held_out: str) -> Model:
    fault = await asyncio.to_thread(file_fault, model)
    if fault is not None:
        raise EvaluationFailed(fault)
    results = await parse(app.settings, Path(model.path), [text for text, _ in phrases])
    scores = {**model.scores, **score(phrases, results), "held_out": held_out, "measured_at": app.now().isoformat()}
    async with app.write() as tx:
        await tx.execute(update(Model).where(Model.id == model.id).values(scores=scores))
        hint(tx, "models", model.id)
        found = await tx.get(Model, model.id, populate_existing=True)
    assert found is not None
    return found


def phrases_version(phrases: Sequence[Phrase]) -> str:
    """Names the set, so that figures of different sets are never compared."""
    return hashlib.sha256(json.dumps(sorted(phrases)).encode()).hexdigest()[:16]


async def parse(settings: Settings, model: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """What this model file makes of each text, in order. Raises EvaluationFailed."""
    try:
        python = await asyncio.to_thread(ensure_rasa, settings, _silent)
        async with rasa_module(settings, python, PARSER, ["--model", str(model)]) as process:
            lines = "".join(text.replace("\n", " ").replace("\r", " ") + "\n" for text in texts)
            answered, said = await asyncio.wait_for(process.communicate(lines.encode()), PARSE_WITHIN_S)
            code = process.returncode
    except TimeoutError as error:
        raise EvaluationFailed(f"The parser did not answer within {PARSE_WITHIN_S:.0f} s.") from error
    except (SetupFailed, OSError) as error:
        raise EvaluationFailed(str(error)) from error
    if code != 0:
        words = said.decode("utf-8", "replace").strip().splitlines()
        raise EvaluationFailed(words[-1] if words else f"The parser ended with exit code {code}.")
    results = [json.loads(line) for line in answered.splitlines() if line.strip()]
    if len(results) != len(texts):
        raise EvaluationFailed(f"The parser answered {len(results)} of {len(texts)} messages.")
    return results


def _silent(_text: str) -> None:
    return None


def score(phrases: Sequence[Phrase], results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy, macro F1, and for each intent precision, recall, F1 and support, with every error.

    Macro F1 is the plain mean over the intents that have held-out phrases; a precision without any guess counts 0.
    The guess is after the fallback, as customers meet it: `nlu_fallback` on a phrase of an intent is an error.
    """
    guesses = [str(result.get("intent")) for result in results]
    wanted = Counter(intent for _, intent in phrases)
    guessed = Counter(guesses)
    right = Counter(intent for (_, intent), guess in zip(phrases, guesses, strict=True) if intent == guess)
    intents = {}
    for name, support in sorted(wanted.items()):
        precision = right[name] / guessed[name] if guessed[name] else 0.0
        recall = right[name] / support
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        intents[name] = {"precision": precision, "recall": recall, "f1": f1, "support": support}
    errors = [
        {"text": text, "intent": intent, "predicted": guess, "confidence": round(float(result["confidence"]), 4)}
        for (text, intent), guess, result in zip(phrases, guesses, results, strict=True)
        if intent != guess
    ]
    return {
        "n": len(phrases),
        "accuracy": sum(right.values()) / len(phrases),
        "macro_f1": sum(item["f1"] for item in intents.values()) / len(intents),
        "intents": intents,
        "errors": errors,
    }
