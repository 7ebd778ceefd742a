"""Moods: anger calls for a person, the subject of a case does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.mood import (
    NEUTRAL,
    MoodLabel,
    calls_for_person,
    is_abuse,
    is_low,
    mood_of_case,
    read_mood,
    without_profanity,
)


@pytest.mark.parametrize(
    "text",
    [
        "this is ridiculous, I've been waiting for weeks",
        "You are useless!!!",
        "fuck this stupid bot",
        "worst service ever",
        "This is unacceptable. I want my money back now!",
        "I HAVE TOLD YOU THREE TIMES!!!",
        "I am fed up with this",
        "what a joke",
        "I will never buy from you again",
        "my lawyer will hear of this",
        "I'm furious",
        "bloody hell this is slow",
    ],
)
def test_anger_is_heard_and_calls_for_a_person(text):
    mood = read_mood(text)
    assert mood.label is MoodLabel.ANGRY
    assert mood.signals
    assert calls_for_person(mood)


@pytest.mark.parametrize(
    "text",
    [
        "this is not good",
        "I'm so frustrated",
        "no it didn't help",
        "it was a pain",
        "this is the third time I ask",
        "I am really disappointed",
        "it's still not working",
        "thanks for nothing",
    ],
)
def test_frustration_is_heard_without_being_anger(text):
    assert read_mood(text).label is MoodLabel.FRUSTRATED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "my lamp is broken",
        "where is my order?",
        "WHERE IS MY ORDER",
        "Can I get a refund for the broken plug?",
        "how do I cancel my order",
        "I want to talk to a person",
        "my camera is dead",
        "I am not angry, just curious",
        "WiFi LED is RED and USB OK",
        "what kind of bulb fits the super bright lamp as well?",
        "wrong item in the box",
        "12345",
    ],
)
def test_subject_of_a_case_is_not_its_mood(text):
    mood = read_mood(text)
    assert mood.label is MoodLabel.NEUTRAL
    assert not calls_for_person(mood)


@pytest.mark.parametrize("text", ["thanks, works now!", "thank you so much, perfect", "great, love it", "you rock"])
def test_pleasure_is_heard(text):
    assert read_mood(text).label is MoodLabel.PLEASED


def test_emphasis_strengthens_and_negation_turns():
    assert read_mood("terrible!!!").score < read_mood("terrible").score < 0
    assert read_mood("VERY BAD POOR SERVICE").score < read_mood("very bad poor service").score
    assert read_mood("helpful").score > 0 > read_mood("not helpful").score
    assert read_mood("really disappointed").score < read_mood("disappointed").score


def test_typographic_apostrophes_are_understood():
    assert read_mood("it didn’t help") == read_mood("it didn't help")


def test_anger_outlasts_one_polite_line_but_not_real_thanks():
    angry, polite, thanks = read_mood("you are useless!!!"), read_mood("order 1004"), read_mood("perfect, thank you")
    assert mood_of_case([angry, polite]).label is MoodLabel.ANGRY
    assert mood_of_case([angry, thanks]).label is not MoodLabel.ANGRY
    assert mood_of_case([angry, polite, polite, polite]).label is not MoodLabel.ANGRY
    assert mood_of_case([]) == NEUTRAL


@given(st.text(max_size=400))
def test_any_text_has_a_mood_inside_the_scale(text):
    mood = read_mood(text)
    assert -1 <= mood.score <= 1
    assert mood.label is not MoodLabel.ANGRY or mood.score < 0


@pytest.mark.parametrize(
    "text",
    [
        "great, just great",
        "Oh wonderful, it's broken again",
        "fantastic. still no refund",
        "thanks a lot for losing my parcel",
        "brilliant, another error",
        "great, another broken lamp. well done.",
        "you lost my parcel again, bravo",
        "yeah right",
        "not happy at all",
        "that isn't great",
        "hello???",
        "my lamp 😡",
    ],
)
def test_praise_that_is_none_and_faces_are_no_pleasure(text):
    assert read_mood(text).score < 0, text


@pytest.mark.parametrize(
    "text",
    [
        "great, it works again",
        "perfect, thanks, it was not urgent",
        "nice, thank you, that fixed it",
        "great! can I also change the address?",
        "wonderful service",
        "lovely lamp 👍",
        "well done, that fixed the broken lamp",
        "nothing is broken, good job packing it",
        "it doesn't get better than this, great job",
        "another great lamp, well done",
        "never late, keep it up, thanks",
        "my hub was broken and you replaced it, great job",
        "the courier was late but your support was great, well done!",
        "i thought it was lost, and it came today. well done",
    ],
)
def test_honest_praise_is_not_taken_for_sarcasm(text):
    assert read_mood(text).score > 0, text


@pytest.mark.parametrize(
    ("text", "clean"), [("where is my fucking order?", "where is my order?"), ("damn! the plug died", "the plug died")]
)
def test_what_is_wanted_can_be_read_without_the_coarse_words(text, clean):
    assert without_profanity(text) == clean
    assert is_abuse("you stupid idiots") and not is_abuse("the damn plug died")


def test_frustration_fades_with_calm_messages():
    annoyed, calm = read_mood("this is so frustrating"), read_mood("order 1004")
    assert is_low(mood_of_case([annoyed]))
    assert not is_low(mood_of_case([annoyed, calm, calm]))
