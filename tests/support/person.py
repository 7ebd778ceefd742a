"""A customer with something of theirs in every table, so that nothing can be overlooked when they are erased."""

from dataclasses import dataclass
from typing import Any

from bot.services.app import App
from bot.services.receive import receive_text
from bot.services.visitors import open_visit
from bot.store.base import new_id
from bot.store.tables import (
    ArticleRow,
    ArticleVerdict,
    AskDecision,
    Audit,
    Case,
    Choice,
    Conversation,
    Customer,
    Effect,
    Example,
    FailedProof,
    Goodwill,
    InboxDecision,
    Invitation,
    Job,
    Mail,
    Message,
    Note,
    Recovery,
    Referral,
    ReferralLink,
    ReferralVisit,
    Response,
    ReviewOffer,
    Reward,
    ShopEvent,
    Survey,
    Testimonial,
    Upload,
)  # fmt: skip

CANARY = "zq9canary"
"""In everything a customer can write or be known by."""


@dataclass(frozen=True)
class Known:
    """A customer as the tests speak of them."""

    customer: str
    conversation: str
    case: str
    token: str


async def make_person(app: App, mark: str) -> Known:
    """A customer whose every text, name and id contains `mark`."""
    page = {"url": f"https://shop.example/{mark}"}
    visit = await open_visit(app, token=None, identity=None, last_seq=0, locale=f"en-{mark}"[:35], page=page)
    await receive_text(app, visit.conversation_id, new_id(), f"my secret is {mark}")
    async with app.write() as tx:
        customer = await tx.get(Customer, visit.customer_id)
        assert customer is not None
        customer.external_id, customer.email, customer.name = f"sub-{mark}", f"{mark}@example.com", f"Ms {mark}"
        case = await tx.get(Case, await _case_of(tx, visit.conversation_id))
        assert case is not None
        for row in _rows(app, mark, visit.customer_id, visit.conversation_id, case):
            tx.add(row)
            await tx.flush()
    return Known(visit.customer_id, visit.conversation_id, case.id, visit.token)


async def _case_of(tx: Any, conversation: str) -> str:
    found = await tx.get(Conversation, conversation)
    return str(found.case_id)


def _rows(app: App, mark: str, customer: str, conversation: str, case: Case) -> list[Any]:
    now = app.now()
    survey, message, referral = new_id(), new_id(), new_id()
    code = f"CODE-{mark}"
    case.page, case.packet, case.reply_email, case.intent = (
        {"url": mark},
        {"last_words": [mark]},
        f"reply-{mark}@example.com",
        "track_order",
    )
    case.resolution_reason, case.resolution, case.resolved_at = mark, "confirmed", now
    case.status, case.escalated_at, case.first_human_at, case.ever_escalated = "resolved", now, now, True
    agent_said = Message(
        id=new_id(),
        conversation_id=conversation,
        case_id=case.id,
        seq=90,
        author="agent",
        name="Ana",
        text=f"Dear {mark}",
        parts={
            "card": {"kind": "order", "number": mark},
            "attachments": [{"id": "a", "name": "bill.pdf"}],
            "survey": {"id": survey, "kind": "ces", "question": "Easy?"},
        },
        created_at=now,
    )
    said = Message(
        id=message,
        conversation_id=conversation,
        case_id=case.id,
        seq=91,
        author="customer",
        text=mark,
        parts={},
        nlu={"text": mark},
        model_id="m1",
        created_at=now,
    )
    return [
        agent_said, said,
        Upload(id=new_id().replace("-", ""), conversation_id=conversation, message_id=message, name=f"{mark}.pdf",
               kind="pdf", bytes=9, sha256="0" * 64, created_at=now),
        Choice(conversation_id=conversation, case_id=case.id, message_id=message, title=mark, intent="affirm"),
        Note(case_id=case.id, name="Ana", text=f"note about {mark}", created_at=now),
        Effect(message_id=message, action="a", case_id=case.id, result={"was": mark}, created_at=now),
        Survey(id=survey, case_id=case.id, conversation_id=conversation, customer_id=customer, kind="ces",
               question="Easy?", handler="human", intent="track_order", message_id=message, created_at=now,
               shown_at=now),
        Response(survey_id=survey, score=2, first_score=1, comment=f"bad {mark}", via="control", created_at=now,
                 updated_at=now),
        AskDecision(customer_id=customer, case_id=case.id, kind="ces", asked=False, reason="too_soon", detail=mark,
                    created_at=now),
        Invitation(customer_id=customer, conversation_id=conversation, case_id=case.id, survey_id=survey,
                   kind="referral", title="T", text=mark, url=f"https://x.example/{code}", code=code, sites=[],
                   created_at=now, shown_at=now),
        ReviewOffer(survey_id=survey, customer_id=customer, site="Trust", offered_at=now),
        ReferralLink(code=code, customer_id=customer, case_id=case.id, created_at=now, shared_at=now),
        ReferralVisit(code=code, visitor="v" * 64, day="2026-07-15", created_at=now),
        Referral(id=referral, code=code, friend="friend-of-theirs", state="rewarded", created_at=now, signed_up_at=now),
        Reward(referral_id=referral, customer_id=customer, party="advocate", amount=1000, currency="GBP",
               created_at=now),
        Testimonial(customer_id=customer, case_id=case.id, words=f"lovely {mark}", scope="website", consent_at=now,
                    state="approved", created_at=now),
        Recovery(case_id=case.id, survey_id=survey, customer_id=customer, state="resolved", due_at=now,
                 cause="late_delivery", outcome=f"told {mark}", opened_at=now, closed_at=now),
        Mail(recipient=f"{mark}@example.com", subject="S", text=mark, case_id=case.id, created_at=now),
        Job(kind="mail", key=f"mail:{mark}", payload={"mail": "x", "case": case.id}, run_at=now, created_at=now,
            last_error=mark),
        ShopEvent(id=f"evt-{new_id()}", type="customer.updated", data={"customer": f"sub-{mark}", "name": mark},
                  result="noted", received_at=now),
        FailedProof(message_id=message, conversation_id=conversation, order_number=mark, created_at=now),
        Goodwill(subject=f"LH-{mark}", reason="late_order", beneficiary=f"sub-{mark}", customer_id=customer,
                 conversation_id=conversation, case_id=case.id, kind="voucher", amount=500, currency="GBP", days_late=3,
                 order_value=5000, policy_version=0, month="2026-07", state="granted", code=f"V-{mark}",
                 reserved_at=now),
        Example(text=mark, intent="track_order", message_id=message, author="ada@example.com", created_at=now),
        InboxDecision(message_id=message, decision="intent", created_at=now),
        ArticleRow(id=f"a-{new_id()}", version=1, created_at=now, updated_at=now),
        ArticleVerdict(article_id="a", version=1, case_id=case.id, verdict="yes", created_at=now),
        Audit(who="ana@example.com", action="case.resolved", subject=case.id, detail={"reason": mark}, created_at=now),
    ]  # fmt: skip
