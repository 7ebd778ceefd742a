"""The referral programme: a personal link, the landing page behind it, and the friend's way to a reward.

We never hold a friend's address: the shop sends its own id of the friend and keyed hashes (`shop_events`).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.referral import CODE_BYTES, make_code, normalise_code
from bot.services import texts
from bot.services.app import App
from bot.services.money import money
from bot.settings import Settings
from bot.store.base import new_id
from bot.store.engine import Tx
from bot.store.tables import Customer, Invitation, Referral, ReferralLink, ReferralVisit


@dataclass(frozen=True)
class Landing:
    """What a friend sees who opens a referral link."""

    code: str
    company: str
    advocate: str | None
    """The advocate's first name; None when we do not know it."""
    offer: str
    text: str
    shop_url: str


@dataclass(frozen=True)
class Standing:
    """What an advocate sees of one friend: never who it is."""

    state: str
    reason: str | None
    since: datetime
    reward: int | None


def link_url(settings: Settings, code: str) -> str:
    """The address an advocate shares."""
    return f"{settings.origin}/r/{code}"


def shop_url(settings: Settings, code: str) -> str:
    """Where the landing page sends the friend: the shop's start page, with the code it must report."""
    fallback = settings.shop_url if settings.demo else settings.origin
    shop = next((site.strip() for site in settings.sites.split(",") if site.strip()), fallback)
    return f"{shop.rstrip('/')}/?ref={quote(code)}"


async def link_of(tx: Tx, now: datetime, customer_id: str, case_id: str | None) -> ReferralLink:
    """The customer's one link, made on first use with a code of 69 bits from the system's random source."""
    found = (await tx.execute(select(ReferralLink).where(ReferralLink.customer_id == customer_id))).scalar_one_or_none()
    if found is not None:
        return found
    insert = postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert
    code = make_code(secrets.token_bytes(CODE_BYTES))
    await tx.execute(
        insert(ReferralLink)
        .values(code=code, customer_id=customer_id, case_id=case_id, created_at=now)
        .on_conflict_do_nothing(index_elements=["customer_id"])
    )
    return (await tx.execute(select(ReferralLink).where(ReferralLink.customer_id == customer_id))).scalar_one()


async def note_shared(tx: Tx, now: datetime, invitation: Invitation) -> None:
    """The advocate copied, sent or shared the link of this invitation; the first time counts."""
    link = await tx.get(ReferralLink, invitation.code) if invitation.code else None
    if link is not None:
        link.shared_at = link.shared_at or now


async def record_visit(app: App, typed: str, visitor_key: str) -> Landing | None:
    """Count a visit of the landing page, once a visitor and day, and say what to show; None for an unknown code.

    `visitor_key` is whatever tells browsers apart (address and user agent); only a keyed hash of it is stored. The
    advocate's own browser is counted like any other: we cannot know, and a visit earns nothing.
    """
    code = normalise_code(typed)
    if code is None:
        return None
    now = app.now()
    key = app.settings.secret("internal_token").encode()
    visitor = hmac.new(key, f"visitor\x00{visitor_key}".encode(), hashlib.sha256).hexdigest()
    async with app.write() as tx:
        link = await tx.get(ReferralLink, code)
        if link is None:
            return None
        insert = postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert
        await tx.execute(
            insert(ReferralVisit)
            .values(id=new_id(), code=code, visitor=visitor, day=now.date().isoformat(), created_at=now)
            .on_conflict_do_nothing(index_elements=["code", "visitor", "day"])
        )
        advocate = await tx.get(Customer, link.customer_id)
        return landing(app.settings, code, advocate.name if advocate else None)


def landing(settings: Settings, code: str, name: str | None) -> Landing:
    """The landing page's words."""
    first = name.split()[0] if name and name.strip() else None
    offer = texts.say(settings, texts.REFERRAL_OFFER, friend=money(settings.friend_reward, settings.currency))
    return Landing(
        code=code,
        company=settings.company,
        advocate=first,
        offer=offer,
        text=texts.say(settings, texts.REFERRAL_LANDING, who=first or "A friend", offer=offer),
        shop_url=shop_url(settings, code),
    )


async def standings(tx: Tx, customer_id: str, reward: int) -> list[Standing]:
    """How the advocate's referrals stand, newest first."""
    rows = await tx.execute(
        select(Referral)
        .join(ReferralLink, ReferralLink.code == Referral.code)
        .where(ReferralLink.customer_id == customer_id)
        .order_by(Referral.created_at.desc())
    )
    return [
        Standing(
            row.state,
            row.reason,
            row.rewarded_at or row.qualified_at or row.signed_up_at or row.created_at,
            reward if row.rewarded_at else None,
        )
        for row in rows.scalars()
    ]
