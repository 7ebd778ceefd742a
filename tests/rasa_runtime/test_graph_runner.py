"""The graph gives what Rasa's own runner gives."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.trackers import DialogueStateTracker

from bot.rasa_runtime.graph_runner import SequentialGraphRunner
from tests.rasa_runtime.support import trained_model


class FailingNode:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *_: Any) -> Any:
        raise self.error


class GraphRunnerTest(unittest.TestCase):
    def runners(self) -> tuple[Any, list[Any]]:
        metadata, found = None, []
        for kind in (DaskGraphRunner, SequentialGraphRunner):
            with tempfile.TemporaryDirectory() as folder:
                metadata, runner = load_predict_graph_runner(Path(folder), trained_model(), LocalModelStorage, kind)
            found.append(runner)
        return metadata, found

    def test_messages_are_understood_and_actions_predicted_as_by_rasas_runner(self) -> None:
        metadata, runners = self.runners()
        for text in ("hello", "where is my order LH-100234", "qzx"):
            told = []
            for runner in runners:
                tracker = DialogueStateTracker.from_events("case", [], metadata.domain.slots)
                inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text)], PLACEHOLDER_TRACKER: tracker}
                found = runner.run(inputs, [metadata.nlu_target, metadata.core_target])
                prediction = found[metadata.core_target]
                parsed = [message.as_dict(only_output_properties=True) for message in found[metadata.nlu_target]]
                told.append((parsed, prediction.probabilities, prediction.policy_name, prediction.policy_priority))
            self.assertEqual(told[0], told[1])

    def test_missing_input_is_an_error(self) -> None:
        metadata, (_, runner) = self.runners()
        with self.assertRaises(GraphRunError):
            runner.run({}, [metadata.core_target])

    def test_runtime_error_of_a_component_becomes_a_graph_error_and_others_stay(self) -> None:
        schema = GraphSchema.from_dict({"nodes": {}})
        runner = SequentialGraphRunner(schema, {})
        for error, expected in ((RuntimeError("x"), GraphRunError), (ValueError("x"), ValueError)):
            runner._plans[("a",)] = [("a", FailingNode(error), ())]
            with self.assertRaises(expected):
                runner.run({}, ["a"])


if __name__ == "__main__":
    unittest.main()
