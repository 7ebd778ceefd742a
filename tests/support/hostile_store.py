"""A store in which every field that a stranger, a shop or a colleague fills is hostile."""

from dataclasses import dataclass, field
from uuid import uuid4

import jwt
from sqlalchemy import select

from bot.domain.referral import make_code
from bot.knowledge.articles import Article, ArticleStatus
from bot.services import desk
from bot.services.app import App
from bot.services.articles import create_article
from bot.services.mail import owe_mail
from bot.services.receive import receive_human, receive_text
from bot.services.staff import StaffMember, create_account
from bot.services.staff_sessions import member_of, sign_in
from bot.services.timeline import append_message
from bot.services.visitors import open_visit
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import (
    AskDecision,
    Case,
    Conversation,
    Customer,
    Example,
    Goodwill,
    Message,
    Model,
    Promotion,
    Recovery,
    Referral,
    ReferralLink,
    Response,
    ReviewOffer,
    Survey,
    TaughtIntent,
    Testimonial,
    Training,
)
from tests.support.hostile import VECTORS, card, product, taking

PASSWORD = "a long enough secret"
ROWS = len(VECTORS)
FRIEND = make_code(bytes(range(64)))
"""The referral code of a customer with a hostile name."""


@dataclass
class Seeded:
    """What the tests go to."""

    case: str
    number: str
    token: str
    conversation: str
    articles: list[str] = field(default_factory=list)

    async def tell_bot_messages(self, app: App) -> None:
        """In the newest anonymous conversation, the widget's: the bot and an agent say everything there is."""
        async with app.write() as tx:
            newest = (
                await tx.execute(select(Conversation).order_by(Conversation.created_at.desc()).limit(1))
            ).scalar_one()
            await _say_everything(app, tx, newest.id, newest.case_id)

    async def owe_mails(self, app: App) -> int:
        """Mails as they are owed with hostile names, words and addresses; how many."""
        async with app.write() as tx:
            for index, vector in enumerate(VECTORS):
                recipient = "mira@example.com" if index % 2 else f"mira@example.com{vector[:40]}, all@evil.example"
                await owe_mail(tx, app.now(), recipient=recipient, subject=vector, text=vector, case_id=self.case)
        return ROWS


async def _say_everything(app: App, tx: Tx, conversation: str, case: str | None) -> None:
    for index, vector in enumerate(VECTORS):
        kinds = (
            {"card": card(index)},
            {"card": product(index)},
            {"card": {"kind": "guide", "title": vector, "text": vector, "step": 1, "picture": "javascript:hit()"}},
            {"choices": [{"id": new_id(), "title": vector[:200]}]},
            {"survey": {"id": new_id(), "kind": "csat", "question": vector, "min": 1, "max": 5, "low": vector,
                        "high": vector, "answered": None}},
            {"invitation": {"id": new_id(), "kind": "referral", "title": vector, "text": vector,
                            "url": "javascript:hit()", "code": vector[:40], "sites": None, "answered": None}},
            {"attachments": [{"id": new_id(), "name": vector, "kind": "pdf", "bytes": 7, "url": "javascript:hit()"}]},
        )  # fmt: skip
        await append_message(
            tx, app.now(), conversation, case_id=case, author="bot", text=vector, parts=kinds[index % len(kinds)]
        )
        await append_message(tx, app.now(), conversation, case_id=case, author="agent", name=vector[:200], text=vector)


async def seed(app: App) -> Seeded:
    """Fill it, through the services where there is one."""
    for role in ("agent", "supervisor", "admin"):
        await create_account(
            app, email=f"{role}@team.example.com", role=role, name=f"{role} <img class=hit src=x onerror=hit()>",
            password=PASSWORD,
        )  # fmt: skip
    visit = await open_visit(app, token=None, identity=_identity(app), last_seq=0, locale=taking(3, 35), page=_page())
    for vector in VECTORS:
        if vector.strip():
            await receive_text(app, visit.conversation_id, str(uuid4()), vector)
    await receive_human(app, visit.conversation_id, str(uuid4()))
    async with app.write() as tx:
        case = await _one(tx, Case, Case.conversation_id == visit.conversation_id)
        await _say_everything(app, tx, visit.conversation_id, case.id)
        case.escalation_reason, case.resolution_reason, case.team = taking(0, 120), taking(1, 200), taking(2, 60)
        await _stored(app, tx, case)
    who = await _member(app, "agent@team.example.com")
    await desk.claim(app, who, case.id)
    for vector in VECTORS:
        if vector.strip():
            await desk.add_note(app, who, case.id, vector)
    for vector in VECTORS[:6]:
        await desk.post_message(app, who, case.id, str(uuid4()), vector)
    articles = []
    for index, vector in enumerate(VECTORS[:30]):
        article = Article(
            id=f"hostile-{index}", title=" ".join(vector.split())[:200] or "x", body=vector,
            questions=(vector.strip() or "x",),
            tags=(" ".join(vector.split())[:40] or "x",), status=ArticleStatus.PUBLISHED,
        )  # fmt: skip
        try:
            await create_article(app, taking(index), article, taking(index))
        except ValueError:
            continue  # refused as an article is one way of doing nothing
        articles.append(article.id)
    assert len(articles) > 10
    return Seeded(case.id, case.number, visit.token, visit.conversation_id, articles[::3])


async def _one(tx: Tx, table, where):  # type: ignore[no-untyped-def]  # a row of whatever table
    return (await tx.execute(select(table).where(where))).scalars().first()


async def _member(app: App, email: str) -> StaffMember:
    token, _ = await sign_in(app, email, PASSWORD, "127.0.0.1")
    member = await member_of(app, token)
    assert member is not None
    return member


def _identity(app: App) -> str:
    claims = {
        "sub": taking(3), "name": taking(4), "email": "mira@example.com\r\nBcc: everybody@evil.example",
        "locale": taking(5, 35), "exp": int(app.now().timestamp()) + 600,
    }  # fmt: skip
    return jwt.encode(claims, app.settings.secret("identity_secret"), algorithm="HS256")


def _page() -> dict[str, object]:
    return {
        "url": "javascript:hit()", "title": taking(0),
        "product": {"id": taking(1), "name": taking(3), "price": taking(4), "url": "javascript:hit()"},
        "cart": {"items": taking(6), "total": taking(7)}, "order": {"number": taking(8), "status": taking(9)},
        "data": {taking(0, 40): taking(10), "b": taking(11)},
    }  # fmt: skip


async def _stored(app: App, tx: Tx, case: Case) -> None:
    """One row of each list and page for every vector."""
    now = app.now()
    for index, vector in enumerate(VECTORS):
        customer = Customer(
            external_id=f"{index}{vector}"[:255], email=vector[:320], name=vector[:200], locale=vector[:35],
            created_at=now, seen_at=now,
        )  # fmt: skip
        tx.add(customer)
        await tx.flush()
        survey = Survey(
            case_id=case.id, conversation_id=case.conversation_id, customer_id=customer.id, kind="csat",
            question=vector, handler="bot", model_id=vector[:120], intent=vector[:80], created_at=now, shown_at=now,
        )  # fmt: skip
        tx.add(survey)
        await tx.flush()
        code = FRIEND if vector == VECTORS[3] else f"{index}{vector}"[:40]
        tx.add_all(
            [
                Response(survey_id=survey.id, score=1, first_score=1, comment=vector, via="words", created_at=now,
                         updated_at=now),
                AskDecision(customer_id=customer.id, case_id=case.id, kind=vector[:12], asked=True, reason=vector[:60],
                            detail=vector, created_at=now),
                ReviewOffer(survey_id=survey.id, customer_id=customer.id, site=vector[:120], offered_at=now),
                ReferralLink(code=code, customer_id=customer.id, case_id=case.id, created_at=now),
                Testimonial(customer_id=customer.id, case_id=case.id, words=vector, edited=vector, scope=vector[:60],
                            consent_at=now, state="given", created_at=now),
                Recovery(case_id=case.id, survey_id=survey.id, customer_id=customer.id, state="open", due_at=now,
                         outcome=vector, opened_at=now),
                Goodwill(subject=f"{index}{vector}"[:60], reason=vector[:20], beneficiary=vector[:255],
                         customer_id=customer.id, kind="voucher", amount=100, currency="EUR", days_late=1,
                         order_value=1, policy_version=0, month="2026-07", state="granted", why=vector[:60],
                         code=vector[:80], reserved_at=now),
                Example(text=vector, intent="greet", author=vector[:320], created_at=now),
                TaughtIntent(name=f"{index}{vector}"[:80], answer=vector, author=vector[:320], created_at=now),
                Message(conversation_id=case.conversation_id, case_id=case.id, seq=1_000_000 + index, author="customer",
                        text=vector, created_at=now, nlu={"intent": {"name": vector, "confidence": 0.2}}),
                Training(state="failed", stage=vector[:120], log=vector, error=vector, author=vector[:320],
                         data_version="", created_at=now, finished_at=now),
                Promotion(model_id="hostile", previous_id=vector[:120], kind="forward", who=vector[:320], reason=vector,
                          state="failed", error=vector, created_at=now, done_at=now),
            ]
        )  # fmt: skip
        await tx.flush()
        tx.add(
            Referral(code=code, friend=vector[:255], state="signed_up", reason=vector[:200], order_number=vector[:60],
                     created_at=now)
        )  # fmt: skip
    tx.add(
        Model(id="hostile", path="/nowhere", sha256="0" * 64, data_version=taking(0, 64), author=taking(3),
              state="candidate", scores={}, created_at=now)
    )  # fmt: skip
    await tx.flush()
