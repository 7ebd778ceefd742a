"""What the shop tells us: signed events, each carried out once, whatever order or number of times they arrive in.

Fields of `data` (all others are kept with the event and not used yet):
`referral.signed_up`: code, customer (the shop's own id of the friend); optional email_hash, email_canonical_hash.
`referral.ordered`: the same, and order, total_cents (or total in whole units); optional payment_hash.
A hash is lower-case hex of HMAC-SHA256 with the raw bytes of the webhook secret as key; for `email_hash` over the
trimmed lower-case address, for `email_canonical_hash` over the mailbox behind it (no +tag, no dots where ignored).
"""

import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from standardwebhooks import Webhook, WebhookVerificationError

from bot.domain.referral import normalise_code
from bot.services.app import App
from bot.services.referral_steps import Friend, note_order, note_sign_up
from bot.store.engine import Tx
from bot.store.tables import ShopEvent

TYPES = frozenset(
    {
        "customer.updated", "device.offline", "order.delayed", "order.delivered", "order.returned",
        "payment.failed", "referral.ordered", "referral.signed_up",
    }
)  # fmt: skip
NOTED = "noted"


class BadSignature(PermissionError):
    """The event is not signed with our secret, or its timestamp is too old."""


class UnknownEvent(ValueError):
    """We do not know this type of event."""


class BadEvent(ValueError):
    """A field is missing or of the wrong kind; the text names it."""


@dataclass(frozen=True)
class EventResult:
    """What became of an event; `repeated` when its id was seen before and nothing was changed."""

    id: str
    result: str
    repeated: bool


def verify_signature(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """Check a Standard Webhooks signature (5 minutes of tolerance) and return the webhook id. Raises BadSignature.

    `secret` is `whsec_..`; header names may be in any case.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        # The library judges the age by the wall clock, as it must: the sender does not live in our test's time.
        Webhook(secret).verify(body, lowered, json_parse=False)
    except WebhookVerificationError as error:
        raise BadSignature(f"The event's signature was refused: {error}.") from error
    except (binascii.Error, ValueError) as error:
        raise BadSignature("The event's signature was refused: it cannot be read.") from error
    return lowered["webhook-id"]


async def handle_shop_event(
    app: App, webhook_id: str, kind: str, timestamp: datetime, data: Mapping[str, Any]
) -> EventResult:
    """Carry out one event, once. Raises UnknownEvent, or BadEvent naming the field; nothing is kept then."""
    if kind not in TYPES:
        known = ", ".join(sorted(TYPES))
        raise UnknownEvent(f"Unknown type {kind[:60]!r}; known are {known}.")
    if not webhook_id or len(webhook_id) > 255:
        raise BadEvent("`webhook-id` must have 1 to 255 characters.")
    _require_storable(data)
    async with app.write() as tx:
        # Taking the id first makes a twin delivery wait here until this one is committed or undone.
        if not await _take(tx, app.now(), webhook_id, kind, data):
            seen = await tx.get(ShopEvent, webhook_id)
            return EventResult(webhook_id, seen.result if seen else NOTED, repeated=True)
        result = await _carry_out(app, tx, kind, timestamp, data)
        row = await tx.get(ShopEvent, webhook_id)
        assert row is not None
        row.result = result[:200]
        return EventResult(webhook_id, row.result, repeated=False)


def _require_storable(data: Mapping[str, Any]) -> None:
    """What Python reads as JSON and a database does not: NaN, infinities, and NUL in a text."""
    try:
        written = json.dumps(data, allow_nan=False)
    except (ValueError, TypeError) as error:
        raise BadEvent("`data` must be plain JSON; a number in it is not finite, such as a total of NaN.") from error
    if "\\u0000" in written:
        raise BadEvent("`data` must not contain NUL characters.")


async def _take(tx: Tx, now: datetime, webhook_id: str, kind: str, data: Mapping[str, Any]) -> bool:
    insert = postgresql.insert if tx.get_bind().dialect.name == "postgresql" else sqlite.insert
    taken = await tx.execute(
        insert(ShopEvent)
        .values(id=webhook_id, type=kind, data=dict(data), result=NOTED, received_at=now)
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(ShopEvent.id)
    )
    return taken.scalar_one_or_none() is not None


async def _carry_out(app: App, tx: Tx, kind: str, timestamp: datetime, data: Mapping[str, Any]) -> str:
    if not kind.startswith("referral."):
        return NOTED
    friend = _friend(data)
    happened_at = min(timestamp, app.now() + timedelta(minutes=5))
    if kind == "referral.signed_up":
        return await note_sign_up(app, tx, friend, happened_at)
    return await note_order(app, tx, friend, happened_at, _text(data, "order", 60), _cents(data))


def _friend(data: Mapping[str, Any]) -> Friend:
    code = normalise_code(_text(data, "code", 64))
    return Friend(
        code=code or "",
        customer=_text(data, "customer", 255),
        email_hash=_hash(data, "email_hash"),
        email_canonical_hash=_hash(data, "email_canonical_hash"),
        payment_hash=_hash(data, "payment_hash"),
    )


def _text(data: Mapping[str, Any], name: str, limit: int) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise BadEvent(f"`data.{name}` must be text of 1 to {limit} characters.")
    return value


def _hash(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) != 64 or not all(c in "0123456789abcdef" for c in value.lower()):
        raise BadEvent(f"`data.{name}` must be an HMAC-SHA256 in hex (64 characters).")
    return value.lower()


def _cents(data: Mapping[str, Any]) -> int:
    cents, total = data.get("total_cents"), data.get("total")
    if isinstance(cents, int) and not isinstance(cents, bool):
        value = cents
    elif isinstance(total, int | float) and not isinstance(total, bool) and abs(total) < 1e9:
        value = round(total * 100)
    else:
        raise BadEvent("`data.total_cents` (a whole number) or `data.total` must say what the order cost.")
    if not 0 <= value < 2**31:
        raise BadEvent("The order's total must lie between 0 and 21 474 836.")
    return value
