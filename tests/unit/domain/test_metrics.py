"""The scores: formulas against worked examples, intervals against their definitions."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import funnels, intervals, metrics
from bot.domain.conversation import Resolution
from bot.domain.metrics import CaseFact, Handler, HandoffFact, SurveyFact
from bot.domain.surveys import SurveyKind

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BOT, HUMAN, ALL = Handler.BOT, Handler.HUMAN, Handler.ALL


def answers(kind, *scores, handler=BOT):
    return [SurveyFact(kind, handler, score) for score in scores]


def case(number, *, days=20.0, solved_after=1.0, intent="track_order", customer="anna", **more):
    opened_at = NOW - timedelta(days=days)
    resolved_at = None if solved_after is None else opened_at + timedelta(hours=solved_after)
    values = {"handler": BOT, "resolution": None if resolved_at is None else Resolution.CONFIRMED} | more
    return CaseFact(str(number), customer, intent, opened_at=opened_at, resolved_at=resolved_at, **values)


def test_csat_is_the_share_of_fours_and_fives_with_wilsons_interval():
    score = metrics.csat(answers(SurveyKind.CSAT, 5, 5, 4, 3, 1, None), ALL)
    assert (score.value, score.n, score.unit, score.enough) == (60.0, 5, "%", True)
    assert (score.low, score.high) == (pytest.approx(23.07, abs=0.01), pytest.approx(88.24, abs=0.01))


def test_ces_is_the_share_of_five_and_up_and_its_mean_is_apart():
    surveys = answers(SurveyKind.CES, 7, 6, 5, 4, 2) + answers(SurveyKind.CSAT, 1, 1)
    assert metrics.ces(surveys, ALL).value == 60.0
    mean = metrics.ces_mean(surveys, ALL)
    assert mean.value == pytest.approx(4.8)
    assert (mean.low, mean.high) == (pytest.approx(2.412, abs=0.001), 7.0)


def test_nps_follows_the_variance_formula():
    score = metrics.nps(answers(SurveyKind.NPS, 10, 9, 9, 8, 7, 6, 0, 10, 9, 5), ALL)
    assert (score.value, score.n, score.unit) == (pytest.approx(20.0), 10, "points")
    half = 100 * 1.959964 * ((0.5 + 0.3 - 0.04) / 10) ** 0.5
    assert (score.low, score.high) == (pytest.approx(20 - half, abs=0.001), pytest.approx(20 + half, abs=0.001))


def test_one_answer_has_a_value_but_is_not_enough():
    score = metrics.csat(answers(SurveyKind.CSAT, 5), ALL)
    assert (score.value, score.n, score.enough) == (100.0, 1, False)
    assert metrics.ces_mean(answers(SurveyKind.CES, 7), ALL).low is None


def test_no_answers_have_no_value():
    for score in metrics.all_scores([], [], [], now=NOW):
        assert (score.value, score.n, score.low, score.high, score.enough) == (None, 0, None, None, False)
        assert score.definition


def test_bot_and_human_are_never_mixed():
    surveys = answers(SurveyKind.CSAT, 5, 5) + answers(SurveyKind.CSAT, 1, handler=HUMAN)
    assert metrics.csat(surveys, BOT).value == 100.0
    assert metrics.csat(surveys, HUMAN).value == 0.0
    assert metrics.csat(surveys, ALL).n == 3


def test_response_rate_counts_answers_over_surveys_shown():
    score = metrics.response_rate(answers(SurveyKind.CSAT, 5, None, None, 3), ALL)
    assert (score.value, score.n) == (50.0, 4)


def test_first_contact_resolution_sees_the_customer_come_back():
    cases = [
        case(1, days=20),
        case(2, days=17),
        case(3, customer="ben"),
        case(4, customer="ben", days=18, intent="get_refund"),
        case(5, customer="carl", reopened=1),
        case(6, customer="dora"),
        case(7, customer="dora", days=12.5),
    ]
    score = metrics.fcr(cases, ALL, now=NOW)
    assert (score.value, score.n) == (pytest.approx(100 * 5 / 7), 7)


def test_young_and_unresolved_cases_are_pending():
    cases = [case(1, days=6), case(2, days=20, solved_after=None), case(3, customer="ben", days=8)]
    score = metrics.fcr(cases, ALL, now=NOW)
    assert (score.value, score.n) == (100.0, 1)
    later = metrics.fcr(cases, ALL, now=NOW + timedelta(days=2))
    assert later.n == 2


def test_recontact_after_the_period_counts_when_it_is_given():
    period, later = [case(1, days=20)], case(2, days=16)
    assert metrics.fcr(period, ALL, now=NOW).value == 100.0
    assert metrics.fcr(period, ALL, now=NOW, contacts=[*period, later]).value == 0.0


def test_window_is_a_setting():
    cases = [case(1, days=20), case(2, days=17)]
    assert metrics.fcr(cases, ALL, now=NOW, window=timedelta(days=2)).value == 100.0
    assert "2 days" in metrics.fcr(cases, ALL, now=NOW, window=timedelta(days=2)).definition


def test_containment_wants_confirmation_and_no_return_where_deflection_does_not():
    cases = [
        case(1, customer="a"),
        case(2, customer="b", resolution=Resolution.ASSUMED),
        case(3, customer="c", escalated=True, handler=HUMAN),
        case(4, customer="d", solved_after=None),
        case(5, customer="e", days=1),
    ]
    assert metrics.deflection(cases).value == pytest.approx(80.0)
    contained = metrics.containment(cases, now=NOW)
    assert (contained.value, contained.n) == (25.0, 4)


def test_first_response_is_the_median_of_answered_escalations():
    handoffs = [HandoffFact(wait) for wait in (10, 20, 30, 5000, None)]
    score = metrics.first_response_s(handoffs)
    assert (score.value, score.n, score.unit, score.handler) == (25.0, 4, "s", HUMAN)
    assert score.low is None
    business = metrics.first_response_business_s([HandoffFact(90000, 60), HandoffFact(5)])
    assert (business.value, business.n) == (60, 1)


def test_resolution_time_and_handling_time():
    cases = [case(1, solved_after=1), case(2, solved_after=3), case(3, solved_after=None)]
    assert metrics.resolution_s(cases, ALL).value == 2 * 3600
    human = [case(number, handler=HUMAN, engaged_s=seconds) for number, seconds in enumerate((60, 120, 180))]
    score = metrics.aht_s([*human, case(9, engaged_s=0)])
    assert (score.value, score.n) == (120.0, 3)
    assert score.low == 0.0
    assert score.high == pytest.approx(120 + 4.3027 * 60 / 3**0.5, abs=0.01)


def test_scores_of_the_contract_are_all_there_with_json():
    scores = metrics.all_scores(answers(SurveyKind.CSAT, 5), [case(1)], [HandoffFact(3)], now=NOW)
    names = {score.name for score in scores}
    assert names >= {
        "csat",
        "ces",
        "ces_mean",
        "nps",
        "response_rate",
        "fcr",
        "first_response_s",
        "resolution_s",
        "aht_s",
        "deflection",
        "containment",
    }
    assert len({(score.name, score.handler) for score in scores}) == len(scores)
    assert set(scores[0].to_json()) == {"name", "handler", "value", "n", "low", "high", "unit", "definition", "enough"}


def test_referral_funnel_and_k():
    counts = funnels.ReferralCounts(invited=20, shared=12, visited=30, signed_up=9, qualified=6, rewarded=5)
    funnel = funnels.referral_funnel(counts)
    assert [(score.name, score.value) for score in funnel] == [
        ("referral_invited", 20.0),
        ("referral_shared", 12.0),
        ("referral_visited", 30.0),
        ("referral_signed_up", 9.0),
        ("referral_qualified", 6.0),
        ("referral_rewarded", 5.0),
    ]
    k = funnels.referral_k(counts)
    assert (k.value, k.n) == (pytest.approx(12 / 20 * 6 / 12), 20)
    assert k.low < k.value < k.high
    assert funnels.referral_k(funnels.ReferralCounts()).value is None


def test_retention_churn_and_lifetime_value():
    assert funnels.retention(200, 150).value == 75.0
    assert funnels.churn(200, 50).value == 25.0
    assert funnels.churn(0, 0).value is None
    assert funnels.lifetime_value(30.0, 0.25) == funnels.LifetimeValue(30.0, 0.25, 4.0, 120.0)
    assert funnels.lifetime_value(30.0, 0).value is None
    assert funnels.lifetime_value(30.0, None).value is None
    with pytest.raises(ValueError, match="between 0 and 1"):
        funnels.lifetime_value(30.0, 2)
    with pytest.raises(ValueError, match="successes"):
        funnels.retention(5, 6)


def chance_within(t, degrees, steps=2000):
    """P(|T| <= t) by Simpson's rule over the density of Student's distribution."""
    log_top = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - 0.5 * math.log(degrees * math.pi)
    heights = [
        math.exp(log_top - (degrees + 1) / 2 * math.log1p((t * step / steps) ** 2 / degrees))
        for step in range(steps + 1)
    ]
    inner = 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])
    return 2 * (heights[0] + inner + heights[-1]) * t / steps / 3


@pytest.mark.parametrize("degrees", [*range(1, 41), 100, 1000])
def test_students_t_encloses_95_percent(degrees):
    assert chance_within(intervals.t95(degrees), degrees) == pytest.approx(0.95, abs=5e-6)


def test_students_t_needs_a_degree_of_freedom():
    with pytest.raises(ValueError, match="degree"):
        intervals.t95(0)


def chance_at_most(count, mean):
    return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))


@pytest.mark.parametrize("count", [1, 2, 5, 20, 100])
def test_poisson_interval_leaves_a_fortieth_on_either_side(count):
    low, high = intervals.poisson(count)
    # Byar's lower limit errs on the careful side for very few events.
    assert 1 - chance_at_most(count - 1, low) == pytest.approx(0.025, abs=0.001 if count >= 5 else 0.0125)
    assert chance_at_most(count, high) == pytest.approx(0.025, abs=0.001)


def test_poisson_interval_of_nothing_begins_at_zero():
    low, high = intervals.poisson(0)
    assert low == 0.0
    assert high == pytest.approx(-math.log(0.025), abs=0.06)
    with pytest.raises(ValueError, match="negative"):
        intervals.poisson(-1)


@given(st.integers(0, 400), st.integers(0, 400))
def test_wilson_holds_the_share_inside_and_solves_its_equation(part, rest):
    n = part + rest
    limits = intervals.wilson(part, n)
    if n == 0:
        assert limits is None
        return
    low, high = limits
    share = part / n
    assert 0 <= low <= share <= high <= 1
    for bound in (low, high):
        # Each bound is where a test of the true share just rejects: |p - bound| = z * sqrt(bound(1-bound)/n).
        assert abs(share - bound) == pytest.approx(intervals.Z95 * (bound * (1 - bound) / n) ** 0.5, abs=1e-9)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_median_lies_inside_its_interval_once_there_is_one(values):
    limits = intervals.median_interval(values)
    assert (limits is None) == (len(values) < 6)
    if limits:
        assert min(values) <= limits[0] <= intervals.median(values) <= limits[1] <= max(values)


def test_median_interval_of_known_sizes():
    # Known order statistics: the first and last of 6 to 8, the 2nd of 9 to 11, the 40th of 100.
    assert intervals.median_interval(list(range(1, 7))) == (1, 6)
    assert intervals.median_interval(list(range(1, 10))) == (2, 8)
    assert intervals.median_interval(list(range(1, 101))) == (40, 61)
    assert intervals.median_interval([5.0] * 5000) == (5.0, 5.0)
    with pytest.raises(ValueError, match="no values"):
        intervals.median([])


@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
def test_nps_and_its_interval_stay_on_the_scale(scores):
    score = metrics.nps(answers(SurveyKind.NPS, *scores), ALL)
    assert -100 <= score.low <= score.value + 1e-9
    assert score.value - 1e-9 <= score.high <= 100
