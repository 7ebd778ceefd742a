"""95 % intervals, so that no figure is shown without its doubt.

Written out instead of taken from a statistics package: these few formulas load in no time and can be read
by whoever doubts a number. The tests check them against the definitions of the distributions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Interval = tuple[float, float]
Z95 = 1.959963984540054
# Student's t, two-sided 95 %, for 1 to 30 degrees of freedom (any table of the distribution).
_T95 = (
    12.70620, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216, 2.22814,
    2.20099, 2.17881, 2.16037, 2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596,
    2.07961, 2.07387, 2.06866, 2.06390, 2.05954, 2.05553, 2.05183, 2.04841, 2.04523, 2.04227,
)  # fmt: skip


def wilson(successes: int, n: int) -> Interval | None:
    """Wilson's score interval of a proportion, 0..1; None when n is 0. ValueError when successes exceed n."""
    if not 0 <= successes <= n:
        raise ValueError("successes must lie between 0 and n")
    if n == 0:
        return None
    share, z2 = successes / n, Z95 * Z95
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At the ends the formula gives exactly 0 and 1; rounding would leave a dust of 1e-17.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    return low, 1.0 if successes == n else min(1.0, centre + half)


def t95(degrees: int) -> float:
    """Student's t for a two-sided 95 % interval; beyond 30 degrees by the Cornish-Fisher expansion around
    z.
    """
    if degrees < 1:
        raise ValueError("at least one degree of freedom")
    if degrees <= len(_T95):
        return _T95[degrees - 1]
    z = Z95
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Mean plus and minus t times the standard error (sample variance over n - 1); None under two values."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = t95(n - 1) * math.sqrt(variance / n)
    return mean - half, mean + half


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle; ValueError when there is none."""
    if not values:
        raise ValueError("no values")
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def median_interval(values: Sequence[float]) -> Interval | None:
    """The order-statistic interval of a median: free of any assumption about the distribution.

    From the k-th smallest to the k-th largest value, with the largest k for which a fair coin thrown n
    times shows fewer than k heads with at most 2.5 %. None under six values, where no such interval reaches
    95 %.
    """
    n = len(values)
    tail, k = 0.0, 0
    while k < n:
        # lgamma keeps the binomial coefficient of large n inside a float.
        log_term = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
        tail += math.exp(log_term)
        if tail > 0.025:
            break
        k += 1
    if k == 0:
        return None
    ordered = sorted(values)
    return ordered[k - 1], ordered[n - k]


def poisson(count: int) -> Interval:
    """Byar's approximation to the exact interval of a Poisson count (a little wide below for one or two events)."""
    if count < 0:
        raise ValueError("a count cannot be negative")

    def byar(events: int, z: float) -> float:
        return events * (1 - 1 / (9 * events) + z / (3 * math.sqrt(events))) ** 3

    return (byar(count, -Z95) if count else 0.0), byar(count + 1, Z95)
