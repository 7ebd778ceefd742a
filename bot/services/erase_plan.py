"""What becomes of every table when a person is erased: the one place that decides it.

A test holds this plan against the tables: one that is missing here, or a column of a kept row that nobody decided
about, fails it. Rows that stay are copied under new random ids onto a nameless stand-in, so that nothing written down
elsewhere leads to them; what they still say is a number, a date and who of ours dealt with it.
"""

from collections.abc import Mapping
from typing import Any

from bot.domain.conversation import CaseStatus, Owner
from bot.domain.goodwill import LedgerState
from bot.services.erase_rules import Fate, Fill, Rule, Whose

ERASED = "erased"


def _gone(**by: Whose) -> tuple[Rule, ...]:
    return (Rule(Fate.GONE, tuple(by.items())),)


def _or_now(column: str) -> Fill:
    return lambda row, hand: getattr(row, column) or hand.now


_NOBODYS = (Rule(Fate.OTHERS),)

PLAN: Mapping[str, tuple[Rule, ...]] = {
    "rp_customer": (
        Rule(
            Fate.COUNTED,
            by=(("id", Whose.CUSTOMER),),
            move={"id": Whose.CUSTOMER},
            blank={"external_id": None, "email": None, "name": None, "locale": None, "stop_asking_at": None},
            keep=("created_at", "seen_at"),
        ),
    ),
    "rp_conversation": (
        Rule(
            Fate.COUNTED,
            by=(("id", Whose.CONVERSATION),),
            move={"id": Whose.CONVERSATION, "customer_id": Whose.CUSTOMER, "case_id": Whose.CASE},
            blank={"page": None},
            keep=("last_seq", "created_at"),
        ),
    ),
    "rp_visitor_token": _gone(conversation_id=Whose.CONVERSATION),
    "rp_case": (
        Rule(
            Fate.COUNTED,
            by=(("id", Whose.CASE),),
            move={"id": Whose.CASE, "conversation_id": Whose.CONVERSATION, "customer_id": Whose.CUSTOMER},
            blank={
                "number": lambda _row, hand: hand.number(),
                "status": CaseStatus.CLOSED.value,
                "owner": Owner.NOBODY.value,
                "closed_at": _or_now("closed_at"),
                "ticket": False,
                "reply_email": None,
                "resolution_reason": None,
                "effort": lambda _row, _hand: {},
                "mood": 0.0,
                "packet": None,
                "page": None,
            },
            keep=(
                "epoch", "agent_id", "team", "opened_at", "intent", "model_id", "escalated_at", "escalation_reason",
                "ever_escalated", "claimed_at", "first_human_at", "engaged_s", "resolved_at", "resolution",
                "withdrawn_at", "spam", "reopened", "last_activity_at",
            ),
        ),
    ),
    "rp_message": (
        # That an agent wrote, and when, is the agent's work and decides whose case it was in the scores.
        Rule(
            Fate.COUNTED,
            by=(("id", Whose.MESSAGE),),
            only=lambda row: row.author == "agent",
            move={"id": None, "conversation_id": Whose.CONVERSATION, "case_id": Whose.CASE},
            blank={
                "text": "", "name": None, "parts": lambda _row, _hand: {}, "nlu": None, "reply_to": None, "cid": None,
            },
            keep=("seq", "author", "staff_id", "model_id", "outcome", "created_at"),
        ),
    ),
    "rp_upload": _gone(conversation_id=Whose.CONVERSATION),
    "rp_timeline": _gone(conversation_id=Whose.CONVERSATION),
    "rp_receipt": _gone(conversation_id=Whose.CONVERSATION),
    "rp_choice": _gone(conversation_id=Whose.CONVERSATION),
    "rp_note": _gone(case_id=Whose.CASE),
    "rp_effect": _gone(case_id=Whose.CASE, message_id=Whose.MESSAGE),
    "rp_survey": (
        Rule(
            Fate.COUNTED,
            by=(("id", Whose.SURVEY),),
            move={
                "id": Whose.SURVEY, "case_id": Whose.CASE, "conversation_id": Whose.CONVERSATION,
                "customer_id": Whose.CUSTOMER,
            },
            blank={"message_id": None},
            keep=(
                "kind", "question", "handler", "agent_id", "model_id", "intent", "created_at", "shown_at", "skipped_at",
            ),
        ),
    ),
    "rp_response": (
        Rule(
            Fate.COUNTED,
            by=(("survey_id", Whose.SURVEY),),
            move={"survey_id": Whose.SURVEY},
            blank={"comment": None},
            keep=("score", "first_score", "via", "created_at", "updated_at"),
        ),
    ),
    "rp_ask_decision": (
        Rule(
            Fate.COUNTED,
            by=(("customer_id", Whose.CUSTOMER), ("case_id", Whose.CASE)),
            move={"id": None, "customer_id": Whose.CUSTOMER, "case_id": Whose.CASE},
            blank={"detail": ""},
            keep=("kind", "asked", "reason", "created_at"),
        ),
    ),
    "rp_invitation": (
        Rule(
            Fate.COUNTED,
            by=(("id", Whose.INVITATION),),
            move={
                "id": Whose.INVITATION, "customer_id": Whose.CUSTOMER, "conversation_id": Whose.CONVERSATION,
                "case_id": Whose.CASE, "survey_id": Whose.SURVEY,
            },
            blank={
                "title": "", "text": "", "url": None, "code": None, "sites": lambda _row, _hand: [], "message_id": None,
            },
            keep=("kind", "answer", "created_at", "shown_at", "answered_at"),
        ),
    ),
    "rp_review_offer": (
        Rule(
            Fate.COUNTED,
            by=(("customer_id", Whose.CUSTOMER), ("survey_id", Whose.SURVEY)),
            move={
                "id": None, "survey_id": Whose.SURVEY, "customer_id": Whose.CUSTOMER,
                "invitation_id": Whose.INVITATION,
            },
            keep=("site", "offered_at", "taken_at", "done_at"),
        ),
    ),
    "rp_referral_link": (
        Rule(
            Fate.COUNTED,
            by=(("code", Whose.CODE),),
            move={"code": Whose.CODE, "customer_id": Whose.CUSTOMER, "case_id": Whose.CASE},
            keep=("created_at", "shared_at"),
        ),
    ),
    "rp_referral_visit": (
        Rule(
            Fate.COUNTED,
            by=(("code", Whose.CODE),),
            move={"id": None, "code": Whose.CODE},
            keep=("visitor", "day", "created_at"),
        ),
    ),
    "rp_referral": (
        # As a friend of somebody else's, first: what is kept of one's own referrals must not name oneself.
        Rule(
            Fate.BLANKED,
            by=(("friend", Whose.EXTERNAL),),
            blank={
                "friend": lambda row, hand: hand.blind(row.friend), "email_hash": None, "payment_hash": None,
                "order_number": None,
            },
            keep=(
                "id", "code", "state", "reason", "order_total", "signed_up_at", "qualified_at", "rewarded_at",
                "created_at",
            ),
        ),
        # As the advocate: what is left is the friend's, not the person's.
        Rule(
            Fate.COUNTED,
            by=(("id", Whose.REFERRAL),),
            move={"id": Whose.REFERRAL, "code": Whose.CODE},
            keep=(
                "friend", "email_hash", "payment_hash", "state", "reason", "order_number", "order_total",
                "signed_up_at", "qualified_at", "rewarded_at", "created_at",
            ),
        ),
    ),
    "rp_reward": (
        Rule(
            Fate.COUNTED,
            by=(("customer_id", Whose.CUSTOMER), ("referral_id", Whose.REFERRAL)),
            move={"id": None, "referral_id": Whose.REFERRAL, "customer_id": Whose.CUSTOMER},
            keep=("party", "amount", "currency", "created_at"),
        ),
    ),
    "rp_testimonial": _gone(customer_id=Whose.CUSTOMER, case_id=Whose.CASE),
    "rp_recovery": (
        Rule(
            Fate.COUNTED,
            by=(("customer_id", Whose.CUSTOMER), ("case_id", Whose.CASE)),
            only=lambda row: row.closed_at is not None,
            move={"id": None, "case_id": Whose.CASE, "survey_id": Whose.SURVEY, "customer_id": Whose.CUSTOMER},
            blank={"outcome": None},
            keep=("staff_id", "state", "due_at", "cause", "opened_at", "closed_at"),
        ),
    ),
    "rp_article_verdict": (
        Rule(
            Fate.COUNTED,
            by=(("case_id", Whose.CASE),),
            move={"id": None, "case_id": Whose.CASE},
            keep=("article_id", "version", "verdict", "created_at"),
        ),
    ),
    "rp_failed_proof": (
        # The number is not shown to be theirs; guessing it goes on being counted.
        Rule(
            Fate.COUNTED,
            by=(("conversation_id", Whose.CONVERSATION),),
            move={"message_id": None},
            blank={"conversation_id": ERASED, "order_number": lambda row, hand: hand.blind(row.order_number)},
            keep=("created_at",),
        ),
    ),
    "rp_goodwill": (
        # The ledger's money stays, and the order's fingerprint, so that nothing is granted twice.
        Rule(
            Fate.COUNTED,
            by=(("id", Whose.GOODWILL),),
            move={"id": None},
            blank={
                "subject": lambda row, hand: hand.blind(row.subject),
                "beneficiary": ERASED,
                "customer_id": None,
                "conversation_id": None,
                "case_id": None,
                "code": None,
                "state": lambda row, _hand: LedgerState.RELEASED.value if _held(row) else row.state,
                "why": lambda row, _hand: ERASED if _held(row) else row.why,
                "accepted_at": lambda row, _hand: None if _held(row) else row.accepted_at,
                "released_at": lambda row, hand: hand.now if _held(row) else row.released_at,
            },
            keep=(
                "reason", "kind", "amount", "currency", "days_late", "order_value", "policy_version", "month",
                "reserved_at", "granted_at",
            ),
        ),
    ),
    "rp_example": _gone(message_id=Whose.MESSAGE),
    "rp_inbox_decision": _gone(message_id=Whose.MESSAGE),
    "rp_mail": _gone(id=Whose.MAIL),
    # Found by what their JSON mentions: see `erase_mentions`.
    "rp_job": (Rule(Fate.GONE),),
    "rp_shop_event": (
        Rule(Fate.BLANKED, blank={"data": lambda _row, _hand: {}}, keep=("id", "type", "result", "received_at")),
    ),
    "rp_audit": (
        Rule(
            Fate.BLANKED,
            by=(("subject", Whose.CASE), ("subject", Whose.CUSTOMER), ("subject", Whose.REFERRAL)),
            blank={"subject": ERASED, "detail": lambda _row, _hand: {}},
            keep=("id", "staff_id", "who", "action", "created_at"),
        ),
    ),
    "rp_article": _NOBODYS,
    "rp_article_version": _NOBODYS,
    "rp_erasure": _NOBODYS,
    "rp_goodwill_policy": _NOBODYS,
    "rp_login_attempt": _NOBODYS,
    "rp_model": _NOBODYS,
    "rp_one_time_link": _NOBODYS,
    "rp_promotion": _NOBODYS,
    "rp_staff": _NOBODYS,
    "rp_staff_session": _NOBODYS,
    "rp_taught_intent": _NOBODYS,
    "rp_training": _NOBODYS,
}  # fmt: skip


def _held(row: Any) -> bool:
    return bool(row.state == LedgerState.RESERVED.value)
