"""Understanding, measured: one contestant on one set a call, all results in one table.

    ./rapport bench nlu --contestant ours|diet|logreg|nlpjs --data FOLDER [--draws 5] [--results FILE] [--epochs N]
                        --set banking77|banking77-10|clinc150|clinc150-oos|own|strangers|slips|courtesies
    ./rapport bench nlu --table [--results FILE]

FOLDER holds banking77_train.csv, banking77_test.csv and clinc150_full.json; the last four need none. Each call
appends one JSON object to FILE; the table shows the newest of each contestant and set. DIET takes hours for its 100
epochs on the large sets: `--epochs` ends it earlier, and the table says so.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from bench._contestants import CONTESTANTS, ContestantError, run_contestant
from bench._understanding_scores import Answer, accuracy, calibration_error, macro_f1, out_of_scope_scores
from bench._understanding_sets import OUT_OF_SCOPE, SETS, SetError, Task


def measure(contestant: str, task: Task, epochs: int | None = None) -> dict[str, float]:
    """Trains, asks, scores. `epochs` as for `run_contestant`."""
    texts = [example.text for example in task.test]
    chosen = [example.text for example in task.choose]
    run = run_contestant(contestant, task.train, [*texts, *task.test_out_of_scope, *chosen], epochs)
    answers = [_below_all(answer) if answer.intent == OUT_OF_SCOPE else answer for answer in run.answers]
    known = answers[: len(texts)]
    expected = [example.intent for example in task.test]
    scores = {
        "accuracy": accuracy(known, expected),
        "macro_f1": macro_f1(known, expected),
        "ece": calibration_error(known, expected),
        "train_wall_s": run.train_wall_s,
        "train_cpu_s": run.train_cpu_s,
        "ms_per_message": run.ms_per_message,
        "cpu_ms_per_message": run.cpu_ms_per_message,
        "model_mb": run.model_bytes / 1e6,
    }
    if task.test_out_of_scope:
        unknown = answers[len(texts) : len(texts) + len(task.test_out_of_scope)]
        scores |= out_of_scope_scores(known, unknown, answers[len(texts) + len(unknown) :])
    return scores


def _below_all(answer: Answer) -> Answer:
    """An answer that names the trained out-of-scope intent says so the more, the surer it is."""
    return replace(answer, in_scope=-answer.in_scope)


COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("accuracy", lambda r: f"{r['accuracy']:.2%}"),
    ("macro F1", lambda r: f"{r['macro_f1']:.3f}"),
    ("ECE", lambda r: f"{r['ece']:.3f}"),
    ("OOS recall at 3 % loss", lambda r: f"{r['oos_recall_at_3']:.1%}" if "auroc" in r else ""),
    ("at the bar chosen on the validation part", lambda r: _at_chosen_bar(r) if "auroc" in r else ""),
    ("AUROC", lambda r: f"{r['auroc']:.4f}" if "auroc" in r else ""),
    ("training, s (CPU s)", lambda r: f"{r['train_wall_s']:.0f} ({r['train_cpu_s']:.0f})"),
    ("ms a message (CPU ms)", lambda r: f"{r['ms_per_message']:.1f} ({r['cpu_ms_per_message']:.1f})"),
    ("model, MB", lambda r: f"{r['model_mb']:.1f}"),
)


def _at_chosen_bar(row: dict[str, Any]) -> str:
    return f"{row['oos_recall']:.1%}, losing {row['in_scope_loss']:.1%}"


def table(results: Path) -> str:
    """The newest result of each contestant and set as Markdown, one table a set."""
    found = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()] if results.exists() else []
    newest = {(row["set"], row["contestant"]): row for row in found}
    parts = []
    for set_name in SETS:
        rows = [(label, newest[set_name, name]) for name, label in CONTESTANTS.items() if (set_name, name) in newest]
        shown = [(f"{label}, {row['epochs']} epochs" if row.get("epochs") else label, row) for label, row in rows]
        columns = [(head, cell) for head, cell in COLUMNS if any(cell(row) for _, row in shown)]
        if shown:
            lines = [f"| {set_name} | {' | '.join(head for head, _ in columns)} |", "|---" * (len(columns) + 1) + "|"]
            lines += [f"| {label} | {' | '.join(cell(row) for _, cell in columns)} |" for label, row in shown]
            parts.append("\n".join(lines))
    return "\n\n".join(parts) or f"There are no results in {results} yet."


def main() -> int:
    """Measures or prints the table. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="rapport bench nlu", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--contestant", choices=CONTESTANTS)
    parser.add_argument("--set", dest="set_name", choices=SETS)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("RAPPORT_BENCH_DATA", ".")))
    parser.add_argument("--draws", type=int, default=5, help="trainings of banking77-10, each with phrases of its own")
    parser.add_argument("--epochs", type=int, help="of DIET, instead of its 100")
    parser.add_argument("--results", type=Path, default=Path(os.environ.get("RAPPORT_DATA", "var")) / "bench-nlu.jsonl")
    parser.add_argument("--table", action="store_true", help="print the table of what was measured so far")
    options = parser.parse_args()
    if options.table:
        print(table(options.results))
        return 0
    if not options.contestant or not options.set_name:
        parser.error("give --contestant and --set, or --table")
    if options.epochs is not None and (options.contestant != "diet" or options.epochs < 1):
        parser.error("--epochs is for the contestant diet, and at least 1")
    try:
        tasks = list(SETS[options.set_name](options.data, options.draws))
        runs = [measure(options.contestant, task, options.epochs) for task in tasks]
    except (SetError, ContestantError) as error:
        print(error, file=sys.stderr)
        return 1
    row = {
        "set": options.set_name,
        "contestant": options.contestant,
        "runs": len(runs),
        "epochs": options.epochs,
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **{key: round(fmean(run[key] for run in runs), 5) for key in runs[0]},
    }
    if len(runs) > 1:
        row["accuracy_of_each"] = [round(run["accuracy"], 4) for run in runs]
    options.results.parent.mkdir(parents=True, exist_ok=True)
    with options.results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
