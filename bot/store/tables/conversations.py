"""Customers, their one thread each (the conversation), the cases in it, and all that was said."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Id, id_column


class Customer(Base):
    """A person on the website. Anonymous until the site's server signs who it is (`external_id` is the JWT's `sub`)."""

    __tablename__ = "rp_customer"

    id: Mapped[str] = id_column()
    external_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    email: Mapped[str | None] = mapped_column(String(320), index=True)
    name: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(35))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    stop_asking_at: Mapped[datetime | None]


class Conversation(Base):
    """A customer's whole thread. `last_seq` numbers its timeline without holes."""

    __tablename__ = "rp_conversation"

    id: Mapped[str] = id_column()
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(Id)
    """The case that is open or was last open; no foreign key, for the two rows are made together."""
    last_seq: Mapped[int] = mapped_column(default=0)
    page: Mapped[dict[str, Any] | None]
    """The page the customer is on, as `domain.page` reads it; the website's word, not ours."""
    created_at: Mapped[datetime]


class VisitorToken(Base):
    """A browser's right to its conversation: only the token's SHA-256 is kept."""

    __tablename__ = "rp_visitor_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]


class Case(Base):
    """One problem of one customer, and one tracker in Rasa (its id is the `sender_id`)."""

    __tablename__ = "rp_case"
    __table_args__ = (Index("ix_rp_case_owner_escalated", "owner", "escalated_at"),)

    id: Mapped[str] = id_column()
    number: Mapped[str] = mapped_column(String(20), unique=True)
    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"), index=True)
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_customer.id"), index=True)
    status: Mapped[str] = mapped_column(String(10), default="open", index=True)
    owner: Mapped[str] = mapped_column(String(10), default="bot")
    epoch: Mapped[int] = mapped_column(default=0)
    agent_id: Mapped[str | None] = mapped_column(Id, index=True)
    team: Mapped[str | None] = mapped_column(String(60))
    opened_at: Mapped[datetime]
    intent: Mapped[str | None] = mapped_column(String(80))
    """The problem's intent: of the first message that asked for something."""
    model_id: Mapped[str | None] = mapped_column(String(120))
    escalated_at: Mapped[datetime | None]
    escalation_reason: Mapped[str | None] = mapped_column(String(120))
    ever_escalated: Mapped[bool] = mapped_column(default=False)
    ticket: Mapped[bool] = mapped_column(default=False)
    """Escalated while nobody was on duty: the customer has a number and a reply time."""
    reply_email: Mapped[str | None] = mapped_column(String(320))
    claimed_at: Mapped[datetime | None]
    first_human_at: Mapped[datetime | None]
    engaged_s: Mapped[float] = mapped_column(default=0.0)
    """Seconds an agent owned the case, summed over claims (for AHT)."""
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None] = mapped_column(String(12))
    resolution_reason: Mapped[str | None] = mapped_column(String(200))
    closed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    spam: Mapped[bool] = mapped_column(default=False)
    reopened: Mapped[int] = mapped_column(default=0)
    effort: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The domain's effort ledger of this case, as JSON."""
    mood: Mapped[float] = mapped_column(default=0.0)
    last_activity_at: Mapped[datetime]
    packet: Mapped[dict[str, Any] | None]
    """The handoff packet, frozen when the case was escalated."""
    page: Mapped[dict[str, Any] | None]
    """The page the case began on."""


class Message(Base):
    """Something said in a conversation. A customer's message has one `outcome` in the end."""

    __tablename__ = "rp_message"
    __table_args__ = (UniqueConstraint("conversation_id", "seq"),)

    id: Mapped[str] = id_column()
    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"))
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    seq: Mapped[int]
    cid: Mapped[str | None] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(10))
    name: Mapped[str | None] = mapped_column(String(200))
    staff_id: Mapped[str | None] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What goes with the text as it was sent: choices, card, survey, invitation, article."""
    reply_to: Mapped[str | None] = mapped_column(Id, index=True)
    """For the bot's messages: the customer message or job this turn answered."""
    nlu: Mapped[dict[str, Any] | None]
    model_id: Mapped[str | None] = mapped_column(String(120))
    outcome: Mapped[str | None] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(index=True)


class Timeline(Base):
    """Every numbered frame of a conversation: a message (by reference), a state or an update (by body)."""

    __tablename__ = "rp_timeline"

    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10))
    message_id: Mapped[str | None] = mapped_column(Id)
    body: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class Receipt(Base):
    """A committed client frame: its `cid` and the `seq` acked for it, so that a repeat gets the same answer."""

    __tablename__ = "rp_receipt"

    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"), primary_key=True)
    cid: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int]


class Choice(Base):
    """A quick reply as offered: the browser knows only its id, what it means stays here. Single use."""

    __tablename__ = "rp_choice"

    id: Mapped[str] = id_column()
    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_conversation.id"), index=True)
    case_id: Mapped[str] = mapped_column(Id)
    message_id: Mapped[str] = mapped_column(Id, index=True)
    title: Mapped[str] = mapped_column(String(200))
    intent: Mapped[str] = mapped_column(String(80))
    entities: Mapped[dict[str, Any]] = mapped_column(default=dict)
    used_at: Mapped[datetime | None]


class Note(Base):
    """What agents write for each other; never in the customer's timeline."""

    __tablename__ = "rp_note"

    id: Mapped[str] = id_column()
    case_id: Mapped[str] = mapped_column(Id, ForeignKey("rp_case.id"), index=True)
    staff_id: Mapped[str | None] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class Effect(Base):
    """An action's effect, done once for each (`message_id`, `action`): a repeated turn gets the stored result."""

    __tablename__ = "rp_effect"

    message_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    action: Mapped[str] = mapped_column(String(120), primary_key=True)
    case_id: Mapped[str] = mapped_column(Id, index=True)
    result: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
