"""When people are on duty: weekly opening hours on the wall clock of one time zone, with holidays.

Instants are compared in UTC, so that a night with a clock change is as long as it really was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL_DAY = 24 * 60
_LOOK_AHEAD_DAYS = 400
# Minutes after midnight, opening and closing; the closing minute itself is outside.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """Opening hours.

    `week` holds seven days from Monday, each with its spans in minutes after local midnight.
    """

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError("Opening hours need seven days, Monday first.")
        for spans in self.week:
            last = 0
            for start, end in spans:
                if not last <= start < end <= _FULL_DAY:
                    raise ValueError("Opening hours of a day must be in order, not overlap, and lie within the day.")
                last = end

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is on duty at `at` (with a time zone)."""
        moment = _utc(at)
        return any(start <= moment < end for start, end in self._spans(moment, moment))

    def next_open(self, at: datetime) -> datetime | None:
        """`at` itself when open, else the next opening, in UTC; None when it never opens within 400 days."""
        moment = _utc(at)
        horizon = moment + timedelta(days=_LOOK_AHEAD_DAYS)
        return next((max(start, moment) for start, end in self._spans(moment, horizon) if end > moment), None)

    def open_seconds(self, start: datetime, end: datetime) -> float:
        """Seconds between two instants during which it was open; 0 when `end` is not after `start`."""
        first, last = _utc(start), _utc(end)
        if last <= first:
            return 0.0
        return sum(
            (min(closes, last) - max(opens, first)).total_seconds()
            for opens, closes in self._spans(first, last)
            if closes > first and opens < last
        )

    def _spans(self, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = first.astimezone(self.zone).date() - timedelta(days=1)
        until = last.astimezone(self.zone).date()
        while day <= until:
            if day not in self.holidays:
                for start, end in self.week[day.weekday()]:
                    opens, closes = self._instant(day, start, late=False), self._instant(day, end, late=True)
                    if opens < closes:
                        yield opens, closes
            day += timedelta(days=1)

    def _instant(self, day: date, minute: int, *, late: bool) -> datetime:
        """The instant of a wall-clock minute.

        In the hour that happens twice: opening first time, closing second.

        A wall-clock time that the change of clocks leaves out stands for the moment of the change.
        """
        days, minute_of_day = divmod(minute, _FULL_DAY)
        wall = datetime.combine(day + timedelta(days=days), time(*divmod(minute_of_day, 60)))
        early = wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
        later = wall.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
        if early <= later:
            return later if late else early
        # Left out: fold 0 lies after the change and fold 1 before it; the change is between them.
        offset = early.astimezone(self.zone).utcoffset()
        low, high = later, early
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            low, high = (low, middle) if middle.astimezone(self.zone).utcoffset() == offset else (middle, high)
        return high.replace(microsecond=0)


def always_open() -> BusinessHours:
    """Every day, around the clock."""
    return BusinessHours(ZoneInfo("UTC"), (((0, _FULL_DAY),),) * 7)


def parse_hours(text: str, zone: str, holidays: Sequence[date] = ()) -> BusinessHours:
    """Opening hours from "Mon-Fri 09:00-17:30, Sat 10:00-14:00".

    A day may come twice, 22:00-06:00 passes midnight.

    "always" is around the clock, an empty text never. ValueError says which part cannot be read.
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"Unknown time zone {zone!r}; use a name such as Europe/Berlin.") from error
    if text.strip().lower() == "always":
        return BusinessHours(place, (((0, _FULL_DAY),),) * 7, frozenset(holidays))
    week: list[list[Span]] = [[] for _ in _DAYS]
    for part in re.split(r"[,;\n]", text):
        if not part.strip():
            continue
        match = re.fullmatch(
            r"\s*([a-z]{3})[a-z]*(?:\s*[-–]\s*([a-z]{3})[a-z]*)?\s+(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*",
            part.lower(),
        )
        if match is None or match[1] not in _DAYS or (match[2] or match[1]) not in _DAYS:
            raise ValueError(f"Cannot read the opening hours {part.strip()!r}; write for example Mon-Fri 09:00-17:00.")
        start, end = _minute(match[3], match[4], part), _minute(match[5], match[6], part)
        if start == end:
            raise ValueError(f"Opening and closing are the same in {part.strip()!r}; 00:00-24:00 is the whole day.")
        first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
        for step in range((last - first) % 7 + 1):
            day = (first + step) % 7
            if start < end:
                week[day].append((start, end))
            else:
                week[day].append((start, _FULL_DAY))
                if end:
                    week[(day + 1) % 7].append((0, end))
    return BusinessHours(place, tuple(tuple(sorted(spans)) for spans in week), frozenset(holidays))


def _minute(hours: str, minutes: str, part: str) -> int:
    value = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or value > _FULL_DAY:
        raise ValueError(f"There is no {hours}:{minutes} o'clock, in {part.strip()!r}.")
    return value


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("Opening hours need a time with a time zone.")
    return at.astimezone(UTC)
