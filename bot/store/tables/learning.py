"""Teaching the bot: examples people annotated, inbox decisions, training runs, models and their promotion."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id, id_column


class Example(Base):
    """A message with the intent a person gave it; trained on together with the files of `data/nlu/`."""

    __tablename__ = "rp_example"

    id: Mapped[str] = id_column()
    text: Mapped[str] = mapped_column(Text)
    intent: Mapped[str] = mapped_column(String(80), index=True)
    message_id: Mapped[str | None] = mapped_column(Id, index=True)
    staff_id: Mapped[str | None] = mapped_column(Id)
    author: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class TaughtIntent(Base):
    """An intent made in the studio. `answer` is what the bot says to it; none means: answered from the articles."""

    __tablename__ = "rp_taught_intent"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    answer: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class InboxDecision(Base):
    """What somebody decided about a message in the teaching inbox; undone by `undone_at`."""

    __tablename__ = "rp_inbox_decision"

    id: Mapped[str] = id_column()
    message_id: Mapped[str] = mapped_column(Id, index=True)
    decision: Mapped[str] = mapped_column(String(12))
    example_id: Mapped[str | None] = mapped_column(Id)
    staff_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class Training(Base):
    """A training run: its stage, its log, and the model or the error that came of it."""

    __tablename__ = "rp_training"

    id: Mapped[str] = id_column()
    state: Mapped[str] = mapped_column(String(10))
    stage: Mapped[str] = mapped_column(String(120))
    progress: Mapped[float] = mapped_column(default=0.0)
    log: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(320))
    data_version: Mapped[str] = mapped_column(String(64))
    model_id: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Model(Base):
    """A trained model: who made it from what, how well it does, and whether it answers customers."""

    __tablename__ = "rp_model"

    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    path: Mapped[str] = mapped_column(String(1000))
    sha256: Mapped[str] = mapped_column(String(64))
    data_version: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(320))
    state: Mapped[str] = mapped_column(String(10))
    """`candidate`, `live` or `retired`; at most one is live."""
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]


class Promotion(Base):
    """A switch of the live model, forward or back, with who and why."""

    __tablename__ = "rp_promotion"

    id: Mapped[str] = id_column()
    model_id: Mapped[str] = mapped_column(String(120), index=True)
    previous_id: Mapped[str | None] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    who: Mapped[str] = mapped_column(String(320))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    """`wanted`, `done` or `failed`."""
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
