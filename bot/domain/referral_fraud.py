"""Who refers whom: the checks that pay, hold or block a referral, on keyed hashes only.

We never store a friend's address. The shop sends keyed hashes (or the values, hashed here on arrival); two
people are the same when a hash is the same. Hashing folds what people vary on purpose: dots and +tags in
e-mail addresses, spaces and prefixes in phone numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_SAME_MAILBOX = {"googlemail.com": "gmail.com"}
_DOTS_IGNORED = frozenset({"gmail.com"})


def canonical_email(address: str) -> str:
    """The mailbox behind an address.

    Lower case, without +tag, and without dots where the provider ignores them.

    ValueError when it is no address.
    """
    local, at, host = unicodedata.normalize("NFKC", address).strip().lower().rpartition("@")
    host = _SAME_MAILBOX.get(host.rstrip("."), host.rstrip("."))
    local = local.partition("+")[0]
    if host in _DOTS_IGNORED:
        local = local.replace(".", "")
    if not at or not local or not host:
        raise ValueError("That is not an e-mail address.")
    return f"{local}@{host}"


def canonical_phone(number: str, country_code: str = "") -> str:
    """Digits with the country code: 00 and + are dropped, a single leading 0 gives way to `country_code`.

    ValueError for fewer than six digits.
    """
    typed = unicodedata.normalize("NFKC", number).strip()
    digits = "".join(character for character in typed.replace("(0)", "") if character.isdigit())
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0") and country_code:
        digits = country_code.lstrip("+") + digits[1:]
    if len(digits) < 6:
        raise ValueError("That is not a phone number.")
    return digits


def keyed_hash(key: bytes, kind: str, canonical: str) -> str:
    """HMAC-SHA-256 of a canonical value.

    `kind` (email, phone ..) keeps equal values of different kinds apart.
    """
    if len(key) < 16:
        raise ValueError("The hash key needs at least 16 bytes.")
    return hmac.new(key, f"{kind}\x00{canonical}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Identity:
    """One person's keyed hashes, each None when not known, and the shop's own id."""

    customer: str | None = None
    email: str | None = None
    phone: str | None = None
    device: str | None = None
    payment: str | None = None


@dataclass(frozen=True, slots=True)
class ReferralHistory:
    """What the store knows about the pair, counted by the caller.

    `in_ring`: following who referred whom from the advocate leads back to the friend. `order_seen`: this
    order was already reported for a referral. `same_payment_elsewhere`: other referrals paid with the
    friend's payment hash.
    """

    friend_is_customer: bool = False
    friend_already_referred: bool = False
    in_ring: bool = False
    order_seen: bool = False
    same_device_elsewhere: int = 0
    same_payment_elsewhere: int = 0
    advocate_signups_last_hour: int = 0
    advocate_rewards_last_year: int = 0


@dataclass(frozen=True, slots=True)
class FraudSettings:
    """Limits above which a referral is held for review."""

    signups_per_hour: int = 5
    same_device: int = 2
    rewards_per_year: int = 20
    bad_codes_per_hour: int = 20


class FraudOutcome(StrEnum):
    """What to do with it."""

    CLEAR = "clear"
    FLAGGED = "flagged"
    BLOCKED = "blocked"


class FraudReason(StrEnum):
    """Why."""

    SELF_CUSTOMER = "self_referral_customer"
    SELF_EMAIL = "self_referral_email"
    SELF_PHONE = "self_referral_phone"
    SELF_PAYMENT = "self_referral_payment"
    EXISTING_CUSTOMER = "existing_customer"
    ALREADY_REFERRED = "already_referred"
    REPLAYED_ORDER = "replayed_order"
    SAME_DEVICE = "same_device"
    RING = "ring"
    SHARED_DEVICE = "shared_device"
    SHARED_PAYMENT = "shared_payment"
    BURST = "burst"
    YEARLY_LIMIT = "yearly_limit"


@dataclass(frozen=True, slots=True)
class FraudVerdict:
    """The outcome with all reasons found, those that block first."""

    outcome: FraudOutcome
    reasons: tuple[FraudReason, ...]


def check_referral(
    advocate: Identity, friend: Identity, history: ReferralHistory, settings: FraudSettings | None = None
) -> FraudVerdict:
    """Block what is certain (the same person, an existing customer, a replay), flag what is only suspicious.

    A shared device alone is flagged: families share one. An unknown hash never matches.
    """
    settings = settings or FraudSettings()
    blocking = [
        reason
        for found, reason in (
            (_same(advocate.customer, friend.customer), FraudReason.SELF_CUSTOMER),
            (_same(advocate.email, friend.email), FraudReason.SELF_EMAIL),
            (_same(advocate.phone, friend.phone), FraudReason.SELF_PHONE),
            (_same(advocate.payment, friend.payment), FraudReason.SELF_PAYMENT),
            (history.friend_is_customer, FraudReason.EXISTING_CUSTOMER),
            (history.friend_already_referred, FraudReason.ALREADY_REFERRED),
            (history.order_seen, FraudReason.REPLAYED_ORDER),
        )
        if found
    ]
    suspicious = [
        reason
        for found, reason in (
            (_same(advocate.device, friend.device), FraudReason.SAME_DEVICE),
            (history.in_ring, FraudReason.RING),
            (history.same_device_elsewhere >= settings.same_device, FraudReason.SHARED_DEVICE),
            (history.same_payment_elsewhere > 0, FraudReason.SHARED_PAYMENT),
            (history.advocate_signups_last_hour >= settings.signups_per_hour, FraudReason.BURST),
            (history.advocate_rewards_last_year >= settings.rewards_per_year, FraudReason.YEARLY_LIMIT),
        )
        if found
    ]
    if blocking:
        return FraudVerdict(FraudOutcome.BLOCKED, tuple(blocking + suspicious))
    return FraudVerdict(FraudOutcome.FLAGGED if suspicious else FraudOutcome.CLEAR, tuple(suspicious))


def guesses_codes(bad_codes_last_hour: int, settings: FraudSettings | None = None) -> bool:
    """True when an address tried so many unknown codes that it must be guessing."""
    return bad_codes_last_hour > (settings or FraudSettings()).bad_codes_per_hour


def leads_back(advocate: str, friend: str, referred_by: dict[str, str]) -> bool:
    """True when `friend` stands among those who, step by step, brought `advocate` in: a ring."""
    seen: set[str] = set()
    person: str | None = advocate
    while person is not None and person not in seen:
        if person == friend:
            return True
        seen.add(person)
        person = referred_by.get(person)
    return False


def _same(one: str | None, other: str | None) -> bool:
    return bool(one) and bool(other) and hmac.compare_digest(str(one).encode(), str(other).encode())
