"""What the studio's routes take and give, as Pydantic models; they validate and describe in OpenAPI."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from bot.domain.inbox import Why


class Guess(BaseModel):
    intent: str
    confidence: float


class SaidOut(BaseModel):
    author: str
    text: str


class SimilarOut(BaseModel):
    message: str
    text: str


class InboxItemOut(BaseModel):
    """One decision to take; every text is redacted."""

    message: str
    text: str
    at: datetime
    case: str | None
    case_number: str | None
    understood: str = Field(description="The intent the bot acted on, after the fallback.")
    guesses: list[Guess] = Field(description="Up to five, best first, without the fallback.")
    reasons: list[str]
    low_survey: bool
    escalated: bool
    not_helpful: bool
    similar: list[SimilarOut] = Field(description="Near-identical messages; decide about them together.")
    before: list[SaidOut]
    after: list[SaidOut]
    priority: float


class InboxOut(BaseModel):
    items: list[InboxItemOut]
    total: int
    next: str | None


class InboxQuery(BaseModel):
    why: Why | None = None
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=120)


class NewIntentIn(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    answer: str | None = Field(default=None, max_length=1000, description="None: answered from the articles.")


class DecisionIn(BaseModel):
    """`intent` needs `intent`; `new_intent` needs `new`; `undo` takes back this person's last decision."""

    decision: Literal["intent", "new_intent", "not_useful", "undo"]
    messages: list[str] = Field(default=[], max_length=500)
    intent: str | None = Field(default=None, max_length=80)
    new: NewIntentIn | None = None

    @model_validator(mode="after")
    def _complete(self) -> "DecisionIn":
        if self.decision != "undo" and not self.messages:
            raise ValueError("`messages` must name at least one message")
        if self.decision == "intent" and not self.intent:
            raise ValueError("`intent` is missing")
        if self.decision == "new_intent" and self.new is None:
            raise ValueError("`new` is missing")
        return self


class DecidedOut(BaseModel):
    messages: list[str]
    intent: str | None


class IntentOut(BaseModel):
    name: str
    phrases: int
    taught: int
    samples: list[str]
    new: bool


class IntentsOut(BaseModel):
    items: list[IntentOut]


class ExampleIn(BaseModel):
    text: str = Field(min_length=1, max_length=2000)
    intent: str = Field(min_length=1, max_length=80)


class ExampleOut(BaseModel):
    id: str
    text: str
    intent: str
    message: str | None
    author: str
    created_at: datetime


class ExamplesOut(BaseModel):
    items: list[ExampleOut]
    next: str | None


class PageQuery(BaseModel):
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=120)


class ModelOut(BaseModel):
    id: str
    state: Literal["candidate", "live", "retired"]
    author: str
    data_version: str
    sha256: str
    created_at: datetime
    promoted_at: datetime | None
    scores: dict[str, Any] = Field(description="accuracy, macro_f1, n, intents, errors; empty when not measured.")
    gate: list[str] = Field(description="Why it may not go live; empty when it may.")


class ModelsOut(BaseModel):
    items: list[ModelOut]
    next: str | None


class PromoteIn(BaseModel):
    reason: str = Field(min_length=1, max_length=500)
    force: bool = Field(default=False, description="Promote although the gate refuses; the reason is kept.")


class RollbackIn(BaseModel):
    reason: str = Field(min_length=1, max_length=500)


class PromotionOut(BaseModel):
    id: str
    model: str
    previous: str | None
    kind: str
    who: str
    reason: str
    state: Literal["wanted", "done", "failed"]
    error: str | None
    created_at: datetime
    done_at: datetime | None


class TrainingOut(BaseModel):
    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    progress: float
    log: str
    error: str | None
    author: str
    data_version: str
    model: str | None
    created_at: datetime
    finished_at: datetime | None


class TrainingsOut(BaseModel):
    items: list[TrainingOut]
    next: str | None
