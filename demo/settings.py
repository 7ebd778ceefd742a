"""What the shop must be told before it can start, gathered in one value so that nothing reads the environment later."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_RAPPORT_URL = "http://127.0.0.1:8080"
DEFAULT_FRIEND_REWARD = 1000


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def check_url(url: str, name: str) -> str:
    """Return `url` without a trailing slash; raise ValueError naming `name` unless it is a plain http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or set(url) & set(" ;,'\"<>"):
        raise ValueError(f"{name} must look like http://host:port, but it is {url!r}.")
    return url.rstrip("/")


@dataclass(frozen=True)
class Settings:
    """Everything configurable. Secrets are left out of `repr`, so that a log line cannot leak them.

    `friend_reward` is what a friend's link takes off the first order, in cents; 0 for no offer. `cancel_fee` is
    what cancelling costs once the parcel is packed, in cents.
    """

    data: Path
    rapport_url: str = DEFAULT_RAPPORT_URL
    events_url: str = ""
    public_url: str = "http://127.0.0.1:8084"
    identity_secret: str = field(default="", repr=False)
    orders_token: str = field(default="", repr=False)
    shop_secret: str = field(default="", repr=False)
    friend_reward: int = DEFAULT_FRIEND_REWARD
    cancel_fee: int = 0
    chaos: bool = False
    clock: Callable[[], datetime] = utc_now

    @property
    def events_endpoint(self) -> str:
        """Where signed shop events are posted: the given internal address, else the public one."""
        return f"{self.events_url or self.rapport_url}/api/v1/events"

    @property
    def rapport_origin(self) -> str:
        """Scheme, host and port of Rapport: what the content security policy admits."""
        parts = urlsplit(self.rapport_url)
        return f"{parts.scheme}://{parts.netloc}"


def load_settings(
    env: Mapping[str, str],
    *,
    data: Path,
    rapport_url: str | None,
    events_url: str | None,
    public_url: str,
    chaos: bool,
) -> Settings:
    """Join command line and environment; a flag wins over its variable. Raises ValueError with a sentence to act on."""
    secret = env.get("RAPPORT_SHOP_SECRET", "")
    try:
        base64.b64decode(secret.removeprefix("whsec_") + "==", validate=False)
    except ValueError:
        raise ValueError("RAPPORT_SHOP_SECRET must be whsec_ followed by base64.") from None
    address = rapport_url or env.get("RAPPORT_PUBLIC_URL") or DEFAULT_RAPPORT_URL
    return Settings(
        data=data,
        rapport_url=check_url(address, "--rapport-url"),
        events_url=check_url(events_url, "--events-url") if events_url else "",
        public_url=check_url(public_url, "--public-url"),
        identity_secret=env.get("RAPPORT_IDENTITY_SECRET", ""),
        orders_token=env.get("RAPPORT_ORDERS_TOKEN", ""),
        shop_secret=secret,
        friend_reward=_cents(env, "RAPPORT_FRIEND_REWARD", DEFAULT_FRIEND_REWARD),
        cancel_fee=_cents(env, "RAPPORT_SHOP_CANCEL_FEE", 0),
        chaos=chaos,
    )


def _cents(env: Mapping[str, str], name: str, default: int) -> int:
    given = env.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        raise ValueError(f"{name} must be a whole number of cents, 0 or more, but it is {given!r}.")
    return int(given)
