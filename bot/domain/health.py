"""Customer health, 0 (about to leave) to 100 (thriving).

A weighted mean whose every part is shown with its weight.

A part that is not known is left out, the other weights are scaled up to fill its place, and the coverage
shown falls by its weight: an honest number from little knowledge instead of a made-up one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

GREEN_FROM = 70
RED_BELOW = 40
DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "scores": 0.30,
        "effort": 0.15,
        "unresolved": 0.20,
        "sentiment": 0.10,
        "recency": 0.15,
        "frequency": 0.10,
    }
)


class HealthLevel(StrEnum):
    """The traffic light."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class HealthInputs:
    """What is known of a customer; None where nothing is.

    `scores`: mean of the last survey answers as parts of their scales (`surveys.normalised`). `effort`:
    `effort.effort_index` of the last cases. `unresolved`: number of unresolved cases. `sentiment_trend`: -1
    falling to 1 rising. `days_since_order` and `orders_per_quarter` from the shop.
    """

    scores: float | None = None
    effort: float | None = None
    unresolved: int | None = None
    sentiment_trend: float | None = None
    days_since_order: float | None = None
    orders_per_quarter: float | None = None


@dataclass(frozen=True, slots=True)
class HealthPart:
    """One part: `value` 0.0 bad to 1.0 good or None when unknown, `weight` as set."""

    name: str
    value: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class Health:
    """The result: `score` 0-100 and `level` are None when nothing is known.

    `coverage` is the known weight, 0-1.
    """

    score: int | None
    level: HealthLevel | None
    coverage: float
    parts: tuple[HealthPart, ...]


def customer_health(
    inputs: HealthInputs, weights: Mapping[str, float] = DEFAULT_WEIGHTS, lost_after_days: float = 180
) -> Health:
    """The weighted mean of the known parts, renormalised to the weight they have.

    Each part on 0..1: scores as they are; effort 1 - index; unresolved 1 - n/3; sentiment (trend + 1)/2;
    recency falls in a line from 1 at 30 days to 0 at `lost_after_days`; frequency orders per quarter / 3,
    at most 1. ValueError for a weight that is negative or unknown, or when all are zero.
    """
    unknown = set(weights) - set(DEFAULT_WEIGHTS)
    if unknown or any(weight < 0 for weight in weights.values()) or not sum(weights.values()) > 0:
        raise ValueError(f"Health weights must be positive and among {', '.join(DEFAULT_WEIGHTS)}.")
    if lost_after_days <= 30:
        raise ValueError("A customer counts as lost after more than 30 days; set a larger number.")
    values = _normalised(inputs, lost_after_days)
    parts = tuple(HealthPart(name, values[name], weight) for name, weight in weights.items())
    known = [(part.value, part.weight) for part in parts if part.value is not None]
    weight_known = sum(weight for _, weight in known)
    coverage = weight_known / sum(weights.values())
    if weight_known <= 0:
        return Health(None, None, 0.0, parts)
    score = round(100 * sum(value * weight for value, weight in known) / weight_known)
    return Health(score, health_level(score), coverage, parts)


def health_level(score: int) -> HealthLevel:
    """Red below 40, green from 70, amber between."""
    if score < RED_BELOW:
        return HealthLevel.RED
    return HealthLevel.GREEN if score >= GREEN_FROM else HealthLevel.AMBER


def _normalised(inputs: HealthInputs, lost_after_days: float) -> dict[str, float | None]:
    def part(value: float | None, good: float, bad: float) -> float | None:
        """`value` on the line from `bad` (0.0) to `good` (1.0), held inside."""
        return None if value is None else min(1.0, max(0.0, (value - bad) / (good - bad)))

    return {
        "scores": part(inputs.scores, good=1, bad=0),
        "effort": part(inputs.effort, good=0, bad=1),
        "unresolved": part(inputs.unresolved, good=0, bad=3),
        "sentiment": part(inputs.sentiment_trend, good=1, bad=-1),
        "recency": part(inputs.days_since_order, good=30, bad=lost_after_days),
        "frequency": part(inputs.orders_per_quarter, good=3, bad=0),
    }
