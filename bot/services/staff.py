"""Staff accounts: making them, the one-time link of the first admin, and the audit log of who did what."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, update

from bot.services import passwords
from bot.services.app import App
from bot.services.visitors import token_hash
from bot.store.engine import Tx
from bot.store.tables import Audit, OneTimeLink, Staff

LINK_LIFE = timedelta(hours=24)
MIN_PASSWORD = 10
MAX_NAME = 200


class Role(StrEnum):
    """What an account may do; each role may do what the ones before it may."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


_RANK = {role: rank for rank, role in enumerate(Role)}


def role_covers(role: str, needed: str) -> bool:
    """True when an account with `role` may do what needs `needed`; an unknown role covers nothing."""
    try:
        return _RANK[Role(role)] >= _RANK[Role(needed)]
    except ValueError:
        return False


class StaffRefused(Exception):
    """The account, link or password cannot be accepted; the text is a sentence that says why."""


class LinkRefused(StaffRefused):
    """The one-time link is unknown, used or expired."""


@dataclass(frozen=True)
class StaffMember:
    """A signed-in person. `session` is the hash of the session's token, `csrf` what its forms must carry."""

    id: str
    email: str
    name: str
    role: str
    csrf: str = ""
    session: str = ""

    def may(self, needed: str) -> bool:
        return role_covers(self.role, needed)


async def create_account(app: App, *, email: str, role: str, name: str, password: str, by: str = "command line") -> str:
    """Make an account and return its id.

    Raises StaffRefused for a bad e-mail address, an unknown role, an empty name, a password shorter than
    MIN_PASSWORD or one that is in the e-mail address, and for an address that has an account already.
    """
    address, name = _checked(email, role, name, password)
    hashed = await passwords.hash_password(password)
    async with app.write() as tx:
        return await _insert(tx, app.now(), address, role, name, hashed, by)


async def make_one_time_link(app: App, role: str) -> str:
    """A token that makes one account of `role` within LINK_LIFE. Raises StaffRefused for an unknown role."""
    _checked_role(role)
    token = secrets.token_urlsafe(32)
    now = app.now()
    async with app.write() as tx:
        tx.add(OneTimeLink(token_hash=token_hash(token), role=role, created_at=now, expires_at=now + LINK_LIFE))
        audit(tx, now, None, "link.made", role)
    return token


async def role_of_link(app: App, token: str) -> str:
    """The role an unused, unexpired link gives; looking never uses it up. Raises LinkRefused."""
    async with app.read() as tx:
        return (await _usable(tx, app.now(), token)).role


async def account_by_link(app: App, token: str, *, email: str, name: str, password: str) -> str:
    """Use the link up and make its account, both or neither; returns its id. Raises StaffRefused, LinkRefused."""
    role = await role_of_link(app, token)
    address, name = _checked(email, role, name, password)
    hashed = await passwords.hash_password(password)
    now = app.now()
    async with app.write() as tx:
        used = await tx.execute(
            update(OneTimeLink)
            .where(
                OneTimeLink.token_hash == token_hash(token),
                OneTimeLink.used_at.is_(None),
                OneTimeLink.expires_at > now,
            )
            .values(used_at=now)
            .returning(OneTimeLink.role)
        )
        if used.scalar_one_or_none() is None:
            raise LinkRefused("This link was used already. Sign in with the account it made, or ask for a new link.")
        return await _insert(tx, now, address, role, name, hashed, "one-time link")


def audit(tx: Tx, now: datetime, who: StaffMember | None, action: str, subject: str, **detail: Any) -> None:
    """Record who did what to what, in the transaction that does it."""
    tx.add(
        Audit(
            staff_id=who.id if who else None,
            who=who.email if who else "system",
            action=action,
            subject=subject[:120],
            detail=detail,
            created_at=now,
        )
    )


async def _usable(tx: Tx, now: datetime, token: str) -> OneTimeLink:
    link = await tx.get(OneTimeLink, token_hash(token))
    if link is None:
        raise LinkRefused("This link is not known here. Check that it was copied whole.")
    if link.used_at is not None:
        raise LinkRefused("This link was used already. Sign in with the account it made, or ask for a new link.")
    if link.expires_at <= now:
        raise LinkRefused("This link has expired. Ask for a new one.")
    return link


async def _insert(tx: Tx, now: datetime, email: str, role: str, name: str, hashed: str, by: str) -> str:
    taken = await tx.execute(select(Staff.id).where(Staff.email == email))
    if taken.scalar_one_or_none() is not None:
        raise StaffRefused(f"{email} has an account already.")
    staff = Staff(email=email, name=name, role=role, password_hash=hashed, active=True, created_at=now)
    tx.add(staff)
    await tx.flush()
    tx.add(
        Audit(staff_id=staff.id, who=by, action="account.made", subject=staff.id, detail={"role": role}, created_at=now)
    )
    return staff.id


def normal_email(email: str) -> str:
    """The address as accounts are looked up by it: trimmed, lower case."""
    return email.strip().lower()


def _checked(email: str, role: str, name: str, password: str) -> tuple[str, str]:
    _checked_role(role)
    try:
        address = normal_email(validate_email(email.strip(), check_deliverability=False).normalized)
    except EmailNotValidError as error:
        raise StaffRefused(f"That e-mail address does not work: {error}") from error
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        raise StaffRefused(f"Give a name of 1 to {MAX_NAME} characters; customers see it when this person answers.")
    if len(password) < MIN_PASSWORD:
        raise StaffRefused(f"The password needs at least {MIN_PASSWORD} characters; a few words together work well.")
    if len(password) > passwords.MAX_LENGTH:
        raise StaffRefused(f"The password may have at most {passwords.MAX_LENGTH} characters.")
    if password.lower() in address:
        raise StaffRefused("The password must not be a part of the e-mail address.")
    return address, name


def _checked_role(role: str) -> None:
    if role not in set(Role):
        raise StaffRefused(f"There is no role {role!r}; choose {', '.join(Role)}.")
