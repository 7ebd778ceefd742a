"""Referral codes, the way of a referral, rewards and fraud."""

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import codes
from bot.domain.referral import (
    CODE_BYTES,
    CODE_LENGTH,
    STAGES,
    ReferralRefused,
    ReferralState,
    ReferralStatus,
    advance,
    block,
    flag,
    make_code,
    normalise_code,
    release,
    weigh_order,
)
from bot.domain.referral_fraud import (
    FraudOutcome,
    FraudReason,
    Identity,
    ReferralHistory,
    canonical_email,
    canonical_phone,
    check_referral,
    guesses_codes,
    keyed_hash,
    leads_back,
)

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
KEY = b"0123456789abcdef"


def test_code_has_more_than_64_bits():
    assert CODE_LENGTH * math.log2(len(codes.ALPHABET)) > 64
    assert CODE_BYTES * 8 >= 64


@given(st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES))
def test_code_is_read_back_however_it_is_typed(random_bytes):
    code = make_code(random_bytes)
    assert len(code) == CODE_LENGTH
    assert normalise_code(code) == code
    assert normalise_code(f" {code[:5].lower()}-{code[5:10]} {code[10:]}\n") == code


@pytest.mark.parametrize("typed", ["", "abc", "O" * CODE_LENGTH, "../../etc/passwd", "2" * 15, "ß" * CODE_LENGTH])
def test_what_cannot_be_a_code_is_none(typed):
    assert normalise_code(typed) is None


def walk(*stages, state=None):
    state = state or ReferralState()
    for stage in stages:
        state = advance(state, stage)
    return state


def test_referral_goes_through_its_stages_to_the_reward():
    state = walk(*STAGES)
    assert (state.status, state.reached) == (ReferralStatus.REWARDED, ReferralStatus.REWARDED)


def test_repeated_or_late_event_changes_nothing():
    state = walk(ReferralStatus.SIGNED_UP)
    assert walk(ReferralStatus.VISITED, ReferralStatus.SIGNED_UP, state=state) == state


def test_friend_without_an_account_may_still_qualify():
    assert walk(ReferralStatus.VISITED, ReferralStatus.QUALIFIED).status is ReferralStatus.QUALIFIED


def test_reward_follows_only_a_qualified_order():
    with pytest.raises(ReferralRefused, match="qualified order"):
        walk(ReferralStatus.SIGNED_UP, ReferralStatus.REWARDED)


def test_flagged_referral_goes_on_being_noted_but_is_not_paid_until_released():
    flagged = flag(walk(ReferralStatus.SIGNED_UP), "burst")
    later = walk(ReferralStatus.QUALIFIED, state=flagged)
    assert (later.status, later.reached, later.reason) == (ReferralStatus.FLAGGED, ReferralStatus.QUALIFIED, "burst")
    with pytest.raises(ReferralRefused, match="review"):
        advance(later, ReferralStatus.REWARDED)
    assert walk(ReferralStatus.REWARDED, state=release(later)).status is ReferralStatus.REWARDED
    with pytest.raises(ReferralRefused, match="Only a flagged"):
        release(release(later))


def test_blocked_is_final():
    blocked = block(walk(*STAGES), "order_returned")
    assert (blocked.status, blocked.reached, blocked.reason) == (
        ReferralStatus.BLOCKED,
        ReferralStatus.REWARDED,
        "order_returned",
    )
    assert flag(blocked, "burst") == blocked
    assert block(blocked, "again") == blocked
    with pytest.raises(ReferralRefused, match="blocked"):
        advance(blocked, ReferralStatus.REWARDED)


def test_flagging_after_the_reward_and_odd_stages_are_refused():
    with pytest.raises(ReferralRefused, match="paid"):
        flag(walk(*STAGES), "late")
    with pytest.raises(ReferralRefused, match="Use flag"):
        advance(ReferralState(), ReferralStatus.BLOCKED)


@given(st.lists(st.sampled_from(STAGES), max_size=12))
def test_referral_never_goes_backwards(stages):
    state = ReferralState()
    for stage in stages:
        try:
            following = advance(state, stage)
        except ReferralRefused:
            continue
        assert STAGES.index(following.reached) >= STAGES.index(state.reached)
        state = following


def test_an_order_that_costs_something_changes_nothing_and_one_of_nothing_is_held():
    signed_up = walk(*STAGES[:4])
    assert weigh_order(signed_up, 1) == signed_up
    held = weigh_order(signed_up, 0)
    assert (held.status, held.reason) == (ReferralStatus.FLAGGED, "order_of_nothing")
    qualified = advance(held, ReferralStatus.QUALIFIED)
    assert (qualified.status, qualified.reached) == (ReferralStatus.FLAGGED, ReferralStatus.QUALIFIED)
    blocked = block(signed_up, "self_referral")
    assert weigh_order(blocked, 0) == blocked


def test_aliases_of_one_mailbox_are_the_same():
    assert canonical_email(" Anna.Smith+shop@GoogleMail.com ") == canonical_email("annasmith@gmail.com")
    assert canonical_email("a.b+x@example.org") == "a.b@example.org"
    assert canonical_email("a.b@example.org") != canonical_email("ab@example.org")
    for text in ("anna", "@example.org", "anna@", ""):
        with pytest.raises(ValueError, match="e-mail"):
            canonical_email(text)


def test_one_phone_number_in_many_spellings_is_the_same():
    spellings = ["+49 (0)30 123456", "0049 30 123456", "030/12 34 56", "+49-30-123456"]
    assert {canonical_phone(spelling, "49") for spelling in spellings} == {"4930123456"}
    with pytest.raises(ValueError, match="phone"):
        canonical_phone("12")


def test_hash_is_keyed_and_keeps_kinds_apart():
    hashed = keyed_hash(KEY, "email", "anna@example.org")
    assert len(hashed) == 64
    assert hashed != keyed_hash(KEY, "phone", "anna@example.org")
    assert hashed != keyed_hash(b"another key of 16+", "email", "anna@example.org")
    with pytest.raises(ValueError, match="16 bytes"):
        keyed_hash(b"short", "email", "anna@example.org")


ANNA = Identity(customer="1", email="e1", phone="p1", device="d1", payment="c1")
BEN = Identity(customer="2", email="e2", phone="p2", device="d2", payment="c2")
CLEAN = ReferralHistory()


def test_honest_friend_is_clear():
    verdict = check_referral(ANNA, BEN, CLEAN)
    assert (verdict.outcome, verdict.reasons) == (FraudOutcome.CLEAR, ())


@pytest.mark.parametrize(
    ("friend", "reason"),
    [
        (Identity(customer="1"), FraudReason.SELF_CUSTOMER),
        (Identity(email="e1"), FraudReason.SELF_EMAIL),
        (Identity(phone="p1"), FraudReason.SELF_PHONE),
        (Identity(payment="c1"), FraudReason.SELF_PAYMENT),
    ],
)
def test_referring_oneself_is_blocked(friend, reason):
    verdict = check_referral(ANNA, friend, CLEAN)
    assert (verdict.outcome, verdict.reasons) == (FraudOutcome.BLOCKED, (reason,))


@pytest.mark.parametrize(
    ("history", "outcome", "reason"),
    [
        (ReferralHistory(friend_is_customer=True), FraudOutcome.BLOCKED, FraudReason.EXISTING_CUSTOMER),
        (ReferralHistory(friend_already_referred=True), FraudOutcome.BLOCKED, FraudReason.ALREADY_REFERRED),
        (ReferralHistory(order_seen=True), FraudOutcome.BLOCKED, FraudReason.REPLAYED_ORDER),
        (ReferralHistory(in_ring=True), FraudOutcome.FLAGGED, FraudReason.RING),
        (ReferralHistory(same_device_elsewhere=2), FraudOutcome.FLAGGED, FraudReason.SHARED_DEVICE),
        (ReferralHistory(same_payment_elsewhere=1), FraudOutcome.FLAGGED, FraudReason.SHARED_PAYMENT),
        (ReferralHistory(advocate_signups_last_hour=5), FraudOutcome.FLAGGED, FraudReason.BURST),
        (ReferralHistory(advocate_rewards_last_year=20), FraudOutcome.FLAGGED, FraudReason.YEARLY_LIMIT),
    ],
)
def test_each_sign_of_fraud_has_its_outcome_and_reason(history, outcome, reason):
    verdict = check_referral(ANNA, BEN, history)
    assert (verdict.outcome, verdict.reasons) == (outcome, (reason,))


def test_family_on_one_device_is_looked_at_and_not_blocked():
    assert check_referral(ANNA, Identity(device="d1"), CLEAN).outcome is FraudOutcome.FLAGGED


def test_unknown_hashes_never_match_and_blocking_reasons_come_first():
    assert check_referral(Identity(), Identity(), CLEAN).outcome is FraudOutcome.CLEAR
    verdict = check_referral(ANNA, Identity(email="e1", device="d1"), CLEAN)
    assert verdict.reasons == (FraudReason.SELF_EMAIL, FraudReason.SAME_DEVICE)


def test_ring_is_found_through_others_and_an_endless_one_ends():
    referred_by = {"anna": "carl", "carl": "ben", "ben": "anna"}
    assert leads_back("anna", "ben", referred_by)
    assert not leads_back("anna", "dora", referred_by)
    assert not leads_back("anna", "ben", {})


def test_guessing_codes_is_noticed():
    assert not guesses_codes(20)
    assert guesses_codes(21)
