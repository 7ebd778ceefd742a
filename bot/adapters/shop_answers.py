"""What the shop's orders API answers, as typed values; whatever does not fit is no answer."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    """Fields we do not know are left alone: a shop may tell more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class OrderLine(_Answer):
    sku: str
    name: str
    quantity: int
    price_text: str = ""


class Product(_Answer):
    """One thing on the shelf; `available` is as of now."""

    sku: str
    name: str
    tagline: str = ""
    price_text: str = ""
    available: bool
    url: str | None = None


class ProductPage(_Answer):
    items: list[Product]


class Refund(_Answer):
    status: str
    amount_text: str = ""
    expected_by: date | None = None
    paid_at: datetime | None = None


class Return(_Answer):
    number: str
    status: str
    amount_text: str = ""


class Order(_Answer):
    """One order; `customer` is the id the site signs for its user."""

    number: str
    status: str
    customer: str | None = None
    email: str | None = None
    placed_at: datetime
    packed_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    returned_at: datetime | None = None
    expected_delivery: date | None = None
    late: bool = False
    days_late: int = 0
    delay_reason: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    items: list[OrderLine]
    total_cents: int = 0
    total_text: str = ""
    currency: str = "EUR"
    address: dict[str, str] = {}
    can_cancel: bool = False
    cancel_fee_cents: int = 0
    cancel_fee_text: str = ""
    cancel_refund_text: str = ""
    can_change: bool = False
    can_change_address: bool = False
    can_return: bool = False
    return_until: date | None = None
    warranty_until: date | None = None
    returns: list[Return] = []
    refund: Refund | None = None
    url: str | None = None


class Match(_Answer):
    match: bool
    customer: str | None = None


class InvoiceLine(_Answer):
    name: str
    quantity: int
    line_total_text: str = ""


class Invoice(_Answer):
    """`url` opens it without signing in, until `url_expires_at`."""

    number: str
    order: str | None = None
    total_text: str = ""
    vat_text: str = ""
    items: list[InvoiceLine] = []
    url: str
    url_expires_at: datetime | None = None


class Quote(_Answer):
    """What an order would cost with other quantities; amounts are never negative, `cheaper` and `dearer` say which."""

    total_cents: int
    total_text: str
    difference_text: str
    cheaper: bool
    dearer: bool


class Voucher(_Answer):
    """Money off a later order."""

    code: str
    amount_cents: int
    amount_text: str = ""
    order: str | None = None
    expires_on: date | None = None


class Subscribed(_Answer):
    subscribed: bool


class ReturnOpened(_Answer):
    """A return that was opened; `label_url` is where its free label is."""

    opened: Return
    order: Order
    label_url: str | None = None


class OrderPage(_Answer):
    items: list[Order]
