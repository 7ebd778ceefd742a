"""The ask budget: each rule by itself, and that no history can make us ask too often."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ask_budget import (
    SURVEYS,
    TRANSACTIONAL,
    AskBudgetSettings,
    AskFacts,
    AskKind,
    AskOutcome,
    AskReason,
    AskRequest,
    PastAsk,
    decide_ask,
    ignored_streak,
    sampling_draw,
)
from bot.domain.surveys import SurveyKind

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def ago(**parts):
    return NOW - timedelta(**parts)


def decide(kind, history=(), facts=None, *, draw=0.0, settings=None, now=NOW, **request):
    return decide_ask(
        AskRequest(kind, **request), list(history), facts or AskFacts(), now=now, draw=draw, settings=settings
    )


def test_first_survey_is_asked_and_says_why():
    decision = decide(AskKind.CES)
    assert (decision.asked, decision.reason, decision.next_allowed_at) == (True, AskReason.BUDGET_FREE, None)
    assert decision.detail


@pytest.mark.parametrize("kind", list(AskKind))
@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (AskFacts(spam=True), AskReason.SPAM),
        (AskFacts(withdrawn=True), AskReason.WITHDRAWN),
        (AskFacts(auto_closed=True), AskReason.AUTO_CLOSED),
        (AskFacts(other_open_case=True), AskReason.OTHER_OPEN_CASE),
        (AskFacts(open_incident=True), AskReason.OPEN_INCIDENT),
        (AskFacts(consent=False), AskReason.NO_CONSENT),
        (AskFacts(stop_asking=True), AskReason.STOP_ASKING),
    ],
)
def test_those_never_to_be_asked_are_not_asked_for_anything(kind, facts, reason):
    decision = decide(kind, facts=facts)
    assert (decision.asked, decision.reason, decision.next_allowed_at) == (False, reason, None)


def test_any_two_asks_are_a_day_apart():
    past = [PastAsk(AskKind.PROACTIVE, ago(hours=23))]
    decision = decide(AskKind.CSAT, past)
    assert (decision.asked, decision.reason) == (False, AskReason.ASKED_RECENTLY)
    assert decision.next_allowed_at == past[0].at + timedelta(hours=24)
    assert decide(AskKind.CSAT, past, now=past[0].at + timedelta(hours=24)).asked


@pytest.mark.parametrize("first", sorted(TRANSACTIONAL))
@pytest.mark.parametrize("second", sorted(TRANSACTIONAL))
def test_surveys_about_cases_share_one_week(first, second):
    past = [PastAsk(first, ago(days=6))]
    decision = decide(second, past)
    assert (decision.reason, decision.next_allowed_at) == (
        AskReason.SURVEYED_RECENTLY,
        past[0].at + timedelta(days=7),
    )
    assert decide(second, [PastAsk(first, ago(days=7))]).asked


def test_nps_has_its_own_clock_of_ninety_days():
    past = [PastAsk(AskKind.NPS, ago(days=89), AskOutcome.ANSWERED)]
    assert decide(AskKind.NPS, past).reason is AskReason.NPS_RECENTLY
    assert decide(AskKind.CES, past).asked
    assert decide(AskKind.NPS, [PastAsk(AskKind.CES, ago(days=2))]).asked


@pytest.mark.parametrize(("first", "second"), [(AskKind.CES, AskKind.NPS), (AskKind.NPS, AskKind.REVIEW)])
def test_nps_never_shares_a_minute_even_when_the_daily_gap_is_switched_off(first, second):
    settings = AskBudgetSettings(any_ask_gap=timedelta(0))
    past = [PastAsk(first, ago(seconds=59))]
    assert decide(second, past, settings=settings).reason is AskReason.NPS_STANDS_ALONE
    assert decide(second, [PastAsk(first, ago(seconds=60))], settings=settings).asked


def test_not_now_spends_the_budget():
    for outcome in (AskOutcome.NOT_NOW, AskOutcome.NEVER, AskOutcome.IGNORED, AskOutcome.ANSWERED):
        assert not decide(AskKind.REFERRAL, [PastAsk(AskKind.REFERRAL, ago(hours=2), outcome)]).asked


def test_invitation_that_follows_an_answer_is_part_of_the_same_ask():
    survey = PastAsk(AskKind.CES, ago(seconds=20), AskOutcome.ANSWERED, case_id="c1", group="g1")
    decision = decide(AskKind.REFERRAL, [survey], case_id="c1", group="g1")
    assert (decision.asked, decision.reason) == (True, AskReason.FOLLOWS_ANSWER)
    assert decide(AskKind.REVIEW, [survey], case_id="c1", group="g1").asked


def test_invitation_without_the_answer_waits_like_any_other_ask():
    survey = PastAsk(AskKind.CES, ago(seconds=20), AskOutcome.PENDING, group="g1")
    assert not decide(AskKind.REFERRAL, [survey], group="g1").asked
    answered = PastAsk(AskKind.CES, ago(seconds=20), AskOutcome.ANSWERED, group="g1")
    assert not decide(AskKind.REFERRAL, [answered], group="g2").asked
    assert not decide(AskKind.PROACTIVE, [answered], group="g1").asked


def test_case_gets_one_promoter_invitation_but_the_review_offer_is_not_one():
    survey = PastAsk(AskKind.CES, ago(seconds=40), AskOutcome.ANSWERED, case_id="c1", group="g1")
    review = PastAsk(AskKind.REVIEW, ago(seconds=30), case_id="c1", group="g1")
    assert decide(AskKind.REFERRAL, [survey, review], case_id="c1", group="g1").asked
    referral = PastAsk(AskKind.REFERRAL, ago(seconds=20), AskOutcome.NOT_NOW, case_id="c1", group="g1")
    second = decide(AskKind.TESTIMONIAL, [survey, referral], case_id="c1", group="g1")
    assert second.reason is AskReason.ALREADY_INVITED
    assert decide(AskKind.TESTIMONIAL, [PastAsk(AskKind.REFERRAL, ago(days=9), case_id="c1")], case_id="c1").reason is (
        AskReason.ALREADY_INVITED
    )


def test_even_a_follow_up_respects_stop_asking():
    survey = PastAsk(AskKind.CES, ago(seconds=20), AskOutcome.ANSWERED, group="g1")
    assert not decide(AskKind.REFERRAL, [survey], AskFacts(stop_asking=True), group="g1").asked


def ignored(*days):
    return [PastAsk(AskKind.CSAT, ago(days=day), AskOutcome.IGNORED) for day in days]


def test_three_ignored_asks_in_a_row_double_the_distance():
    past = ignored(8, 40, 80)
    decision = decide(AskKind.CES, past)
    assert (decision.asked, decision.reason) == (False, AskReason.SURVEYED_RECENTLY)
    assert decision.next_allowed_at == ago(days=8) + timedelta(days=14)
    assert "ignored" in decision.detail
    assert decide(AskKind.CES, ignored(8, 40)).asked


@pytest.mark.parametrize("outcome", [AskOutcome.ANSWERED, AskOutcome.NOT_NOW])
def test_any_reaction_ends_the_row_of_ignored_asks(outcome):
    assert decide(AskKind.CES, [*ignored(10, 40, 80), PastAsk(AskKind.NPS, ago(days=8), outcome)]).asked


def test_unanswered_ask_counts_as_ignored_only_after_its_time():
    settings = AskBudgetSettings()
    fresh = PastAsk(AskKind.PROACTIVE, ago(hours=30))
    assert ignored_streak([fresh, *ignored(20, 40)], NOW, settings) == 2
    stale = PastAsk(AskKind.PROACTIVE, ago(hours=72))
    assert ignored_streak([stale, *ignored(20, 40)], NOW, settings) == 3


def test_answered_survey_with_an_ignored_invitation_was_not_ignored():
    group = [
        PastAsk(AskKind.CES, ago(days=5), AskOutcome.ANSWERED, group="g"),
        PastAsk(AskKind.REFERRAL, ago(days=5), AskOutcome.IGNORED, group="g"),
    ]
    assert ignored_streak([*group, *ignored(20, 40)], NOW, AskBudgetSettings()) == 0


def test_sampling_asks_the_drawn_share_of_surveys_only():
    settings = AskBudgetSettings(sampling={AskKind.CSAT: 25, AskKind.NPS: 0})
    assert decide(AskKind.CSAT, settings=settings, draw=0.24).asked
    assert decide(AskKind.CSAT, settings=settings, draw=0.25).reason is AskReason.NOT_SAMPLED
    assert decide(AskKind.NPS, settings=settings, draw=0.0).reason is AskReason.NOT_SAMPLED
    assert decide(AskKind.CES, settings=settings, draw=0.999).asked


def test_draw_depends_on_the_case_alone_and_is_even():
    draws = [sampling_draw(f"case-{number}", "csat") for number in range(2000)]
    assert draws[0] == sampling_draw("case-0", "csat")
    assert all(0 <= draw < 1 for draw in draws)
    assert 0.45 < sum(draws) / len(draws) < 0.55
    assert sampling_draw("ab", "c") != sampling_draw("a", "bc")


def test_bad_settings_and_times_without_a_zone_are_refused():
    with pytest.raises(ValueError, match="between 0 and 100"):
        AskBudgetSettings(sampling={AskKind.CES: 101})
    with pytest.raises(ValueError, match="at least 1"):
        AskBudgetSettings(ignored_in_a_row=0)
    with pytest.raises(ValueError, match="time zone"):
        decide(AskKind.CES, now=datetime(2026, 3, 5))
    assert AskKind.of_survey(SurveyKind.NPS) is AskKind.NPS


PAST = st.builds(
    PastAsk,
    st.sampled_from(AskKind),
    st.integers(0, 200 * 24).map(lambda hours: ago(hours=hours)),
    st.sampled_from(AskOutcome),
    st.none(),
    st.sampled_from([None, "g1", "g2"]),
)


@given(st.sampled_from(AskKind), st.lists(PAST, max_size=8))
def test_whatever_happened_before_the_clocks_hold(kind, history):
    decision = decide(kind, history)
    if decision.asked:
        assert all(NOW - ask.at >= timedelta(hours=24) for ask in history)
        if kind in TRANSACTIONAL:
            assert all(NOW - ask.at >= timedelta(days=7) for ask in history if ask.kind in TRANSACTIONAL)
        if kind is AskKind.NPS:
            assert all(NOW - ask.at >= timedelta(days=90) for ask in history if ask.kind is AskKind.NPS)
    elif decision.next_allowed_at is not None:
        assert decision.next_allowed_at > NOW


@given(st.sampled_from(sorted(SURVEYS)), st.lists(PAST, max_size=6))
def test_asking_at_the_promised_time_works_when_everything_old_was_answered(kind, history):
    answered = [PastAsk(ask.kind, ask.at, AskOutcome.ANSWERED) for ask in history]
    decision = decide(kind, answered)
    if not decision.asked:
        assert decide(kind, answered, now=decision.next_allowed_at).asked


def test_customer_who_always_ignores_is_asked_half_as_often():
    def surveys_in_a_year(outcome):
        history, moment = [], NOW
        while moment < NOW + timedelta(days=364):
            if decide(AskKind.CSAT, history, now=moment).asked:
                history.append(PastAsk(AskKind.CSAT, moment, outcome))
            moment += timedelta(days=1)
        return len(history)

    assert surveys_in_a_year(AskOutcome.ANSWERED) == 52
    assert surveys_in_a_year(AskOutcome.IGNORED) in range(26, 29)
