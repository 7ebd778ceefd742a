"""All tables, by topic; importing this package registers every one with the metadata."""

from bot.store.tables.asks import AskDecision, Invitation, Response, ReviewOffer, Survey
from bot.store.tables.conversations import (
    Case,
    Choice,
    Conversation,
    Customer,
    Effect,
    Message,
    Note,
    Receipt,
    Timeline,
    VisitorToken,
)
from bot.store.tables.erasures import Erasure
from bot.store.tables.knowledge import ArticleRow, ArticleVerdict, ArticleVersion
from bot.store.tables.learning import Example, InboxDecision, Model, Promotion, TaughtIntent, Training
from bot.store.tables.loyalty import Recovery, Referral, ReferralLink, ReferralVisit, Reward, Testimonial
from bot.store.tables.operations import Job, Mail, ShopEvent
from bot.store.tables.orders import FailedProof, Goodwill, GoodwillTable
from bot.store.tables.staff import Audit, LoginAttempt, OneTimeLink, Staff, StaffSession
from bot.store.tables.uploads import Upload

__all__ = [
    "ArticleRow",
    "ArticleVerdict",
    "ArticleVersion",
    "AskDecision",
    "Audit",
    "Case",
    "Choice",
    "Conversation",
    "Customer",
    "Effect",
    "Erasure",
    "Example",
    "FailedProof",
    "Goodwill",
    "GoodwillTable",
    "InboxDecision",
    "Invitation",
    "Job",
    "LoginAttempt",
    "Mail",
    "Message",
    "Model",
    "Note",
    "OneTimeLink",
    "Promotion",
    "Receipt",
    "Recovery",
    "Referral",
    "ReferralLink",
    "ReferralVisit",
    "Response",
    "ReviewOffer",
    "Reward",
    "ShopEvent",
    "Staff",
    "StaffSession",
    "Survey",
    "TaughtIntent",
    "Testimonial",
    "Timeline",
    "Training",
    "Upload",
    "VisitorToken",
]
