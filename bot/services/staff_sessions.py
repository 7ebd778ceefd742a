"""Signing in and out: sessions by a 256-bit token of which only the hash is kept, and the brake on guessing.

A failed sign-in counts for the pair of account and address: after LOCK_AFTER of them that pair waits. Failures for an
account from everywhere only slow answers down, so that a stranger's guessing never locks the owner out.
"""

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from bot.services import passwords
from bot.services.app import App, hint
from bot.services.staff import StaffMember, audit, normal_email
from bot.services.visitors import token_hash
from bot.store.engine import Tx
from bot.store.tables import LoginAttempt, Staff, StaffSession

IDLE = timedelta(hours=12)
LIFE = timedelta(days=30)
TOUCH_EVERY = timedelta(seconds=60)
"""How often use is written down; idleness is counted in hours."""

ATTEMPT_WINDOW = timedelta(minutes=15)
LOCK_AFTER = 5
SLOW_AFTER = 10
SLOW_S = 1.5


class SignInRefused(Exception):
    """Wrong e-mail address or password; which of the two is never said."""


class TooManyAttempts(Exception):
    """This address has guessed too often for this account; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Too many tries. Wait {max(1, round(retry_after / 60))} minutes, then try again with the right password."
        )
        self.retry_after = retry_after


async def sign_in(app: App, email: str, password: str, address: str) -> tuple[str, StaffMember]:
    """A new session's token and whose it is. Raises SignInRefused, TooManyAttempts.

    Every sign-in makes a fresh token, so that one known before signing in is worth nothing afterwards.
    """
    email = normal_email(email)
    account = hashlib.sha256(email.encode()).hexdigest()
    # The try is counted before it is checked: a thousand at once are stopped like one after another.
    others = await _count_attempt(app, account, address[:64])
    if others >= SLOW_AFTER:
        await asyncio.sleep(SLOW_S)
    async with app.read() as tx:
        staff = (
            await tx.execute(select(Staff).where(Staff.email == email, Staff.active.is_(True)))
        ).scalar_one_or_none()
    fits = len(password) <= passwords.MAX_LENGTH
    right = await passwords.verify_password(staff.password_hash if staff else None, password if fits else "")
    if staff is None or not right or not fits:
        raise SignInRefused("That e-mail address and password do not belong together.")
    renewed = None
    if staff.password_hash and passwords.needs_rehash(staff.password_hash):
        renewed = await passwords.hash_password(password)
    async with app.write() as tx:
        await tx.execute(
            delete(LoginAttempt).where(LoginAttempt.account == account, LoginAttempt.address == address[:64])
        )
        if renewed:
            await tx.execute(update(Staff).where(Staff.id == staff.id).values(password_hash=renewed))
        return await _begin(tx, app.now(), staff)


async def begin_session(app: App, staff_id: str) -> tuple[str, StaffMember]:
    """A session for an account just made by its one-time link."""
    async with app.write() as tx:
        staff = (await tx.execute(select(Staff).where(Staff.id == staff_id))).scalar_one()
        return await _begin(tx, app.now(), staff)


async def member_of(app: App, token: str) -> StaffMember | None:
    """Who holds this session token; None when it is unknown, revoked, idle too long, too old, or the account is off."""
    found = await member_of_session(app, token_hash(token))
    if found is None:
        return None
    member, seen_at = found
    if app.now() - seen_at > TOUCH_EVERY:
        async with app.write() as tx:
            await tx.execute(
                update(StaffSession).where(StaffSession.token_hash == member.session).values(seen_at=app.now())
            )
    return member


async def member_of_session(app: App, session: str) -> tuple[StaffMember, datetime] | None:
    """The same by the session's hash and without counting as use: open sockets are checked with it."""
    now = app.now()
    async with app.read() as tx:
        row = (
            await tx.execute(
                select(StaffSession, Staff)
                .join(Staff, Staff.id == StaffSession.staff_id)
                .where(
                    StaffSession.token_hash == session,
                    StaffSession.expires_at > now,
                    StaffSession.seen_at > now - IDLE,
                    Staff.active.is_(True),
                )
            )
        ).one_or_none()
    if row is None:
        return None
    found, staff = row
    return _member(staff, found.csrf, session), found.seen_at


async def sign_out(app: App, member: StaffMember) -> None:
    """End this session; its sockets close."""
    async with app.write() as tx:
        await tx.execute(delete(StaffSession).where(StaffSession.token_hash == member.session))
        audit(tx, app.now(), member, "session.ended", member.id)
        hint(tx, "session", member.session)


async def revoke_sessions(app: App, staff_id: str, by: StaffMember | None = None) -> int:
    """End every session of an account, everywhere; returns how many there were."""
    async with app.write() as tx:
        ended = (
            (
                await tx.execute(
                    delete(StaffSession).where(StaffSession.staff_id == staff_id).returning(StaffSession.token_hash)
                )
            )
            .scalars()
            .all()
        )
        for session in ended:
            hint(tx, "session", session)
        audit(tx, app.now(), by, "sessions.revoked", staff_id, count=len(ended))
        return len(ended)


async def _begin(tx: Tx, now: datetime, staff: Staff) -> tuple[str, StaffMember]:
    token = secrets.token_urlsafe(32)
    csrf = secrets.token_urlsafe(32)
    session = token_hash(token)
    await tx.execute(
        delete(StaffSession).where(
            StaffSession.staff_id == staff.id,
            (StaffSession.expires_at <= now) | (StaffSession.seen_at <= now - IDLE),
        )
    )
    tx.add(
        StaffSession(
            token_hash=session, staff_id=staff.id, csrf=csrf, created_at=now, seen_at=now, expires_at=now + LIFE
        )
    )
    member = _member(staff, csrf, session)
    audit(tx, now, member, "session.begun", staff.id)
    return token, member


async def _count_attempt(app: App, account: str, address: str) -> int:
    """Note this try; returns how often the account was tried from other addresses in the window."""
    now = app.now()
    since = now - ATTEMPT_WINDOW
    async with app.write() as tx:
        if tx.get_bind().dialect.name == "postgresql":
            # Tries at once must count each other; SQLite's write transactions come one after another anyway.
            await tx.execute(select(func.pg_advisory_xact_lock(int(account[:15], 16))))
        mine = (
            await tx.execute(
                select(func.count(), func.min(LoginAttempt.created_at)).where(
                    LoginAttempt.account == account, LoginAttempt.address == address, LoginAttempt.created_at > since
                )
            )
        ).one()
        if mine[0] >= LOCK_AFTER:
            waits = (mine[1] + ATTEMPT_WINDOW - now).total_seconds()
            raise TooManyAttempts(max(1, round(waits)))
        others = (
            await tx.execute(
                select(func.count())
                .select_from(LoginAttempt)
                .where(LoginAttempt.account == account, LoginAttempt.created_at > since)
            )
        ).scalar_one()
        await tx.execute(delete(LoginAttempt).where(LoginAttempt.created_at <= now - timedelta(days=1)))
        tx.add(LoginAttempt(account=account, address=address, created_at=now))
        return int(others) - int(mine[0])


def _member(staff: Staff, csrf: str, session: str) -> StaffMember:
    return StaffMember(id=staff.id, email=staff.email, name=staff.name, role=staff.role, csrf=csrf, session=session)
