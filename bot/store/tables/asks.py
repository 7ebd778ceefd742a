"""What we ask of customers: surveys and their answers, invitations, every decision to ask or not, with its reason."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id, id_column


class Survey(Base):
    """One question to one customer. Attribution (handler, agent, model, intent) is frozen here when it is sent."""

    __tablename__ = "rp_survey"

    id: Mapped[str] = id_column()
    case_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_case.id"), index=True)
    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"), index=True)
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    question: Mapped[str] = mapped_column(Text)
    handler: Mapped[str] = mapped_column(String(8))
    agent_id: Mapped[str | None] = mapped_column(Id)
    model_id: Mapped[str | None] = mapped_column(String(120))
    intent: Mapped[str | None] = mapped_column(String(80))
    message_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(index=True)
    shown_at: Mapped[datetime | None]
    """Set when the message that carries it is committed; a survey never shown is not counted."""
    skipped_at: Mapped[datetime | None]


class Response(Base):
    """A survey's answer: saved on selection, comment later, the last score counts."""

    __tablename__ = "rp_response"

    survey_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_survey.id"), primary_key=True)
    score: Mapped[int]
    first_score: Mapped[int]
    comment: Mapped[str | None] = mapped_column(Text)
    via: Mapped[str] = mapped_column(String(10))
    """`control` (the rating in the widget) or `words` (confirmed before it was stored)."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AskDecision(Base):
    """Whether something was asked and why: visible to agent and admin."""

    __tablename__ = "rp_ask_decision"

    id: Mapped[str] = id_column()
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(12))
    asked: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Invitation(Base):
    """An offer made to the customer: refer a friend, review in public, give a testimonial."""

    __tablename__ = "rp_invitation"

    id: Mapped[str] = id_column()
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), index=True)
    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    survey_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(String(2000))
    code: Mapped[str | None] = mapped_column(String(40))
    sites: Mapped[list[Any]] = mapped_column(default=list)
    """For reviews: `{name, url}` of each site, in the order they are shown to everybody."""
    answer: Mapped[str | None] = mapped_column(String(8))
    message_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(index=True)
    shown_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class ReviewOffer(Base):
    """The equal-offer ledger: everybody who was surveyed got the same review link, whatever the score."""

    __tablename__ = "rp_review_offer"

    id: Mapped[str] = id_column()
    survey_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_survey.id"), unique=True)
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), index=True)
    invitation_id: Mapped[str | None] = mapped_column(Id)
    site: Mapped[str | None] = mapped_column(String(120))
    offered_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
