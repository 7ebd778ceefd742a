"""Rasa runs without TensorFlow when nothing needs it, and says so clearly when something does."""

from __future__ import annotations

import subprocess
import sys
import unittest

from bot.rasa_runtime.without_tensorflow import (
    components_of_archive,
    components_of_config,
    keep_tensorflow_out,
    needs_tensorflow,
)
from tests.rasa_runtime.support import ASSISTANT, ROOT, trained_model

BEGIN = """
import sys
from bot.rasa_runtime.without_tensorflow import TensorFlowLeftOut, keep_tensorflow_out
assert keep_tensorflow_out(["RulePolicy"])
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, because what is imported stays imported."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEGIN + program], cwd=ROOT, capture_output=True, text=True, check=False
    )


class WithoutTensorFlowTest(unittest.TestCase):
    def test_all_of_rasas_components_are_imported_without_it(self) -> None:
        done = run(
            "import rasa.engine.recipes.default_components, rasa.core.agent, rasa.model_training\n"
            "print(any(getattr(m, '__file__', None) for n, m in sys.modules.items() if n.startswith('tensorflow')))"
        )
        self.assertEqual("False", done.stdout.strip(), done.stderr[-2000:])

    def test_whoever_really_uses_it_is_told_why_it_is_not_there(self) -> None:
        for use in (
            "import tensorflow as tf; tf.constant(1)",
            "from tensorflow.keras import backend as K; K.epsilon()",
            "from rasa.utils.tensorflow.models import RasaModel; RasaModel(random_seed=1)",
        ):
            done = run(f"try:\n    {use}\nexcept TensorFlowLeftOut as error:\n    print(error)")
            self.assertIn("started without", done.stdout, use + done.stderr[-1000:])
            self.assertIn("config.yml", done.stdout)

    def test_only_known_components_are_trusted_to_do_without(self) -> None:
        for name in ("RulePolicy", "bot.rasa_runtime.components.pattern_entities.PatternEntityExtractor"):
            self.assertFalse(needs_tensorflow(name), name)
        for name in ("DIETClassifier", "rasa.core.policies.ted_policy.TEDPolicy", "company.components.Own"):
            self.assertTrue(needs_tensorflow(name), name)
        self.assertFalse(keep_tensorflow_out(["RulePolicy", "TEDPolicy"]))

    def test_empty_section_of_the_configuration_means_rasas_defaults(self) -> None:
        for config in ({}, {"pipeline": [], "policies": [{"name": "RulePolicy"}]}, {"pipeline": None}):
            self.assertTrue(any(needs_tensorflow(name) for name in components_of_config(config)), config)
        config = {"pipeline": [{"name": "WhitespaceTokenizer"}], "policies": [{"name": "RulePolicy"}]}
        self.assertEqual(["WhitespaceTokenizer", "RulePolicy"], components_of_config(config))

    def test_components_of_a_model_are_read_from_its_archive(self) -> None:
        found = components_of_archive(trained_model())
        self.assertIn("rasa.core.policies.rule_policy.RulePolicy", found)
        self.assertFalse(any(needs_tensorflow(name) for name in found))
        self.assertEqual([], components_of_archive(ASSISTANT / "domain.yml"))


if __name__ == "__main__":
    unittest.main()
