"""What of a message is understood: courtesies around the wish go, slips of the finger are put right."""

from __future__ import annotations

import json
import tempfile
import time
import unittest
from pathlib import Path

from bot.rasa_runtime.archive import read_archive
from bot.rasa_runtime.understanding.courtesies import without_courtesies
from bot.rasa_runtime.understanding.spelling import Speller
from bot.rasa_runtime.understanding.wish import wish_in
from tests.rasa_runtime.support import trained_model

LEARNT = [
    "where is my package",
    "please cancel my order",
    "the package never came",
    "I can't cancel the order in my account",
    "do you deliver to my country",
    "my order came without the thermostat",
    "thermostat for my order please",
    "cancell the delivery of my order",
    "how to cancel",
]


class CourtesiesTest(unittest.TestCase):
    def test_greetings_names_and_apologies_in_front_go(self) -> None:
        for front in (
            "hi ",
            "Hello there, ",
            "Good morning. I hope you are well. ",
            "Dear Sir or Madam, my name is Maria Lopez. ",
            "hey guys! how are you today? ",
            "ok hi, ",
            "Sorry to bother you again, but ",
            "Excuse me, ",
            "quick question: ",
        ):
            self.assertEqual("where is my parcel", without_courtesies(f"{front}where is my parcel"), front)

    def test_thanks_and_signatures_behind_go(self) -> None:
        for behind in (
            ", thanks",
            ". Thank you very much in advance!",
            " thx",
            ". Many thanks, Tom",
            ". Kind regards, Anna Smith",
            ". Any help would be great.",
            ". I look forward to hearing from you. Best regards, Joe",
            ", thanks and kind regards",
        ):
            rest = without_courtesies(f"where is my parcel{behind}")
            self.assertEqual("where is my parcel", rest.rstrip("."), behind)

    def test_a_question_mark_before_the_thanks_stays(self) -> None:
        self.assertEqual("Where is my parcel?", without_courtesies("Hello! Where is my parcel? Thanks!"))

    def test_a_message_that_is_nothing_but_courtesy_stays_as_it_is(self) -> None:
        for text in (
            "hello",
            "hi, anyone there",
            "thanks a lot",
            "no thanks",
            "ok thank you very much",
            "best wishes",
            "",
            "  hi  ",
        ):
            self.assertEqual(text, without_courtesies(text))

    def test_thanks_with_kind_words_stay_thanks(self) -> None:
        for text in (
            "this was so kind of you, thank you",
            "you've been a great help, thanks a lot",
            "Oh you are an angel, many thanks",
            "How thoughtful of you, thanks!",
        ):
            self.assertEqual(text, without_courtesies(text))
        self.assertEqual("you are good for nothing", without_courtesies("you are good for nothing, thanks"))

    def test_words_that_only_look_like_courtesies_stay(self) -> None:
        for text in (
            "hey google does not find the lamp",
            "thanks to your courier it is broken",
            "the well known lamp",
            "history of my orders please",
            "is there a meeting",
            "I'm furious, nothing works here",
            "thanks for nothing at all",
        ):
            self.assertEqual(text, without_courtesies(text))

    def test_long_texts_take_no_longer(self) -> None:
        begun = time.process_time()
        for text in ("hi " * 5000, "a lot " * 5000, " " * 20000, "thanks " * 5000, "hi" + "!" * 20000, ", " * 9000):
            without_courtesies(text)
        # A search that grows with the square of the length would take minutes.
        self.assertLess(time.process_time() - begun, 5)


class SpellerTest(unittest.TestCase):
    speller: Speller

    @classmethod
    def setUpClass(cls) -> None:
        cls.speller = Speller.fit(LEARNT)

    def test_slips_are_put_right(self) -> None:
        for typed, meant in (
            ("where is my pacakge", "where is my package"),
            ("where is my packge", "where is my package"),
            ("where is my packagge", "where is my package"),
            ("where is my oackage", "where is my oackage"),
            ("where is my pavkage", "where is my package"),
            ("please canecl my order", "please cancel my order"),
            ("teh order came", "the order came"),
            ("the hwere of it", "the where of it"),
            ("please thremostatt now", "please thermostat now"),
            ("please cancelmy order", "please cancel my order"),
        ):
            self.assertEqual(meant, self.speller.correct(typed))

    def test_words_that_are_right_are_never_touched(self) -> None:
        for text in (
            *LEARNT,
            "a chipped lens, an expired voucher, the beeps",
            "cancelling, cancelled, cancellation of packages",
            "I cant and won't, it's my sister's",
            "The Order CAME",
            "order LH-100234 of tom.meyer@example.com",
        ):
            self.assertEqual(text, self.speller.correct(text))

    def test_shorthand_is_written_out(self) -> None:
        for typed, meant in (
            ("can u cancel ur order", "can you cancel your order"),
            ("R U in my country", "are you in my country"),
            ("cancel my acc pls", "cancel my account please"),
            ("where is my pkg rn?", "where is my package right now?"),
        ):
            self.assertEqual(meant, self.speller.correct(typed))
        for text in ("R&D order", "my order A-U 12", "order it at u.com", "cam@example.com"):
            self.assertEqual(text, self.speller.correct(text))

    def test_another_language_and_noise_stay_as_they_are(self) -> None:
        for text in ("wo bleibt denn meine bestellung", "asdfgh qwrtz yxcvbn", "где мой заказ", "👍", ""):
            self.assertEqual(text, self.speller.correct(text))

    def test_what_is_stored_corrects_alike(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            self.speller.save(Path(name))
            again = Speller.load(Path(name))
        for text in ("where is my pacakge", "cancelmy order please", "thremostatt in the order"):
            self.assertEqual(self.speller.correct(text), again.correct(text))

    def test_a_long_pasted_text_costs_little(self) -> None:
        begun = time.process_time()
        self.speller.correct("the order " * 200 + " ".join(f"{'qwertzuiop' * 2}{chr(97 + i % 26)}" for i in range(400)))
        self.assertLess(time.process_time() - begun, 1)


class WishTest(unittest.TestCase):
    def test_a_greeting_with_a_slip_goes_too(self) -> None:
        speller = Speller.fit([*LEARNT, "hello hello", "good morning", "good morning to you"])
        self.assertEqual("where is my package", wish_in("helo, where is my pakcage", speller))
        self.assertEqual("where is my package", wish_in("good mornign, where is my package", speller))

    def test_a_wish_is_understood_through_courtesies_and_slips(self) -> None:
        plain = "where is my order"
        rough = "Good evening, I hope you are well. hwere is my odrer. Thank you very much, Tom"
        with read_archive(trained_model()) as archive:
            understanding = archive.understanding()
            assert understanding is not None
            first, second = understanding.parse([plain, rough])
        self.assertEqual(first["intent"], second["intent"])
        self.assertAlmostEqual(first["confidence"], second["confidence"], delta=0.1)
        self.assertEqual(rough, second["text"])

    def test_the_words_are_stored_with_the_model(self) -> None:
        with read_archive(trained_model()) as archive:
            stored = list((archive.folder / "components").glob("*WishReader*/words.json"))
            self.assertEqual(1, len(stored))
            self.assertIn("order", json.loads(stored[0].read_text(encoding="utf-8")))
