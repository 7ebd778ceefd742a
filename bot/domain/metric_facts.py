"""The small values that the formulas of `metrics` read, and the score they return."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.conversation import Resolution
from bot.domain.surveys import SurveyKind

ENOUGH = 5


class Handler(StrEnum):
    """Who handled the case; frozen when the survey is sent, never looked up later."""

    BOT = "bot"
    HUMAN = "human"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Score:
    """One figure.

    `low` and `high` are the 95 % interval, None where n allows none; `value` is None without data.
    """

    name: str
    handler: Handler
    value: float | None
    n: int
    low: float | None
    high: float | None
    unit: str
    definition: str

    @property
    def enough(self) -> bool:
        """Whether there are at least five observations behind it."""
        return self.n >= ENOUGH

    def to_json(self) -> dict[str, Any]:
        """The shape of the metrics route, with `enough` added."""
        return asdict(self) | {"enough": self.enough}


@dataclass(frozen=True, slots=True)
class SurveyFact:
    """One survey that was shown; `score` is None as long as it is not answered."""

    kind: SurveyKind
    handler: Handler
    score: int | None


@dataclass(frozen=True, slots=True)
class CaseFact:
    """One case. `reopened` counts reopenings, `engaged_s` is the agents' engaged time on it."""

    case_id: str
    customer_id: str
    intent: str | None
    handler: Handler
    opened_at: datetime
    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    escalated: bool = False
    reopened: int = 0
    engaged_s: float = 0.0


@dataclass(frozen=True, slots=True)
class HandoffFact:
    """One escalation: seconds until the first public message of a person, None while nobody has answered.

    A reopened case that escalates again is another one: the clock restarts. `business_s` counts opening
    hours only.
    """

    wait_s: float | None
    business_s: float | None = None
