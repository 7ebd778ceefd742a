"""Training as the product starts it: progress as data, errors with their place."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

from bot.rasa_runtime.problems import describe_problem, read_problem
from bot.rasa_runtime.validate import find_problems, load_importer
from tests.rasa_runtime.support import ASSISTANT, ROOT, workspace


class ProblemTest(unittest.TestCase):
    def test_file_and_line_are_read_from_rasas_sentence(self) -> None:
        problem = read_problem(
            "\x1b[91mFailed to read 'data/nlu/orders.yml'. mapping error in line 12, column 3\x1b[0m"
        )
        self.assertEqual(("data/nlu/orders.yml", 12), (problem.file, problem.line))
        self.assertNotIn("\x1b", problem.message)

    def test_causes_are_told_too(self) -> None:
        try:
            try:
                raise ValueError("the inner reason in line 7")
            except ValueError as inner:
                raise RuntimeError("training failed") from inner
        except RuntimeError as error:
            problem = describe_problem(error)
        self.assertEqual(("training failed\nthe inner reason in line 7", 7), (problem.message, problem.line))


class TrainingTest(unittest.TestCase):
    def train(self, folder: Path) -> tuple[int, list[dict[str, Any]]]:
        command = [sys.executable, "-m", "bot.rasa_runtime.train", "--domain", str(folder / "domain.yml")]
        command += ["--data", str(folder / "data"), "--config", str(ROOT / "config.yml")]
        command += ["--out", str(folder / "out" / "m.tar.gz")]
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, cwd=workspace(), env=environment, timeout=100, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.decode().splitlines()]

    def copy(self) -> Path:
        folder = Path(tempfile.mkdtemp(dir=workspace()))
        shutil.copytree(ASSISTANT, folder, dirs_exist_ok=True)
        return folder

    def test_stages_come_in_order_and_the_model_appears_whole(self) -> None:
        folder = self.copy()
        code, lines = self.train(folder)
        self.assertEqual(0, code, lines)
        stages = [line["stage"] for line in lines if line["stage"] != "warning"]
        self.assertEqual(["validate", "load", "train", "package", "done"], sorted(set(stages), key=stages.index))
        trained = {line["component"] for line in lines if line["stage"] == "train"}
        self.assertLessEqual({"KernelIntentClassifier", "PatternEntityExtractor", "RulePolicy"}, trained)
        self.assertEqual(36, lines[-1]["measured"]["examples"])
        self.assertEqual(["m.tar.gz"], [path.name for path in (folder / "out").iterdir()])

    def test_broken_file_is_named_with_its_line_and_no_model_appears(self) -> None:
        folder = self.copy()
        (folder / "data" / "nlu.yml").write_text('version: "3.1"\nnlu:\n  - intent: greet\n  examples: |\n    - x\n')
        code, lines = self.train(folder)
        self.assertEqual((1, "error"), (code, lines[-1]["stage"]))
        self.assertTrue(lines[-1]["file"].endswith("nlu.yml"), lines[-1])
        self.assertIsInstance(lines[-1]["line"], int)
        self.assertFalse((folder / "out").exists())


class ValidationTest(unittest.TestCase):
    def test_an_intent_nobody_can_type_is_a_finding_only_if_no_rule_answers_it(self) -> None:
        folder = Path(tempfile.mkdtemp(dir=workspace()))
        shutil.copytree(ASSISTANT, folder, dirs_exist_ok=True)
        domain = (folder / "domain.yml").read_text("utf-8")
        (folder / "domain.yml").write_text(domain.replace("  - say_no\n", "  - say_no\n  - forgotten\n", 1), "utf-8")
        found = find_problems(
            load_importer(str(folder / "domain.yml"), str(ROOT / "config.yml"), [str(folder / "data")])
        )
        named = " ".join(problem.message for problem in found if "not found in the NLU" in problem.message)
        self.assertIn("'forgotten'", named)
        for answered_by_a_rule in ("'say_yes'", "'become_vip'", "'EXTERNAL_case_resolved'"):
            self.assertNotIn(answered_by_a_rule, named)


if __name__ == "__main__":
    unittest.main()
