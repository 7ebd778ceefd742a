"""Promoters are invited, everybody gets the review offer, and a configuration that would gate is refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.advocacy import AdvocacyFacts, Ineligible, InvitationKind, choose_invitation, promoter_eligibility
from bot.domain.ask_budget import AskDecision, AskReason
from bot.domain.conversation import Resolution
from bot.domain.health import HealthLevel
from bot.domain.reviews import (
    OfferRecord,
    ReviewConfigurationRefused,
    equal_offer_report,
    lint_review_configuration,
    offers_review,
    review_configuration,
)
from bot.domain.surveys import SCALES, Band, SurveyKind

FREE = AskDecision(True, AskReason.BUDGET_FREE, "Nothing stood against it.")
SPENT = AskDecision(False, AskReason.ASKED_RECENTLY, "Too soon.")
PROMOTER = AdvocacyFacts(
    resolution=Resolution.CONFIRMED,
    survey_kind=SurveyKind.CES,
    score=7,
    has_open_case=False,
    health=HealthLevel.GREEN,
    invitations_for_case=0,
    budget=FREE,
)


def test_promoter_with_a_confirmed_resolution_is_invited():
    eligibility = promoter_eligibility(PROMOTER)
    assert eligibility.eligible
    assert choose_invitation(eligibility) is InvitationKind.REFERRAL


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"resolution": Resolution.ASSUMED}, Ineligible.NOT_CONFIRMED),
        ({"resolution": Resolution.AGENT}, Ineligible.NOT_CONFIRMED),
        ({"resolution": None}, Ineligible.NOT_CONFIRMED),
        ({"score": None}, Ineligible.NO_SCORE),
        ({"has_open_case": True}, Ineligible.OPEN_CASE),
        ({"health": HealthLevel.RED}, Ineligible.HEALTH_RED),
        ({"invitations_for_case": 1}, Ineligible.ALREADY_INVITED),
        ({"budget": SPENT}, Ineligible.BUDGET),
    ],
)
def test_each_missing_condition_alone_stops_the_invitation(change, reason):
    eligibility = promoter_eligibility(replace(PROMOTER, **change))
    assert (eligibility.eligible, eligibility.reasons) == (False, (reason,))
    assert eligibility.sentence.endswith(".")
    assert choose_invitation(eligibility) is None


def test_budgets_own_sentence_is_told_on():
    assert "Too soon." in promoter_eligibility(replace(PROMOTER, budget=SPENT)).sentence


@pytest.mark.parametrize(("kind", "first"), [(SurveyKind.CES, 6), (SurveyKind.CSAT, 5), (SurveyKind.NPS, 9)])
def test_only_the_top_of_each_scale_makes_a_promoter(kind, first):
    for score in range(SCALES[kind].minimum, SCALES[kind].maximum + 1):
        facts = replace(PROMOTER, survey_kind=kind, score=score)
        assert promoter_eligibility(facts).eligible == (score >= first)


def test_unknown_health_does_not_stand_in_the_way():
    assert promoter_eligibility(replace(PROMOTER, health=None)).eligible


def test_at_most_one_invitation_and_none_that_was_refused_for_good():
    eligibility = promoter_eligibility(PROMOTER)
    never = frozenset({InvitationKind.REFERRAL})
    assert choose_invitation(eligibility, declined_for_good=never) is InvitationKind.TESTIMONIAL
    assert choose_invitation(eligibility, declined_for_good=never, enabled=[InvitationKind.REFERRAL]) is None
    assert choose_invitation(eligibility, already_done=frozenset(InvitationKind)) is None


GOOD = {"enabled": True, "sites": [{"name": "Example Reviews", "url": "https://reviews.example.org/us"}]}


def test_equal_offer_is_accepted():
    config = review_configuration(GOOD)
    assert config.sites[0].name == "Example Reviews"
    assert offers_review(config, surveyed=True, draw=0.99)
    assert not offers_review(config, surveyed=False, draw=0.0)


def test_sample_of_everybody_is_accepted():
    config = review_configuration(GOOD | {"sample_percent": 10})
    assert offers_review(config, surveyed=True, draw=0.05)
    assert not offers_review(config, surveyed=True, draw=0.1)


def test_nothing_is_offered_without_a_site_or_when_switched_off():
    assert not offers_review(review_configuration({"sites": []}), surveyed=True, draw=0.0)
    assert not offers_review(review_configuration(GOOD | {"enabled": False}), surveyed=True, draw=0.0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"min_score": 4}, "gated"),
        ({"only_promoters": True}, "gated"),
        ({"bands": ["high"]}, "gated"),
        ({"min_health": "green"}, "gated"),
        ({"audience": "happy"}, "gated"),
        ({"sample_percent": {"high": 100, "low": 5}}, "gated"),
        ({"reward": "5 EUR"}, "rewarded"),
        ({"discount_code": "THANKS"}, "rewarded"),
        ({"place": {"high": "top", "low": "hidden"}}, "unequal"),
        ({"delay_hours": 3}, "unequal"),
        ({"text": {"high": "Review us!", "low": ""}}, "unequal"),
        ({"text": "Loved it? Leave us a 5-star review."}, "gated"),
        ({"text": "If you were happy, please leave a review."}, "gated"),
        ({"text": "Leave a positive review."}, "gated"),
        ({"text": "Leave a review and get 10% off."}, "rewarded"),
        ({"text": "Leave a review for a voucher."}, "rewarded"),
        ({"text": "Not happy? Contact us first, before you write a review."}, "gated"),
        ({"colour": "red"}, "unknown_key"),
        ({"enabled": "yes"}, "bad_value"),
        ({"sample_percent": 101}, "bad_value"),
        ({"text": " "}, "bad_value"),
        ({"sites": "https://reviews.example.org"}, "bad_value"),
        ({"sites": [{"name": "X", "url": "http://reviews.example.org"}]}, "bad_value"),
        ({"sites": [{"url": "https://reviews.example.org"}]}, "bad_value"),
        ({"sites": [{"name": "X", "url": "https://reviews.example.org", "min_score": 4}]}, "gated"),
    ],
)
def test_gating_rewarding_or_unequal_configuration_is_refused(change, code):
    findings = lint_review_configuration(GOOD | change)
    assert [finding.code for finding in findings] == [code]
    assert findings[0].sentence.endswith(".")
    with pytest.raises(ReviewConfigurationRefused) as caught:
        review_configuration(GOOD | change)
    assert caught.value.findings == findings


@given(st.dictionaries(st.text(max_size=12), st.none() | st.booleans() | st.integers() | st.text(max_size=8)))
def test_linter_never_fails_on_strange_input(config):
    findings = lint_review_configuration(config)
    assert all(key in {"enabled", "sites", "sample_percent", "text"} for key in config) or findings


def records(*counts):
    return [
        OfferRecord(each, place < offered, "below_survey")
        for each, (surveyed, offered) in zip(Band, counts, strict=True)
        for place in range(surveyed)
    ]


def test_ledger_proves_that_everybody_got_the_same_offer():
    report = equal_offer_report(records((3, 3), (2, 2), (5, 5)))
    assert report.equal
    assert [(share.band, share.surveyed, share.offered) for share in report.shares] == [
        (Band.LOW, 3, 3),
        (Band.MIDDLE, 2, 2),
        (Band.HIGH, 5, 5),
    ]


def test_ledger_shows_who_was_left_out():
    assert not equal_offer_report(records((3, 2), (2, 2), (5, 5))).equal
    assert equal_offer_report(records((3, 2), (2, 2), (5, 5)), sample_percent=50).equal
    moved = [OfferRecord(Band.LOW, True, "footer"), OfferRecord(Band.HIGH, True, "below_survey")]
    assert not equal_offer_report(moved).equal
