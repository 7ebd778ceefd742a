"""A friend's way from sign-up to reward, as the shop reports it, with the fraud checks on keyed hashes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from bot.domain.conversation import CaseStatus
from bot.domain.referral import (
    ReferralRefused,
    ReferralState,
    ReferralStatus,
    advance,
    block,
    flag,
    release,
    weigh_order,
)
from bot.domain.referral_fraud import (
    FraudOutcome,
    Identity,
    ReferralHistory,
    canonical_email,
    check_referral,
    leads_back,
)
from bot.services import texts
from bot.services.app import App, hint
from bot.services.blinding import blind
from bot.services.money import money
from bot.services.shop_keys import email_hash
from bot.services.timeline import append_message
from bot.store.engine import Tx
from bot.store.tables import Case, Conversation, Customer, Referral, ReferralLink, Reward


@dataclass(frozen=True)
class Friend:
    """Who the shop says came by a code: its own id, and keyed hashes of what we never see."""

    code: str
    customer: str
    email_hash: str | None
    email_canonical_hash: str | None
    payment_hash: str | None


class ReferralNotFound(LookupError):
    """No referral has this id."""


async def note_sign_up(app: App, tx: Tx, friend: Friend, at: datetime) -> str:
    """The friend has an account now. Returns what became of it in a few words."""
    link = await _locked_link(tx, friend.code)
    if link is None:
        return "unknown code"
    row = await _referral(app, tx, link, friend, at)
    row.signed_up_at = row.signed_up_at or at
    await _check(app, tx, link, row, friend, order=None)
    return await _step(app, tx, link, row, ReferralStatus.SIGNED_UP, at)


async def note_order(app: App, tx: Tx, friend: Friend, at: datetime, order: str, total: int) -> str:
    """The friend's first order: qualifies the referral and puts both rewards into the ledger, unless it is suspicious.

    A later order of the same friend changes nothing.
    """
    link = await _locked_link(tx, friend.code)
    if link is None:
        return "unknown code"
    row = await _referral(app, tx, link, friend, at)
    if row.order_number is not None:
        return row.state
    await _check(app, tx, link, row, friend, order=order)
    row.order_number, row.order_total = order, total
    _store(row, weigh_order(_state(row), total))
    return await _step(app, tx, link, row, ReferralStatus.QUALIFIED, at)


async def release_referral(app: App, referral_id: str) -> str:
    """A person found a flagged referral good: it goes on, and pays if it had qualified. The new state.

    Raises ReferralNotFound, ReferralRefused(`not_flagged`).
    """
    async with app.write() as tx:
        row, link = await _locked_pair(tx, referral_id)
        _store(row, release(_state(row)))
        return await _pay(app, tx, link, row) if row.qualified_at is not None else row.state


async def block_referral(app: App, referral_id: str, reason: str) -> str:
    """End a referral for good; what was paid stays in the ledger.

    Raises ReferralNotFound, ReferralRefused(`reason_missing`).
    """
    if not reason.strip():
        raise ReferralRefused("reason_missing", "Say why this referral is blocked.")
    async with app.write() as tx:
        row, _ = await _locked_pair(tx, referral_id)
        _store(row, block(_state(row), reason.strip()[:200]))
        return row.state


async def _step(app: App, tx: Tx, link: ReferralLink, row: Referral, stage: ReferralStatus, at: datetime) -> str:
    try:
        after = advance(_state(row), stage)
    except ReferralRefused as refused:
        return f"{refused.reason}: {row.reason}"[:200] if row.reason else refused.reason
    if stage is ReferralStatus.QUALIFIED:
        row.qualified_at = row.qualified_at or at
    _store(row, after)
    hint(tx, "desk")
    if after.status is ReferralStatus.QUALIFIED:
        return await _pay(app, tx, link, row)
    return f"{row.state}: {row.reason}"[:200] if row.reason else row.state


async def _pay(app: App, tx: Tx, link: ReferralLink, row: Referral) -> str:
    """Both rewards into the ledger (unique per referral and party) and the good news to the advocate."""
    now, settings = app.now(), app.settings
    _store(row, advance(_state(row), ReferralStatus.REWARDED))
    row.rewarded_at = now
    for party, customer_id, amount in (
        ("advocate", link.customer_id, settings.referral_reward),
        ("friend", None, settings.friend_reward),
    ):
        tx.add(
            Reward(
                referral_id=row.id, customer_id=customer_id, party=party,
                amount=amount, currency=settings.currency, created_at=now,
            )
        )  # fmt: skip
    await tx.flush()
    await _tell_advocate(app, tx, now, link)
    return row.state


async def _tell_advocate(app: App, tx: Tx, now: datetime, link: ReferralLink) -> None:
    conversation = (
        await tx.execute(
            select(Conversation)
            .where(Conversation.customer_id == link.customer_id)
            .order_by(Conversation.created_at.desc())
            .limit(1)
        )
    ).scalar_one_or_none()
    if conversation is None:
        return
    case = await tx.get(Case, conversation.case_id) if conversation.case_id else None
    reward = money(app.settings.referral_reward, app.settings.currency)
    await append_message(
        tx, now, conversation.id,
        # A case in progress keeps its own thread; news about something else belongs to no case.
        case_id=case.id if case and case.status != CaseStatus.OPEN.value else None,
        author="system",
        text=texts.say(app.settings, texts.REFERRAL_EARNED, reward=reward),
    )  # fmt: skip


async def _referral(app: App, tx: Tx, link: ReferralLink, friend: Friend, at: datetime) -> Referral:
    row = (
        await tx.execute(select(Referral).where(Referral.code == link.code, Referral.friend == friend.customer))
    ).scalar_one_or_none()
    if row is None:
        row = Referral(code=link.code, friend=friend.customer, state=ReferralStatus.VISITED.value, created_at=app.now())
        tx.add(row)
    row.email_hash = friend.email_canonical_hash or friend.email_hash or row.email_hash
    row.payment_hash = friend.payment_hash or row.payment_hash
    await tx.flush()
    return row


async def _check(app: App, tx: Tx, link: ReferralLink, row: Referral, friend: Friend, order: str | None) -> None:
    """Hold or block the referral when the hashes say so. What is paid is paid: only a person takes that back."""
    if row.rewarded_at is not None:
        return
    advocate = await tx.get(Customer, link.customer_id)
    assert advocate is not None
    secret = app.settings.secret("shop_secret")
    # The advocate's payment is known only when they were once a friend themselves.
    own_payment = await tx.execute(
        select(Referral.payment_hash)
        .where(Referral.friend == (advocate.external_id or ""), Referral.payment_hash.is_not(None))
        .limit(1)
    )
    verdict = check_referral(
        Identity(
            customer=advocate.external_id,
            email=_same_mailbox(secret, advocate.email, friend),
            payment=own_payment.scalar_one_or_none(),
        ),
        Identity(
            customer=friend.customer,
            email=friend.email_canonical_hash or friend.email_hash,
            payment=row.payment_hash,
        ),
        await _history(app, tx, link, row, friend, advocate, order),
    )
    if verdict.outcome is FraudOutcome.BLOCKED:
        _store(row, block(_state(row), ", ".join(verdict.reasons)))
    elif verdict.outcome is FraudOutcome.FLAGGED:
        _store(row, flag(_state(row), ", ".join(verdict.reasons)))


def _same_mailbox(secret: str, address: str | None, friend: Friend) -> str | None:
    """The advocate's hash, made the same way as the one of the friend that is compared with it."""
    if not address:
        return None
    if friend.email_canonical_hash is None:
        return email_hash(secret, address)
    try:
        return email_hash(secret, canonical_email(address))
    except ValueError:
        return None


async def _history(
    app: App, tx: Tx, link: ReferralLink, row: Referral, friend: Friend, advocate: Customer, order: str | None
) -> ReferralHistory:
    now = app.now()

    async def count(*conditions: object) -> int:
        query = select(func.count()).select_from(Referral).where(Referral.id != row.id, *conditions)  # type: ignore[arg-type]  # column expressions
        return int((await tx.execute(query)).scalar_one())

    hashes = [value for value in (friend.email_hash, friend.email_canonical_hash) if value]
    # Who erased their data since is known by the fingerprint only.
    names = [friend.customer, blind(app.settings, friend.customer)]
    same_person = or_(Referral.friend.in_(names), Referral.email_hash.in_(hashes))
    alive = Referral.state != ReferralStatus.BLOCKED.value
    rewards = await tx.execute(
        select(func.count())
        .select_from(Reward)
        .where(Reward.customer_id == link.customer_id, Reward.created_at > now - timedelta(days=365))
    )
    return ReferralHistory(
        friend_already_referred=bool(await count(same_person, alive)),
        in_ring=advocate.external_id != friend.customer
        and leads_back(advocate.external_id or "", friend.customer, await _referred_by(tx)),
        order_seen=bool(order and await count(Referral.order_number == order, alive)),
        same_payment_elsewhere=await count(Referral.payment_hash == row.payment_hash) if row.payment_hash else 0,
        advocate_signups_last_hour=await count(
            Referral.code == link.code, Referral.created_at > now - timedelta(hours=1)
        ),
        advocate_rewards_last_year=int(rewards.scalar_one()),
    )


async def _referred_by(tx: Tx) -> dict[str, str]:
    """Who brought whom in, by the shop's own ids."""
    rows = await tx.execute(
        select(Referral.friend, Customer.external_id)
        .join(ReferralLink, ReferralLink.code == Referral.code)
        .join(Customer, Customer.id == ReferralLink.customer_id)
        .where(Customer.external_id.is_not(None), Referral.state != ReferralStatus.BLOCKED.value)
    )
    return {friend: advocate for friend, advocate in rows if advocate is not None}


async def _locked_link(tx: Tx, code: str) -> ReferralLink | None:
    """The link, locked: events about one advocate are judged one after the other."""
    return (
        await tx.execute(select(ReferralLink).where(ReferralLink.code == code).with_for_update())
    ).scalar_one_or_none()


async def _locked_pair(tx: Tx, referral_id: str) -> tuple[Referral, ReferralLink]:
    row = await tx.get(Referral, referral_id, with_for_update=True)
    link = await tx.get(ReferralLink, row.code) if row else None
    if row is None or link is None:
        raise ReferralNotFound(f"There is no referral {referral_id}.")
    return row, link


def _state(row: Referral) -> ReferralState:
    status = ReferralStatus(row.state)
    reached = status
    if status in {ReferralStatus.FLAGGED, ReferralStatus.BLOCKED}:
        times = (
            (row.rewarded_at, ReferralStatus.REWARDED),
            (row.qualified_at, ReferralStatus.QUALIFIED),
            (row.signed_up_at, ReferralStatus.SIGNED_UP),
        )
        reached = next((stage for at, stage in times if at is not None), ReferralStatus.VISITED)
    return ReferralState(status, reached, row.reason)


def _store(row: Referral, state: ReferralState) -> None:
    row.state = state.status.value
    row.reason = state.reason[:200] if state.reason else None
