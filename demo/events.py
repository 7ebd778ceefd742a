"""What the shop tells Rapport: signed events that survive the other side being down.

An event is a row written in the same transaction as the thing it reports, and posted until it is taken (2xx).
Its webhook-id is derived from what happened, so neither a repeat of the cause nor of the delivery can double it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import logging
import random
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession
from standardwebhooks import Webhook

from demo.orders import normalise_email
from demo.settings import Settings, utc_now
from demo.store import Database, Order, Outgoing

log = logging.getLogger("demo.events")
LONGEST_WAIT_S = 300.0


def secret_bytes(secret: str) -> bytes:
    """The raw key behind a `whsec_<base64>` secret (the prefix and the padding may be missing)."""
    return base64.b64decode(secret.removeprefix("whsec_") + "==")


def keyed_hash(secret: str, message: str) -> str:
    """Lower-case hex of HMAC-SHA256(key = raw secret bytes, message = UTF-8); empty when no secret is set."""
    return hmac.new(secret_bytes(secret), message.encode(), hashlib.sha256).hexdigest() if secret else ""


def email_hash(secret: str, email: str) -> str:
    """`keyed_hash` of the trimmed, lower-cased address: lets Rapport compare people it holds no address of."""
    return keyed_hash(secret, normalise_email(email))


def canonical_email(email: str) -> str:
    """The mailbox behind an alias: `+tag` dropped everywhere, dots dropped where the provider ignores them."""
    local, _, host = normalise_email(email).rpartition("@")
    local = local.split("+", 1)[0]
    if host in {"gmail.com", "googlemail.com"}:
        local, host = local.replace(".", ""), "gmail.com"
    return f"{local}@{host}"


def person(secret: str, customer_id: str, email: str) -> dict[str, str]:
    """How every event names a customer: id and hashes, never the address itself."""
    return {
        "customer": customer_id,
        "email_hash": email_hash(secret, email),
        "email_canonical_hash": email_hash(secret, canonical_email(email)),
    }


def order_facts(settings: Settings, order: Order) -> dict[str, Any]:
    """The members common to all `order.*` events."""
    return {
        "order": order.number,
        **person(settings.shop_secret, order.customer_id, order.email),
        "status": order.status.value,
        "expected_on": order.expected_on.isoformat(),
        "items": [{"sku": line.sku, "name": line.name, "quantity": line.quantity} for line in order.lines],
        "total": order.total_cents / 100,
        "currency": "EUR",
    }


async def enqueue(
    session: AsyncSession, *, kind: str, key: str, stream: str, data: dict[str, Any], now: datetime
) -> str:
    """Owe Rapport one event, inside the caller's transaction. The same (kind, key) again changes nothing.

    Returns the webhook-id. `stream` is the customer: one customer's events are delivered in their order.
    """
    digest = hashlib.sha256(f"{kind}\n{key}".encode()).hexdigest()
    webhook_id = f"msg_{digest[:32]}"
    body = json.dumps({"type": kind, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": data})
    row = {"id": webhook_id, "type": kind, "stream": stream, "body": body, "next_at": now, "attempts": 0}
    await session.execute(insert(Outgoing).values(**row).on_conflict_do_nothing(index_elements=["id"]))
    return webhook_id


class Sender:
    """Posts owed events until they are taken; one task per shop."""

    def __init__(self, database: Database, settings: Settings, *, first_wait_s: float = 1.0) -> None:
        self._database = database
        self._settings = settings
        self._first_wait_s = first_wait_s
        self._wake = asyncio.Event()

    def nudge(self) -> None:
        """Something was enqueued and committed: look now instead of at the next tick."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver for ever; ends only by cancellation."""
        if not self._settings.shop_secret:
            log.warning("RAPPORT_SHOP_SECRET is not set: events are kept, and sent once the shop starts with it.")
            return
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            while True:
                self._wake.clear()
                try:
                    await self.deliver_due(client)
                except Exception:  # the edge of the task: a full disk now must not stop deliveries for good
                    log.exception("A round of deliveries failed; it is tried again.")
                # Not `wait_for`: before Python 3.12 it can swallow a cancellation that meets its timeout.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(1.0, self._first_wait_s)):
                        await self._wake.wait()

    async def deliver_due(self, client: aiohttp.ClientSession) -> int:
        """One pass over what is due, oldest first. Returns how many were taken."""
        now = self._settings.clock()
        async with self._database.read() as session:
            query = select(Outgoing).where(Outgoing.sent_at.is_(None)).order_by(Outgoing.seq).limit(500)
            waiting = list(await session.scalars(query))
        taken = 0
        blocked: set[str] = set()
        for row in waiting:
            if row.stream in blocked:
                continue
            error = "not due yet" if row.next_at > now else await self._post(client, row)
            if error is None:
                taken += 1
            else:
                blocked.add(row.stream)
            if row.next_at <= now:
                await self._note(row.seq, error)
        return taken

    async def _post(self, client: aiohttp.ClientSession, row: Outgoing) -> str | None:
        # The receiver judges a signature's age by the wall clock, so the shop's own clock will not do here.
        now = utc_now()
        headers = {
            "content-type": "application/json",
            "webhook-id": row.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._settings.shop_secret).sign(row.id, now, row.body),
        }
        url = self._settings.events_endpoint
        try:
            async with client.post(url, data=row.body.encode(), headers=headers, allow_redirects=False) as answer:
                if 200 <= answer.status < 300:
                    return None
                return f"HTTP {answer.status}: {(await answer.text(errors='replace'))[:200]}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return f"{type(error).__name__}: {error}"[:200]

    async def _note(self, seq: int, error: str | None) -> None:
        now = self._settings.clock()
        async with self._database.write() as session:
            row = await session.get_one(Outgoing, seq)
            row.attempts += 1
            row.last_error = error
            if error is None:
                row.sent_at = now
            else:
                wait = min(LONGEST_WAIT_S, self._first_wait_s * 2 ** min(row.attempts - 1, 12))
                jitter = random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing
                row.next_at = now + timedelta(seconds=wait * jitter)
                if row.attempts in {1, 5} or row.attempts % 20 == 0:
                    log.warning("Event %s is not taken after %d attempts (%s).", row.id, row.attempts, error)
