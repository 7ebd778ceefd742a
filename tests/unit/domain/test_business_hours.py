"""Opening hours, also over nights, holidays and changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.business_hours import BusinessHours, always_open, parse_hours

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = parse_hours("Mon-Fri 09:00-17:00, Sat 10:00-14:00", "Europe/Berlin", [date(2026, 3, 4)])


def at(day, hour, minute=0, month=3, fold=0):
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN, fold=fold)


def test_open_in_hours_and_closed_at_the_closing_minute():
    assert WEEK.is_open(at(3, 9))
    assert WEEK.is_open(at(3, 16, 59))
    assert not WEEK.is_open(at(3, 17))
    assert not WEEK.is_open(at(3, 8, 59))
    assert not WEEK.is_open(at(8, 12))


def test_holiday_is_closed():
    assert not WEEK.is_open(at(4, 12))


def test_other_time_zones_are_understood():
    assert WEEK.is_open(datetime(2026, 3, 3, 8, 0, tzinfo=UTC))
    assert not WEEK.is_open(datetime(2026, 3, 3, 7, 59, tzinfo=UTC))


def test_next_opening_passes_nights_weekends_and_holidays():
    assert WEEK.next_open(at(3, 12)) == at(3, 12)
    assert WEEK.next_open(at(3, 17)) == at(5, 9)
    assert WEEK.next_open(at(7, 14)) == at(9, 9)
    assert parse_hours("", "UTC").next_open(at(3, 12)) is None


def test_open_seconds_count_only_open_time():
    assert WEEK.open_seconds(at(3, 16), at(5, 10)) == 2 * 3600
    assert WEEK.open_seconds(at(3, 18), at(3, 19)) == 0
    assert WEEK.open_seconds(at(3, 12), at(3, 11)) == 0
    assert WEEK.open_seconds(at(2, 0), at(9, 0)) == (4 * 8 + 4) * 3600
    assert always_open().open_seconds(at(3, 12), at(4, 12)) == 86400


def test_night_shift_passes_midnight():
    night = parse_hours("Sun 22:00-06:00", "Europe/Berlin")
    assert night.is_open(at(8, 23))
    assert night.is_open(at(9, 5, 59))
    assert not night.is_open(at(9, 6))
    assert night.open_seconds(at(8, 12), at(9, 12)) == 8 * 3600


def test_night_of_spring_is_an_hour_shorter_and_of_autumn_an_hour_longer():
    around = parse_hours("Mon-Sun 00:00-24:00", "Europe/Berlin")
    assert around.open_seconds(at(29, 0), at(30, 0)) == 23 * 3600
    assert around.open_seconds(at(25, 0, month=10), at(26, 0, month=10)) == 25 * 3600


def test_hour_that_does_not_exist_opens_and_closes_at_the_change():
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    opening = parse_hours("Sun 02:30-05:00", "Europe/Berlin")
    assert opening.next_open(at(29, 0)) == change
    assert opening.open_seconds(at(29, 0), at(30, 0)) == 2 * 3600
    closing = parse_hours("Sun 01:00-02:30", "Europe/Berlin")
    assert closing.open_seconds(at(29, 0), at(30, 0)) == 3600
    assert parse_hours("Sun 02:10-02:40", "Europe/Berlin").open_seconds(at(29, 0), at(30, 0)) == 0


def test_hour_that_happens_twice_opens_the_first_and_closes_the_second_time():
    hours = parse_hours("Sun 02:15-02:45", "Europe/Berlin")
    assert hours.open_seconds(at(25, 0, month=10), at(26, 0, month=10)) == 90 * 60


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Mo-Fr", "Cannot read"),
        ("Xyz 09:00-17:00", "Cannot read"),
        ("Mon 09:00-09:00", "the same"),
        ("Mon 25:00-26:00", "o'clock"),
        ("Mon 09:70-10:00", "o'clock"),
        ("Mon 09:00-12:00, Mon 11:00-13:00", "overlap"),
    ],
)
def test_unreadable_hours_say_which_part(text, message):
    with pytest.raises(ValueError, match=message):
        parse_hours(text, "UTC")


def test_full_day_names_several_spans_and_wrapping_weeks_are_read():
    hours = parse_hours("Saturday-Monday 9:00-12:00; Sat 13:00-15:00", "UTC")
    assert [len(spans) for spans in hours.week] == [1, 0, 0, 0, 0, 2, 1]
    assert parse_hours("always", "UTC").is_open(at(8, 3))


def test_unknown_zone_missing_zone_and_short_week_are_refused():
    with pytest.raises(ValueError, match="Europe/Berlin"):
        parse_hours("always", "Middle/Earth")
    with pytest.raises(ValueError, match="time zone"):
        WEEK.is_open(datetime(2026, 3, 3, 9))
    with pytest.raises(ValueError, match="seven days"):
        BusinessHours(BERLIN, ((),))


MOMENTS = st.integers(0, 366 * 24 * 4).map(
    lambda quarter: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarter)
)


@given(MOMENTS)
def test_open_state_agrees_with_the_clock_on_the_wall(moment):
    wall = moment.astimezone(BERLIN)
    expected = wall.date() != date(2026, 3, 4) and (
        (wall.weekday() < 5 and 9 <= wall.hour < 17) or (wall.weekday() == 5 and 10 <= wall.hour < 14)
    )
    assert WEEK.is_open(moment) == expected
    opening = WEEK.next_open(moment)
    assert opening is not None
    assert opening >= moment
    assert WEEK.is_open(opening)
    assert WEEK.open_seconds(moment, opening) == 0


@given(MOMENTS, MOMENTS, MOMENTS)
def test_open_seconds_add_up(one, two, three):
    first, middle, last = sorted((one, two, three))
    whole = WEEK.open_seconds(first, last)
    assert whole == WEEK.open_seconds(first, middle) + WEEK.open_seconds(middle, last)
    assert 0 <= whole <= (last - first).total_seconds()
