"""Hashes keyed with the shop's webhook secret: people are compared by them, and addresses never leave the shop."""

import base64
import hashlib
import hmac


def secret_bytes(secret: str) -> bytes:
    """The raw key behind a `whsec_<base64>` secret; its padding may be missing."""
    encoded = secret.removeprefix("whsec_")
    return base64.b64decode(encoded + "=" * (-len(encoded) % 4))


def email_hash(secret: str, address: str) -> str:
    """The hash the shop sends for this address."""
    return hmac.new(secret_bytes(secret), address.strip().lower().encode(), hashlib.sha256).hexdigest()
