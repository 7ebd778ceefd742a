"""Codes people type, the packet that goes to a person, the queue."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import codes
from bot.domain.effort import EffortLedger
from bot.domain.handoff import (
    TICKET_BYTES,
    ArticleShown,
    HandoffPacket,
    OpenPromise,
    StepTried,
    Waiting,
    make_ticket_number,
    order_queue,
    queue_position,
    read_ticket_number,
    wait_estimate_s,
)
from bot.domain.mood import read_mood

TICKETS = st.binary(min_size=TICKET_BYTES, max_size=TICKET_BYTES).map(make_ticket_number)
T0 = datetime(2026, 3, 5, 9, tzinfo=UTC)


def test_alphabet_has_no_look_alikes():
    assert not set(codes.ALPHABET) & set("01OIL")
    assert len(set(codes.ALPHABET)) == 31


def test_too_few_random_bytes_are_refused():
    with pytest.raises(ValueError, match="random bytes"):
        codes.encode(b"123", 7)
    with pytest.raises(ValueError, match="at least one"):
        codes.encode(b"123", 0)
    with pytest.raises(ValueError, match="too long"):
        codes.check_character("2" * 30)


@given(TICKETS)
def test_ticket_number_is_read_back_however_it_is_typed(number):
    assert len(number) == 9
    assert read_ticket_number(number) == number
    assert read_ticket_number(f"  {number.lower()} ") == number
    assert read_ticket_number(number[2:]) == number
    assert read_ticket_number(f"t {number[2:5]}-{number[5:]}") == number


@given(TICKETS, st.integers(0, 6), st.sampled_from(codes.ALPHABET))
def test_any_one_wrong_character_is_noticed(number, place, character):
    body = list(number[2:])
    if body[place] == character:
        return
    body[place] = character
    assert read_ticket_number("T-" + "".join(body)) is None


@given(TICKETS, st.integers(0, 5), st.integers(0, 5))
def test_any_two_swapped_characters_are_noticed(number, one, other):
    body = list(number[2:])
    if body[one] == body[other]:
        return
    body[one], body[other] = body[other], body[one]
    assert read_ticket_number("T-" + "".join(body)) is None


@pytest.mark.parametrize("typed", ["", "T-", "hello", "T-0000000", "10042", "T-7KQ2M9X-22", "T" * 500])
def test_what_is_no_ticket_number_is_not_taken_for_one(typed):
    assert read_ticket_number(typed) is None


@given(st.integers(0, 31**6 - 1), st.integers(0, 31**6 - 1))
def test_every_combination_of_characters_is_a_different_draw(one, other):
    def code(number):
        return codes.encode(number.to_bytes(codes.bytes_needed(6), "big"), 6)

    assert (code(one) == code(other)) == (one == other)


def full_packet():
    return HandoffPacket(
        reason="asked_for",
        intent="device_offline",
        confidence=0.91,
        slots={"product": "Hub"},
        steps_tried=(StepTried("device-offline", "restart", False), StepTried("device-offline", "reset")),
        articles_shown=(ArticleShown("offline", "When a device is offline"),),
        effort=EffortLedger(customer_messages=7, guided=True),
        mood=read_mood("this is ridiculous!"),
        health=40,
        promises=(OpenPromise("A call back", T0), OpenPromise("A voucher")),
        last_words="I want a person",
    )


def test_packet_survives_json():
    packet = full_packet()
    assert HandoffPacket.from_json(json.loads(json.dumps(packet.to_json()))) == packet


def test_packet_of_an_older_version_gets_defaults():
    packet = HandoffPacket.from_json({"reason": "misses", "effort": {"misses": 2, "gone": 1}})
    assert (packet.reason, packet.effort.misses, packet.promises) == ("misses", 2, ())


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"reason": 3},
        {"reason": "x", "promises": [{"due_at": "tomorrow", "text": ""}]},
        {"reason": "x", "slots": [1]},
    ],
)
def test_broken_packet_is_named(data):
    with pytest.raises(ValueError, match="cannot be read"):
        HandoffPacket.from_json(data)


def test_longest_waiting_comes_first_and_order_never_flickers():
    waiting = [Waiting("c", T0), Waiting("a", T0 + timedelta(minutes=1)), Waiting("b", T0)]
    assert [each.case_id for each in order_queue(waiting)] == ["b", "c", "a"]
    assert [queue_position(waiting, case) for case in ("b", "c", "a", "z")] == [1, 2, 3, None]


def test_wait_estimate_counts_agents_and_free_places():
    assert wait_estimate_s(3, 0) is None
    assert wait_estimate_s(1, 2, free_slots=1) == 0
    assert wait_estimate_s(1, 1, 300) == 300
    assert wait_estimate_s(4, 2, 310) == 660
    assert wait_estimate_s(4, 2, 300, slots_per_agent=2) == 300
    with pytest.raises(ValueError, match="position 1"):
        wait_estimate_s(0, 1)
