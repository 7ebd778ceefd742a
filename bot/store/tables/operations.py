"""The lease queue of jobs, the e-mail outbox, and what the shop told us."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, id_column


class Job(Base):
    """Work to be done at least once. Jobs of one `lane` run one at a time, in order of `id`."""

    __tablename__ = "rp_job"
    __table_args__ = (
        Index("ix_rp_job_state_run_at", "state", "run_at"),
        Index("ix_rp_job_lane_state", "lane", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    lane: Mapped[str | None] = mapped_column(String(60))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(8), default="ready")
    """`ready`, `running`, `done` or `dead` (given up; kept for a person to look at)."""
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(120))
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=20)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Mail(Base):
    """An e-mail we owe somebody; sent by a job, kept as the record of what was said."""

    __tablename__ = "rp_mail"

    id: Mapped[str] = id_column()
    recipient: Mapped[str] = mapped_column(String(320), index=True)
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    case_id: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class ShopEvent(Base):
    """A signed event of the shop, by its webhook id: a repeated one changes nothing."""

    __tablename__ = "rp_shop_event"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(60), index=True)
    data: Mapped[dict[str, Any]]
    result: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime]
