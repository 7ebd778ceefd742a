"""Rate limits: sends by conversation, socket openings by address. In memory, or in Redis for several gateways."""

import ipaddress
from typing import cast

from limits import RateLimitItemPerDay, RateLimitItemPerHour, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter, RateLimiter
from limits.storage import storage_from_string

from bot.settings import Settings

COPIES_A_MINUTE = 20
MAILS_AN_HOUR = 3
MAILS_A_DAY_TO_ONE = 5


class Limiter:
    """Counts and refuses; the storage is built here, so that a wrong Redis URL fails at start and not later."""

    def __init__(self, settings: Settings) -> None:
        storage: Storage
        if settings.redis_url:
            storage = cast(Storage, storage_from_string(f"async+{settings.redis_url}", implementation="redispy"))
        else:
            storage = MemoryStorage()
        self._window: RateLimiter = MovingWindowRateLimiter(storage)
        self._sends = RateLimitItemPerSecond(settings.send_limit, 10)
        self._copies = RateLimitItemPerMinute(COPIES_A_MINUTE)
        self._mails = RateLimitItemPerHour(MAILS_AN_HOUR)
        self._mails_to = RateLimitItemPerDay(MAILS_A_DAY_TO_ONE)
        self._polls = RateLimitItemPerSecond(settings.poll_limit, 10)
        self._openings = RateLimitItemPerMinute(settings.open_limit)

    async def allow_send(self, conversation_id: str) -> bool:
        return await self._window.hit(self._sends, "send", conversation_id)

    async def allow_page(self, conversation_id: str) -> bool:
        """Whether this conversation may name another page: as often as it may send, and counted apart from that."""
        return await self._window.hit(self._sends, "page", conversation_id)

    async def allow_copy(self, conversation_id: str) -> bool:
        """Whether this conversation may be copied out again: it costs a walk over all its rows."""
        return await self._window.hit(self._copies, "copy", conversation_id)

    async def allow_mail(self, conversation_id: str, address: str) -> bool:
        """Whether this conversation may have another copy sent, and this address another one, whoever asks."""
        return await self._window.hit(self._mails, "mail", conversation_id) and await self._window.hit(
            self._mails_to, "mail_to", address.lower()
        )

    async def allow_poll(self, conversation_id: str) -> bool:
        return await self._window.hit(self._polls, "poll", conversation_id)

    async def allow_opening(self, address: str) -> bool:
        """Whether this address may open another socket; loopback always, IPv6 counted by /64."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return await self._window.hit(self._openings, "open", address)
        if ip.is_loopback:
            return True
        key = str(ipaddress.ip_network(f"{ip}/64", strict=False)) if ip.version == 6 else str(ip)
        return await self._window.hit(self._openings, "open", key)
