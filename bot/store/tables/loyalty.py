"""Referrals and their rewards, testimonials, and the recovery of customers we let down."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id, id_column


class ReferralLink(Base):
    """An advocate's personal code; one for each customer."""

    __tablename__ = "rp_referral_link"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), unique=True)
    case_id: Mapped[str | None] = mapped_column(Id)
    """The case whose good end led to the invitation."""
    created_at: Mapped[datetime]
    shared_at: Mapped[datetime | None]


class ReferralVisit(Base):
    """One visitor of a code's landing page; the visitor is a keyed hash, counted once a day."""

    __tablename__ = "rp_referral_visit"
    __table_args__ = (UniqueConstraint("code", "visitor", "day"),)

    id: Mapped[str] = id_column()
    code: Mapped[str] = mapped_column(String(40), ForeignKey("rp_referral_link.code"), index=True)
    visitor: Mapped[str] = mapped_column(String(64))
    day: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]


class Referral(Base):
    """A friend on the way from visit to reward. We hold only keyed hashes of who it is."""

    __tablename__ = "rp_referral"
    __table_args__ = (UniqueConstraint("code", "friend"),)

    id: Mapped[str] = id_column()
    code: Mapped[str] = mapped_column(String(40), ForeignKey("rp_referral_link.code"), index=True)
    friend: Mapped[str] = mapped_column(String(255))
    """The shop's own id of the friend."""
    email_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    payment_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(200))
    order_number: Mapped[str | None] = mapped_column(String(60))
    order_total: Mapped[int | None]
    signed_up_at: Mapped[datetime | None]
    qualified_at: Mapped[datetime | None]
    rewarded_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Reward(Base):
    """The ledger: what was promised to whom, in minor units. One row a referral and party, so nothing is paid twice."""

    __tablename__ = "rp_reward"
    __table_args__ = (UniqueConstraint("referral_id", "party"),)

    id: Mapped[str] = id_column()
    referral_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_referral.id"))
    customer_id: Mapped[str | None] = mapped_column(Id, index=True)
    party: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime]


class Testimonial(Base):
    """A customer's own words with the consent to show them."""

    __tablename__ = "rp_testimonial"

    id: Mapped[str] = id_column()
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(Id)
    words: Mapped[str] = mapped_column(Text)
    edited: Mapped[str | None] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(String(60))
    consent_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Recovery(Base):
    """A low score that somebody owns, with a deadline, until it is made good."""

    __tablename__ = "rp_recovery"

    id: Mapped[str] = id_column()
    case_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_case.id"), index=True)
    survey_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_survey.id"), unique=True)
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), index=True)
    staff_id: Mapped[str | None] = mapped_column(Id, index=True)
    state: Mapped[str] = mapped_column(String(12))
    due_at: Mapped[datetime]
    cause: Mapped[str | None] = mapped_column(String(60))
    outcome: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
