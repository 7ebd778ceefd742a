"""What is measured beside each other: one function trains a contestant on examples and asks it messages.

Contestants are programs of their own. Each reads EXAMPLES.json, a list of {"text", "intent"}, and MESSAGES.json, a list
of texts, and writes ANSWERS.json: {"train_wall_s", "train_cpu_s", "ms_per_message", "cpu_ms_per_message",
"model_bytes", "answers"}, with one {"intent", "confidence", "in_scope"} for each text.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from bench._understanding_scores import Answer
from bench._understanding_sets import ROOT, Example

_RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
_NLPJS = ROOT / "bench" / "nlpjs"
# What `rasa init` writes: the pipeline is left to Rasa, which takes its default, with DIET.
_DIET: dict[str, object] = {"recipe": "default.v1", "language": "en", "pipeline": None, "policies": None}
_LOGREG: dict[str, object] = {
    "recipe": "default.v1",
    "language": "en",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "LogisticRegressionClassifier"},
    ],
}
CONTESTANTS = {
    "diet": "Rasa's default pipeline (DIET)",
    "logreg": "Rasa, sparse features + LogisticRegressionClassifier",
    "nlpjs": "nlp.js 4.27.0",
    "ours": "ours",
}
"""By the name used on the command line: the name shown."""


class ContestantError(RuntimeError):
    """A contestant could not be run; the message holds its own last words."""


@dataclass(frozen=True)
class Run:
    """What one training and its answers gave. Seconds without the imports, milliseconds for messages one by one."""

    train_wall_s: float
    train_cpu_s: float
    ms_per_message: float
    cpu_ms_per_message: float
    model_bytes: int
    answers: list[Answer]


def run_contestant(name: str, examples: Sequence[Example], texts: Sequence[str], epochs: int | None = None) -> Run:
    """Trains `name` on `examples` and asks it `texts`; `epochs` ends DIET early. Raises ContestantError."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-nlu-") as place:
        folder = Path(place)
        (folder / "examples.json").write_text(json.dumps([asdict(example) for example in examples]))
        (folder / "messages.json").write_text(json.dumps(list(texts)))
        files = [str(folder / f"{part}.json") for part in ("examples", "messages", "answers")]
        command = _nlpjs_command() if name == "nlpjs" else _rasa_command(name, folder, epochs)
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        if name == "ours":  # as the product starts Rasa
            env |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run([*command, *files], cwd=folder, env=env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ContestantError(f"{name} failed:\n{(done.stderr or done.stdout)[-2000:]}")
        found = json.loads(Path(files[2]).read_text())
    return Run(**{**found, "answers": [Answer(**answer) for answer in found["answers"]]})


def _rasa_command(name: str, folder: Path, epochs: int | None) -> list[str]:
    ours = {**yaml.safe_load((ROOT / "config.yml").read_text()), "policies": None}
    diet = {**_DIET, "pipeline": _default_pipeline(epochs)} if epochs else _DIET
    config = {"diet": diet, "logreg": _LOGREG, "ours": ours}[name]
    (folder / "config.yml").write_text(yaml.safe_dump({**config, "assistant_id": "bench"}, sort_keys=False))
    return [str(_RASA_PYTHON), "-W", "ignore", "-m", "bench._understanding_rasa", str(folder)]


def _default_pipeline(epochs: int) -> list[dict[str, object]]:
    """The pipeline Rasa takes by default, from its own file, with fewer epochs."""
    default = next(
        _RASA_PYTHON.parents[1].glob("lib/*/site-packages/rasa/engine/recipes/config_files/default_config.yml")
    )
    pipeline: list[dict[str, object]] = yaml.safe_load(default.read_text())["pipeline"]
    return [{**step, "epochs": epochs} if "epochs" in step else step for step in pipeline]


def _nlpjs_command() -> list[str]:
    """nlp.js lives in a cache of its own, installed from the lock beside the script, without install scripts."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rapport" / "bench" / "nlpjs"
    if not (cache / "node_modules" / "@nlpjs" / "basic").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(_NLPJS / file, cache)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=cache, check=True)
    return ["node", str(_NLPJS / "contestant.mjs"), str(cache)]
