"""Who is in control: every rule of the case's life, and what no sequence of events can break."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conversation import (
    BotRecovered,
    BotUnavailable,
    CaseStatus,
    Claim,
    Close,
    ControlState,
    EndByCustomer,
    Escalate,
    HandBack,
    Owner,
    Reopen,
    Resolution,
    ResolveAssumed,
    ResolveByAgent,
    ResolveConfirmed,
    Transfer,
    TransitionRefused,
    Withdraw,
    bot_may_speak,
    transition,
)
from bot.domain.placement import Placement, Topic, place_message

NEW = ControlState()


def after(*events, state=NEW):
    for event in events:
        state = transition(state, event)
    return state


def refused(state, event):
    with pytest.raises(TransitionRefused) as caught:
        transition(state, event)
    assert caught.value.sentence.endswith(".")
    return caught.value


QUEUED = after(Escalate("asked_for"))
HELD = after(Claim("anna"), state=QUEUED)
RESOLVED = after(ResolveConfirmed())
CLOSED = after(Close(), state=RESOLVED)


def test_new_case_belongs_to_the_bot():
    assert (NEW.owner, NEW.status, NEW.epoch) == (Owner.BOT, CaseStatus.OPEN, 0)


def test_escalation_puts_the_case_into_the_queue_and_silences_the_bot():
    assert (QUEUED.owner, QUEUED.epoch, QUEUED.queue_reason) == (Owner.QUEUE, 1, "asked_for")
    assert not bot_may_speak(QUEUED, 0)


def test_asking_twice_for_a_person_changes_nothing():
    assert transition(QUEUED, Escalate("asked_again")) == QUEUED


def test_escalation_needs_a_reason_and_is_refused_while_a_person_has_the_case():
    assert refused(NEW, Escalate("  ")).reason == "reason_missing"
    assert refused(HELD, Escalate("asked_for")).agent_id == "anna"


def test_asking_for_a_person_after_the_resolution_opens_the_case_again():
    state = transition(RESOLVED, Escalate("asked_for"))
    assert (state.status, state.resolution, state.owner) == (CaseStatus.OPEN, None, Owner.QUEUE)


def test_second_claim_is_refused_and_names_who_has_the_case():
    refusal = refused(HELD, Claim("ben"))
    assert (refusal.reason, refusal.agent_id) == ("already_claimed", "anna")


def test_claiming_ones_own_case_again_changes_nothing():
    assert transition(HELD, Claim("anna")) == HELD


def test_agent_may_take_over_from_the_bot_in_mid_turn():
    state = transition(NEW, Claim("anna"))
    assert state.owner is Owner.AGENT
    assert not bot_may_speak(state, NEW.epoch)


def test_bot_reply_begun_before_a_takeover_and_hand_back_is_still_discarded():
    state = after(Claim("anna"), HandBack("anna"))
    assert state.owner is Owner.BOT
    assert not bot_may_speak(state, NEW.epoch)
    assert bot_may_speak(state, state.epoch)


def test_only_the_owning_agent_or_a_supervisor_hands_back():
    assert refused(HELD, HandBack("ben")).reason == "not_your_case"
    assert refused(QUEUED, HandBack("anna")).reason == "not_claimed"
    assert transition(HELD, HandBack(None)).owner is Owner.BOT


def test_transfer_to_another_agent_or_back_into_the_queue():
    assert transition(HELD, Transfer("ben", by="anna")).agent_id == "ben"
    back = transition(HELD, Transfer(None, by="anna"))
    assert (back.owner, back.agent_id, back.epoch) == (Owner.QUEUE, None, HELD.epoch + 1)
    assert refused(HELD, Transfer("anna", by="anna")).reason == "same_agent"
    assert refused(HELD, Transfer("ben", by="carl")).reason == "not_your_case"
    assert refused(QUEUED, Transfer(None)).reason == "not_claimed"


def test_supervisor_assigns_a_waiting_case():
    assert transition(QUEUED, Transfer("ben")).agent_id == "ben"


def test_resolution_by_the_agent_needs_the_agents_own_case_and_a_reason():
    assert refused(QUEUED, ResolveByAgent("anna", "replaced")).reason == "not_claimed"
    assert refused(HELD, ResolveByAgent("ben", "replaced")).reason == "not_your_case"
    assert refused(HELD, ResolveByAgent("anna", " ")).reason == "reason_missing"
    state = transition(HELD, ResolveByAgent("anna", " replaced "))
    assert (state.owner, state.agent_id, state.resolution) == (Owner.BOT, None, Resolution.AGENT)
    assert state.resolution_reason == "replaced"


def test_customer_confirming_after_the_agent_makes_it_a_confirmed_resolution():
    state = after(ResolveByAgent("anna", "replaced"), ResolveConfirmed(), state=HELD)
    assert (state.resolution, state.resolution_reason) == (Resolution.CONFIRMED, "replaced")


def test_case_that_waits_for_a_person_is_never_assumed_resolved_nor_closed():
    for state in (QUEUED, HELD):
        assert refused(state, ResolveAssumed()).reason == "waits_for_person"
        assert refused(state, Close("idle")).reason == "waits_for_person"


def test_assumed_resolution_is_kept_apart_and_leaves_the_bot_in_charge():
    state = after(ResolveAssumed())
    assert (state.resolution, state.status, state.owner, state.epoch) == (
        Resolution.ASSUMED,
        CaseStatus.RESOLVED,
        Owner.BOT,
        0,
    )


def test_nobody_owns_a_closed_case_and_only_an_agent_reopens_it():
    assert (CLOSED.owner, CLOSED.status, CLOSED.resolution) == (Owner.NOBODY, CaseStatus.CLOSED, Resolution.CONFIRMED)
    assert refused(CLOSED, Reopen("same again")).reason == "case_closed"
    assert refused(CLOSED, Escalate("asked_for")).reason == "case_closed"
    reopened = transition(CLOSED, Reopen("not solved", agent_id="anna"))
    assert (reopened.owner, reopened.agent_id, reopened.status) == (Owner.AGENT, "anna", CaseStatus.OPEN)


def test_reopening_by_a_message_clears_the_resolution():
    state = transition(RESOLVED, Reopen("same again"))
    assert (state.status, state.resolution, state.owner) == (CaseStatus.OPEN, None, Owner.BOT)
    assert refused(state, Reopen("again")).reason == "already_open"


def test_open_case_is_closed_only_with_a_reason():
    assert refused(NEW, Close()).reason == "reason_missing"
    assert transition(NEW, Close("nothing was asked")).resolution_reason == "nothing was asked"


@pytest.mark.parametrize("state", [NEW, QUEUED, HELD, RESOLVED])
def test_customer_can_end_the_chat_whoever_has_it(state):
    ended = transition(state, EndByCustomer())
    assert (ended.owner, ended.status) == (Owner.NOBODY, CaseStatus.CLOSED)


def test_withdrawing_works_until_a_person_has_the_case():
    assert transition(QUEUED, Withdraw()).resolution_reason == "withdrawn"
    assert refused(HELD, Withdraw()).reason == "already_with_agent"


def test_recovered_bot_takes_back_only_what_nobody_asked_a_person_for():
    waiting = transition(NEW, BotUnavailable())
    assert (waiting.owner, waiting.queue_reason) == (Owner.QUEUE, "bot_unavailable")
    assert transition(waiting, BotRecovered()).owner is Owner.BOT
    asked = transition(waiting, Escalate("asked_for"))
    assert (asked.owner, asked.epoch) == (Owner.QUEUE, waiting.epoch)
    assert transition(asked, BotRecovered()) == asked
    claimed = transition(waiting, Claim("anna"))
    assert transition(claimed, BotRecovered()) == claimed
    assert transition(QUEUED, BotUnavailable()) == QUEUED


AGENTS = st.sampled_from(["anna", "ben"])
MAYBE_AGENT = st.none() | AGENTS
EVENTS = st.one_of(
    st.builds(Escalate, st.sampled_from(["asked_for", "", "misses"])),
    st.builds(Claim, AGENTS),
    st.builds(HandBack, MAYBE_AGENT),
    st.builds(Transfer, MAYBE_AGENT, MAYBE_AGENT),
    st.builds(ResolveByAgent, AGENTS, st.sampled_from(["fixed", ""])),
    st.builds(Reopen, st.just("again"), MAYBE_AGENT),
    st.builds(Close, st.sampled_from([None, "idle"])),
    st.sampled_from(
        [ResolveConfirmed(), ResolveAssumed(), EndByCustomer(), BotUnavailable(), BotRecovered(), Withdraw()]
    ),
)


@given(st.lists(EVENTS, max_size=30))
def test_no_sequence_of_events_breaks_the_state(events):
    state = NEW
    for event in events:
        try:
            following = transition(state, event)
        except TransitionRefused:
            continue
        moved = (following.owner, following.agent_id) != (state.owner, state.agent_id)
        assert following.epoch == state.epoch + moved
        assert (following.agent_id is not None) == (following.owner is Owner.AGENT)
        assert (following.owner is Owner.NOBODY) == (following.status is CaseStatus.CLOSED)
        assert following.status is not CaseStatus.RESOLVED or (
            following.owner is Owner.BOT and following.resolution is not None
        )
        assert following.status is not CaseStatus.OPEN or following.resolution is None
        state = following


@given(st.lists(EVENTS, max_size=20))
def test_nothing_the_bot_does_gets_a_case_out_of_the_queue(events):
    state = QUEUED
    leaving = (Claim, Transfer, EndByCustomer, Withdraw, ResolveConfirmed)
    for event in events:
        if isinstance(event, leaving):
            continue
        try:
            state = transition(state, event)
        except TransitionRefused:
            continue
        assert state.owner is Owner.QUEUE


NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "hours", "topic", "expected"),
    [
        (CaseStatus.OPEN, None, Topic.OTHER, Placement.THIS_CASE),
        (CaseStatus.RESOLVED, 72, Topic.SAME, Placement.REOPEN),
        (CaseStatus.RESOLVED, 72.1, Topic.SAME, Placement.NEW_CASE),
        (CaseStatus.RESOLVED, 1, Topic.OTHER, Placement.NEW_CASE),
        (CaseStatus.RESOLVED, 1, Topic.ASIDE, Placement.THIS_CASE),
        (CaseStatus.CLOSED, 1, Topic.SAME, Placement.NEW_CASE),
    ],
)
def test_new_message_goes_to_the_right_case(status, hours, topic, expected):
    resolved_at = None if hours is None else NOW - timedelta(hours=hours)
    assert place_message(status, resolved_at, NOW, topic) is expected
