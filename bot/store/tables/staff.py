"""The people behind the desk and the studio: accounts, sessions, one-time links, and the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id, id_column


class Staff(Base):
    """An account: `agent`, `supervisor` or `admin`."""

    __tablename__ = "rp_staff"

    id: Mapped[str] = id_column()
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(12))
    password_hash: Mapped[str | None] = mapped_column(String(300))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    """Last heard from on a desk socket or request: who is on duty is read from it."""


class StaffSession(Base):
    """A sign-in: only the SHA-256 of its token is kept; ends by idleness, age or revocation."""

    __tablename__ = "rp_staff_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_staff.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class OneTimeLink(Base):
    """A link that makes or opens an account once (the first admin's)."""

    __tablename__ = "rp_one_time_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginAttempt(Base):
    """A failed sign-in; counted by account and address, so that guessing is slowed and survives a restart."""

    __tablename__ = "rp_login_attempt"

    id: Mapped[str] = id_column()
    account: Mapped[str] = mapped_column(String(64), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Audit(Base):
    """Who did what to what, when. Rows are only added."""

    __tablename__ = "rp_audit"

    id: Mapped[str] = id_column()
    staff_id: Mapped[str | None] = mapped_column(Id, index=True)
    who: Mapped[str] = mapped_column(String(320))
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(120), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(index=True)
