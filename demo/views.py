"""How orders, customers and products look in the API. Amounts come thrice: number, cents, and ready to be shown."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from demo.orders import allowed, is_late
from demo.settings import Settings
from demo.store import Customer, Order, Product, Refund, Return, Voucher

CURRENCY = "EUR"
VAT_PERCENT = 23
INVOICE_LINK_LIFETIME = timedelta(days=1)


def money(cents: int) -> str:
    """`123450` -> `€1,234.50`."""
    return f"{'−' if cents < 0 else ''}€{abs(cents) / 100:,.2f}"


def short_money(cents: int) -> str:
    """`1000` -> `€10`, `1050` -> `€10.50`: for a text, where cents that are none would only be in the way."""
    return money(cents).removesuffix(".00")


def amount(name: str, cents: int) -> dict[str, Any]:
    """`name` (euros), `name_cents` and `name_text` for one sum."""
    return {name: cents / 100, f"{name}_cents": cents, f"{name}_text": money(cents)}


def stamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with a Z, or None."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def order_view(order: Order, settings: Settings) -> dict[str, Any]:
    """Everything the API tells about one order."""
    now = settings.clock()
    may = allowed(order, now, settings.cancel_fee)
    late = is_late(order, now)
    return {
        "number": order.number,
        "status": order.status.value,
        "customer": order.customer_id,
        "email": order.email,
        "name": order.name,
        "placed_at": stamp(order.placed_at),
        "packed_at": stamp(order.packed_at),
        "shipped_at": stamp(order.shipped_at),
        "delivered_at": stamp(order.delivered_at),
        "cancelled_at": stamp(order.cancelled_at),
        "returned_at": stamp(order.returned_at),
        "expected_delivery": order.expected_on.isoformat(),
        "late": late,
        "days_late": (now.date() - order.expected_on).days if late else 0,
        "delay_reason": order.delay_reason,
        "cancel_reason": order.cancel_reason,
        "carrier": order.carrier,
        "tracking_number": order.tracking,
        "tracking_url": f"{settings.public_url}/track/{order.tracking}" if order.tracking else None,
        "items": [
            {
                "sku": line.sku,
                "product": line.product_id,
                "name": line.name,
                "quantity": line.quantity,
                **amount("price", line.unit_cents),
            }
            for line in order.lines
        ],
        **amount("subtotal", order.subtotal_cents),
        **amount("discount", order.discount_cents),
        **amount("shipping", order.shipping_cents),
        **amount("total", order.total_cents),
        "currency": CURRENCY,
        "payment_method": order.payment,
        "address": order.address,
        "can_cancel": may.can_cancel,
        "can_return": may.can_return,
        "can_change_address": may.can_change_address,
        "can_change": may.can_change,
        **amount("cancel_fee", may.cancel_fee),
        **amount("cancel_refund", order.total_cents - may.cancel_fee),
        "return_until": may.return_until.isoformat() if may.return_until else None,
        "warranty_until": may.warranty_until.isoformat() if may.warranty_until else None,
        "returns": [return_view(entry) for entry in order.returns],
        "refund": refund_view(order.refund) if order.refund else None,
        "url": f"{settings.public_url}/orders/{order.number}",
    }


def return_view(entry: Return) -> dict[str, Any]:
    """One return; `number` is what the customer writes on the parcel."""
    return {
        "number": f"RT-{entry.id:05d}",
        "status": entry.status,
        "reason": entry.reason,
        "items": entry.items,
        **amount("amount", entry.amount_cents),
        "currency": CURRENCY,
        "requested_at": stamp(entry.created_at),
        "received_at": stamp(entry.received_at),
    }


def refund_view(refund: Refund | None) -> dict[str, Any]:
    """Money on its way back; `status` is `none`, `pending` or `paid`."""
    if refund is None:
        return {"status": "none", **amount("amount", 0), "currency": CURRENCY, "expected_by": None, "paid_at": None}
    return {
        "status": refund.status,
        **amount("amount", refund.amount_cents),
        "currency": CURRENCY,
        "reason": refund.reason,
        "requested_at": stamp(refund.created_at),
        "expected_by": refund.expected_on.isoformat(),
        "paid_at": stamp(refund.paid_at),
    }


def customer_view(customer: Customer, orders: int) -> dict[str, Any]:
    """A customer's own record."""
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "locale": customer.locale,
        "phone": customer.phone,
        "address": customer.address or None,
        "guest": customer.guest,
        "created_at": stamp(customer.created_at),
        "orders": orders,
    }


def product_view(product: Product, settings: Settings) -> dict[str, Any]:
    """One product as the catalogue shows it."""
    return {
        "id": product.id,
        "sku": product.sku,
        "name": product.name,
        "tagline": product.tagline,
        "description": product.description,
        "category": product.category,
        **amount("price", product.price_cents),
        "currency": CURRENCY,
        "stock": product.stock,
        "available": product.stock > 0,
        "features": product.features,
        "specs": product.specs,
        "url": f"{settings.public_url}/products/{product.id}",
    }


def voucher_view(voucher: Voucher) -> dict[str, Any]:
    """Money off a later order."""
    return {
        "code": voucher.code,
        "customer": voucher.customer_id,
        "order": voucher.order_number,
        "reason": voucher.reason,
        **amount("amount", voucher.amount_cents),
        "currency": CURRENCY,
        "created_at": stamp(voucher.created_at),
        "expires_on": voucher.expires_on.isoformat(),
    }


def invoice_view(order: Order, settings: Settings, lifetime: timedelta = INVOICE_LINK_LIFETIME) -> dict[str, Any]:
    """The invoice, with a link that opens it without signing in for `lifetime`."""
    # Prices include VAT: tax = gross * rate / (100 + rate), rounded to the cent.
    tax = round(order.total_cents * VAT_PERCENT / (100 + VAT_PERCENT))
    return {
        "number": f"INV-{order.number.removeprefix('LH-')}",
        "order": order.number,
        "issued_at": stamp(order.placed_at),
        "bill_to": order.address,
        "items": [
            {"name": line.name, "quantity": line.quantity, **amount("line_total", line.unit_cents * line.quantity)}
            for line in order.lines
        ],
        **amount("total", order.total_cents),
        **amount("vat", tax),
        "vat_percent": VAT_PERCENT,
        "currency": CURRENCY,
        "url": invoice_link(order.number, settings, lifetime),
        "url_expires_at": stamp(settings.clock() + lifetime),
    }


def invoice_link(number: str, settings: Settings, lifetime: timedelta) -> str:
    """A public address of the invoice, good for `lifetime` from now."""
    until = int((settings.clock() + lifetime).timestamp())
    return f"{settings.public_url}/orders/{number}/invoice?until={until}&seal={invoice_seal(number, until, settings)}"


def invoice_seal(number: str, until: int, settings: Settings) -> str:
    """Proves that the shop made the link: HMAC-SHA256 with the API token as key."""
    text = f"invoice {number} {until}".encode()
    return hmac.new(settings.orders_token.encode(), text, hashlib.sha256).hexdigest()[:40]
