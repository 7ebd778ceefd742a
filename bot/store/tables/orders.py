"""What the order tools keep: failed proofs of ownership, and the goodwill policy with its ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id, id_column


class FailedProof(Base):
    """An order number and an address that did not belong together; one row a message, so a repeated turn adds none."""

    __tablename__ = "rp_failed_proof"

    message_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(String(64), index=True)
    order_number: Mapped[str] = mapped_column(String(60), index=True)
    created_at: Mapped[datetime]


class GoodwillTable(Base):
    """A version of the goodwill policy; the highest is in force. Version 0 is the one shipped and the budget's lock."""

    __tablename__ = "rp_goodwill_policy"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[dict[str, Any]]
    author: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]


class Goodwill(Base):
    """The ledger: one gesture for an order and reason, reserved, then granted or released. Minor units."""

    __tablename__ = "rp_goodwill"
    __table_args__ = (
        Index("ix_rp_goodwill_beneficiary_reserved_at", "beneficiary", "reserved_at"),
        Index("uq_rp_goodwill_subject_reason", "subject", "reason", unique=True),
    )

    id: Mapped[str] = id_column()
    subject: Mapped[str] = mapped_column(String(60))
    """The order it is for."""
    reason: Mapped[str] = mapped_column(String(20))
    beneficiary: Mapped[str] = mapped_column(String(255))
    """The shop's customer, so that the cap holds whatever browser they come by."""
    customer_id: Mapped[str | None] = mapped_column(Id, index=True)
    conversation_id: Mapped[str | None] = mapped_column(Id)
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    days_late: Mapped[int]
    order_value: Mapped[int]
    policy_version: Mapped[int]
    month: Mapped[str] = mapped_column(String(7), index=True)
    state: Mapped[str] = mapped_column(String(10), index=True)
    why: Mapped[str | None] = mapped_column(String(60))
    """Why it was released."""
    code: Mapped[str | None] = mapped_column(String(80))
    """The voucher's code."""
    reserved_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    """When the customer said yes: from then on it is owed and never released by time."""
    granted_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
