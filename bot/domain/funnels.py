"""The figures of loyalty: the referral funnel and its K, retention, churn and lifetime value."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import intervals
from bot.domain.metrics import PERCENT, Handler, Score


@dataclass(frozen=True, slots=True)
class ReferralCounts:
    """How many came at least this far.

    `invited` counts advocates, `shared` sharings, the rest friends.
    """

    invited: int = 0
    shared: int = 0
    visited: int = 0
    signed_up: int = 0
    qualified: int = 0
    rewarded: int = 0


_STAGES = (
    ("invited", "Advocates who were invited."),
    ("shared", "Times an invited advocate shared the link."),
    ("visited", "Friends who opened a link."),
    ("signed_up", "Friends who signed up after it."),
    ("qualified", "Friends whose order qualified."),
    ("rewarded", "Referrals whose reward is in the ledger."),
)


def referral_funnel(counts: ReferralCounts) -> list[Score]:
    """One score per stage (`referral_invited` ..

    `referral_rewarded`): its count, with n the invited advocates.

    The interval is that of a Poisson count.
    """
    scores = []
    for name, definition in _STAGES:
        count: int = getattr(counts, name)
        low, high = intervals.poisson(count)
        scores.append(
            Score(f"referral_{name}", Handler.ALL, float(count), counts.invited, low, high, "count", definition)
        )
    return scores


def referral_k(counts: ReferralCounts) -> Score:
    """K = invites per customer x conversion.

    The customers are all invited advocates (sharers or not), an invite is one sharing of the link,
    conversion is qualified friends / sharings; so K is qualified friends per invited advocate. The interval
    takes the qualified friends as a Poisson count. K below 1 is normal. A friend may come without a sharing
    we saw (a code read aloud), so without sharings K is still qualified friends per invited advocate.
    """
    definition = "Shares per invited advocate x qualified friends per share."
    if counts.invited == 0:
        return Score("referral_k", Handler.ALL, None, 0, None, None, "ratio", definition)
    low, high = intervals.poisson(counts.qualified)
    n = counts.invited
    return Score("referral_k", Handler.ALL, counts.qualified / n, n, low / n, high / n, "ratio", definition)


def retention(customers_at_start: int, kept: int) -> Score:
    """Customers kept over customers at the start of the period, Wilson interval.

    ValueError when more were kept.
    """
    definition = "Customers of the start who are still customers / customers at the start."
    return _share("retention", kept, customers_at_start, definition)


def churn(customers_at_start: int, lost: int) -> Score:
    """Customers lost over customers at the start; lost = no order in the shop's number of days."""
    return _share("churn", lost, customers_at_start, "Customers lost / customers at the start of the period.")


@dataclass(frozen=True, slots=True)
class LifetimeValue:
    """CLV with its inputs, which are always shown beside it; `value` is None when churn is 0 or unknown."""

    margin_per_period: float
    churn_share: float | None
    expected_periods: float | None
    value: float | None


def lifetime_value(margin_per_period: float, churn_share: float | None) -> LifetimeValue:
    """Margin per period x expected periods, which are 1 / churn (share 0..1 of customers lost per period).

    Without any churn the expected time is unknown rather than endless, and so is the value.
    """
    if churn_share is not None and not 0 <= churn_share <= 1:
        raise ValueError("churn_share lies between 0 and 1")
    if not churn_share:
        return LifetimeValue(margin_per_period, churn_share, None, None)
    return LifetimeValue(margin_per_period, churn_share, 1 / churn_share, margin_per_period / churn_share)


def _share(name: str, part: int, n: int, definition: str) -> Score:
    limits = intervals.wilson(part, n)
    low, high = (100 * limits[0], 100 * limits[1]) if limits else (None, None)
    return Score(name, Handler.ALL, 100 * part / n if n else None, n, low, high, PERCENT, definition)
