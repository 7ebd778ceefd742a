"""The shop's own database: tables and the two ways to talk to it (read, write).

Writers take SQLite's write lock when the transaction begins, so a rule checked inside a transaction still holds
when it commits; that is what makes "cancel once", "first order only" and idempotency keys safe under load.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, ForeignKey, TypeDecorator, UniqueConstraint, event, select
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Status(StrEnum):
    """Where an order is. `cancelled` and `returned` are final."""

    PLACED = "placed"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class UtcDateTime(TypeDecorator[datetime]):
    """SQLite has no time zones: store UTC, give back aware values."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    """Common column types of all tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, str]: JSON,
        dict[str, int]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
    }


class Meta(Base):
    """Facts about the database itself, such as when it was seeded."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Product(Base):
    """One thing on the shelf; `art` names its drawing under templates/art."""

    __tablename__ = "product"
    id: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    name: Mapped[str]
    tagline: Mapped[str]
    description: Mapped[str]
    category: Mapped[str] = mapped_column(index=True)
    tone: Mapped[str]
    price_cents: Mapped[int]
    stock: Mapped[int]
    bestseller: Mapped[bool]
    features: Mapped[list[str]]
    specs: Mapped[dict[str, str]]


class Customer(Base):
    """Someone who has an account, or who bought as a guest (`guest`)."""

    __tablename__ = "customer"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    locale: Mapped[str]
    phone: Mapped[str | None]
    address: Mapped[dict[str, str]]
    payment_ref: Mapped[str]
    guest: Mapped[bool] = mapped_column(default=False)
    sample: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Order(Base):
    """A purchase. Money is in cents; prices are copied, so that a later price change alters nothing."""

    __tablename__ = "purchase"
    number: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"), index=True)
    email: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    status: Mapped[Status] = mapped_column(index=True)
    placed_at: Mapped[datetime] = mapped_column(index=True)
    packed_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    expected_on: Mapped[date]
    delay_reason: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    carrier: Mapped[str | None]
    tracking: Mapped[str | None] = mapped_column(unique=True)
    address: Mapped[dict[str, str]]
    delivery: Mapped[str]
    payment: Mapped[str]
    subtotal_cents: Mapped[int]
    discount_cents: Mapped[int]
    shipping_cents: Mapped[int]
    total_cents: Mapped[int]
    referral_code: Mapped[str | None]
    checkout_id: Mapped[str] = mapped_column(unique=True)
    lines: Mapped[list[Line]] = relationship(lazy="selectin", order_by="Line.id")
    returns: Mapped[list[Return]] = relationship(lazy="selectin", order_by="Return.id")
    refund: Mapped[Refund | None] = relationship(lazy="selectin")


class Line(Base):
    """One product of an order."""

    __tablename__ = "purchase_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("purchase.number"), index=True)
    product_id: Mapped[str]
    sku: Mapped[str]
    name: Mapped[str]
    quantity: Mapped[int]
    unit_cents: Mapped[int]


class Return(Base):
    """A return asked for: `requested` until the parcel is back, then `received`."""

    __tablename__ = "purchase_return"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("purchase.number"), index=True)
    reason: Mapped[str]
    status: Mapped[str]
    items: Mapped[list[dict[str, Any]]]
    amount_cents: Mapped[int]
    created_at: Mapped[datetime]
    received_at: Mapped[datetime | None]


class Refund(Base):
    """Money going back for an order: `pending` until `paid`."""

    __tablename__ = "refund"
    order_number: Mapped[str] = mapped_column(ForeignKey("purchase.number"), primary_key=True)
    amount_cents: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    expected_on: Mapped[date]
    paid_at: Mapped[datetime | None]


class Voucher(Base):
    """Money off a later order, given as a gesture."""

    __tablename__ = "voucher"
    code: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"), index=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("purchase.number"), index=True)
    amount_cents: Mapped[int]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    expires_on: Mapped[date]


class Subscription(Base):
    """Whether a customer gets the newsletter; without a row: no."""

    __tablename__ = "subscription"
    customer_id: Mapped[str] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    subscribed: Mapped[bool]
    changed_at: Mapped[datetime]


class Visit(Base):
    """A browser's session. Only the hash of its cookie is kept; `orders` are those it placed as a guest."""

    __tablename__ = "visit"
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customer.id"))
    basket: Mapped[dict[str, int]]
    orders: Mapped[list[str]]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Answered(Base):
    """What a request with an Idempotency-Key was answered, so that its repeat gets the same."""

    __tablename__ = "answered"
    __table_args__ = (UniqueConstraint("key", "route"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    route: Mapped[str]
    body_hash: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    created_at: Mapped[datetime]


class Outgoing(Base):
    """An event owed to Rapport. `id` is its webhook-id, the same at each attempt; `stream` keeps a customer's order."""

    __tablename__ = "outgoing"
    seq: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    stream: Mapped[str]
    body: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None] = mapped_column(index=True)
    last_error: Mapped[str | None]


class Database:
    """Owns the engine. Use `read()` for looking and `write()` for anything that changes a row."""

    def __init__(self, path: Path) -> None:
        self._engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        event.listen(self._engine.sync_engine, "connect", _prepare_connection)
        event.listen(self._engine.sync_engine, "begin", _begin)
        self._readers = async_sessionmaker(self._engine, expire_on_commit=False)
        self._writers = async_sessionmaker(self._engine.execution_options(shop_writes=True), expire_on_commit=False)

    async def create(self) -> None:
        """Make the tables that are missing. Idempotent."""
        async with self._engine.execution_options(shop_writes=True).begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A consistent view; nothing done with it is kept."""
        async with self._readers() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction that holds the write lock from its start; commits at the end, rolls back on an error."""
        async with self._writers.begin() as session:
            yield session

    async def ready(self) -> bool:
        """True when a query is answered; used by /healthz."""
        async with self.read() as session:
            return (await session.scalar(select(1))) == 1

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _prepare_connection(connection: Any, _record: object) -> None:
    # The driver's own implicit BEGIN comes too late (before the first write only), so it is switched off.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("shop_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
