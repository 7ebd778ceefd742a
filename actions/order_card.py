"""An order as the widget shows it: a card with the steps it has gone through."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bot.adapters.shop import Order

STATUS_WORDS = {
    "placed": "being prepared",
    "packed": "packed and waiting for the carrier",
    "shipped": "on its way",
    "delivered": "delivered",
    "cancelled": "cancelled",
    "returned": "returned",
}


def status_words(status: str) -> str:
    """A status in plain words; an unknown one of another shop as it is."""
    return STATUS_WORDS.get(status, status.replace("_", " "))


def day(moment: date | datetime | None, today: date | datetime | None = None) -> str:
    """`Tuesday 3 March`, with the year when it is another than `today`'s; empty for None."""
    if moment is None:
        return ""
    year = f" {moment.year}" if today is not None and moment.year != today.year else ""
    return f"{moment:%A} {moment.day} {moment:%B}{year}"


def order_card(order: Order) -> dict[str, Any]:
    """The envelope's `card`."""
    path: list[tuple[str, datetime | None]]
    if order.cancelled_at:
        path = [("Ordered", order.placed_at), ("Cancelled", order.cancelled_at)]
    else:
        path = [
            ("Ordered", order.placed_at),
            ("Packed", order.packed_at),
            ("Shipped", order.shipped_at),
            ("Delivered", order.delivered_at),
        ]
        if order.returned_at:
            path.append(("Returned", order.returned_at))
    open_still = order.delivered_at is None and order.cancelled_at is None
    return {
        "kind": "order",
        "number": order.number,
        "status": status_words(order.status),
        "steps": [{"label": label, "done": at is not None, "at": at.isoformat() if at else None} for label, at in path],
        "items": [
            {"name": line.name, "quantity": line.quantity, "price": line.price_text or None} for line in order.items
        ],
        "total": order.total_text,
        "eta": order.expected_delivery.isoformat() if open_still and order.expected_delivery else None,
        "late": order.late,
        "tracking": order.tracking_number,
        "tracking_url": order.tracking_url,
        "url": order.url,
    }


def order_title(order: Order) -> str:
    """An order as an option: its number, first article and where it is."""
    first = order.items[0].name if order.items else "order"
    more = f" + {len(order.items) - 1} more" if len(order.items) > 1 else ""
    return f"{order.number}: {first}{more} ({status_words(order.status)})"
