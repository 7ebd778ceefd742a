"""Goodwill: what a customer we let down is offered, by a table, and never more than its budget allows.

The table says the gesture by reason, days late and the order's value; caps hold for each customer and for each month.
All amounts are minor units (cents) of one currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MOST = 100_000_00
"""No gesture, cap or budget above this: a slip of the keyboard, not a policy."""
MOST_RULES = 40


class GoodwillReason(StrEnum):
    """What we did wrong."""

    LATE_ORDER = "late_order"


class GestureKind(StrEnum):
    """`voucher`: money off a later order. `refund`: part of this order's price back."""

    VOUCHER = "voucher"
    REFUND = "refund"


class LedgerState(StrEnum):
    """`reserved` holds the budget while the customer decides; `released` gives it back."""

    RESERVED = "reserved"
    GRANTED = "granted"
    RELEASED = "released"


class Refusal(StrEnum):
    """Why there is no gesture."""

    SWITCHED_OFF = "switched_off"
    NO_RULE = "no_rule"
    CURRENCY = "currency"
    CUSTOMER_CAP = "customer_cap"
    BUDGET_SPENT = "budget_spent"


class BadPolicy(ValueError):
    """The policy cannot be used; the text says which row and why."""


@dataclass(frozen=True, slots=True)
class GoodwillRule:
    """From `days_late` on, for orders of at least `order_value`, this gesture."""

    reason: GoodwillReason
    days_late: int
    order_value: int
    kind: GestureKind
    amount: int


@dataclass(frozen=True, slots=True)
class Gesture:
    """What is offered."""

    kind: GestureKind
    amount: int


@dataclass(frozen=True, slots=True)
class GoodwillPolicy:
    """The table and its limits. `customer_cap` holds for any `customer_days`, `monthly_budget` for a calendar month."""

    enabled: bool = True
    monthly_budget: int = 50_000
    customer_cap: int = 2_000
    customer_days: int = 90
    rules: tuple[GoodwillRule, ...] = field(
        default_factory=lambda: (
            GoodwillRule(GoodwillReason.LATE_ORDER, 2, 0, GestureKind.VOUCHER, 500),
            GoodwillRule(GoodwillReason.LATE_ORDER, 5, 0, GestureKind.VOUCHER, 1_000),
            GoodwillRule(GoodwillReason.LATE_ORDER, 5, 15_000, GestureKind.VOUCHER, 1_500),
        )
    )

    def __post_init__(self) -> None:
        """Raises BadPolicy."""
        _within("The monthly budget", self.monthly_budget)
        _within("The cap for a customer", self.customer_cap)
        if not 1 <= self.customer_days <= 3650:
            raise BadPolicy("The cap for a customer must hold for 1 to 3650 days.")
        if len(self.rules) > MOST_RULES:
            raise BadPolicy(f"At most {MOST_RULES} rows, please.")
        seen: dict[tuple[GoodwillReason, int, int], int] = {}
        for number, rule in enumerate(self.rules, 1):
            _check_rule(number, rule, self)
            place = (rule.reason, rule.days_late, rule.order_value)
            if place in seen:
                raise BadPolicy(f"Row {number} is for the same case as row {seen[place]}; keep one of them.")
            seen[place] = number

    def to_json(self) -> dict[str, Any]:
        """Plain values for the store."""
        return {**asdict(self), "rules": [asdict(rule) for rule in self.rules]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GoodwillPolicy:
        """What `to_json` made. Raises BadPolicy."""
        rules = tuple(
            GoodwillRule(
                reason=GoodwillReason(rule["reason"]),
                days_late=rule["days_late"],
                order_value=rule["order_value"],
                kind=GestureKind(rule["kind"]),
                amount=rule["amount"],
            )
            for rule in data["rules"]
        )
        return cls(data["enabled"], data["monthly_budget"], data["customer_cap"], data["customer_days"], rules)


def _within(what: str, amount: int) -> None:
    if not 0 <= amount <= MOST:
        raise BadPolicy(f"{what} must lie between 0 and {MOST // 100:,}.")


def _check_rule(number: int, rule: GoodwillRule, policy: GoodwillPolicy) -> None:
    if not 0 <= rule.days_late <= 365:
        raise BadPolicy(f"Row {number}: the days late must lie between 0 and 365.")
    _within(f"Row {number}: the order's value", rule.order_value)
    if not 1 <= rule.amount <= MOST:
        raise BadPolicy(f"Row {number}: the amount must lie between 0.01 and {MOST // 100:,}.")
    if rule.amount > policy.customer_cap:
        raise BadPolicy(f"Row {number}: the amount is above the cap for a customer, so it could never be given.")
    if rule.kind is GestureKind.REFUND and rule.amount > rule.order_value:
        raise BadPolicy(f"Row {number}: a refund cannot be more than the order's value in the same row.")


def choose_gesture(
    policy: GoodwillPolicy, reason: GoodwillReason, days_late: int, order_value: int
) -> Gesture | Refusal:
    """The row that fits most closely: the most days late first, then the highest order value."""
    if not policy.enabled:
        return Refusal.SWITCHED_OFF
    fitting = [
        rule
        for rule in policy.rules
        if rule.reason is reason and rule.days_late <= days_late and rule.order_value <= order_value
    ]
    if not fitting:
        return Refusal.NO_RULE
    best = max(fitting, key=lambda rule: (rule.days_late, rule.order_value))
    return Gesture(best.kind, best.amount)


def check_limits(policy: GoodwillPolicy, amount: int, used_by_customer: int, used_this_month: int) -> Refusal | None:
    """Whether `amount` still fits; None when it does. What is reserved counts as used."""
    if used_by_customer + amount > policy.customer_cap:
        return Refusal.CUSTOMER_CAP
    if used_this_month + amount > policy.monthly_budget:
        return Refusal.BUDGET_SPENT
    return None


def month_of(moment: datetime) -> str:
    """`2026-07`: the month (UTC) whose budget is used."""
    return f"{moment:%Y-%m}"


def customer_period_start(policy: GoodwillPolicy, now: datetime) -> datetime:
    """From when on a customer's gestures count against the cap."""
    return now - timedelta(days=policy.customer_days)
