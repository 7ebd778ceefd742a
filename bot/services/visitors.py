"""A browser says hello: who it is, which conversation is its own, and the token that proves it next time."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from sqlalchemy import delete, select

from bot.domain.page import read_page
from bot.domain.seen_text import visible_line
from bot.services.app import App, hint
from bot.services.timeline import Frame, replay
from bot.store.engine import Tx
from bot.store.tables import Case, Conversation, Customer, Staff, VisitorToken

MAX_IDENTITY_LIFE = timedelta(hours=1)
TOUCH_EVERY = timedelta(minutes=10)
"""How exactly it is kept when somebody was last here; coming back sooner than that writes nothing."""


class BadToken(Exception):
    """The visitor token or the identity is not valid; its text says which and what to do."""


class BadIdentity(BadToken):
    """It is the site's signed identity that is not valid; the visitor's own token was not looked at."""


@dataclass(frozen=True)
class Identity:
    """Who the site's server says this is."""

    sub: str
    email: str | None
    name: str | None
    locale: str | None


@dataclass(frozen=True)
class Visit:
    """An opened session: what the socket needs to serve it."""

    conversation_id: str
    customer_id: str
    token: str
    newest: int
    welcome: Frame
    frames: list[Frame]


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def read_identity(app: App, token: str) -> Identity:
    """Check the site's JWT (HS256, `sub` and `exp` required, at most an hour of life). Raises BadIdentity."""
    before = app.settings.identity_secret_before.get_secret_value()
    try:
        try:
            claims = _signed_claims(token, app.settings.secret("identity_secret"))
        except jwt.InvalidSignatureError:
            if not before:
                raise
            claims = _signed_claims(token, before)
        expires = datetime.fromtimestamp(float(claims["exp"]), tz=app.now().tzinfo)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError) as error:
        raise BadIdentity("The identity is not a valid signed token; sign in on the website again.") from error
    if expires <= app.now():
        raise BadIdentity("The identity has expired; reload the page to get a new one.")
    if expires > app.now() + MAX_IDENTITY_LIFE + timedelta(minutes=1):
        raise BadIdentity("The identity lives longer than an hour; the site must sign a shorter one.")

    def text(name: str, limit: int) -> str | None:
        value = claims.get(name)
        # A name that hides text, turns it round or begins a line of its own would speak for us on other screens.
        return (visible_line(value)[:limit] or None) if isinstance(value, str) else None

    sub = claims["sub"]
    if not isinstance(sub, str) or not 0 < len(sub) <= 255 or "\x00" in sub:
        raise BadIdentity("The identity's subject must be 1 to 255 printable characters.")
    return Identity(sub=sub, email=text("email", 320), name=text("name", 200), locale=text("locale", 35))


def _signed_claims(token: str, secret: str) -> dict[str, Any]:
    """Raises PyJWT's errors."""
    claims: dict[str, Any] = jwt.decode(
        token,
        secret,
        algorithms=["HS256"],
        # The clock is ours (tests move it), so times are checked by whoever asks and not by the library.
        options={"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False, "verify_aud": False},
    )
    return claims


async def open_visit(
    app: App,
    *,
    token: str | None,
    identity: str | None,
    last_seq: int,
    locale: str | None,
    page: object,
) -> Visit:
    """Find or begin the browser's conversation. Raises BadToken.

    A signed identity decides alone: its customer's newest conversation. A browser that was anonymous and now says who
    it is keeps its conversation when that customer has none yet. A token alone continues its own conversation.
    """
    now = app.now()
    who = read_identity(app, identity) if identity else None
    if token and who is None:
        async with app.read() as tx:
            resumed = await _resume(tx, app, token, last_seq, locale, read_page(page))
        if resumed is not None:
            return resumed
    async with app.write() as tx:
        held = await _conversation_of(tx, app, token, now) if token else None
        conversation, issued = held, token
        if who is not None:
            conversation = await _conversation_of_identity(tx, now, who, held)
        elif held is not None and (await _is_known(tx, held.customer_id)):
            # Signed out on the site: the known customer's thread is not for whoever uses the browser now, and the
            # token that opened it must not go on opening it over HTTP.
            conversation = None
            await tx.execute(delete(VisitorToken).where(VisitorToken.token_hash == token_hash(token or "")))
        if conversation is None:
            customer = Customer(locale=locale, created_at=now, seen_at=now)
            tx.add(customer)
            await tx.flush()
            conversation = Conversation(customer_id=customer.id, last_seq=0, created_at=now)
            tx.add(conversation)
            await tx.flush()
        if held is None or held.id != conversation.id or issued is None:
            issued = secrets.token_urlsafe(32)
            tx.add(
                VisitorToken(
                    token_hash=token_hash(issued),
                    conversation_id=conversation.id,
                    created_at=now,
                    used_at=now,
                )
            )
        seen = read_page(page)
        if seen is not None:
            conversation.page = seen
        found = await tx.get(Customer, conversation.customer_id)
        assert found is not None
        found.seen_at = now
        if locale and not found.locale:
            found.locale = locale[:35]
        last_seq = last_seq if held is not None and held.id == conversation.id else 0
        return await _visit(tx, app, conversation, found, issued, last_seq)


async def _resume(tx: Tx, app: App, token: str, last_seq: int, locale: str | None, page: object) -> Visit | None:
    """The visit of a browser that comes back soon and unchanged; None when there is something to write or to refuse.

    When a gateway or a network comes back, thousands do so at once: they must not wait for one writer.
    """
    row = await tx.get(VisitorToken, token_hash(token))
    conversation = await tx.get(Conversation, row.conversation_id) if row else None
    customer = await tx.get(Customer, conversation.customer_id) if conversation else None
    if row is None or conversation is None or customer is None or customer.external_id is not None:
        return None
    if min(row.used_at, customer.seen_at) < app.now() - TOUCH_EVERY:
        return None
    if (page is not None and conversation.page != page) or (locale and not customer.locale):
        return None
    return await _visit(tx, app, conversation, customer, token, last_seq)


async def _visit(tx: Tx, app: App, conversation: Conversation, found: Customer, issued: str, last_seq: int) -> Visit:
    case = await tx.get(Case, conversation.case_id) if conversation.case_id else None
    agent = await tx.get(Staff, case.agent_id) if case and case.agent_id else None
    newest = conversation.last_seq
    welcome = {
        "type": "welcome",
        "token": issued,
        "conversation": conversation.id,
        "case": case.id if case else None,
        "number": case.number if case else None,
        "seq": newest,
        "owner": case.owner if case else "bot",
        "case_status": case.status if case else None,
        "ticket": bool(case and case.ticket and case.owner == "queue"),
        "agent": agent.name if agent else None,
        "customer": {"name": found.name, "email": found.email} if found.external_id else None,
        "company": app.settings.company,
        "uploads": {"bytes": app.settings.upload_mb * 1024 * 1024, "files": app.settings.upload_per_message},
    }
    frames = await replay(tx, conversation.id, last_seq, newest, link=app.upload_link)
    newest = frames[-1]["seq"] if frames else newest  # on PostgreSQL one may have been committed in between
    return Visit(conversation.id, found.id, issued, newest, welcome, frames)


async def change_page(app: App, conversation_id: str, page: object) -> None:
    """The customer went to another page: keep it, and tell the desk when a person has or awaits the case.

    A page of which nothing can be used changes nothing.
    """
    seen = read_page(page)
    if seen is None:
        return
    async with app.write() as tx:
        conversation = await tx.get(Conversation, conversation_id)
        if conversation is None or conversation.page == seen:
            return
        conversation.page = seen
        if conversation.case_id:
            hint(tx, "desk", conversation.case_id)


async def conversation_for_token(app: App, token: str) -> str:
    """The conversation a bearer token opens (for the HTTP fallback and uploads). Raises BadToken."""
    now = app.now()
    async with app.read() as tx:
        row = await tx.get(VisitorToken, token_hash(token))
        if row is not None and row.used_at > now - TOUCH_EVERY:
            return row.conversation_id
    async with app.write() as tx:
        return (await _conversation_of(tx, app, token, now)).id


async def _conversation_of(tx: Tx, app: App, token: str, now: datetime) -> Conversation:
    row = await tx.get(VisitorToken, token_hash(token))
    if row is None or row.used_at < now - timedelta(days=app.settings.token_days):
        raise BadToken("This chat session is unknown or has expired; a new one can be started.")
    conversation = await _locked(tx, row.conversation_id)
    if conversation is None or await tx.get(VisitorToken, row.token_hash, populate_existing=True) is None:
        raise BadToken("This chat session has just been ended; a new one can be started.")
    row.used_at = now
    return conversation


async def _locked(tx: Tx, conversation_id: str) -> Conversation | None:
    """The conversation, locked before anything of its customer is written; None when it was erased meanwhile."""
    query = select(Conversation).where(Conversation.id == conversation_id).with_for_update()
    return (await tx.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def _is_known(tx: Tx, customer_id: str) -> bool:
    customer = await tx.get(Customer, customer_id)
    return customer is not None and customer.external_id is not None


async def _conversation_of_identity(tx: Tx, now: datetime, who: Identity, held: Conversation | None) -> Conversation:
    customer = (await tx.execute(select(Customer).where(Customer.external_id == who.sub))).scalar_one_or_none()
    theirs = held
    if customer is not None and (held is None or held.customer_id != customer.id):
        newest = select(Conversation.id).where(Conversation.customer_id == customer.id)
        found = await tx.execute(newest.order_by(Conversation.created_at.desc()).limit(1))
        conversation_id = found.scalar_one_or_none()
        theirs = await _locked(tx, conversation_id) if conversation_id else None
    if customer is None:
        mine = await tx.get(Customer, held.customer_id) if held else None
        if mine is not None and mine.external_id is None:
            customer = mine
            customer.external_id = who.sub
        else:
            customer = Customer(external_id=who.sub, created_at=now, seen_at=now)
            tx.add(customer)
            await tx.flush()
            theirs = None
    if theirs is None:
        theirs = Conversation(customer_id=customer.id, last_seq=0, created_at=now)
        tx.add(theirs)
        await tx.flush()
    customer.email = who.email or customer.email
    customer.name = who.name or customer.name
    customer.locale = who.locale or customer.locale
    return theirs
