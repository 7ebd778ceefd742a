"""Recoveries with their deadlines, and customer health with its coverage."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.business_hours import parse_hours
from bot.domain.health import DEFAULT_WEIGHTS, HealthInputs, HealthLevel, customer_health, health_level
from bot.domain.recovery import (
    RecoveryRefused,
    RecoverySettings,
    RecoveryState,
    RecoveryStatus,
    RootCause,
    Severity,
    contact,
    deadline,
    is_overdue,
    is_recovered,
    needs_recovery,
    reask,
    reopen,
    resolve,
    severity,
)
from bot.domain.surveys import SurveyKind

FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)


def test_every_low_score_needs_a_recovery():
    assert needs_recovery(SurveyKind.CES, 3)
    assert not needs_recovery(SurveyKind.CES, 4)
    assert needs_recovery(SurveyKind.CSAT, 2)
    assert needs_recovery(SurveyKind.NPS, 6)


def test_worst_answers_and_anger_are_severe():
    assert severity(SurveyKind.CES, 1) is Severity.HIGH
    assert severity(SurveyKind.CES, 2) is Severity.NORMAL
    assert severity(SurveyKind.CES, 2, angry=True) is Severity.HIGH
    assert severity(SurveyKind.NPS, 2) is Severity.HIGH
    assert severity(SurveyKind.NPS, 3) is Severity.NORMAL


def test_deadline_follows_severity():
    assert deadline(FRIDAY, Severity.HIGH) == FRIDAY + timedelta(hours=24)
    assert deadline(FRIDAY, Severity.NORMAL) == FRIDAY + timedelta(hours=48)


def test_deadline_never_falls_into_closed_hours():
    hours = parse_hours("Mon-Fri 09:00-17:00", "UTC")
    assert deadline(FRIDAY, Severity.HIGH, hours=hours) == datetime(2026, 3, 9, 9, tzinfo=UTC)
    assert deadline(FRIDAY - timedelta(days=2), Severity.HIGH, hours=hours) == FRIDAY - timedelta(days=1)
    assert deadline(FRIDAY, Severity.HIGH, hours=parse_hours("", "UTC")) == FRIDAY + timedelta(hours=24)


def test_deadline_settings_must_be_positive():
    with pytest.raises(ValueError, match="more than 0"):
        RecoverySettings({Severity.HIGH: 0, Severity.NORMAL: 48})


def test_recovery_goes_from_open_to_asked_again():
    state = contact(RecoveryState(), "anna")
    state = contact(state, "ben")
    assert (state.status, state.owner) == (RecoveryStatus.CONTACTED, "ben")
    state = resolve(state, RootCause.LONG_WAIT, " called and apologised ")
    assert (state.root_cause, state.outcome) == (RootCause.LONG_WAIT, "called and apologised")
    state = reask(state)
    assert state.status is RecoveryStatus.REASKED
    assert reopen(state) == RecoveryState(owner="ben")


def test_recovery_is_not_closed_without_contact_and_outcome():
    with pytest.raises(RecoveryRefused, match="Contact"):
        resolve(RecoveryState(), RootCause.OTHER, "done")
    contacted = contact(RecoveryState(), "anna")
    with pytest.raises(RecoveryRefused, match="what was done"):
        resolve(contacted, RootCause.OTHER, " ")
    with pytest.raises(RecoveryRefused, match="only after"):
        reask(contacted)
    with pytest.raises(RecoveryRefused, match="still open"):
        reopen(contacted)
    resolved = resolve(contacted, RootCause.OTHER, "done")
    with pytest.raises(RecoveryRefused, match="already"):
        resolve(resolved, RootCause.OTHER, "done")
    with pytest.raises(RecoveryRefused, match="already"):
        contact(resolved, "anna")


def test_overdue_only_while_nobody_has_called():
    due = FRIDAY
    assert is_overdue(RecoveryState(), due, due + timedelta(seconds=1))
    assert not is_overdue(RecoveryState(), due, due)
    assert not is_overdue(contact(RecoveryState(), "anna"), due, due + timedelta(days=1))


def test_recovered_means_better_and_no_longer_low():
    assert is_recovered(2, 5, SurveyKind.CES)
    assert not is_recovered(1, 3, SurveyKind.CES)
    assert not is_recovered(5, 5, SurveyKind.CES)


def test_health_of_an_unknown_customer_is_unknown_not_average():
    health = customer_health(HealthInputs())
    assert (health.score, health.level, health.coverage) == (None, None, 0.0)
    assert len(health.parts) == len(DEFAULT_WEIGHTS)


def test_health_of_the_best_and_the_worst_customer():
    best = HealthInputs(1.0, 0.0, 0, 1.0, 3, 4)
    worst = HealthInputs(0.0, 1.0, 5, -1.0, 400, 0)
    assert (customer_health(best).score, customer_health(best).level) == (100, HealthLevel.GREEN)
    assert (customer_health(worst).score, customer_health(worst).level) == (0, HealthLevel.RED)
    assert customer_health(best).coverage == pytest.approx(1.0)


def test_missing_parts_renormalise_and_lower_the_coverage():
    health = customer_health(HealthInputs(scores=0.5, unresolved=0))
    assert health.score == round(100 * (0.5 * 0.30 + 1.0 * 0.20) / 0.50)
    assert health.coverage == pytest.approx(0.5)
    assert {part.name: part.value for part in health.parts}["effort"] is None


def test_recency_falls_from_thirty_days_to_the_day_a_customer_counts_as_lost():
    def recency(days):
        return customer_health(HealthInputs(days_since_order=days), lost_after_days=130).score

    assert [recency(days) for days in (0, 30, 80, 130, 500)] == [100, 100, 50, 0, 0]


def test_levels_have_their_bounds():
    assert [health_level(score) for score in (39, 40, 69, 70)] == [
        HealthLevel.RED,
        HealthLevel.AMBER,
        HealthLevel.AMBER,
        HealthLevel.GREEN,
    ]


@pytest.mark.parametrize("weights", [{}, {"scores": 0}, {"scores": -1, "effort": 2}, {"luck": 1}])
def test_senseless_weights_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        customer_health(HealthInputs(), weights)


def test_lost_after_must_exceed_the_month():
    with pytest.raises(ValueError, match="30 days"):
        customer_health(HealthInputs(), lost_after_days=30)


@given(
    st.builds(
        HealthInputs,
        st.none() | st.floats(0, 1),
        st.none() | st.floats(0, 1),
        st.none() | st.integers(0, 50),
        st.none() | st.floats(-1, 1),
        st.none() | st.floats(0, 5000),
        st.none() | st.floats(0, 100),
    )
)
def test_health_and_coverage_stay_inside(inputs):
    health = customer_health(inputs)
    assert 0 <= health.coverage <= 1 + 1e-9
    assert health.score is None or 0 <= health.score <= 100
    assert (health.score is None) == (health.coverage == 0)
