"""Whose data it is: finding a person, and the ids of everything that belongs to them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, func, or_, select

from bot.services.app import App
from bot.services.erase_rules import Whose
from bot.services.receive import lock_conversation
from bot.store.base import Base
from bot.store.engine import Tx
from bot.store.tables import Case, Conversation, Customer

CHUNK = 500
"""Ids in one statement; databases have limits."""

Ids = dict[Whose, list[str]]
"""A person's ids by kind."""


class UnknownCustomer(LookupError):
    """Nobody is known under this id, name of the site or address; the text says what to give."""


@dataclass(frozen=True)
class Person:
    """One customer row, as it is shown before something is done about it."""

    id: str
    external_id: str | None
    email: str | None
    name: str | None
    conversations: int


async def find_people(app: App, key: str) -> list[Person]:
    """The customers whose id, site's `sub` or e-mail address this is. Raises UnknownCustomer."""
    wanted = key.strip()
    async with app.read() as tx:
        replied = select(Case.customer_id).where(func.lower(Case.reply_email) == wanted.lower())
        rows = await tx.execute(
            select(Customer, func.count(Conversation.id))
            .outerjoin(Conversation, Conversation.customer_id == Customer.id)
            .where(
                or_(
                    Customer.id == wanted,
                    Customer.external_id == wanted,
                    func.lower(Customer.email) == wanted.lower(),
                    Customer.id.in_(replied),
                )
            )
            .group_by(Customer.id)
            .order_by(Customer.created_at)
        )
        found = [Person(row.id, row.external_id, row.email, row.name, count) for row, count in rows if wanted]
    if not found:
        raise UnknownCustomer(
            f"No customer has the id, the site's id or the e-mail address {wanted!r}. Look it up in the desk."
        )
    return found


async def customer_of(tx: Tx, conversation_id: str) -> str:
    """The customer of a conversation. Raises UnknownCustomer for one that was erased meanwhile."""
    found = (
        await tx.execute(select(Conversation.customer_id).where(Conversation.id == conversation_id))
    ).scalar_one_or_none()
    if found is None:
        raise UnknownCustomer("This conversation is not there any more.")
    return found


async def lock_people(tx: Tx, customers: Sequence[str]) -> None:
    """Wait until nobody else writes in these customers' conversations: the first lock of everybody who does."""
    rows = await tx.execute(
        select(Conversation.id).where(Conversation.customer_id.in_(customers)).order_by(Conversation.id)
    )
    for conversation_id in rows.scalars().all():
        await lock_conversation(tx, conversation_id)


async def ids_of(tx: Tx, customers: Sequence[str], known: Ids | None = None) -> Ids:
    """Everything that belongs to these customers, by kind of id; `known` are conversations and cases they once had."""
    known = known or {}
    ids: Ids = {Whose.CUSTOMER: list(customers)}
    ids[Whose.EXTERNAL] = await _column(tx, "rp_customer", "external_id", {"id": customers})
    conversations = ids[Whose.CONVERSATION] = [
        *known.get(Whose.CONVERSATION, []),
        *await _column(tx, "rp_conversation", "id", {"customer_id": customers}),
    ]
    ids[Whose.CASE] = [
        *known.get(Whose.CASE, []),
        *await _column(tx, "rp_case", "id", {"customer_id": customers, "conversation_id": conversations}),
    ]
    ids[Whose.MESSAGE] = await _column(tx, "rp_message", "id", {"conversation_id": conversations})
    ids[Whose.UPLOAD] = await _column(tx, "rp_upload", "id", {"conversation_id": conversations})
    ids[Whose.SURVEY] = await _column(tx, "rp_survey", "id", {"customer_id": customers, "case_id": ids[Whose.CASE]})
    ids[Whose.INVITATION] = await _column(
        tx, "rp_invitation", "id", {"customer_id": customers, "conversation_id": conversations}
    )
    ids[Whose.CODE] = await _column(tx, "rp_referral_link", "code", {"customer_id": customers})
    ids[Whose.REFERRAL] = await _column(tx, "rp_referral", "id", {"code": ids[Whose.CODE]})
    ids[Whose.GOODWILL] = await _column(
        tx, "rp_goodwill", "id",
        {
            "customer_id": customers, "conversation_id": conversations, "case_id": ids[Whose.CASE],
            "beneficiary": ids[Whose.EXTERNAL],
        },
    )  # fmt: skip
    ids[Whose.ADDRESS] = [
        *await _column(tx, "rp_customer", "email", {"id": customers}),
        *await _column(tx, "rp_case", "reply_email", {"id": ids[Whose.CASE]}),
    ]
    mails = await rows_of(
        tx, Base.metadata.tables["rp_mail"],
        (("case_id", ids[Whose.CASE]), ("recipient", ids[Whose.ADDRESS])),
    )  # fmt: skip
    # An address may be shared: what went there about somebody else's case is not this person's.
    cases = set(ids[Whose.CASE])
    ids[Whose.MAIL] = [mail.id for mail in mails if mail.case_id is None or mail.case_id in cases]
    return {kind: list(dict.fromkeys(found)) for kind, found in ids.items()}


async def rows_of(tx: Tx, table: Table, where: Iterable[tuple[str, Sequence[str]]]) -> list[Any]:
    """The rows of `table` in which one of these columns has one of its ids, each row once."""
    found: dict[tuple[Any, ...], Any] = {}
    key = list(table.primary_key.columns)
    for condition in conditions(table, where):
        for row in (await tx.execute(select(table).where(condition))).all():
            found[tuple(row._mapping[column] for column in key)] = row
    return list(found.values())


def conditions(table: Table, where: Iterable[tuple[str, Sequence[str]]]) -> Iterator[ColumnElement[bool]]:
    """`column IN ids` in handy pieces."""
    for column, ids in where:
        for start in range(0, len(ids), CHUNK):
            yield table.c[column].in_(ids[start : start + CHUNK])


async def _column(tx: Tx, table: str, column: str, where: dict[str, Sequence[str]]) -> list[str]:
    rows = await rows_of(tx, Base.metadata.tables[table], where.items())
    return [getattr(row, column) for row in rows if getattr(row, column) is not None]
