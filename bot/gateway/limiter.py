"""Rate limits: sends by conversation, socket openings by address. In memory, or in Redis for several gateways.

Redis is no part of accepting a message: while it is away or slow each gateway counts for itself.
"""

import asyncio
import ipaddress
import time
from typing import cast

import structlog
from limits import (
    RateLimitItem,
    RateLimitItemPerDay,
    RateLimitItemPerHour,
    RateLimitItemPerMinute,
    RateLimitItemPerSecond,
)
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter, RateLimiter
from limits.storage import storage_from_string

from bot.gateway.moving_window import MovingWindow
from bot.settings import Settings

log = structlog.get_logger()

COPIES_A_MINUTE = 20
MAILS_AN_HOUR = 3
MAILS_A_DAY_TO_ONE = 5
REDIS_WITHIN_S = 0.25
WITHOUT_REDIS_S = 5.0
"""So long Redis is not asked again after it did not answer: not every message may wait for it."""


class Limiter:
    """Counts and refuses; the storage is built here, so that a wrong Redis URL fails at start and not later."""

    def __init__(self, settings: Settings) -> None:
        self._own = MovingWindow()
        self._shared: RateLimiter | None = None
        if settings.redis_url:
            storage = storage_from_string(f"async+{settings.redis_url}", implementation="redispy")
            self._shared = MovingWindowRateLimiter(cast(Storage, storage))
        self._alone_until = 0.0
        self._sends = RateLimitItemPerSecond(settings.send_limit, 10)
        self._copies = RateLimitItemPerMinute(COPIES_A_MINUTE)
        self._mails = RateLimitItemPerHour(MAILS_AN_HOUR)
        self._mails_to = RateLimitItemPerDay(MAILS_A_DAY_TO_ONE)
        self._polls = RateLimitItemPerSecond(settings.poll_limit, 10)
        self._openings = RateLimitItemPerMinute(settings.open_limit)

    async def allow_send(self, conversation_id: str) -> bool:
        return await self._hit(self._sends, "send", conversation_id)

    async def allow_page(self, conversation_id: str) -> bool:
        """Whether this conversation may name another page: as often as it may send, and counted apart from that."""
        return await self._hit(self._sends, "page", conversation_id)

    async def allow_copy(self, conversation_id: str) -> bool:
        """Whether this conversation may be copied out again: it costs a walk over all its rows."""
        return await self._hit(self._copies, "copy", conversation_id)

    async def allow_mail(self, conversation_id: str, address: str) -> bool:
        """Whether this conversation may have another copy sent, and this address another one, whoever asks."""
        return await self._hit(self._mails, "mail", conversation_id) and await self._hit(
            self._mails_to, "mail_to", address.lower()
        )

    async def allow_poll(self, conversation_id: str) -> bool:
        return await self._hit(self._polls, "poll", conversation_id)

    async def allow_opening(self, address: str) -> bool:
        """Whether this address may open another socket; loopback always, IPv6 counted by /64."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return await self._hit(self._openings, "open", address)
        if ip.is_loopback:
            return True
        key = str(ipaddress.ip_network(f"{ip}/64", strict=False)) if ip.version == 6 else str(ip)
        return await self._hit(self._openings, "open", key)

    async def _hit(self, limit: RateLimitItem, *what: str) -> bool:
        if self._shared is None or time.monotonic() < self._alone_until:
            return self._own.hit(limit, *what)
        try:
            async with asyncio.timeout(REDIS_WITHIN_S):
                return await self._shared.hit(limit, *what)
        except Exception as error:  # whatever a driver raises: a count is not worth a customer's message
            log.warning("limiter.redis_away", error=repr(error))
        self._alone_until = time.monotonic() + WITHOUT_REDIS_S
        return self._own.hit(limit, *what)
