"""The referral programme: codes, and the way of one referral.

A referral goes invited, shared, visited, signed up, qualified, rewarded; it never goes backwards, and a
step that was not reported (a friend who orders without an account) may be passed over. Suspicion stops it
at any point.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain import codes
from bot.domain.refusal import Refusal

# 31 symbols to the 14th power is 69 bits, above the 64 that keep guessing hopeless.
CODE_LENGTH = 14
CODE_BYTES = codes.bytes_needed(CODE_LENGTH)


def make_code(random_bytes: bytes) -> str:
    """A referral code from `CODE_BYTES` bytes of a cryptographic source."""
    return codes.encode(random_bytes, CODE_LENGTH)


def normalise_code(typed: str) -> str | None:
    """The code as stored, from what came in an address or was typed; None when it cannot be one."""
    code = codes.tidy(typed[:64])
    return code if len(code) == CODE_LENGTH and codes.is_written_in_alphabet(code) else None


class ReferralStatus(StrEnum):
    """Where a referral is; the advocate sees it."""

    INVITED = "invited"
    SHARED = "shared"
    VISITED = "visited"
    SIGNED_UP = "signed_up"
    QUALIFIED = "qualified"
    REWARDED = "rewarded"
    FLAGGED = "flagged"
    BLOCKED = "blocked"


STAGES = (
    ReferralStatus.INVITED,
    ReferralStatus.SHARED,
    ReferralStatus.VISITED,
    ReferralStatus.SIGNED_UP,
    ReferralStatus.QUALIFIED,
    ReferralStatus.REWARDED,
)


@dataclass(frozen=True, slots=True)
class ReferralState:
    """`reached` is the furthest stage; `status` is the same, or flagged or blocked with a `reason`."""

    status: ReferralStatus = ReferralStatus.INVITED
    reached: ReferralStatus = ReferralStatus.INVITED
    reason: str | None = None


class ReferralRefused(Refusal):
    """The step does not fit the referral's state."""


def advance(state: ReferralState, stage: ReferralStatus) -> ReferralState:
    """The state after `stage` was reported.

    A stage already passed changes nothing, so that a repeated event is safe.

    While flagged, the stages reached are noted but the status stays flagged. Raises ReferralRefused when
    blocked, when a reward would be paid to a flagged or not yet qualified referral, or when `stage` is not
    a stage.
    """
    if stage not in STAGES:
        raise ReferralRefused("not_a_stage", "Use flag, block or release for that.")
    if state.status is ReferralStatus.BLOCKED:
        raise ReferralRefused("blocked", "This referral is blocked.")
    if STAGES.index(stage) <= STAGES.index(state.reached):
        return state
    if stage is ReferralStatus.REWARDED:
        if state.status is ReferralStatus.FLAGGED:
            raise ReferralRefused("flagged", "This referral waits for a review before a reward is paid.")
        if state.reached is not ReferralStatus.QUALIFIED:
            raise ReferralRefused("not_qualified", "A reward follows a qualified order.")
    if state.status is ReferralStatus.FLAGGED:
        return replace(state, reached=stage)
    return ReferralState(stage, stage)


def flag(state: ReferralState, reason: str) -> ReferralState:
    """Held for a person to look at. A blocked one stays blocked; ReferralRefused once the reward is paid."""
    if state.status is ReferralStatus.BLOCKED:
        return state
    if state.reached is ReferralStatus.REWARDED:
        raise ReferralRefused("rewarded", "The reward is paid; block the referral to take it back.")
    return ReferralState(ReferralStatus.FLAGGED, state.reached, reason)


def block(state: ReferralState, reason: str) -> ReferralState:
    """Ended for good with a reason, also after the reward (a returned order).

    The ledger takes the reward back.
    """
    return (
        state
        if state.status is ReferralStatus.BLOCKED
        else replace(state, status=ReferralStatus.BLOCKED, reason=reason)
    )


def release(state: ReferralState) -> ReferralState:
    """A person looked at a flagged referral and found it good: it goes on where it was."""
    if state.status is not ReferralStatus.FLAGGED:
        raise ReferralRefused("not_flagged", "Only a flagged referral can be released.")
    return ReferralState(state.reached, state.reached)


def weigh_order(state: ReferralState, total: int) -> ReferralState:
    """The state before a friend's first order of `total` (the currency's smallest unit) is counted.

    Any order that costs something qualifies. One of nothing would earn two rewards for no sale: it is held for a
    person. Raises ReferralRefused once the reward is paid.
    """
    return flag(state, "order_of_nothing") if total <= 0 else state
