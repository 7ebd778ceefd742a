"""How parcels travel: what it costs, how long it takes and on which day one arrives. The FAQ tells the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HOME = "Ireland"
ABROAD = (
    "Austria", "Belgium", "Bulgaria", "Croatia", "Cyprus", "Czechia", "Denmark", "Estonia", "Finland", "France",
    "Germany", "Greece", "Hungary", "Italy", "Latvia", "Lithuania", "Luxembourg", "Malta", "Netherlands", "Norway",
    "Poland", "Portugal", "Romania", "Slovakia", "Slovenia", "Spain", "Sweden", "Switzerland",
)  # fmt: skip
CARRIER = "DHL"
FREE_FROM_CENTS = 5000
TIME_ZONE = "Europe/Dublin"
CUT_OFF_HOUR = 14
FIXED_HOLIDAYS = {(1, 1), (3, 17), (12, 25), (12, 26)}


@dataclass(frozen=True)
class Delivery:
    """One way to send a parcel; `days` are the working days it takes at most."""

    name: str
    hint: str
    cents: int
    days: int


DELIVERIES = {
    "standard": Delivery("Standard", "2-4 working days, free from €50", 490, 4),
    "express": Delivery("Express", "The next working day, if ordered before 14:00", 990, 1),
    "abroad": Delivery("To another country", "EU, Norway and Switzerland, 4-7 working days", 1290, 7),
}


def is_served(country: str) -> bool:
    """Whether parcels go to `country`, named as in the checkout's list."""
    return country == HOME or country in ABROAD


def usual_way(country: str) -> str:
    """The way a parcel to `country` takes unless express is wished; an unknown or empty country counts as home."""
    return "abroad" if country in ABROAD else "standard"


def cost(way: str, goods: int) -> int:
    """What `way` costs in cents, for `goods` cents after discounts. Only standard delivery is ever free."""
    return 0 if way == "standard" and goods >= FREE_FROM_CENTS else DELIVERIES[way].cents


def cost_without_surcharge(way: str, goods: int, paid: int) -> int:
    """What of the delivery cost `paid` is given back when everything returns: all but the surcharge for express."""
    return min(paid, cost("standard", goods)) if way == "express" else paid


def is_working_day(day: date) -> bool:
    """Monday to Friday, without the public holidays that have a fixed date or a fixed Monday."""
    first_monday = day.day <= 7 and day.month in {2, 5, 6, 8}
    last_monday = day.day > 24 and day.month == 10
    if day.weekday() == 0 and (first_monday or last_monday):
        return False
    return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def expected_day(way: str, placed_at: datetime) -> date:
    """The day by which a parcel ordered at `placed_at` (aware) is promised.

    From 14:00, and on days off, an order counts as placed on the next working day.
    """
    local = placed_at.astimezone(ZoneInfo(TIME_ZONE))
    start = local.date()
    if local.hour >= CUT_OFF_HOUR or not is_working_day(start):
        start = add_working_days(start, 1)
    return add_working_days(start, DELIVERIES[way].days)
