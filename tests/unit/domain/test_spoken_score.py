"""Scores in ordinary words: what is read, what is not, and that nothing is ever made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.spoken_score import Certainty, NoScoreReason, parse_spoken_score
from bot.domain.surveys import SCALES, SurveyKind

CES, CSAT, NPS = SurveyKind.CES, SurveyKind.CSAT, SurveyKind.NPS


@pytest.mark.parametrize(
    ("text", "kind", "score", "rest"),
    [
        ("a 6", CES, 6, ""),
        ("5", CSAT, 5, ""),
        ("5 stars", CSAT, 5, ""),
        ("5stars!", CSAT, 5, ""),
        ("4*", CSAT, 4, ""),
        ("⭐⭐⭐⭐", CSAT, 4, ""),
        ("5️⃣", CSAT, 5, ""),
        ("six out of seven", CES, 6, ""),
        ("5/5", CSAT, 5, ""),
        ("10/10", NPS, 10, ""),
        ("4 out of 5 stars", CSAT, 4, ""),
        ("it was a pain, 2", CES, 2, "it was a pain"),
        ("2, the agent was slow and I waited 40 minutes", CES, 2, "the agent was slow and I waited 40 minutes"),
        ("I'd give it a 6 because it was slow", CES, 6, "because it was slow"),
        ("fantastic service 5 stars", CSAT, 5, "fantastic service"),
        ("5 out of 5, Anna fixed it in 10 minutes", CSAT, 5, "Anna fixed it in 10 minutes"),
        ("A two. The bot kept asking the same thing", CES, 2, "The bot kept asking the same thing"),
        ("score: 6", CES, 6, ""),
        ("my rating is 4 thanks", CSAT, 4, ""),
        ("i'd say seven", CES, 7, ""),
        ("It's a 7", CES, 7, ""),
        ("a solid six", CES, 6, ""),
        ("thank you, 6 from me", CES, 6, ""),
        ("definitely a 10 from me", NPS, 10, ""),
        ("0", NPS, 0, ""),
        ("Five!", CSAT, 5, ""),
        ("1 because nobody answered", CES, 1, "because nobody answered"),
        ("I had 2 problems but 6 out of 7", CES, 6, "I had 2 problems"),
    ],
)
def test_ordinary_words_are_read(text, kind, score, rest):
    spoken = parse_spoken_score(text, kind)
    assert (spoken.score, spoken.comment_rest, spoken.certainty) == (score, rest, Certainty.CLEAR)
    assert spoken.reason is None


@pytest.mark.parametrize(
    ("text", "kind", "score"),
    [
        ("maybe 4", CSAT, 4),
        ("terrible 2", CSAT, 2),
        ("i think 5 is fair", CES, 5),
        ("the agent was lovely so 5", CSAT, 5),
    ],
)
def test_doubtful_words_are_read_as_unsure(text, kind, score):
    spoken = parse_spoken_score(text, kind)
    assert (spoken.score, spoken.certainty) == (score, Certainty.UNSURE)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("10/10", CSAT, NoScoreReason.OTHER_SCALE),
        ("7/10", CES, NoScoreReason.OTHER_SCALE),
        ("7", CSAT, NoScoreReason.OUT_OF_RANGE),
        ("11", NPS, NoScoreReason.OUT_OF_RANGE),
        ("0", CES, NoScoreReason.OUT_OF_RANGE),
        ("-3", CES, NoScoreReason.OUT_OF_RANGE),
        ("9" * 1000, CES, NoScoreReason.OUT_OF_RANGE),
        ("4.5", CSAT, NoScoreReason.NOT_WHOLE),
        ("4,5", CSAT, NoScoreReason.NOT_WHOLE),
        ("four and a half", CSAT, NoScoreReason.NOT_WHOLE),
        ("6 or 7", CES, NoScoreReason.SEVERAL),
        ("6-7", CES, NoScoreReason.SEVERAL),
        ("between a 5 and a 6", CES, NoScoreReason.SEVERAL),
        ("not a 7", CES, NoScoreReason.NEGATED),
        ("I wouldn't give it a 5", CSAT, NoScoreReason.NEGATED),
    ],
)
def test_unusable_answers_say_why(text, kind, reason):
    spoken = parse_spoken_score(text, kind)
    assert (spoken.score, spoken.reason, spoken.certainty) == (None, reason, Certainty.NONE)


@pytest.mark.parametrize("kind", list(SurveyKind))
@pytest.mark.parametrize(
    "text",
    [
        "",
        "1st",
        "the first answer was wrong",
        "3rd time",
        "two thumbs up",
        "great, thank you!",
        "my order 4 is late",
        "order RX-10042",
        "order number is 5",
        "#5",
        "3/4/2024",
        "2024-03-05",
        "on May 3",
        "3 May",
        "at 5pm",
        "it opened at 5:30",
        "24/7",
        "5 minutes",
        "a 5 minute wait",
        "it took three attempts",
        "3 out of 5 bulbs work",
        "$5",
        "5%",
        "100%",
        "no one helped me",
        "One of your agents was rude",
        "I bought Hub 2",
        "write to 5@example.org",
        "see https://example.org/5",
    ],
)
def test_numbers_that_are_no_scores_are_left_alone(text, kind):
    spoken = parse_spoken_score(text, kind)
    assert spoken.score is None
    assert spoken.reason is NoScoreReason.NOT_A_SCORE


@given(st.text(max_size=300), st.sampled_from(SurveyKind))
def test_any_text_gives_a_score_on_the_scale_or_a_reason(text, kind):
    spoken = parse_spoken_score(text, kind)
    scale = SCALES[kind]
    if spoken.score is None:
        assert spoken.certainty is Certainty.NONE
        assert spoken.reason is not None
    else:
        assert scale.minimum <= spoken.score <= scale.maximum
        assert spoken.certainty is not Certainty.NONE


WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@given(
    st.sampled_from(SurveyKind),
    st.integers(0, 10),
    st.sampled_from(["{n}", "a {n}", "{n}!", "I give it a {n}", "it was a pain, {n}", "{n} out of {top}", "{n}/{top}"]),
    st.booleans(),
)
def test_every_score_is_read_in_every_common_form(kind, score, form, in_words):
    scale = SCALES[kind]
    shown = WORDS[score] if in_words and "/" not in form else str(score)
    spoken = parse_spoken_score(form.format(n=shown, top=scale.maximum), kind)
    if scale.minimum <= score <= scale.maximum:
        assert spoken.score == score
    else:
        assert spoken.score is None


@given(st.sampled_from(SurveyKind), st.integers(0, 999999))
def test_order_number_is_never_a_score(kind, number):
    assert parse_spoken_score(f"my order number is {number}", kind).score is None
    assert parse_spoken_score(f"about RX-{number}", kind).score is None


def test_long_hostile_text_is_read_quickly():
    import time

    start = time.perf_counter()
    for text in ("a-" * 5000, "1 " * 5000, "not " * 3000 + "5", "give it " * 2000 + "5", "five or " * 2000):
        parse_spoken_score(text, CES)
    assert time.perf_counter() - start < 2
