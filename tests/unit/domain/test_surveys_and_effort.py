"""Scales, bands, questions; the effort of a case and the survey that follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.effort import (
    EffortLedger,
    OfferReason,
    effort_index,
    repeats_question,
    should_offer_person,
    which_survey,
)
from bot.domain.surveys import (
    SCALES,
    Band,
    ScoreOutOfRange,
    SurveyKind,
    band,
    counts_as_positive,
    follow_up_question,
    normalised,
    validate_score,
)


@pytest.mark.parametrize(
    ("kind", "bands"),
    [
        (SurveyKind.CES, "lllmmhh"),
        (SurveyKind.CSAT, "llmmh"),
        (SurveyKind.NPS, "lllllllmmhh"),
    ],
)
def test_bands_are_those_of_the_product(kind, bands):
    scale = SCALES[kind]
    found = "".join(band(kind, score).value[0] for score in range(scale.minimum, scale.maximum + 1))
    assert found == bands


@pytest.mark.parametrize(("kind", "first"), [(SurveyKind.CES, 5), (SurveyKind.CSAT, 4), (SurveyKind.NPS, 9)])
def test_headline_counts_from_the_trades_threshold(kind, first):
    assert counts_as_positive(kind, first)
    assert not counts_as_positive(kind, first - 1)


@pytest.mark.parametrize("score", [0, 8, -1, 5.0, "5", True, None])
def test_score_off_the_scale_is_refused_with_a_sentence(score):
    with pytest.raises(ScoreOutOfRange, match="whole number from 1 to 7"):
        validate_score(SurveyKind.CES, score)


def test_questions_carry_the_companys_name_and_the_scale_its_ends():
    question = SCALES[SurveyKind.CES].question("Lumen {home}")
    assert question == "Lumen {home} made it easy for me to handle my issue."
    assert SCALES[SurveyKind.NPS].question("Lumen").startswith("How likely are you to recommend Lumen")
    assert (SCALES[SurveyKind.CES].low_label, SCALES[SurveyKind.CES].high_label) == (
        "Strongly disagree",
        "Strongly agree",
    )


def test_follow_up_question_fits_the_band():
    assert "sorry" in follow_up_question(SurveyKind.CSAT, 1)
    assert "made it a 5" in follow_up_question(SurveyKind.CSAT, 4)
    assert "made it a 7" in follow_up_question(SurveyKind.CES, 5)
    assert "Thank you" in follow_up_question(SurveyKind.NPS, 10)


def test_normalised_score_runs_from_worst_to_best():
    assert [normalised(SurveyKind.CES, score) for score in (1, 4, 7)] == [0.0, 0.5, 1.0]
    assert normalised(SurveyKind.NPS, 0) == 0.0
    assert band(SurveyKind.NPS, 10) is Band.HIGH


@pytest.mark.parametrize(
    ("ledger", "kind"),
    [
        (EffortLedger(customer_messages=6), SurveyKind.CSAT),
        (EffortLedger(customer_messages=7), SurveyKind.CES),
        (EffortLedger().with_guide_step(), SurveyKind.CES),
        (EffortLedger().with_escalation(), SurveyKind.CES),
        (EffortLedger(), SurveyKind.CSAT),
    ],
)
def test_hard_cases_are_asked_about_effort_and_easy_ones_about_satisfaction(ledger, kind):
    assert which_survey(ledger) is kind


def test_person_is_offered_after_two_misses_in_a_row_only():
    one = EffortLedger().with_message(missed=True)
    broken = one.with_message().with_message(missed=True)
    assert should_offer_person(broken, angry=False, repeated=False) is None
    two = one.with_message(missed=True)
    assert should_offer_person(two, angry=False, repeated=False) is OfferReason.MISSES
    assert two.misses == 2


def test_person_is_offered_for_anger_and_repetition():
    calm = EffortLedger()
    assert should_offer_person(calm, angry=True, repeated=True) is OfferReason.ANGER
    assert should_offer_person(calm, angry=False, repeated=True) is OfferReason.REPEATED


def test_repeated_question_is_seen_through_order_and_punctuation():
    earlier = ["Hello", "Where is my order now?"]
    assert repeats_question("where is my ORDER now", earlier)
    assert not repeats_question("How do I return my lamp?", earlier)
    assert not repeats_question("hello", earlier)


def test_ledger_survives_json_and_ignores_what_it_does_not_know():
    ledger = EffortLedger().with_message(repeated=True).with_wait(12.5).with_wait(-3).with_transfer().with_reopening()
    assert EffortLedger.from_json(ledger.to_json() | {"later": 1}) == ledger
    assert ledger.wait_s == 12.5
    assert EffortLedger.from_json(None) == EffortLedger()


@given(
    st.builds(
        EffortLedger,
        customer_messages=st.integers(0, 60),
        misses=st.integers(0, 20),
        repeats=st.integers(0, 20),
        transfers=st.integers(0, 5),
        wait_s=st.floats(0, 1e6),
        escalated=st.booleans(),
    )
)
def test_effort_index_stays_inside_and_never_falls_with_another_message(ledger):
    assert 0 <= effort_index(ledger) <= 1
    assert effort_index(ledger.with_message(missed=True)) >= effort_index(ledger)
