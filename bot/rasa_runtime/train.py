"""Trains a model and tells its progress: one JSON object a line on stdout, everything else on stderr.

    python -m bot.rasa_runtime.train --domain domain.yml --config config.yml --data data --out models/NAME.tar.gz

Lines, in order: {"stage": "validate"}, {"stage": "load", "intents", "examples", "rules", "stories"},
{"stage": "train", "component", "number", "of", "state": "started"|"finished"|"cached"}.., {"stage": "package"} and at
last {"stage": "done", "model", "model_id", "seconds", "measured"} or {"stage": "error", "message", "file", "line"}.
{"stage": "warning", "message"} may come in between. The exit code is 0 after `done`, else 1.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional, TextIO

from bot.rasa_runtime.problems import Problem, describe_problem
from bot.rasa_runtime.serve import prepare_environment
from bot.rasa_runtime.validate import default_data, find_problems, load_importer
from bot.rasa_runtime.without_tensorflow import keep_tensorflow_out_of_config


class Progress:
    """Writes progress lines to the real stdout, whatever else is printed meanwhile."""

    def __init__(self) -> None:
        """Takes stdout for itself; from now on print() and child libraries write to stderr."""
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        sys.stdout = sys.stderr

    def tell(self, stage: str, **fields: Any) -> None:
        """One line, at once."""
        self._out.write(json.dumps({"stage": stage, **fields}, ensure_ascii=False) + "\n")
        self._out.flush()


class _ComponentProgress(logging.Handler):
    """Turns Rasa's own log of its training graph into progress lines."""

    _STATES = (
        ("Starting to train component", "started"),
        ("Finished training component", "finished"),
        ("Restored component", "cached"),
    )

    def __init__(self, progress: Progress, total: int) -> None:
        super().__init__()
        self._progress = progress
        self._total = total
        self._numbers: Dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        for beginning, state in self._STATES:
            if message.startswith(beginning):
                component = message[len(beginning) :].split("'")[1]
                number = self._numbers.setdefault(component, len(self._numbers) + 1)
                self._progress.tell(
                    "train", component=component, number=number, of=max(self._total, number), state=state
                )
        if len(self._numbers) == self._total and message.startswith(("Finished", "Restored")):
            self._progress.tell("package")


def main(arguments: Optional[List[str]] = None) -> int:
    """Trains as asked. Returns 0, or 1 after an error line."""
    options = _options(arguments)
    prepare_environment()
    progress = Progress()
    progress.tell("validate")
    started = time.monotonic()
    try:
        missing = [path for path in (options.domain, options.config, *options.data) if not Path(path).exists()]
        if missing:
            raise FileNotFoundError(f"There is no file or folder '{missing[0]}'.")
        keep_tensorflow_out_of_config(options.config)
        found = _train(options, progress)
    except (Exception, SystemExit) as error:
        problem = describe_problem(error)
        progress.tell("error", **problem.to_json())
        return 1
    progress.tell("done", seconds=round(time.monotonic() - started, 1), **found)
    return 0


def _train(options: argparse.Namespace, progress: Progress) -> Dict[str, Any]:
    importer = load_importer(options.domain, options.config, options.data)
    for problem in find_problems(importer):
        if problem.fatal:
            raise _Invalid(problem)
        progress.tell("warning", **problem.to_json())
    stories, nlu = importer.get_stories(), importer.get_nlu_data()
    progress.tell(
        "load",
        intents=len(nlu.intents),
        examples=len(nlu.intent_examples),
        rules=sum(1 for step in stories.story_steps if type(step).__name__ == "RuleStep"),
        stories=sum(1 for step in stories.story_steps if type(step).__name__ != "RuleStep"),
    )
    return _run_rasa(options, progress, _trainable_count(importer.get_config()))


class _Invalid(Exception):
    """Validation found something that must be put right first."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _trainable_count(config: Dict[str, Any]) -> int:
    from rasa.engine.recipes.recipe import Recipe

    graph = Recipe.recipe_for_name(config.get("recipe")).graph_config_for_recipe(config, {})
    return sum(1 for node in graph.train_schema.nodes.values() if node.is_target and not node.is_input)


def _run_rasa(options: argparse.Namespace, progress: Progress, total: int) -> Dict[str, Any]:
    import rasa.model_training
    from rasa.engine.storage.local_model_storage import LocalModelStorage

    hooks = logging.getLogger("rasa.engine.training.hooks")
    hooks.setLevel(logging.INFO)
    hooks.addHandler(_ComponentProgress(progress, total))
    target = Path(options.out).resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".training-") as folder, warnings.catch_warnings():
        # Shown already, by the validation.
        warnings.simplefilter("ignore")
        result = rasa.model_training.train(
            domain=options.domain,
            config=options.config,
            training_files=options.data,
            output=folder,
            fixed_model_name="model.tar.gz",
            force_training=options.force,
        )
        if result.model is None:
            raise RuntimeError("Rasa trained no model; its own message is above.")
        metadata = LocalModelStorage.metadata_from_archive(result.model)
        # The finished archive appears under its name in one step, so nobody ever loads half a model.
        Path(result.model).replace(target)
    return {"model": str(target), "model_id": metadata.model_id, "measured": _measured(target)}


def _measured(model: Path) -> Dict[str, Any]:
    from bot.rasa_runtime.archive import read_archive

    with read_archive(model) as archive:
        return archive.measured()


def _options(arguments: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bot.rasa_runtime.train", description="Train a model for Rapport.")
    parser.add_argument("--domain", default="domain.yml")
    parser.add_argument("--config", default="config.yml")
    parser.add_argument("--data", nargs="+", default=default_data())
    parser.add_argument("--out", required=True, help="the archive to write, NAME.tar.gz")
    parser.add_argument("--force", action="store_true", help="train again what is in the cache too")
    options = parser.parse_args(arguments)
    if not options.out.endswith(".tar.gz"):
        parser.error("--out must end in .tar.gz")
    return options


if __name__ == "__main__":
    sys.exit(main())
